//! Aligns a query with the surroundings of the segments that the index names: candidates with better scores and boundaries.

use std::{collections::HashMap, ops::Range};

use audiosearch_index::{Hit as IndexHit, SourceId, Span};
use rayon::prelude::*;

use super::{
    calibration::Scoring,
    dtw::{Alignment, subsequence_dtw},
    filter::HitFilter,
    hit::AlignmentStep,
    loaded::{LoadedFrames, RecordingInfo},
};
use crate::{
    acoustic::{AcousticFrames, FrameStore, FrameStoreError, FrameTemplate, STEP},
    audio::SAMPLE_RATE,
};

/// Frames of recordings that are aligned, at most (2¼ h): what bounds the time of a query.
pub const MOST_FRAMES: usize = 200_000;
/// Aligned on either side of a segment: half the query and so many frames more.
pub(super) const MARGIN: usize = 4;
/// Candidates that are refined, at least: what a person may read through.
pub(super) const REFINED: usize = 100;

/// A stretch of a recording that may become a hit.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// With the score of alignment and span together.
    pub hit: IndexHit,
    /// The cosine of the span alone.
    pub cosine: f32,
    /// Standard deviation of the likenesses of its frames (see [`Alignment`]); 0 where it was not aligned.
    pub spread: f32,
    /// Mean cosine of its frames with those of the query, silence left out, where that was computed.
    pub own: Option<f32>,
    /// How well the phones of a written query account for every frame there (see [`Phones`](crate::acoustic::Phones)), 1 at most.
    pub account: f32,
    /// How the query is aligned there, where asked for.
    pub alignment: Vec<AlignmentStep>,
}

/// A stretch of one recording to align with, in frames, and the segments in it that the index named.
struct Stretch<'a> {
    source: SourceId,
    range: Range<usize>,
    hits: Vec<&'a IndexHit>,
}

/// How a query is to be aligned.
#[derive(Debug, Clone, Copy)]
pub struct AlignOptions {
    /// Candidates of one recording, at most.
    pub most: usize,
    /// Return the alignment of each.
    pub explain: bool,
    /// Weights of the score.
    pub scoring: Scoring,
}

/// Aligns the query with the recordings around `hits` (best first): candidates with the boundaries and the order that the alignment
/// gives; the best first, none overlapping another.
///
/// # Errors
/// Where the frames of a recording cannot be read.
pub fn rescore(
    query: &FrameTemplate,
    hits: &[IndexHit],
    recordings: &HashMap<SourceId, RecordingInfo>,
    store: &FrameStore,
    options: AlignOptions,
) -> Result<Vec<Candidate>, FrameStoreError> {
    let stretches = stretches(query.len(), hits);
    let least = hits.last().map_or(0.0, |hit| hit.score);
    let aligned: Vec<Vec<Candidate>> = stretches
        .par_iter()
        .map(|stretch| {
            let Some(recording) = recordings.get(&stretch.source) else { return Ok(Vec::new()) };
            let around = store.read(&recording.key, recording.samples, stretch.range.clone())?;
            let named = |span: Span, likeness: f32| {
                let near = stretch.hits.iter().find(|hit| is_same(&hit.span, &span));
                let (like, cosine) = near.map_or((stretch.hits[0], least), |hit| (*hit, hit.score));
                Some((IndexHit { span, score: options.scoring.of_alignment(likeness, cosine), ..like.clone() }, cosine))
            };
            Ok(align(query, &around, stretch.range.start, recording.samples, options, named))
        })
        .collect::<Result<_, _>>()?;
    Ok(joined(aligned))
}

/// As [`rescore`], with all recordings of a small store that the filter lets pass; a candidate that is none of `hits` counts as if it were the last of them.
pub fn rescore_loaded(
    query: &FrameTemplate,
    hits: &[IndexHit],
    (recordings, filter): (&[LoadedFrames], &HitFilter),
    options: AlignOptions,
) -> Vec<Candidate> {
    let mut by_source: HashMap<SourceId, Vec<&IndexHit>> = HashMap::new();
    hits.iter().for_each(|hit| by_source.entry(hit.source).or_default().push(hit));
    let least = hits.last().map_or(0.0, |hit| hit.score);
    let passing = recordings.par_iter().filter(|recording| filter.has(recording.source));
    let aligned = passing.map(|recording| {
        let hits = by_source.get(&recording.source).map_or(&[][..], Vec::as_slice);
        let named = |span: Span, likeness: f32| {
            let near = hits.iter().find(|hit| is_same(&hit.span, &span));
            let cosine = near.map_or(least, |hit| hit.score);
            Some((recording.hit(span, options.scoring.of_alignment(likeness, cosine))?, cosine))
        };
        align(query, &recording.frames.dequantised(), 0, recording.samples, options, named)
    });
    joined(aligned.collect())
}

