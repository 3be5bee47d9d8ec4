//! The silence around a clip, which is not searched for but shows where the clip begins and ends.

use std::ops::Range;

use audiosearch_index::Span;

use crate::acoustic::{AcousticFrames, QueryTemplate, STEP};

/// The span of a hit with the silence of the clip before and after it, as far as the recording has that too, frame by frame.
///
/// `read` returns frames of the recording, which is of so many samples. Frames whose cosine is at least `same` are the same silence.
///
/// # Errors
/// Those of `read`.
pub fn widened<E>(
    span: Span,
    (samples, same): (u64, f32),
    template: &QueryTemplate,
    read: impl Fn(Range<usize>) -> Result<AcousticFrames, E>,
) -> Result<Span, E> {
    // A hit begins and ends between two steps.
    let nearest = |sample: u64| ((sample + STEP / 2) / STEP) as usize;
    let (first, last) = (nearest(span.start), nearest(span.end()));
    let before = read(first.saturating_sub(template.before.len())..first)?;
    let after = read(last..last + template.after.len())?;
    let alike = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>() >= same;
    let pairs = (0..template.before.len()).rev().zip((0..before.len()).rev());
    let earlier = pairs.take_while(|&(asked, there)| alike(template.before.row(asked), before.row(there))).count();
    let pairs = 0..template.after.len().min(after.len());
    let later = pairs.take_while(|&at| alike(template.after.row(at), after.row(at))).count();
    let start = span.start.saturating_sub(earlier as u64 * STEP);
    let end = (span.end() + later as u64 * STEP).min(samples.max(span.end()));
    Ok(Span { start, len: u32::try_from(end - start).unwrap_or(u32::MAX) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::convert::Infallible;

    use super::*;
    use crate::acoustic::FrameTemplate;

    /// A unit vector a letter.
    fn frames(letters: &str) -> AcousticFrames {
        let row = |letter: u8| (b'a'..=b'z').map(move |other| f32::from(u8::from(letter == other)));
        AcousticFrames::from_values(26, letters.bytes().flat_map(row).collect())
    }

    fn widened_in(recording: &str, place: Range<u64>, before: &str, after: &str) -> (u64, u64) {
        let template = QueryTemplate {
            before: frames(before),
            expected: FrameTemplate::of_cosines(&frames("w")),
            after: frames(after),
            phases: Vec::new(),
            phones: None,
        };
        let span = Span { start: place.start * STEP, len: ((place.end - place.start) * STEP) as u32 };
        let read = |range: Range<usize>| Ok::<_, Infallible>(frames(recording).part(range.start, range.end));
        let wide = widened(span, (recording.len() as u64 * STEP, 0.5), &template, read).unwrap();
        (wide.start / STEP, wide.end() / STEP)
    }

    #[test]
    fn quiet_that_the_recording_has_too_belongs_to_the_hit() {
        assert_eq!(widened_in("xxqqqwordqx", 5..9, "qqq", "qq"), (2, 10));
    }

    #[test]
    fn speech_in_the_place_of_quiet_does_not() {
        assert_eq!(widened_in("xxxqqwordxq", 5..9, "qqq", "qq"), (3, 9));
        assert_eq!(widened_in("xxxxxwordxx", 5..9, "qqq", "qq"), (5, 9));
    }

    #[test]
    fn nothing_lies_beyond_a_recording() {
        assert_eq!(widened_in("qword", 1..5, "qqqqqq", "qq"), (0, 5));
        assert_eq!(widened_in("word", 0..4, "", ""), (0, 4));
    }
}
