//! Embedded clips → hits.

use std::{collections::HashMap, path::Path};

use audiosearch_index::{
    Collection, Embedding, Filter, Fingerprint, Hit, IndexError, Query, Reader, Schema, SegmentRef, SourceId,
    SourceKey, Span,
};

use super::{
    align::{self, Laid, Vote},
    merge::merge,
    question::Question,
    rerank::{Known, rerank},
};
use crate::{
    frames::{Archive, ArchiveError, Heard},
    pipeline::Embedded,
};

/// Answers that each window of a long clip collects, at least.
const VOTES: usize = 200;
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
    /// One hit a recording.
    pub per_file: bool,
    /// Compare with every segment.
    pub exact: bool,
    /// Lay the query along the best places moment by moment: better order, true boundaries.
    pub rerank: bool,
    /// What the clip was cut from: no hit may overlap it.
    pub not: Option<(SourceId, Span)>,
}

/// Why a search failed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The index cannot be read, or the question does not fit it.
    #[error(transparent)]
    Index(#[from] IndexError),
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

    /// The key of a recording.
    pub fn key(&self, source: SourceId) -> Option<&SourceKey> {
        self.known.get(&source).map(|known| &known.key)
    }

    /// The best moments for a question, best first; overlapping ones of a recording are merged.
    ///
    /// # Errors
    /// Where the vectors are of another dimension, or the store turns out damaged.
    pub fn search(&self, question: &Question, options: &Options) -> Result<Vec<Hit>, SearchError> {
        let mut hits = match question {
            Question::Sound { heard: Some(heard), spans } if options.rerank => self.reranked(spans, heard, options)?,
            Question::Sound { spans, .. } => match spans.as_slice() {
                [] => Vec::new(),
                [(_, embedding)] => self.one(embedding, options)?,
                _ => self.sequence(spans, options)?,
            },
            Question::Word(embedding) => self.one(embedding, options)?,
        };
        hits.retain(|hit| options.min_score.is_none_or(|least| hit.score >= least));
        hits.truncate(options.k);
        Ok(hits)
    }

    /// Asks for more than is wanted, and looks at that moment by moment.
    fn reranked(&self, spans: &[Embedded], heard: &Heard, options: &Options) -> Result<Vec<Hit>, SearchError> {
        let wide = CANDIDATES.max(options.k.saturating_mul(CANDIDATES_EACH)).min(self.reader.len());
        let candidates = match spans {
            [] => Vec::new(),
            [(_, embedding)] => {
                let query = Query::new(embedding).k(wide).exact(options.exact).filter(filter(options));
                self.reader.search(&query)?
            }
            _ => self.sequence(spans, &Options { k: wide, per_file: false, ..options.clone() })?,
        };
        let mut hits =
            rerank(heard, &candidates, &self.known, &self.archive).map_err(|cause| SearchError::Frames { cause })?;
        hits.retain(|hit| !options.not.is_some_and(|(id, not)| id == hit.source && not.overlap(&hit.span) > 0));
        Ok(merge(hits, options.per_file))
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
            let cosine = |window: usize, segment: usize| {
                let pairs = spans[window].1.as_slice().iter().zip(segments[segment].embedding);
                pairs.map(|(a, b)| a * b).sum()
            };
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

fn filter(options: &Options) -> Filter {
    Filter { not_overlapping: options.not, ..Filter::default() }
}
