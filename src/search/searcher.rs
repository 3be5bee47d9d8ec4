//! Embedded clips → hits.

use std::{
    collections::HashMap,
    ops::Range,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use audiosearch_index::{
    Collection, Embedding, Fingerprint, Generation, Hit as IndexHit, IndexError, Query as IndexQuery, Reader, Sampled,
    Schema, SourceId, SourceKey, Span,
};

use super::{
    calibration::{Calibration, CalibrationError},
    confidence::{Kind, NullDistribution, confidence},
    context::QueryContext,
    error::SearchError,
    filter::HitFilter,
    hit::Hit,
    loaded::{LoadedFrames, RecordingInfo, load_all},
    merge::{merge, merge_by},
    options::SearchOptions,
    phone_rescore::{phone_score, rescore_phones},
    query::Query,
    quiet,
    rescore::{AlignOptions, Candidate, MOST_FRAMES, rescore, rescore_loaded},
    subframe::refine_subframe,
};
use crate::{
    acoustic::{AcousticFrames, FrameStore, FrameTemplate, QueryTemplate, STEP},
    audio::SAMPLE_RATE,
    pipeline::{Embedded, open_reader},
};

/// Segments of the index whose surroundings are aligned with the query: so many, and so many for each hit wanted.
const SHORTLIST: usize = 1_000;
const SHORTLIST_EACH: usize = 20;

/// A store that is only read.
pub struct Searcher {
    pub(super) reader: Reader,
    store: FrameStore,
    dir: PathBuf,
    /// The identity of the acoustic encoder.
    encoder: u64,
    /// Once it was needed.
    calibration: OnceLock<Calibration>,
    pub(super) recordings: HashMap<SourceId, RecordingInfo>,
    /// All acoustic frames of a small store, once a query was aligned with them.
    loaded: OnceLock<Vec<LoadedFrames>>,
    /// Random spans, once a query was put to them.
    pub(super) spans: OnceLock<Vec<Sampled>>,
}

impl Searcher {
    /// Maps the searchable form of the store at `dir`.
    ///
    /// # Errors
    /// Where that is missing, damaged or of another format.
    ///
    /// `encoder`: the identity of the acoustic encoder that queries go through.
    pub fn open(dir: &Path, encoder: u64) -> Result<Self, IndexError> {
        let reader = open_reader(dir, Collection::Audio)?;
        let recordings =
            reader.sources().map(|source| (source.id, RecordingInfo { key: source.key, samples: source.samples }));
        let recordings = recordings.collect();
        let store = FrameStore::new(dir, encoder);
        Ok(Self {
            reader,
            store,
            dir: dir.to_owned(),
            encoder,
            calibration: OnceLock::new(),
            recordings,
            loaded: OnceLock::new(),
            spans: OnceLock::new(),
        })
    }

    /// The same with another calibration than that of the store.
    #[must_use]
    pub fn with_calibration(self, calibration: Calibration) -> Self {
        Self { calibration: OnceLock::from(calibration), ..self }
    }

    /// The calibration in use.
    ///
    /// # Errors
    /// Where the file in the folder of the store is of no use.
    pub fn calibration(&self) -> Result<&Calibration, CalibrationError> {
        if let Some(calibration) = self.calibration.get() {
            return Ok(calibration);
        }
        let calibration = Calibration::of_store(&self.dir, self.encoder)?;
        Ok(self.calibration.get_or_init(|| calibration))
    }

    /// Recordings that are shorter than so many samples.
    pub fn shorter_than(&self, samples: u64) -> usize {
        self.recordings.values().filter(|recording| recording.samples < samples).count()
    }

    /// Every recording, as it was given to the index, with its length in samples.
    pub fn lengths(&self) -> Vec<(PathBuf, u64)> {
        self.reader.sources().map(|source| (source.path, source.samples)).collect()
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

    /// What is searched.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The state of the store that is searched; grows with every change.
    pub fn generation(&self) -> Generation {
        self.reader.generation()
    }

    /// Whether nothing was committed since the store was opened.
    pub fn is_current(&self) -> bool {
        self.reader.is_current()
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

    /// What a stretch of a recording is called.
    pub fn label(&self, source: SourceId, span: Span) -> Option<&str> {
        self.reader.label(self.key(source)?, span)
    }

    /// How much is searched.
    pub fn hours(&self) -> f64 {
        let samples: u64 = self.recordings.values().map(|recording| recording.samples).sum();
        samples as f64 / f64::from(SAMPLE_RATE) / 3600.0
    }

    /// The key of a recording.
    pub fn key(&self, source: SourceId) -> Option<&SourceKey> {
        self.recordings.get(&source).map(|recording| &recording.key)
    }

    /// The best moments for a query, best first; overlapping ones of a recording are merged.
    ///
    /// # Errors
    /// Where the vectors are of another dimension, or the store turns out damaged.
    pub fn search(&self, query: &Query, options: &SearchOptions) -> Result<Vec<Hit>, SearchError> {
        let sound = match query {
            Query::Clip(sound) | Query::Word(sound) => sound,
            Query::Examples { like, unlike } => return self.examples(like, unlike, options),
        };
        let Some((_, first)) = sound.spans.first() else { return Ok(Vec::new()) };
        let scoring = self.calibration()?.scoring;
        if let Some(template) = sound.template.as_ref().filter(|_| options.rescore) {
            let shortlist = match query {
                Query::Word(_) => self.of_words(&sound.spans, options)?,
                _ => self.shortlist(&sound.spans, options)?,
            };
            let phases: Vec<&FrameTemplate> = template.phases.iter().map(|phase| &phase.template).collect();
            let templates = if phases.is_empty() { vec![&template.expected] } else { phases };
            let read = |source, range| self.frames(source, range);
            let null = match &template.phones {
                Some(phones) => {
                    let written = (&template.expected, phones);
                    let score = |around: &AcousticFrames, cosine| phone_score(written, around, cosine, &scoring);
                    self.scores_at_random(template.expected.len(), first, score)?
                }
                None => self.template_scores_at_random(&templates, first, &scoring)?,
            };
            let null = NullDistribution::of(&null);
            let align_options = AlignOptions { most: options.candidates_each(), explain: options.explain, scoring };
            let mut candidates = self.align(&template.expected, &shortlist, &options.filter, align_options)?;
            self.keep_wanted(&mut candidates, options);
            match &template.phones {
                Some(phones) => {
                    rescore_phones(&mut candidates, (&template.expected, phones), (options.k, align_options), read)?
                }
                None => refine_subframe(&mut candidates, &template.phases, (options.k, align_options), read)?,
            }
            let speech = template.phases.first().map(|phase| &phase.speech);
            let spans = self.spans_at_random(&sound.spans)?;
            let kind = if speech.is_some() { Kind::Clip } else { Kind::Text };
            let monotony = template.phases.first().map_or(0.0, |phase| phase.frames.monotony());
            let context = QueryContext { null, kind, speech, spans, frames: template.expected.len(), monotony };
            let mut hits = self.finish(candidates, &context, options)?;
            self.widen(&mut hits, template)?;
            return Ok(hits);
        }
        let hits = match (query, sound.spans.as_slice()) {
            (Query::Word(_), [_, _, ..]) => self.of_words(&sound.spans, options)?,
            (_, [(_, embedding)]) => self.one(embedding, options)?,
            (_, spans) => self.windows(spans, options)?,
        };
        self.finish(
            unaligned(hits),
            &QueryContext::plain(self.spans_at_random(&sound.spans[..1])?, Kind::Span),
            options,
        )
    }

    fn is_wanted(&self, hit: &IndexHit, options: &SearchOptions) -> bool {
        options.filter.passes(hit.source, hit.span, hit.text.as_deref(), |source, span| self.label(source, span))
    }

    /// Drops candidates that the filter does not let pass.
    pub(super) fn keep_wanted(&self, candidates: &mut Vec<Candidate>, options: &SearchOptions) {
        if !options.filter.is_empty() {
            candidates.retain(|candidate| self.is_wanted(&candidate.hit, options));
        }
    }

    /// Merges overlapping candidates, drops those that are not wanted and computes the confidence of the rest.
    pub(super) fn finish(
        &self,
        mut candidates: Vec<Candidate>,
        context: &QueryContext<'_>,
        options: &SearchOptions,
    ) -> Result<Vec<Hit>, SearchError> {
        candidates.retain(|candidate| !options.excludes(candidate.hit.source, candidate.hit.span));
        self.keep_wanted(&mut candidates, options);
        merge_by(&mut candidates, options.per_file, |candidate| &mut candidate.hit);
        candidates.retain(|candidate| options.min_score.is_none_or(|least| candidate.hit.score >= least));
        candidates.truncate(options.k);
        let (models, segments) = (&self.calibration()?.models, self.reader.len());
        let hits = candidates.into_iter().map(|candidate| {
            let evidence = context.evidence(&candidate);
            // What was not refined has no cosine of its own.
            let kind =
                if context.kind == Kind::Clip && candidate.own.is_none() { Kind::Examples } else { context.kind };
            let score = candidate.hit.score;
            let confidence = confidence(models, kind, score, &evidence, context.null.is_some(), segments);
            Hit::new(candidate.hit, confidence, evidence, candidate.alignment)
        });
        let hits: Vec<Hit> = hits.collect();
        Ok(match hits.first() {
            Some(best) if best.confidence >= options.min_confidence => hits,
            _ => Vec::new(),
        })
    }

    /// The segments of the index whose surroundings are to be aligned: more than is wanted, best first.
    fn shortlist(&self, spans: &[Embedded], options: &SearchOptions) -> Result<Vec<IndexHit>, SearchError> {
        match spans {
            [(_, embedding)] => Ok(self.wide(embedding, options)?),
            _ => {
                let k = SHORTLIST.max(options.k.saturating_mul(SHORTLIST_EACH)).min(self.reader.len());
                Ok(self.windows(spans, &SearchOptions { k, per_file: false, ..options.clone() })?)
            }
        }
    }

    /// As [`shortlist`](Self::shortlist), for written words: what is near any of them.
    fn of_words(&self, words: &[Embedded], options: &SearchOptions) -> Result<Vec<IndexHit>, IndexError> {
        let mut hits = Vec::new();
        for (_, word) in words {
            hits.extend(self.wide(word, options)?);
        }
        hits.sort_by(|a: &IndexHit, b| b.score.total_cmp(&a.score).then(a.segment.cmp(&b.segment)));
        Ok(hits)
    }

    pub(super) fn wide(&self, embedding: &Embedding, options: &SearchOptions) -> Result<Vec<IndexHit>, IndexError> {
        let k = SHORTLIST.max(options.k.saturating_mul(SHORTLIST_EACH)).min(self.reader.len());
        self.reader.search(&IndexQuery::new(embedding).k(k).exact(options.exact).filter(options.index_filter()))
    }

    pub(super) fn align(
        &self,
        query: &FrameTemplate,
        shortlist: &[IndexHit],
        filter: &HitFilter,
        options: AlignOptions,
    ) -> Result<Vec<Candidate>, SearchError> {
        match self.loaded()? {
            Some(recordings) => Ok(rescore_loaded(query, shortlist, (recordings, filter), options)),
            None => rescore(query, shortlist, &self.recordings, &self.store, options).map_err(SearchError::frames),
        }
    }

    /// All recordings, where they are few enough to be aligned in full.
    fn loaded(&self) -> Result<Option<&[LoadedFrames]>, SearchError> {
        let frames_in_all: u64 = self.recordings.values().map(|recording| recording.samples.div_ceil(STEP)).sum();
        if frames_in_all > MOST_FRAMES as u64 {
            return Ok(None);
        }
        if let Some(loaded) = self.loaded.get() {
            return Ok(Some(loaded));
        }
        let loaded = load_all(&self.reader, &self.recordings, &self.store).map_err(SearchError::frames)?;
        Ok(Some(self.loaded.get_or_init(|| loaded)))
    }

    /// Acoustic frames of a recording, and its length in samples.
    pub(super) fn frames(&self, source: SourceId, range: Range<usize>) -> Result<(AcousticFrames, u64), SearchError> {
        let Some(recording) = self.recordings.get(&source) else { return Ok((AcousticFrames::new(1), 0)) };
        Ok((self.store.read(&recording.key, recording.samples, range).map_err(SearchError::frames)?, recording.samples))
    }

    /// Hits begin and end with the clip, silence included, where the recording has that silence too.
    fn widen(&self, hits: &mut [Hit], template: &QueryTemplate) -> Result<(), SearchError> {
        if template.before.is_empty() && template.after.is_empty() {
            return Ok(());
        }
        let same = self.calibration()?.scoring.same_silence;
        for hit in hits {
            let Some(recording) = self.recordings.get(&hit.source) else { continue };
            let read = |range| self.frames(hit.source, range).map(|(frames, _)| frames);
            hit.span = quiet::widened(hit.span, (recording.samples, same), template, read)?;
        }
        Ok(())
    }

    /// One span: asks for more and more segments until enough are left after merging, or there are no more.
    pub(super) fn one(&self, embedding: &Embedding, options: &SearchOptions) -> Result<Vec<IndexHit>, IndexError> {
        let all = self.reader.len();
        // A moment shows up as several overlapping segments.
        let mut k = options.k.saturating_mul(8).max(64);
        loop {
            let mut query = IndexQuery::new(embedding)
                .k(k.min(all))
                .exact(options.exact)
                .per_source(options.per_file)
                .filter(options.index_filter());
            if let Some(least) = options.min_score {
                query = query.min_score(least);
            }
            let mut hits = self.reader.search(&query)?;
            let exhausted = k >= all || hits.len() < k;
            if !options.filter.moments.is_empty() {
                hits.retain(|hit| self.is_wanted(hit, options));
            }
            let merged = merge(hits, options.per_file);
            if exhausted || merged.len() >= options.k {
                return Ok(merged);
            }
            k = k.saturating_mul(4);
        }
    }
}

/// Candidates that were found by the vectors of their spans alone.
pub(super) fn unaligned(hits: Vec<IndexHit>) -> Vec<Candidate> {
    hits.into_iter()
        .map(|hit| Candidate { cosine: hit.score, spread: 0.0, own: None, account: 0.0, hit, alignment: Vec::new() })
        .collect()
}

pub(super) fn cosine(a: &Embedding, b: &[f32]) -> f32 {
    a.as_slice().iter().zip(b).map(|(x, y)| x * y).sum()
}
