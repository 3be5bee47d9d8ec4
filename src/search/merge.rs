//! Overlapping hits of one recording are one moment.

use std::collections::{HashMap, HashSet};

use audiosearch_index::{Hit, SourceId, Span};

/// What is kept of hits that come best first: of those that overlap in one recording the best, with its own boundaries.
///
/// With `per_file` one a recording.
pub fn merge(hits: Vec<Hit>, per_file: bool) -> Vec<Hit> {
    let mut taken: HashMap<SourceId, Vec<Span>> = HashMap::new();
    let mut seen = HashSet::new();
    hits.into_iter()
        .filter(|hit| {
            let spans = taken.entry(hit.source).or_default();
            let fresh = !spans.iter().any(|span| span.overlap(&hit.span) > 0);
            let wanted = fresh && (!per_file || seen.insert(hit.source));
            if wanted {
                spans.push(hit.span);
            }
            wanted
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use audiosearch_index::SegmentId;

    use super::*;

    fn hit(source: u32, start: u64, len: u32, score: f32) -> Hit {
        Hit {
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
    fn per_file_leaves_one_a_recording() {
        let hits = vec![hit(1, 100, 50, 0.9), hit(1, 900, 50, 0.8), hit(2, 120, 50, 0.7)];
        assert_eq!(merge(hits, true).len(), 2);
    }
}
