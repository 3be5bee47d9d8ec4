//! Overlapping hits of one recording are one moment.

use std::collections::{HashMap, HashSet};

use audiosearch_index::{Hit as IndexHit, SourceId, Span};

use crate::acoustic::STEP;

/// What is kept of hits that come best first: of those that overlap in one recording the best, with its own boundaries.
///
/// With `per_file` one a recording.
pub fn merge(mut hits: Vec<IndexHit>, per_file: bool) -> Vec<IndexHit> {
    merge_by(&mut hits, per_file, |hit| hit);
    hits
}

/// As [`merge`], of whatever has a hit. One that overlaps a better one by less than a step of vectors follows it or comes before it,
/// and gives way.
pub fn merge_by<T>(items: &mut Vec<T>, per_file: bool, hit: impl Fn(&mut T) -> &mut IndexHit) {
    let mut taken: HashMap<SourceId, Vec<Span>> = HashMap::new();
    let mut seen = HashSet::new();
    items.retain_mut(|item| {
        let hit = hit(item);
        let spans = taken.entry(hit.source).or_default();
        let apart = spans.iter().try_fold(hit.span, beside);
        let Some(own) = apart else { return false };
        let wanted = !per_file || seen.insert(hit.source);
        if wanted {
            hit.span = own;
            spans.push(own);
        }
        wanted
    });
}

/// What of a span does not lie in a better one; `None` where they are the same moment.
fn beside(own: Span, better: &Span) -> Option<Span> {
    let shared = own.overlap(better);
    if shared == 0 {
        return Some(own);
    }
    if shared >= STEP.min(u64::from(own.len.min(better.len)) / 2) {
        return None;
    }
    let start = if own.start < better.start { own.start } else { better.end() };
    Some(Span { start, len: own.len - shared as u32 })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use audiosearch_index::SegmentId;

    use super::*;

    fn hit(source: u32, start: u64, len: u32, score: f32) -> IndexHit {
        IndexHit {
            segment: SegmentId { source: SourceId(source), ordinal: start as u32 },
            source: SourceId(source),
            path: PathBuf::from("a.wav"),
            span: Span { start, len },
            label: None,
            text: None,
            score,
        }
    }

    #[test]
    fn the_best_of_overlapping_hits_keeps_its_boundaries() {
        let hits = vec![hit(1, 100, 50, 0.9), hit(1, 120, 50, 0.8), hit(2, 120, 50, 0.7), hit(1, 150, 50, 0.6)];
        let kept: Vec<_> = merge(hits, false).iter().map(|hit| (hit.span.start, hit.score)).collect();
        assert_eq!(kept, [(100, 0.9), (120, 0.7), (150, 0.6)]);
    }

    #[test]
    fn what_follows_within_a_step_gives_way() {
        let hits = vec![hit(1, 16_000, 8_000, 0.9), hit(1, 23_800, 8_000, 0.8), hit(1, 8_300, 8_000, 0.7)];
        let kept: Vec<_> = merge(hits, false).iter().map(|hit| (hit.span.start, hit.span.end())).collect();
        assert_eq!(kept, [(16_000, 24_000), (24_000, 31_800), (8_300, 16_000)]);
    }

    #[test]
    fn per_file_leaves_one_a_recording() {
        let hits = vec![hit(1, 100, 50, 0.9), hit(1, 900, 50, 0.8), hit(2, 120, 50, 0.7)];
        assert_eq!(merge(hits, true).len(), 2);
    }
}
