//! What of a query clip is asked for.

use audiosearch_index::Span;

use crate::{
    audio::{Clip, SAMPLE_RATE},
    features::FRAME_SHIFT,
    segment::{SegmentConfig, energy_db},
};

/// A clip up to this long (1.5 s) is one span; a longer one is matched as a sequence.
const ONE_SPAN: u64 = 3 * SAMPLE_RATE as u64 / 2;
/// Windows of a longer clip: 1 s every quarter of a second.
const WINDOW: u64 = SAMPLE_RATE as u64;
const HOP: u64 = SAMPLE_RATE as u64 / 4;
/// What lies this far below the loudest frame is silence at the edges of a clip.
const BELOW_PEAK_DB: f32 = 35.0;
/// Kept on either side of what is loud (50 ms): sounds begin and end softly.
const GUARD_FRAMES: usize = 5;
/// The shortest stretch that trimming may leave (0.2 s).
const SHORTEST: u64 = SAMPLE_RATE as u64 / 5;

/// The spans of a query clip that are looked for, in order of time: one, or the windows of a long clip; none where it is so soft that
/// the same in a recording would count as silence.
pub fn query_spans(clip: &Clip) -> Vec<Span> {
    if energy_db(clip.samples()).iter().all(|&energy| energy < SegmentConfig::default().floor_db) {
        return Vec::new();
    }
    let trimmed = trim(clip);
    if u64::from(trimmed.len) <= ONE_SPAN {
        return vec![trimmed];
    }
    let last = trimmed.end() - WINDOW;
    let mut starts: Vec<u64> = (trimmed.start..last).step_by(HOP as usize).collect();
    // The last window ends with the clip; one that is nearly the same is left out.
    starts.pop_if(|start| last - *start <= HOP / 2);
    starts.push(last);
    starts.into_iter().map(|start| Span { start, len: WINDOW as u32 }).collect()
}

/// The clip without silence before and after, as long as enough remains.
fn trim(clip: &Clip) -> Span {
    let samples = clip.samples().len() as u64;
    let whole = Span { start: 0, len: samples as u32 };
    let energy = energy_db(clip.samples());
    let floor = energy.iter().copied().fold(f32::NEG_INFINITY, f32::max) - BELOW_PEAK_DB;
    let loud = |&value: &f32| value > floor;
    let (Some(first), Some(last)) = (energy.iter().position(loud), energy.iter().rposition(loud)) else {
        return whole;
    };
    let start = (first.saturating_sub(GUARD_FRAMES) * FRAME_SHIFT) as u64;
    let end = if last + GUARD_FRAMES + 1 >= energy.len() {
        samples
    } else {
        ((last + GUARD_FRAMES) * FRAME_SHIFT) as u64 + crate::features::FRAME_LENGTH as u64
    };
    let end = end.min(samples);
    if end - start < SHORTEST { whole } else { Span { start, len: (end - start) as u32 } }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A tone between two silences, in seconds.
    fn clip(before: f64, tone: f64, after: f64) -> Clip {
        let length = |seconds: f64| (seconds * f64::from(SAMPLE_RATE)) as usize;
        let mut samples = vec![0.0; length(before)];
        samples.extend((0..length(tone)).map(|n| (n as f32 * 0.3).sin() * 0.5));
        samples.extend(vec![0.0; length(after)]);
        Clip::new(samples).unwrap()
    }

    #[test]
    fn silence_around_a_word_is_trimmed() {
        let spans = query_spans(&clip(1.0, 0.6, 2.0));
        assert_eq!(spans.len(), 1);
        let (start, end) = (spans[0].start as f64 / 16e3, spans[0].end() as f64 / 16e3);
        assert!((0.9..=1.0).contains(&start) && (1.6..=1.7).contains(&end), "{start} {end}");
    }

    #[test]
    fn a_blip_is_not_trimmed_to_nothing() {
        let spans = query_spans(&clip(0.3, 0.02, 0.3));
        assert_eq!(spans, [Span { start: 0, len: 9920 }]);
    }

    #[test]
    fn a_long_clip_is_a_sequence_that_reaches_its_end() {
        let spans = query_spans(&clip(0.0, 3.1, 0.0));
        assert!(spans.len() > 5);
        assert_eq!(spans[0].start, 0);
        assert_eq!(spans.last().unwrap().end(), 49_600);
    }
}
