//! Embedded sentences → the sentences nearest to them.

use audiosearch_index::{Embedding, Hit as IndexHit, IndexError, Query as IndexQuery, Reader};

use super::filter::HitFilter;

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
    /// No hit may read just so.
    pub not: Option<String>,
    /// Which sentences may be hits.
    pub filter: HitFilter,
}

/// The sentences nearest to one, best first; equal scores by path and line.
///
/// # Errors
/// Where the vector is of another dimension, or the store turns out damaged.
pub fn search_sentences(
    reader: &Reader,
    sentence: &Embedding,
    options: &SentenceOptions,
) -> Result<Vec<IndexHit>, IndexError> {
    let all = reader.len();
    // Asks for more and more until enough are left without the sentence itself, or there are no more.
    let mut k = options.k.saturating_add(usize::from(options.not.is_some())).max(LEAST);
    loop {
        // Of a file whose best sentence is the one left out the next best counts, so files are distinguished afterwards then.
        let per_source = options.per_file && options.not.is_none();
        let mut query = IndexQuery::new(sentence).k(k.min(all)).exact(options.exact).per_source(per_source);
        query.min_score = options.min_score;
        query.filter.sources = options.filter.sources.clone();
        let mut hits = reader.search(&query)?;
        let exhausted = k >= all || hits.len() < k;
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| (&a.path, a.span).cmp(&(&b.path, b.span))));
        if let Some(not) = &options.not {
            hits.retain(|hit| hit.text.as_ref() != Some(not));
        }
        if let Some(label) = &options.filter.label {
            hits.retain(|hit| hit.label.as_ref() == Some(label));
        }
        if options.per_file {
            let mut seen = std::collections::HashSet::new();
            hits.retain(|hit| seen.insert(hit.source));
        }
        if exhausted || hits.len() >= options.k {
            hits.truncate(options.k);
            return Ok(hits);
        }
        k = k.saturating_mul(4);
    }
}