/// The candidates in frames `first` and following of a recording; `named` makes a hit and its cosine of a span and its likeness.
fn align(
    query: &FrameTemplate,
    around: &AcousticFrames,
    first: usize,
    samples: u64,
    options: AlignOptions,
    named: impl Fn(Span, f32) -> Option<(IndexHit, f32)>,
) -> Vec<Candidate> {
    let most = options.most.min(1 + around.len() / query.len().max(1));
    let candidate = |found: Alignment| {
        let start = (first + found.start()) as u64 * STEP;
        let end = ((first + found.end()) as u64 * STEP).min(samples);
        let span = Span { start, len: end.saturating_sub(start) as u32 };
        let (hit, cosine) = named(span, found.likeness).filter(|(hit, _)| hit.span.len > 0)?;
        let alignment = if options.explain { alignment_steps(query, around, &found.path, first) } else { Vec::new() };
        Some(Candidate { hit, cosine, spread: found.spread, own: None, account: 0.0, alignment })
    };
    subsequence_dtw(query, around, most).into_iter().filter_map(candidate).collect()
}

fn joined(aligned: Vec<Vec<Candidate>>) -> Vec<Candidate> {
    let mut all: Vec<Candidate> = aligned.into_iter().flatten().collect();
    best_first(&mut all);
    all
}

/// Sorts by score, equal ones by place.
pub fn best_first(candidates: &mut [Candidate]) {
    let order = |a: &IndexHit, b: &IndexHit| {
        b.score.total_cmp(&a.score).then(a.source.cmp(&b.source)).then(a.span.cmp(&b.span))
    };
    candidates.sort_by(|a, b| order(&a.hit, &b.hit));
}

/// The frames of a span and so many around it.
pub(super) fn stretch_of(span: &Span, margin: usize) -> Range<usize> {
    ((span.start / STEP) as usize).saturating_sub(margin)..(span.end().div_ceil(STEP)) as usize + margin
}

pub(super) fn alignment_steps(
    query: &FrameTemplate,
    around: &AcousticFrames,
    path: &[usize],
    first: usize,
) -> Vec<AlignmentStep> {
    let seconds = |frame: usize| frame as f64 * STEP as f64 / f64::from(SAMPLE_RATE);
    let step = |(i, &j): (usize, &usize)| AlignmentStep {
        query: seconds(i),
        recording: seconds(first + j),
        likeness: query.likeness(i, around, j),
    };
    path.iter().enumerate().map(step).collect()
}

/// Whether a span of the index stands for a candidate: most of the shorter one lies in the longer one.
fn is_same(a: &Span, b: &Span) -> bool {
    2 * a.overlap(b) >= u64::from(a.len.min(b.len))
}

/// What to align with a query of so many frames: around the best hits first, until there is enough; overlapping ones joined.
fn stretches(query: usize, hits: &[IndexHit]) -> Vec<Stretch<'_>> {
    let margin = query / 2 + MARGIN;
    let mut by_source: HashMap<SourceId, Vec<(Range<usize>, &IndexHit)>> = HashMap::new();
    let mut vectors = 0;
    for hit in hits {
        let range = stretch_of(&hit.span, margin);
        let ranges = by_source.entry(hit.source).or_default();
        // What is aligned already costs nothing more.
        let inside = ranges.iter().any(|(other, _)| other.start <= range.start && range.end <= other.end);
        let overlap: usize = ranges.iter().map(|(other, _)| shared(other, &range)).max().unwrap_or(0);
        vectors += if inside { 0 } else { range.len() - overlap };
        if vectors > MOST_FRAMES {
            break;
        }
        ranges.push((range, hit));
    }
    let mut out = Vec::new();
    for (source, mut ranges) in by_source {
        ranges.sort_by_key(|(range, _)| range.start);
        let mut open: Option<Stretch<'_>> = None;
        for (range, hit) in ranges {
            match &mut open {
                Some(stretch) if range.start <= stretch.range.end => {
                    stretch.range.end = stretch.range.end.max(range.end);
                    stretch.hits.push(hit);
                }
                _ => out.extend(open.replace(Stretch { source, range, hits: vec![hit] })),
            }
        }
        out.extend(open);
    }
    for stretch in &mut out {
        stretch.hits.sort_by(|a, b| b.score.total_cmp(&a.score));
    }
    out
}

