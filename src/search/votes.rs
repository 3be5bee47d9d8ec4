//! Where the windows of a long clip lie in a recording: hits that agree in time are votes that add up.

use std::collections::{BTreeSet, HashMap};

use audiosearch_index::{SourceId, Span};

use crate::audio::SAMPLE_RATE;

/// Votes agree whose places differ by no more (0.2 s): the same words are said faster or slower.
pub const TOLERANCE: i64 = SAMPLE_RATE as i64 / 5;

/// A hit of one window of the query.
#[derive(Clone, Copy, Debug)]
pub struct Vote {
    /// The recording.
    pub source: SourceId,
    /// Where the query's first window would begin, in samples; negative where it would begin before the recording.
    pub place: i64,
    /// Which window.
    pub window: usize,
    /// The cosine.
    pub score: f32,
}

/// A place that a query may lie at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VotedPlace {
    /// The recording.
    pub source: SourceId,
    /// Where the query's first window would begin.
    pub place: i64,
    /// Sum over the windows of the best score that agrees; a window without an answer there adds nothing.
    pub sum: f32,
}

/// The `most` places that the votes agree on best, best first; places of one recording are further apart than the tolerance.
pub fn voted_places(votes: &[Vote], windows: usize, most: usize) -> Vec<VotedPlace> {
    let mut by_source: HashMap<SourceId, Vec<Vote>> = HashMap::new();
    for vote in votes {
        by_source.entry(vote.source).or_default().push(*vote);
    }
    let mut all: Vec<VotedPlace> = Vec::new();
    for (source, mut votes) in by_source {
        votes.sort_by_key(|vote| vote.place);
        let mut best = vec![0.0_f32; windows];
        let mut here: Vec<VotedPlace> = votes
            .iter()
            .map(|centre| {
                best.fill(0.0);
                let from = votes.partition_point(|vote| vote.place < centre.place - TOLERANCE);
                for vote in votes[from..].iter().take_while(|vote| vote.place <= centre.place + TOLERANCE) {
                    best[vote.window] = best[vote.window].max(vote.score);
                }
                VotedPlace { source, place: centre.place, sum: best.iter().sum() }
            })
            .collect();
        here.sort_by(|a, b| b.sum.total_cmp(&a.sum));
        let mut kept = BTreeSet::new();
        here.retain(|candidate| {
            let near = candidate.place - TOLERANCE..=candidate.place + TOLERANCE;
            kept.range(near).next().is_none() && kept.insert(candidate.place)
        });
        all.append(&mut here);
    }
    all.sort_by(|a, b| b.sum.total_cmp(&a.sum).then(a.source.cmp(&b.source)).then(a.place.cmp(&b.place)));
    all.truncate(most);
    all
}

/// All windows of a query aligned at a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowAlignment {
    /// Mean over the windows of their best cosine; a window without a segment near it counts as 0.
    pub score: f32,
    /// From the first of those segments to the end of the last.
    pub span: Span,
    /// The segment that is most like its window.
    pub best: usize,
}

/// Aligns the whole query at a place: for every window the segment near its time that is most like it.
///
/// `segments` are those of one recording, by their beginnings; `offsets` the beginnings of the windows after the first one,
/// `similarity` the cosine of a window and a segment. `None` where no window has a segment near it.
pub fn align_windows(
    place: i64,
    offsets: &[i64],
    segments: &[Span],
    similarity: impl Fn(usize, usize) -> f32,
) -> Option<WindowAlignment> {
    let (mut sum, mut start, mut end) = (0.0, u64::MAX, 0);
    let mut best: Option<(f32, usize)> = None;
    for (window, offset) in offsets.iter().enumerate() {
        let at = place + offset;
        // A recording of hours has hundreds of thousands, of which a handful are near.
        let from = segments.partition_point(|span| (span.start as i64) < at - TOLERANCE);
        let near = segments.iter().enumerate().skip(from).take_while(|(_, span)| span.start as i64 <= at + TOLERANCE);
        let scored = near.map(|(number, span)| (similarity(window, number), number, span));
        if let Some((score, number, span)) = scored.max_by(|a, b| a.0.total_cmp(&b.0)) {
            sum += score;
            start = start.min(span.start);
            end = end.max(span.end());
            best = best.filter(|(other, _)| *other >= score).or(Some((score, number)));
        }
    }
    let len = u32::try_from(end.checked_sub(start)?).unwrap_or(u32::MAX);
    let (_, best) = best?;
    Some(WindowAlignment { score: sum / offsets.len() as f32, span: Span { start, len }, best })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(source: u32, place: i64, window: usize, score: f32) -> Vote {
        Vote { source: SourceId(source), place, window, score }
    }

    #[test]
    fn many_that_agree_beat_one_that_shouts() {
        let votes = [vote(1, 0, 0, 0.99), vote(2, 5000, 0, 0.7), vote(2, 5100, 1, 0.7), vote(2, 4000, 2, 0.7)];
        let found = voted_places(&votes, 3, 10);
        assert_eq!(found[0].source, SourceId(2));
        assert!((found[0].sum - 2.1).abs() < 1e-6);
    }

    #[test]
    fn one_window_votes_once_for_a_place() {
        let votes = [vote(1, 0, 0, 0.5), vote(1, 10, 0, 0.6), vote(1, 20, 0, 0.4)];
        let found = voted_places(&votes, 2, 10);
        assert_eq!(found.len(), 1);
        assert!((found[0].sum - 0.6).abs() < 1e-6);
    }

    #[test]
    fn a_query_laid_at_its_place_spans_its_segments() {
        let segments = [Span { start: 1000, len: 16_000 }, Span { start: 5000, len: 16_000 }];
        let aligned =
            align_windows(900, &[0, 4000], &segments, |window, segment| if window == segment { 1.0 } else { 0.0 });
        assert_eq!(aligned, Some(WindowAlignment { score: 1.0, span: Span { start: 1000, len: 20_000 }, best: 0 }));
        assert_eq!(align_windows(900_000, &[0, 4000], &segments, |_, _| 1.0), None);
    }
}
