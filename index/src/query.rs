//! What is asked, and what is answered.

use std::path::PathBuf;
use std::sync::Arc;

use crate::{Embedding, Places, SegmentId, SourceId, Span};

/// A question: the `k` segments nearest to `embedding` that `filter` lets pass.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    /// What to look for.
    pub embedding: &'a Embedding,
    /// How many hits, at most.
    pub k: usize,
    /// How many candidates the graph search keeps: more find more and take longer. `None` lets the reader choose.
    pub ef: Option<usize>,
    /// Whether to look at every segment.
    pub exact: bool,
    /// Which segments may be hits.
    pub filter: Filter,
    /// Whether only the best segment of each source is a hit.
    pub per_source: bool,
    /// The least cosine of a hit.
    pub min_score: Option<f32>,
}

impl<'a> Query<'a> {
    /// Ten hits, no filter.
    pub fn new(embedding: &'a Embedding) -> Self {
        Self { embedding, k: 10, ef: None, exact: false, filter: Filter::default(), per_source: false, min_score: None }
    }

    /// How many hits, at most.
    pub fn k(self, k: usize) -> Self {
        Self { k, ..self }
    }

    /// How many candidates the graph search keeps.
    pub fn ef(self, ef: usize) -> Self {
        Self { ef: Some(ef), ..self }
    }

    /// Whether to look at every segment.
    pub fn exact(self, exact: bool) -> Self {
        Self { exact, ..self }
    }

    /// Which segments may be hits.
    pub fn filter(self, filter: Filter) -> Self {
        Self { filter, ..self }
    }

    /// Whether only the best segment of each source is a hit.
    pub fn per_source(self, per_source: bool) -> Self {
        Self { per_source, ..self }
    }

    /// The least cosine of a hit.
    pub fn min_score(self, min_score: f32) -> Self {
        Self { min_score: Some(min_score), ..self }
    }
}

/// Which segments may be hits: those that pass every condition given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The source's path begins with this one, whole components compared.
    pub path_prefix: Option<PathBuf>,
    /// The segment bears this label.
    pub label: Option<String>,
    /// The segment lies in one of these, or shares a sample with a stretch of it.
    pub places: Option<Arc<Places>>,
    /// The source is another one.
    pub not_source: Option<SourceId>,
    /// The segment shares no sample with any of these spans of sources.
    pub not_overlapping: Vec<(SourceId, Span)>,
}

/// A segment found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The segment.
    pub segment: SegmentId,
    /// Its source.
    pub source: SourceId,
    /// The source's path as the user gave it.
    pub path: PathBuf,
    /// Where in the source.
    pub span: Span,
    /// What it is, where known.
    pub label: Option<String>,
    /// What it says, where known.
    pub text: Option<String>,
    /// Cosine similarity.
    pub score: f32,
}
