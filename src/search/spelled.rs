//! The best places of something written, once more and phone by phone.

use std::ops::Range;

use audiosearch_index::{SourceId, Span};
use ndarray::{Array2, Axis, Slice};
use rayon::prelude::*;

use super::{
    dtw::{Alignment, lay, lay_along},
    rerank::{MARGIN, PLACES, Place, best_first, moments, stretch_of},
};
use crate::frames::{Heard, Pattern, Phones, STEP};

/// Shares of the score: how like the moments asked for are, how well they account for what is heard, and the cosine of the span. Measured
/// on dev.
const LIKENESS: f32 = 0.74;
const ACCOUNT: f32 = 0.15;
const COSINE: f32 = 0.11;
/// Vectors on either side of a place by its phones, within which its boundaries lie.
const SLACK: usize = 2;

/// A place phone by phone.
struct Laid {
    alignment: Alignment,
    account: f32,
}

impl Laid {
    fn score(&self, cosine: f32) -> f32 {
        (LIKENESS * self.alignment.likeness + ACCOUNT * self.account + COSINE * cosine).min(1.0)
    }
}

/// Lays the phones along the best places, which come first, and do so again after this, with the scores that the phones give. On dev that
/// raises MAP from .71 to .75.
///
/// `read` gives vectors of a recording, and its length in samples.
///
/// # Errors
/// Those of `read`.
pub fn respell<E: Send>(
    places: &mut [Place],
    (pattern, phones): (&Pattern, &Phones),
    (most, explain): (usize, bool),
    read: impl Fn(SourceId, Range<usize>) -> Result<(Heard, u64), E> + Sync,
) -> Result<(), E> {
    let best = places.len().min(PLACES.max(most));
    places[..best].par_iter_mut().try_for_each(|place| {
        let range = stretch_of(&place.hit.span, MARGIN);
        let (around, samples) = read(place.hit.source, range.clone())?;
        let Some(laid) = laid(phones, &around) else { return Ok(()) };
        place.hit.score = laid.score(place.cosine);
        place.spread = laid.alignment.spread;
        place.account = laid.account;
        // A phone may begin anywhere in itself, its parts may not: they tell the boundaries.
        let first = laid.alignment.start().saturating_sub(SLACK);
        let near = around.part(first, laid.alignment.end() + SLACK);
        let Some(exact) = lay_along(pattern, &near, 1).pop() else { return Ok(()) };
        let first = range.start + first;
        let start = (first + exact.start()) as u64 * STEP;
        let end = ((first + exact.end()) as u64 * STEP).min(samples);
        if start < end {
            place.hit.span = Span { start, len: u32::try_from(end - start).unwrap_or(u32::MAX) };
            if explain {
                place.moments = moments(pattern, &near, &exact.path, first);
            }
        }
        Ok(())
    })?;
    // What was not looked at is less like the question than what was.
    let least = places[..best].iter().map(|place| place.hit.score).reduce(f32::min).unwrap_or(1.0);
    places[best..].iter_mut().for_each(|place| place.hit.score = place.hit.score.min(least));
    best_first(places);
    Ok(())
}

/// What the phones come to in vectors of a recording where a span with that cosine lies.
pub fn spelled_score(phones: &Phones, around: &Heard, cosine: f32) -> Option<f32> {
    Some(laid(phones, around)?.score(cosine))
}

fn laid(phones: &Phones, around: &Heard) -> Option<Laid> {
    let of_phones = phones.likenesses(around)?;
    let of_moments = phones.of_moments();
    let likeness = |(asked, there): (usize, usize)| of_phones[[there, of_moments[asked]]];
    let likenesses = Array2::from_shape_fn((of_moments.len(), around.len()), likeness);
    let alignment = lay(likenesses.into_raw_vec_and_offset().0, around.len(), 1).pop()?;
    let stretch = of_phones.slice_axis(Axis(0), Slice::from(alignment.start()..alignment.end()));
    let account = phones.account(stretch).unwrap_or(0.0);
    Some(Laid { alignment, account })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::convert::Infallible;

    use audiosearch_index::{Hit, SegmentId};

    use super::*;
    use crate::frames::{FrameNetwork, Letters};

    /// A place that is all of a recording of so many moments, found with that score.
    fn place(source: u32, moments: usize, score: f32) -> Place {
        let span = Span { start: 0, len: moments as u32 * STEP as u32 };
        let segment = SegmentId { source: SourceId(source), ordinal: 0 };
        let hit = Hit { segment, source: SourceId(source), path: "a.wav".into(), span, label: None, text: None, score };
        Place { hit, cosine: 0.0, spread: 0.0, own: None, account: 0.0, moments: Vec::new() }
    }

    /// A recording that says of every moment what is asked for there, and another that says the same backwards.
    #[test]
    fn what_says_the_phones_in_order_comes_first() {
        let network = FrameNetwork::shipped().unwrap();
        let excerpt = Letters::shipped().unwrap().excerpt("considerable", &network).unwrap().unwrap();
        let (pattern, phones) = (&excerpt.asked, excerpt.phones.as_ref().unwrap());
        let rows: Vec<&[f32]> = pattern.directions().chunks(pattern.dimension()).collect();
        let said = |rows: &[&[f32]]| {
            // Directions are steep; a vector along one is of that class and no other.
            let data: Vec<f32> = rows.iter().flat_map(|row| row.iter().map(|value| value / 12.0)).collect();
            let normalisers = rows.iter().map(|row| row.iter().map(|value| value * value / 12.0).sum()).collect();
            Heard::with_normalisers(pattern.dimension(), data, normalisers)
        };
        let forward = said(&rows);
        let backward = said(&rows.iter().rev().copied().collect::<Vec<_>>());
        let read = |source: SourceId, range: Range<usize>| {
            let heard = if source == SourceId(1) { &forward } else { &backward };
            Ok::<_, Infallible>((heard.part(range.start, range.end), heard.len() as u64 * STEP))
        };
        let mut places = vec![place(2, rows.len(), 0.9), place(1, rows.len(), 0.8)];
        respell(&mut places, (pattern, phones), (1, true), read).unwrap();
        assert_eq!(places[0].hit.source, SourceId(1));
        assert!(places[0].account > 0.95 && places[1].account < 0.8, "{} {}", places[0].account, places[1].account);
        assert!(places[0].hit.score > 0.8 && places[0].hit.score > places[1].hit.score + 0.1);
        assert_eq!(places[0].moments.len(), pattern.len());
        let alone = |heard: &Heard| spelled_score(phones, heard, 0.0).unwrap();
        assert!(alone(&forward) > alone(&backward) + 0.1);
    }
}
