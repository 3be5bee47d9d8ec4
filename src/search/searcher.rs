//! Embedded clips → hits.

use std::{
    collections::HashMap,
    ops::Range,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use audiosearch_index::{
    Collection, Embedding, EmbeddingError, Filter, Fingerprint, Generation, Hit, IndexError, Query, Reader, Sampled,
    Schema, SourceId, SourceKey, Span,
};

use super::{
    confidence::{LAID, Line, Null, SPAN, Sameness, Written, confidence, confidence_of_clip, confidence_of_writing},
    fine::refine,
    found::Found,
    merge::{merge, merge_by},
    question::{Question, Sound, joint, middle},
    quiet,
    rerank::{Known, Laying, MOST_VECTORS, Place, best_first, rerank, rerank_whole},
    spelled::{respell, spelled_score},
    whole::{Whole, read_all},
};
use crate::{
    audio::SAMPLE_RATE,
    frames::{Archive, ArchiveError, Excerpt, Heard, Pattern, STEP, Speech},
    pipeline::Embedded,
};

/// Segments that are looked at again moment by moment: so many, and so many for each hit wanted.
const CANDIDATES: usize = 1_000;
const CANDIDATES_EACH: usize = 20;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Hits wanted, after merging.
    pub k: usize,
    /// The lowest score (cosine) of a hit.
    pub min_score: Option<f32>,
    /// Nothing is found where the best hit is less probable than that.
    pub min_confidence: f32,
    /// One hit a recording.
    pub per_file: bool,
    /// Compare with every segment.
    pub exact: bool,
    /// Lay the query along the best places moment by moment: better order, true boundaries.
    pub rerank: bool,
    /// Say of every hit how the query lies there.
    pub explain: bool,
    /// What the clip was cut from: no hit may overlap it.
    pub not: Option<(SourceId, Span)>,
}

/// What the confidence of an answer is judged by.
struct Asked<'a> {
    null: Option<Null>,
    line: Line,
    /// Of a clip that is laid along the recordings.
    speech: Option<&'a Speech>,
    /// Of a question that is laid along the recordings: the cosines of random spans with it.
    spans: Option<Null>,
    /// How many moments it takes.
    moments: usize,
}

impl Asked<'_> {
    fn plain(null: Option<Null>, line: Line) -> Self {
        Self { null, line, speech: None, spans: None, moments: 0 }
    }
}

/// Why a search failed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The index cannot be read, or the question does not fit it.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The examples of a question have no middle.
    #[error("the examples cancel out: {0}; leave some out")]
    Middle(#[from] EmbeddingError),
    /// A recording's vectors from moment to moment are missing or of no use.
    #[error("{cause}; without them: --no-rerank")]
    Frames {
        /// Names the file.
        cause: ArchiveError,
    },
}

/// A store that is only read.
pub struct Searcher {
    pub(super) reader: Reader,
    archive: Archive,
    known: HashMap<SourceId, Known>,
    /// All vectors of a small store, once a question was laid along them.
    whole: OnceLock<Vec<Whole>>,
    /// Random spans, once a question was put to them.
    pub(super) spans: OnceLock<Vec<Sampled>>,
}

impl Searcher {
    /// Maps the searchable form of the store at `dir`.
    ///
    /// # Errors
    /// Where that is missing, damaged or of another format.
    ///
    /// `network`: the identity of the frame network that queries are heard by.
    pub fn open(dir: &Path, network: u64) -> Result<Self, IndexError> {
        let reader = Reader::open(dir, Collection::Audio)?;
        let known = reader.sources().map(|source| (source.id, Known { key: source.key, samples: source.samples }));
        let known = known.collect();
        Ok(Self { reader, archive: Archive::new(dir, network), known, whole: OnceLock::new(), spans: OnceLock::new() })
    }

    /// What all vectors of the store have in common.
    pub fn schema(&self) -> &Schema {
        self.reader.schema()
    }

    /// Fails where the store was made with another model.
    ///
    /// # Errors
    /// Names both models.
    pub fn require(&self, fingerprint: &Fingerprint) -> Result<(), IndexError> {
        self.reader.require(fingerprint)
    }

    /// The recording with this key.
    pub fn source(&self, key: &SourceKey) -> Option<SourceId> {
        self.reader.sources().find(|source| source.key == *key).map(|source| source.id)
    }

