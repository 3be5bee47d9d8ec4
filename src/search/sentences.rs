//! Embedded sentences → the sentences nearest to them.

use std::collections::{HashMap, HashSet};

use audiosearch_index::{Embedding, Hit as IndexHit, IndexError, Query as IndexQuery, Reader, SegmentId};

use super::filter::HitFilter;
use crate::text::fold;

/// Sentences that are asked of the index at least: it orders by its codes first, and sentences may differ by a word alone.
const LEAST: usize = 100;

/// What is asked of the sentences of a store.
#[derive(Debug, Clone, Default)]
pub struct SentenceOptions {
    /// Hits wanted.
    pub k: usize,
    /// The lowest score (cosine) of a hit.
    pub min_score: Option<f32>,
    /// One hit a file.
    pub per_file: bool,
    /// Compare with every sentence.
    pub exact: bool,
    /// No hit may be the very same sentence.
    pub no_self: bool,
    /// Which sentences may be hits.
    pub filter: HitFilter,
}

/// The sentences nearest to one, best first; equal scores by path and line.
///
/// `ways`: the vectors of the ways in which it may be written (small letters, capitals); a sentence is as near as it is to the nearest of them.
/// `asked`: its words. What has the same letters, whatever their case and form, is the same sentence: its score is 1.
///
/// # Errors
/// Where a vector is of another dimension, or the store turns out damaged.
pub fn search_sentences(
    reader: &Reader,
    ways: &[Embedding],
    asked: &str,
    options: &SentenceOptions,
) -> Result<Vec<IndexHit>, IndexError> {
    let (all, asked) = (reader.len(), fold(asked));
    // Asks for more and more until enough are left without the sentence itself, or there are no more.
    let mut k = options.k.saturating_add(usize::from(options.no_self)).max(LEAST);
    loop {
        // Of a file whose best sentence is the one left out the next best counts, so files are distinguished afterwards then.
        let per_source = options.per_file && !options.no_self;
        let mut best: HashMap<SegmentId, IndexHit> = HashMap::new();
        let mut exhausted = true;
        for way in ways {
            let mut query = IndexQuery::new(way).k(k.min(all)).exact(options.exact).per_source(per_source);
            query.filter.places = options.filter.places.clone();
            let hits = reader.search(&query)?;
            exhausted &= k >= all || hits.len() < k;
            for hit in hits {
                let known = best.entry(hit.segment).or_insert_with(|| hit.clone());
                known.score = known.score.max(hit.score);
            }
        }
        let mut hits: Vec<IndexHit> = best.into_values().collect();
        for hit in &mut hits {
            if hit.text.as_ref().is_some_and(|text| fold(text) == asked) {
                hit.score = 1.0;
            }
        }
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| (&a.path, a.span).cmp(&(&b.path, b.span))));
        if options.no_self {
            hits.retain(|hit| hit.text.as_ref().is_none_or(|text| fold(text) != asked));
        }
        hits.retain(|hit| options.filter.moments.pass(hit.label.as_deref(), hit.text.as_deref()));
        if options.per_file {
            let mut seen = HashSet::new();
            hits.retain(|hit| seen.insert(hit.source));
        }
        let wanted = hits.len();
        hits.retain(|hit| options.min_score.is_none_or(|least| hit.score >= least));
        // What is less near than wanted is followed by nothing nearer.
        if exhausted || hits.len() >= options.k || hits.len() < wanted {
            hits.truncate(options.k);
            return Ok(hits);
        }
        k = k.saturating_mul(4);
    }
}
