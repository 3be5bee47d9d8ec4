//! The places that the index names, looked at moment by moment.

use std::{collections::HashMap, ops::Range};

use audiosearch_index::{Hit, SourceId, SourceKey, Span};
use rayon::prelude::*;

use super::{
    dtw::{Alignment, lay_along},
    found::Moment,
    whole::Whole,
};
use crate::{
    audio::SAMPLE_RATE,
    frames::{Archive, ArchiveError, Heard, Pattern, STEP},
};

/// Vectors of recordings that are looked at, at most (2¼ h): what bounds the time of a query.
pub const MOST_VECTORS: usize = 200_000;
/// Looked at on either side of a named place: half the query and so many vectors more.
pub(super) const MARGIN: usize = 4;
/// Places that are looked at once more and finer, at least: what a person may read through.
pub(super) const PLACES: usize = 100;
/// Share of the alignment in the score; the rest is the cosine of the span. Measured on dev.
const SHARE: f32 = 0.95;

/// A recording as the archive knows it.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its key.
    pub key: SourceKey,
    /// Its length.
    pub samples: u64,
}

/// A place that was looked at.
#[derive(Debug, Clone)]
pub struct Place {
    /// With the score of alignment and span together.
    pub hit: Hit,
    /// The cosine of the span alone.
    pub cosine: f32,
    /// How far the likenesses of its moments lie apart (see [`Alignment`]); nothing where it was not looked at.
    pub spread: f32,
    /// How nearly the very same its sounds are, where that was looked at.
    pub own: Option<f32>,
    /// How well what is written accounts for all that is heard there (see [`Phones`](crate::frames::Phones)), 1 at most.
    pub account: f32,
    /// How the question lies there, where asked for.
    pub moments: Vec<Moment>,
}

/// A stretch of one recording to look at, in vectors, and the named places in it.
struct Stretch<'a> {
    source: SourceId,
    range: Range<usize>,
    hits: Vec<&'a Hit>,
}

/// How the places of a query are to be found.
#[derive(Debug, Clone, Copy)]
pub struct Laying {
    /// Places of one recording, at most.
    pub most: usize,
    /// Say of each how the query lies there.
    pub explain: bool,
}

/// Lays the query along the recordings around `hits` (best first): new places, with the boundaries and the order that the alignment
/// gives; the best first, none overlapping another.
///
/// # Errors
/// Where the vectors of a recording cannot be read.
pub fn rerank(
    heard: &Pattern,
    hits: &[Hit],
    known: &HashMap<SourceId, Known>,
    archive: &Archive,
    laying: Laying,
) -> Result<Vec<Place>, ArchiveError> {
    let stretches = stretches(heard.len(), hits);
    let least = hits.last().map_or(0.0, |hit| hit.score);
    let laid: Vec<Vec<Place>> = stretches
        .par_iter()
        .map(|stretch| {
            let Some(recording) = known.get(&stretch.source) else { return Ok(Vec::new()) };
            let around = archive.read(&recording.key, recording.samples, stretch.range.clone())?;
            let named = |span: Span, likeness: f32| {
                let near = stretch.hits.iter().find(|hit| is_same(&hit.span, &span));
                let (like, cosine) = near.map_or((stretch.hits[0], least), |hit| (*hit, hit.score));
                Some((Hit { span, score: score(likeness, cosine), ..like.clone() }, cosine))
            };
            Ok(lay(heard, &around, stretch.range.start, recording.samples, laying, named))
        })
        .collect::<Result<_, _>>()?;
    Ok(joined(laid))
}

/// As [`rerank`], along all of a small store; a place that is none of `hits` counts as if it were the last of them.
pub fn rerank_whole(heard: &Pattern, hits: &[Hit], recordings: &[Whole], laying: Laying) -> Vec<Place> {
    let mut by_source: HashMap<SourceId, Vec<&Hit>> = HashMap::new();
    hits.iter().for_each(|hit| by_source.entry(hit.source).or_default().push(hit));
    let least = hits.last().map_or(0.0, |hit| hit.score);
    let laid = recordings.par_iter().map(|recording| {
        let hits = by_source.get(&recording.source).map_or(&[][..], Vec::as_slice);
        let named = |span: Span, likeness: f32| {
            let near = hits.iter().find(|hit| is_same(&hit.span, &span));
            let cosine = near.map_or(least, |hit| hit.score);
            Some((recording.hit(span, score(likeness, cosine))?, cosine))
        };
        lay(heard, &recording.heard.unpacked(), 0, recording.samples, laying, named)
    });
    joined(laid.collect())
}

/// The places in vectors `first` and following of a recording; `named` makes of a span and its likeness a hit, with its cosine.
fn lay(
    heard: &Pattern,
    around: &Heard,
    first: usize,
    samples: u64,
    laying: Laying,
    named: impl Fn(Span, f32) -> Option<(Hit, f32)>,
) -> Vec<Place> {
    let most = laying.most.min(1 + around.len() / heard.len().max(1));
    let place = |place: Alignment| {
        let start = (first + place.start()) as u64 * STEP;
        let end = ((first + place.end()) as u64 * STEP).min(samples);
        let span = Span { start, len: end.saturating_sub(start) as u32 };
        let (hit, cosine) = named(span, place.likeness).filter(|(hit, _)| hit.span.len > 0)?;
        let moments = if laying.explain { moments(heard, around, &place.path, first) } else { Vec::new() };
        Some(Place { hit, cosine, spread: place.spread, own: None, account: 0.0, moments })
    };
    lay_along(heard, around, most).into_iter().filter_map(place).collect()
}

