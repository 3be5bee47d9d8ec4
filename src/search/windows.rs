//! A long clip as a sequence of windows, each of which votes for the place of the clip.

use std::collections::{HashMap, HashSet};

use audiosearch_index::{Hit as IndexHit, IndexError, Query as IndexQuery, SegmentRef, SourceId, Span};

use super::{
    merge::merge,
    options::SearchOptions,
    searcher::{Searcher, cosine},
    votes::{self, Vote, WindowAlignment},
};
use crate::pipeline::Embedded;

/// Hits that each window of a long clip collects, at least.
const VOTES: usize = 200;

impl Searcher {
    /// A sequence of windows: each votes, then the best places are measured with every window.
    pub(super) fn windows(&self, spans: &[Embedded], options: &SearchOptions) -> Result<Vec<IndexHit>, IndexError> {
        let first = spans.first().map_or(0, |(span, _)| span.start);
        let offsets: Vec<i64> = spans.iter().map(|(span, _)| (span.start - first) as i64).collect();
        let most = options.k.saturating_mul(4).max(VOTES);
        let mut votes = Vec::new();
        for (window, (_, embedding)) in spans.iter().enumerate() {
            let query = IndexQuery::new(embedding)
                .k(most.min(self.reader.len()))
                .exact(options.exact)
                .filter(options.index_filter());
            votes.extend(self.reader.search(&query)?.into_iter().map(|hit| Vote {
                source: hit.source,
                place: hit.span.start as i64 - offsets[window],
                window,
                score: hit.score,
            }));
        }
        let candidates = votes::voted_places(&votes, spans.len(), most);
        let named: HashSet<SourceId> = candidates.iter().map(|candidate| candidate.source).collect();
        let mut by_source: HashMap<SourceId, Vec<SegmentRef<'_>>> = HashMap::new();
        for segment in self.reader.segments_of(|source| named.contains(&source)) {
            by_source.entry(segment.source).or_default().push(segment);
        }
        by_source.values_mut().for_each(|segments| segments.sort_by_key(|segment| segment.span.start));
        let spans_of = |(source, segments): (&SourceId, &Vec<SegmentRef<'_>>)| {
            (*source, segments.iter().map(|segment| segment.span).collect())
        };
        let by_source_spans: HashMap<SourceId, Vec<Span>> = by_source.iter().map(spans_of).collect();
        let mut hits = Vec::new();
        for candidate in candidates {
            let named = by_source.get(&candidate.source).zip(by_source_spans.get(&candidate.source));
            let Some((segments, segment_spans)) = named else { continue };
            let cosine = |window: usize, segment: usize| cosine(&spans[window].1, segments[segment].embedding);
            let Some(WindowAlignment { score, span, best }) =
                votes::align_windows(candidate.place, &offsets, segment_spans, cosine)
            else {
                continue;
            };
            if options.excludes(candidate.source, span) {
                continue;
            }
            let best = &segments[best];
            hits.push(IndexHit {
                segment: best.id,
                source: best.source,
                path: best.path.to_owned(),
                span,
                label: best.label.map(str::to_owned),
                text: best.text.map(str::to_owned),
                score,
            });
        }
        hits.sort_by(|a: &IndexHit, b| b.score.total_cmp(&a.score).then(a.source.cmp(&b.source)));
        Ok(merge(hits, options.per_file))
    }
}
