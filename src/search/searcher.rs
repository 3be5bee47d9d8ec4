//! Embedded clips → hits.

use std::{collections::HashMap, path::Path};

use audiosearch_index::{
    Collection, Embedding, EmbeddingError, Filter, Fingerprint, Hit, IndexError, Query, Reader, Schema, SegmentRef,
    SourceId, SourceKey, Span,
};

use super::{
    align::{self, Laid, Vote},
    confidence::{LAID, Line, Null, SPAN, confidence},
    found::Found,
    merge::merge,
    question::{Question, Sound, joint, middle},
    rerank::{Known, Place, at_random, best_first, rerank},
};
use crate::{
    audio::SAMPLE_RATE,
    frames::{Archive, ArchiveError, Heard},
    pipeline::Embedded,
};

/// Answers that each window of a long clip collects, at least.
const VOTES: usize = 200;
/// Segments that are looked at again moment by moment: so many, and so many for each hit wanted.
const CANDIDATES: usize = 1_000;
const CANDIDATES_EACH: usize = 20;
/// Random places that a question is put to: laid along the recording, or compared by one vector.
const RANDOM_LAID: usize = 150;
const RANDOM_SPANS: usize = 2_000;

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
    reader: Reader,
    archive: Archive,
    known: HashMap<SourceId, Known>,
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
        Ok(Self { reader, archive: Archive::new(dir, network), known })
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
        let (places, null, line) = match question {
            Question::Clip(Sound { spans, .. }) if spans.is_empty() => return Ok(Vec::new()),
            Question::Clip(Sound { spans, heard: Some(heard) }) if options.rerank => {
                let candidates = self.candidates(spans, options)?;
                let null = self.laid_at_random(heard, &spans[0].1)?;
                (self.lay(heard, &candidates, options)?, Null::of(&null), LAID)
            }
            Question::Clip(Sound { spans, .. }) => match spans.as_slice() {
                [(_, embedding)] => (unlaid(self.one(embedding, options)?), self.spans_at_random(embedding), SPAN),
                _ => (unlaid(self.sequence(spans, options)?), self.spans_at_random(&spans[0].1), SPAN),
            },
            Question::Several { like, unlike } => return self.several(like, unlike, options),
            Question::Word(embedding) => (unlaid(self.one(embedding, options)?), self.spans_at_random(embedding), SPAN),
        };
        Ok(self.finish(places, null, line, options))
    }

    /// Examples together: each is laid along the best places for their middle, and a place is worth what it is to all of them.
    fn several(&self, like: &[Sound], unlike: &[Sound], options: &Options) -> Result<Vec<Found>, SearchError> {
        let middle = middle(like, unlike)?;
        let all_heard = |sounds: &[Sound]| -> Option<Vec<Heard>> { sounds.iter().map(|s| s.heard.clone()).collect() };
        let (Some(like), Some(unlike), true) = (all_heard(like), all_heard(unlike), options.rerank) else {
            return Ok(self.finish(unlaid(self.one(&middle, options)?), self.spans_at_random(&middle), SPAN, options));
        };
        let Some((first, others)) = like.split_first() else { return Ok(Vec::new()) };
        let candidates = self.wide(&middle, options)?;
        let mut places = self.lay(first, &candidates, options)?;
        let lay_all = |sounds: &[Heard]| -> Result<Vec<Vec<Place>>, SearchError> {
            sounds.iter().map(|heard| self.lay(heard, &candidates, options)).collect()
        };
        let (others, against) = (lay_all(others)?, lay_all(&unlike)?);
        let near = |by: &[Place], hit: &Hit| {
            // Best first, so that the first is the best one.
            let same = by.iter().find(|p| p.hit.source == hit.source && p.hit.span.overlap(&hit.span) > 0);
            same.map(|place| place.hit.score)
        };
        for place in &mut places {
            let least = |by: &Vec<Place>| near(by, &place.hit).unwrap_or(0.0);
            let scores: Vec<f32> = std::iter::once(place.hit.score).chain(others.iter().map(least)).collect();
            let wrong: Vec<f32> = against.iter().map(least).collect();
            place.hit.score = joint(&scores, &wrong);
        }
        best_first(&mut places);
        // A random place is judged as every other: by all examples together.
        let at_random = |sounds: &[Heard]| -> Result<Vec<Vec<f32>>, SearchError> {
            sounds.iter().map(|heard| self.laid_at_random(heard, &middle)).collect()
        };
        let (by_like, by_unlike) = (at_random(&like)?, at_random(&unlike)?);
        let scores_at = |by: &[Vec<f32>], place: usize| -> Vec<f32> { by.iter().map(|scores| scores[place]).collect() };
        let count = by_like.first().map_or(0, Vec::len);
        let null: Vec<f32> =
            (0..count).map(|place| joint(&scores_at(&by_like, place), &scores_at(&by_unlike, place))).collect();
        Ok(self.finish(places, Null::of(&null), LAID, options))
    }

    /// Merges, drops what is not wanted and says how probable the rest is.
    fn finish(&self, places: Vec<Place>, null: Option<Null>, line: Line, options: &Options) -> Vec<Found> {
        let mut moments = HashMap::new();
        let mut hits = Vec::with_capacity(places.len());
        for place in places {
            if !options.not.is_some_and(|(id, not)| id == place.hit.source && not.overlap(&place.hit.span) > 0) {
                moments.insert((place.hit.source, place.hit.span), place.moments);
                hits.push(place.hit);
            }
        }
        let mut hits = merge(hits, options.per_file);
        hits.retain(|hit| options.min_score.is_none_or(|least| hit.score >= least));
        hits.truncate(options.k);
        let found = hits.into_iter().map(|hit| {
            let confidence = confidence(hit.score, null.as_ref(), line, self.reader.len());
            let moments = moments.remove(&(hit.source, hit.span)).unwrap_or_default();
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
            [(_, embedding)] => self.wide(embedding, options),
            _ => {
                let k = CANDIDATES.max(options.k.saturating_mul(CANDIDATES_EACH)).min(self.reader.len());
                Ok(self.sequence(spans, &Options { k, per_file: false, ..options.clone() })?)
            }
        }
    }

    fn wide(&self, embedding: &Embedding, options: &Options) -> Result<Vec<Hit>, SearchError> {
        let k = CANDIDATES.max(options.k.saturating_mul(CANDIDATES_EACH)).min(self.reader.len());
        Ok(self.reader.search(&Query::new(embedding).k(k).exact(options.exact).filter(filter(options)))?)
    }

    fn lay(&self, heard: &Heard, candidates: &[Hit], options: &Options) -> Result<Vec<Place>, SearchError> {
        rerank(heard, candidates, &self.known, &self.archive, options.explain)
            .map_err(|cause| SearchError::Frames { cause })
    }

    fn spans_at_random(&self, embedding: &Embedding) -> Option<Null> {
        let scores: Vec<f32> =
            self.reader.sample(RANDOM_SPANS).iter().map(|segment| cosine(embedding, segment.embedding)).collect();
        Null::of(&scores)
    }

    fn laid_at_random(&self, heard: &Heard, embedding: &Embedding) -> Result<Vec<f32>, SearchError> {
        let sample = self.reader.sample(RANDOM_LAID);
        let places: Vec<_> =
            sample.iter().map(|segment| (segment.source, segment.span, cosine(embedding, segment.embedding))).collect();
        at_random(heard, &places, &self.known, &self.archive).map_err(|cause| SearchError::Frames { cause })
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

    /// A sequence of windows: each votes, then the best places are measured with every window.
    fn sequence(&self, spans: &[Embedded], options: &Options) -> Result<Vec<Hit>, IndexError> {
        let first = spans.first().map_or(0, |(span, _)| span.start);
        let offsets: Vec<i64> = spans.iter().map(|(span, _)| (span.start - first) as i64).collect();
        let most = options.k.saturating_mul(4).max(VOTES);
        let mut votes = Vec::new();
        for (window, (_, embedding)) in spans.iter().enumerate() {
            let query =
                Query::new(embedding).k(most.min(self.reader.len())).exact(options.exact).filter(filter(options));
            votes.extend(self.reader.search(&query)?.into_iter().map(|hit| Vote {
                source: hit.source,
                place: hit.span.start as i64 - offsets[window],
                window,
                score: hit.score,
            }));
        }
        let candidates = align::candidates(&votes, spans.len(), most);
        let mut by_source: HashMap<SourceId, Vec<SegmentRef<'_>>> =
            candidates.iter().map(|candidate| (candidate.source, Vec::new())).collect();
        for segment in self.reader.segments() {
            if let Some(segments) = by_source.get_mut(&segment.source) {
                segments.push(segment);
            }
        }
        let mut hits = Vec::new();
        for candidate in candidates {
            let segments = &by_source[&candidate.source];
            let places: Vec<Span> = segments.iter().map(|segment| segment.span).collect();
            let cosine = |window: usize, segment: usize| cosine(&spans[window].1, segments[segment].embedding);
            let Some(Laid { score, span, best }) = align::lay(candidate.place, &offsets, &places, cosine) else {
                continue;
            };
            if options.not.is_some_and(|(id, not)| id == candidate.source && not.overlap(&span) > 0) {
                continue;
            }
            let best = &segments[best];
            hits.push(Hit {
                segment: best.id,
                source: best.source,
                path: best.path.to_owned(),
                span,
                label: best.label.map(str::to_owned),
                text: best.text.map(str::to_owned),
                score,
            });
        }
        hits.sort_by(|a: &Hit, b| b.score.total_cmp(&a.score).then(a.source.cmp(&b.source)));
        Ok(merge(hits, options.per_file))
    }
}

/// Places that were found by their vectors alone.
fn unlaid(hits: Vec<Hit>) -> Vec<Place> {
    hits.into_iter().map(|hit| Place { hit, moments: Vec::new() }).collect()
}

fn cosine(a: &Embedding, b: &[f32]) -> f32 {
    a.as_slice().iter().zip(b).map(|(x, y)| x * y).sum()
}

fn filter(options: &Options) -> Filter {
    Filter { not_overlapping: options.not, ..Filter::default() }
}