fn joined(laid: Vec<Vec<Place>>) -> Vec<Place> {
    let mut all: Vec<Place> = laid.into_iter().flatten().collect();
    best_first(&mut all);
    all
}

/// Sorts by score, equal ones by place.
pub fn best_first(places: &mut [Place]) {
    let order = |a: &Hit, b: &Hit| b.score.total_cmp(&a.score).then(a.source.cmp(&b.source)).then(a.span.cmp(&b.span));
    places.sort_by(|a, b| order(&a.hit, &b.hit));
}

pub(super) fn score(likeness: f32, cosine: f32) -> f32 {
    // The kept bytes are rounded: the very same sound may come out a little above 1.
    (SHARE * likeness + (1.0 - SHARE) * cosine).min(1.0)
}

/// The vectors of a span and so many around it.
pub(super) fn stretch_of(span: &Span, margin: usize) -> Range<usize> {
    ((span.start / STEP) as usize).saturating_sub(margin)..(span.end().div_ceil(STEP)) as usize + margin
}

pub(super) fn moments(heard: &Pattern, around: &Heard, path: &[usize], first: usize) -> Vec<Moment> {
    let seconds = |vector: usize| vector as f64 * STEP as f64 / f64::from(SAMPLE_RATE);
    let moment = |(i, &j): (usize, &usize)| Moment {
        question: seconds(i),
        recording: seconds(first + j),
        likeness: heard.likeness(i, around, j),
    };
    path.iter().enumerate().map(moment).collect()
}

/// Whether a span of the index stands for a place: most of the shorter one lies in the longer one.
fn is_same(a: &Span, b: &Span) -> bool {
    2 * a.overlap(b) >= u64::from(a.len.min(b.len))
}

/// What to look at for a query of so many vectors: around the best hits first, until there is enough; overlapping ones joined.
fn stretches(query: usize, hits: &[Hit]) -> Vec<Stretch<'_>> {
    let margin = query / 2 + MARGIN;
    let mut by_source: HashMap<SourceId, Vec<(Range<usize>, &Hit)>> = HashMap::new();
    let mut vectors = 0;
    for hit in hits {
        let range = stretch_of(&hit.span, margin);
        let ranges = by_source.entry(hit.source).or_default();
        // What is looked at already costs nothing more.
        let inside = ranges.iter().any(|(other, _)| other.start <= range.start && range.end <= other.end);
        let overlap: usize = ranges.iter().map(|(other, _)| shared(other, &range)).max().unwrap_or(0);
        vectors += if inside { 0 } else { range.len() - overlap };
        if vectors > MOST_VECTORS {
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

    /// Ten seconds of moments that are like no other, and the word in it that the question is.
    #[test]
    fn a_named_place_is_found_moment_by_moment_in_what_is_kept_and_in_memory_alike() {
        let dir = tempfile::tempdir().unwrap();
        let (archive, key) = (Archive::new(dir.path(), 7), SourceKey::new(b"a.wav".to_vec()));
        let rows: Vec<f32> = (0..250).flat_map(|i| (0..250).map(move |j| f32::from(u8::from(i == j)))).collect();
        let heard = Heard::from_values(250, rows);
        let mut recording = archive.create(&key, 250).unwrap();
        recording.push(&heard).unwrap();
        let samples = 250 * STEP;
        recording.finish(samples).unwrap();
        let asked = Pattern::of_cosines(&heard.part(100, 110));
        // The index names a place a little beside it, and another one.
        let hits = [hit(1, 98 * STEP, 10 * STEP as u32, 0.6), hit(1, 10 * STEP, 10 * STEP as u32, 0.5)];
        let known = HashMap::from([(SourceId(1), Known { key, samples })]);
        let laying = Laying { most: 3, explain: true };
        let places = rerank(&asked, &hits, &known, &archive, laying).unwrap();
        let best = &places[0];
        assert_eq!(best.hit.span, Span { start: 100 * STEP, len: 10 * STEP as u32 });
        assert!((best.hit.score - (SHARE + 0.05 * 0.6)).abs() < 0.01, "{}", best.hit.score);
        assert_eq!((best.cosine, best.moments.len()), (0.6, 10));
        assert!(places[1..].iter().all(|place| place.hit.score < 0.5));
        let gone = HashMap::from([(SourceId(1), Known { key: SourceKey::new(b"b.wav".to_vec()), samples })]);
        assert!(matches!(rerank(&asked, &hits, &gone, &archive, laying), Err(ArchiveError::Io { .. })));
    }

    #[test]
    fn no_more_is_looked_at_than_there_is_time_for() {
        let hits: Vec<Hit> = (0..5_000).map(|i| hit(i, 160_000, 16_000, 0.5)).collect();
        let vectors: usize = stretches(20, &hits).iter().map(|stretch| stretch.range.len()).sum();
        assert!(vectors <= MOST_VECTORS && vectors > MOST_VECTORS / 2, "{vectors}");
    }
}
