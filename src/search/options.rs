//! How to search.

use audiosearch_index::{Filter, SourceId, Span};

use super::filter::HitFilter;

/// How to search, and how many hits are wanted.
#[derive(Clone, Debug)]
pub struct SearchOptions {
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
    /// Align the query with the best candidates frame by frame: better order, exact boundaries.
    pub rescore: bool,
    /// Return the alignment of every hit.
    pub explain: bool,
    /// What the clip was cut from: no hit may overlap any of it.
    pub not: Vec<(SourceId, Span)>,
    /// Which stretches may be hits.
    pub filter: HitFilter,
}

impl SearchOptions {
    /// Whether a stretch overlaps what the clip was cut from.
    pub(super) fn excludes(&self, source: SourceId, span: Span) -> bool {
        self.not.iter().any(|(id, not)| *id == source && not.overlap(&span) > 0)
    }

    /// What the index may find.
    pub(super) fn index_filter(&self) -> Filter {
        Filter { not_overlapping: self.not.clone(), places: self.filter.places.clone(), ..Filter::default() }
    }

    /// Candidates of one recording that may become hits: some may be what the clip was cut from.
    pub(super) fn candidates_each(&self) -> usize {
        // Any of them may be the one that passes.
        if self.filter.tells_moments() {
            return usize::MAX;
        }
        let wanted = if self.per_file { 1 } else { self.k };
        wanted.saturating_add(if self.not.is_empty() { 0 } else { 8 })
    }
}