fn shared(a: &Range<usize>, b: &Range<usize>) -> usize {
    a.end.min(b.end).saturating_sub(a.start.max(b.start))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::PathBuf;

    use audiosearch_index::{SegmentId, SourceKey};

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
    fn places_that_overlap_are_looked_at_once() {
        let hits = [
            hit(1, 64_000, 8_000, 0.9),
            hit(1, 70_000, 8_000, 0.8),
            hit(1, 640_000, 8_000, 0.7),
            hit(2, 0, 8_000, 0.6),
        ];
        let mut found = stretches(10, &hits);
        found.sort_by_key(|stretch| (stretch.source, stretch.range.start));
        assert_eq!(found.iter().map(|stretch| stretch.hits.len()).collect::<Vec<_>>(), [2, 1, 1]);
        assert_eq!(found[0].hits[0].score, 0.9);
        assert!(found[0].range.start <= 91 && found[0].range.end >= 131);
        assert_eq!(found[2].range.start, 0);
    }

    /// Ten seconds of moments that are like no other, and the word in it that the query is.
    #[test]
    fn a_named_place_is_found_moment_by_moment_in_what_is_kept_and_in_memory_alike() {
        let dir = tempfile::tempdir().unwrap();
        let (store, key) = (FrameStore::new(dir.path(), 7), SourceKey::new(b"a.wav".to_vec()));
        let rows: Vec<f32> = (0..250).flat_map(|i| (0..250).map(move |j| f32::from(u8::from(i == j)))).collect();
        let frames = AcousticFrames::from_values(250, rows);
        let mut recording = store.create(&key, 250).unwrap();
        recording.push(&frames).unwrap();
        let samples = 250 * STEP;
        recording.finish(samples).unwrap();
        let query = FrameTemplate::of_cosines(&frames.part(100, 110));
        // The index names a place a little beside it, and another one.
        let hits = [hit(1, 98 * STEP, 10 * STEP as u32, 0.6), hit(1, 10 * STEP, 10 * STEP as u32, 0.5)];
        let recordings = HashMap::from([(SourceId(1), RecordingInfo { key, samples })]);
        let scoring = crate::search::Calibration::shipped().unwrap().scoring;
        let options = AlignOptions { most: 3, explain: true, scoring };
        let candidates = rescore(&query, &hits, &recordings, &store, options).unwrap();
        let best = &candidates[0];
        assert_eq!(best.hit.span, Span { start: 100 * STEP, len: 10 * STEP as u32 });
        assert!(
            (best.hit.score - (scoring.alignment + (1.0 - scoring.alignment) * 0.6)).abs() < 0.01,
            "{}",
            best.hit.score
        );
        assert_eq!((best.cosine, best.alignment.len()), (0.6, 10));
        assert!(candidates[1..].iter().all(|candidate| candidate.hit.score < 0.5));
        let gone = HashMap::from([(SourceId(1), RecordingInfo { key: SourceKey::new(b"b.wav".to_vec()), samples })]);
        assert!(matches!(rescore(&query, &hits, &gone, &store, options), Err(FrameStoreError::Io { .. })));
    }

    #[test]
    fn no_more_is_looked_at_than_there_is_time_for() {
        let hits: Vec<IndexHit> = (0..5_000).map(|i| hit(i, 160_000, 16_000, 0.5)).collect();
        let vectors: usize = stretches(20, &hits).iter().map(|stretch| stretch.range.len()).sum();
        assert!(vectors <= MOST_FRAMES && vectors > MOST_FRAMES / 2, "{vectors}");
    }
}