    /// The state of the store that is searched; grows with every change.
    pub fn generation(&self) -> Generation {
        self.reader.generation()
    }

    /// How many segments are searched.
    pub fn segments(&self) -> usize {
        self.reader.len()
    }

    /// About so many segments, from all over the store.
    pub(super) fn sample(&self, count: usize) -> Result<Vec<Sampled>, SearchError> {
        Ok(self.reader.sample(count)?)
    }

    /// Every recording as it was given to the index.
    pub(super) fn paths(&self) -> impl Iterator<Item = (SourceId, PathBuf)> + '_ {
        self.reader.sources().map(|source| (source.id, source.path))
    }

    /// How much is searched.
    pub fn hours(&self) -> f64 {
        let samples: u64 = self.known.values().map(|known| known.samples).sum();
        samples as f64 / f64::from(SAMPLE_RATE) / 3600.0
    }

    /// The key of a recording.
    pub fn key(&self, source: SourceId) -> Option<&SourceKey> {
        self.known.get(&source).map(|known| &known.key)
    }

    /// The best moments for a question, best first; overlapping ones of a recording are merged.
    ///
    /// # Errors
    /// Where the vectors are of another dimension, or the store turns out damaged.
    pub fn search(&self, question: &Question, options: &Options) -> Result<Vec<Found>, SearchError> {
        let sound = match question {
            Question::Clip(sound) | Question::Word(sound) => sound,
            Question::Several { like, unlike } => return self.several(like, unlike, options),
        };
        let Some((_, first)) = sound.spans.first() else { return Ok(Vec::new()) };
        if let Some(heard) = sound.heard.as_ref().filter(|_| options.rerank) {
            let candidates = match question {
                Question::Word(_) => self.of_words(&sound.spans, options)?,
                _ => self.candidates(&sound.spans, options)?,
            };
            let phases: Vec<&Pattern> = heard.phases.iter().map(|phase| &phase.pattern).collect();
            let asked = if phases.is_empty() { vec![&heard.asked] } else { phases };
            let read = |source, range| self.hear(source, range);
            let null = match &heard.phones {
                Some(phones) => {
                    let score = |around: &Heard, cosine| spelled_score(phones, around, cosine);
                    self.scores_at_random(heard.asked.len(), first, score)?
                }
                None => self.laid_at_random(&asked, first)?,
            };
            let null = Null::of(&null);
            let laying = Laying { most: places_each(options), explain: options.explain };
            let mut places = self.lay(&heard.asked, &candidates, laying)?;
            match &heard.phones {
                Some(phones) => respell(&mut places, (&heard.asked, phones), (options.k, options.explain), read)?,
                None => refine(&mut places, &heard.phases, (options.k, options.explain), read)?,
            }
            let speech = heard.phases.first().map(|phase| &phase.speech);
            let spans = self.spans_at_random(&sound.spans)?;
            let asked = Asked { null, line: LAID, speech, spans, moments: heard.asked.len() };
            let mut found = self.finish(places, &asked, options);
            self.widen(&mut found, heard)?;
            return Ok(found);
        }
        let hits = match (question, sound.spans.as_slice()) {
            (Question::Word(_), [_, _, ..]) => self.of_words(&sound.spans, options)?,
            (_, [(_, embedding)]) => self.one(embedding, options)?,
            (_, spans) => self.sequence(spans, options)?,
        };
        Ok(self.finish(unlaid(hits), &Asked::plain(self.spans_at_random(&sound.spans[..1])?, SPAN), options))
    }

    /// Examples together: each is laid along the best places for their middle, and a place is worth what it is to all of them.
    fn several(&self, like: &[Sound], unlike: &[Sound], options: &Options) -> Result<Vec<Found>, SearchError> {
        let middle = middle(like, unlike)?;
        let asked = |sound: &Sound| sound.heard.as_ref().map(|heard| heard.asked.clone());
        let all_heard = |sounds: &[Sound]| -> Option<Vec<Pattern>> { sounds.iter().map(asked).collect() };
        let (Some(like), Some(unlike), true) = (all_heard(like), all_heard(unlike), options.rerank) else {
            let nowhere = Span { start: 0, len: 0 };
            let asked = Asked::plain(self.spans_at_random(&[(nowhere, middle.clone())])?, SPAN);
            return Ok(self.finish(unlaid(self.one(&middle, options)?), &asked, options));
        };
        let Some((first, others)) = like.split_first() else { return Ok(Vec::new()) };
        let candidates = self.wide(&middle, options)?;
        let laying = Laying { most: usize::MAX, explain: options.explain };
        let mut places = self.lay(first, &candidates, laying)?;
        let lay_all = |sounds: &[Pattern]| -> Result<Vec<Vec<Place>>, SearchError> {
            sounds.iter().map(|heard| self.lay(heard, &candidates, laying)).collect()
        };
        let (others, against) = (lay_all(others)?, lay_all(&unlike)?);
        let near = |by: &[Place], hit: &Hit| {
            // Best first, so that the first is the best one.
            let same = by.iter().find(|p| p.hit.source == hit.source && p.hit.span.overlap(&hit.span) > 0);
            same.map(|place| place.hit.score)
        };
        for place in &mut places {
            // Where an example has no place of its own, it is no more like that than its worst place.
            let worst = |by: &Vec<Place>| by.last().map_or(0.0, |place| place.hit.score);
            let least = |by: &Vec<Place>| near(by, &place.hit).unwrap_or_else(|| worst(by));
            let scores: Vec<f32> = std::iter::once(place.hit.score).chain(others.iter().map(least)).collect();
            let wrong: Vec<f32> = against.iter().map(least).collect();
            place.hit.score = joint(&scores, &wrong);
        }
        best_first(&mut places);
        // A random place is judged as every other: by all examples together.
        let at_random = |sounds: &[Pattern]| -> Result<Vec<Vec<f32>>, SearchError> {
            sounds.iter().map(|heard| self.laid_at_random(&[heard], &middle)).collect()
        };
        let (by_like, by_unlike) = (at_random(&like)?, at_random(&unlike)?);
        let scores_at = |by: &[Vec<f32>], place: usize| -> Vec<f32> { by.iter().map(|scores| scores[place]).collect() };
        let count = by_like.first().map_or(0, Vec::len);
        let null: Vec<f32> =
            (0..count).map(|place| joint(&scores_at(&by_like, place), &scores_at(&by_unlike, place))).collect();
        Ok(self.finish(places, &Asked::plain(Null::of(&null), LAID), options))
    }

    /// Merges, drops what is not wanted and says how probable the rest is.
    fn finish(&self, mut places: Vec<Place>, asked: &Asked<'_>, options: &Options) -> Vec<Found> {
        places.retain(|place| {
            !options.not.is_some_and(|(id, not)| id == place.hit.source && not.overlap(&place.hit.span) > 0)
        });
        merge_by(&mut places, options.per_file, |place| &mut place.hit);
        places.retain(|place| options.min_score.is_none_or(|least| place.hit.score >= least));
        places.truncate(options.k);
        let found = places.into_iter().map(|Place { hit, cosine, spread, own, account, moments }| {
            let (null, segments) = (asked.null.as_ref(), self.reader.len());
            let span = asked.spans.as_ref().map_or(0.0, |spans| spans.z(cosine));
            let confidence = match (asked.speech, own) {
                (Some(speech), Some(own)) => {
                    confidence_of_clip(hit.score, null, &Sameness::of(speech, own, span), segments)
                }
                (None, _) if asked.spans.is_some() => {
                    let written = Written { span, spread, account, moments: asked.moments };
                    confidence_of_writing(hit.score, null, &written, segments)
                }
                _ => confidence(hit.score, null, asked.line, segments),
            };
            Found { hit, confidence, moments }
        });
        let found: Vec<Found> = found.collect();
        match found.first() {
            Some(best) if best.confidence >= options.min_confidence => found,
            _ => Vec::new(),
        }
    }

    /// What is to be looked at moment by moment: more than is wanted, best first.
    fn candidates(&self, spans: &[Embedded], options: &Options) -> Result<Vec<Hit>, SearchError> {
        match spans {
            [(_, embedding)] => Ok(self.wide(embedding, options)?),
            _ => {
                let k = CANDIDATES.max(options.k.saturating_mul(CANDIDATES_EACH)).min(self.reader.len());
                Ok(self.sequence(spans, &Options { k, per_file: false, ..options.clone() })?)
            }
        }
    }

    /// As [`candidates`](Self::candidates), for written words: what is near any of them.
    fn of_words(&self, words: &[Embedded], options: &Options) -> Result<Vec<Hit>, IndexError> {
        let mut hits = Vec::new();
        for (_, word) in words {
            hits.extend(self.wide(word, options)?);
        }
        hits.sort_by(|a: &Hit, b| b.score.total_cmp(&a.score).then(a.segment.cmp(&b.segment)));
        Ok(hits)
    }

    fn wide(&self, embedding: &Embedding, options: &Options) -> Result<Vec<Hit>, IndexError> {
        let k = CANDIDATES.max(options.k.saturating_mul(CANDIDATES_EACH)).min(self.reader.len());
        self.reader.search(&Query::new(embedding).k(k).exact(options.exact).filter(filter(options)))
    }

    fn lay(&self, heard: &Pattern, candidates: &[Hit], laying: Laying) -> Result<Vec<Place>, SearchError> {
        match self.whole()? {
            Some(recordings) => Ok(rerank_whole(heard, candidates, recordings, laying)),
            None => rerank(heard, candidates, &self.known, &self.archive, laying).map_err(frames),
        }
    }

    /// All recordings, where they are few enough to be looked at in full.
    fn whole(&self) -> Result<Option<&[Whole]>, SearchError> {
        let vectors: u64 = self.known.values().map(|known| known.samples.div_ceil(STEP)).sum();
        if vectors > MOST_VECTORS as u64 {
            return Ok(None);
        }
        if let Some(whole) = self.whole.get() {
            return Ok(Some(whole));
        }
        let whole = read_all(&self.reader, &self.known, &self.archive).map_err(frames)?;
        Ok(Some(self.whole.get_or_init(|| whole)))
    }

    /// What a recording has there, and its length in samples.
    pub(super) fn hear(&self, source: SourceId, range: Range<usize>) -> Result<(Heard, u64), SearchError> {
        let Some(known) = self.known.get(&source) else { return Ok((Heard::new(1), 0)) };
        Ok((self.archive.read(&known.key, known.samples, range).map_err(frames)?, known.samples))
    }

    /// Hits begin and end with the clip, quiet included, where the recording has that quiet too.
    fn widen(&self, found: &mut [Found], heard: &Excerpt) -> Result<(), SearchError> {
        if heard.before.is_empty() && heard.after.is_empty() {
            return Ok(());
        }
        for Found { hit, .. } in found {
            let Some(known) = self.known.get(&hit.source) else { continue };
            let read = |range| self.hear(hit.source, range).map(|(heard, _)| heard);
            hit.span = quiet::widened(hit.span, known.samples, heard, read)?;
        }
        Ok(())
    }

    /// One span: asks for more and more segments until enough are left after merging, or there are no more.
    fn one(&self, embedding: &Embedding, options: &Options) -> Result<Vec<Hit>, IndexError> {
        let all = self.reader.len();
        // A moment shows up as several overlapping segments.
        let mut k = options.k.saturating_mul(8).max(64);
        loop {
            let mut query = Query::new(embedding)
                .k(k.min(all))
                .exact(options.exact)
                .per_source(options.per_file)
                .filter(filter(options));
            if let Some(least) = options.min_score {
                query = query.min_score(least);
            }
            let hits = self.reader.search(&query)?;
            let exhausted = k >= all || hits.len() < k;
            let merged = merge(hits, options.per_file);
            if exhausted || merged.len() >= options.k {
                return Ok(merged);
            }
            k = k.saturating_mul(4);
        }
    }
}

fn frames(cause: ArchiveError) -> SearchError {
    SearchError::Frames { cause }
}

/// Places of one recording that may become hits: some may be what the clip was cut from.
fn places_each(options: &Options) -> usize {
    let wanted = if options.per_file { 1 } else { options.k };
    wanted.saturating_add(if options.not.is_some() { 8 } else { 0 })
}

/// Places that were found by their vectors alone.
fn unlaid(hits: Vec<Hit>) -> Vec<Place> {
    hits.into_iter()
        .map(|hit| Place { cosine: hit.score, spread: 0.0, own: None, account: 0.0, hit, moments: Vec::new() })
        .collect()
}

pub(super) fn cosine(a: &Embedding, b: &[f32]) -> f32 {
    a.as_slice().iter().zip(b).map(|(x, y)| x * y).sum()
}

pub(super) fn filter(options: &Options) -> Filter {
    Filter { not_overlapping: options.not, ..Filter::default() }
}
