//! How probable it is that a hit is what was asked for.
//!
//! The query is put to random places of the store as well. They are not what was asked for, but for rare luck, so that their scores
//! say what a score is worth: `z` is how many of their deviations a hit lies above their mean. The log odds grow with z and with how near
//! the score is to that of the very same sound (where the random places too say what was asked for, z says little), and fall with
//! the logarithm of how much was searched: the more there is, the more sounds like anything by chance.
//!
//! Of a clip two things are asked, and the more probable one counts. Are these the same words? That is told by z, by the cosine of the
//! vectors themselves and by that of the span; it is the less probable the more of the clip is silence, and the less the rest is like any sound of speech.
//! Is it the very same sound, words or not? That the cosine alone tells.
//!
//! What is written is never the very same sound. There the cosine of the span with the words tells something besides, one sound that does
//! not fit at all tells more against a place than several that fit less well, so does whatever is heard there that no phone of the words
//! accounts for, and a short word is found by chance more often than a long one.

use crate::acoustic::Speech;

/// Scores of random places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NullDistribution {
    mean: f32,
    deviation: f32,
}

/// Log odds as a sum, fitted on dev (logistic regression) for a store of [`FITTED_FOR`] segments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    offset: f32,
    slope: f32,
    /// For each time that the distance to the very same sound shrinks by e.
    nearness: f32,
}

/// Of a clip aligned with recordings: what its vectors are worth beside their likeness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClipEvidence {
    /// Mean cosine, silence left out of account.
    pub own: f32,
    /// How many deviations the cosine of the place's span with the clip lies above those of random spans.
    pub span: f32,
    /// Of the clip: how many moments are no silence, and of how many.
    pub sound: f32,
    pub frames: f32,
    /// Of the clip: how unlike every sound of speech it is, in nats.
    pub doubt: f32,
}

/// Of written words aligned with recordings: what is known of a place beside its likeness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextEvidence {
    /// How many deviations the cosine of the place's span with the words lies above those of random spans.
    pub span: f32,
    /// How far the likenesses of its moments lie apart.
    pub spread: f32,
    /// How well the words account for all that is heard there.
    pub account: f32,
    /// How many moments the words take: the longer they are, the less is like them by chance.
    pub frames: usize,
}

impl ClipEvidence {
    /// Of a clip with such vectors, and a place with this mean cosine and this span.
    pub fn of(speech: &Speech, own: f32, span: f32) -> Self {
        let frames = speech.sound.len() as f32;
        Self { own, span, sound: speech.sound.iter().sum(), frames, doubt: speech.doubt }
    }

    /// Log odds that these are the same words. What silence and unlikeness to speech take off was fitted with sounds asked of speech; the rest
    /// on 690 words cut from recordings, of which 442 are said nowhere else; 155 had a right best hit by another speaker.
    fn words(&self, z: f32) -> f32 {
        let quiet = (0.9 - self.sound / self.frames.max(1.0)).max(0.0);
        -16.4 + 0.984 * z + 14.7 * self.own + 0.25 * self.span - 11.2 * quiet - 5.2 * (self.doubt - 2.3).max(0.0)
    }

    /// Log odds that it is the very same sound: pieces of a second find their recording with .933 and more, other sounds come to .92 on dev, and
    /// the shorter the more. There must be something to be heard (0.16 s).
    fn sound(&self) -> f32 {
        if self.sound < 4.0 {
            f32::NEG_INFINITY
        } else {
            300.0 * (self.own - 0.935) - 0.4 * (BRIEF - self.sound).max(0.0)
        }
    }
}

/// For several clips together that were aligned with recordings. Fitted on 189 pairs of a word by two speakers, 57 of them of words that are said
/// nowhere else; 98 had a right best hit by a third one.
pub const ALIGNED: Calibration = Calibration { offset: -13.9, slope: 2.2, nearness: 3.08 };
/// For what was compared by one vector alone.
pub const SPAN: Calibration = Calibration { offset: -9.2, slope: 2.33, nearness: 0.0 };
/// Below that even a best hit is most probably no match: nothing is found, unless one asks for less.
pub const MIN_CONFIDENCE: f32 = 0.02;
/// Nothing is distinguished that is nearer to the very same sound.
const NEAREST: f32 = 0.003;
/// Moments of sound (0.6 s) below which another sound may come as near as the very same one.
const BRIEF: f32 = 15.0;
/// Moments of written words beyond which more of them tell no more; few words of dev have as many.
const LONG: usize = 15;
/// Segments of the store that the lines are fitted on.
const FITTED_FOR: f32 = 6_550.0;

impl NullDistribution {
    /// Of so many scores; none where they are too few to say anything.
    pub fn of(scores: &[f32]) -> Option<Self> {
        if scores.len() < 8 {
            return None;
        }
        let count = scores.len() as f32;
        let mean = scores.iter().sum::<f32>() / count;
        let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f32>() / count;
        Some(Self { mean, deviation: variance.sqrt().max(1e-3) })
    }

    /// How many deviations a score lies above the mean.
    pub fn z(&self, score: f32) -> f32 {
        (score - self.mean) / self.deviation
    }
}

/// The probability for a score in a store of so many segments. Where no null could be had, the score itself.
pub fn confidence(score: f32, null: Option<&NullDistribution>, calibration: Calibration, segments: usize) -> f32 {
    let Some(null) = null else { return score.clamp(0.0, 1.0) };
    let prior = (segments.max(1) as f32 / FITTED_FOR).ln();
    let nearness = -(1.0 - score).max(NEAREST).ln();
    probability(calibration.offset + calibration.slope * null.z(score) + calibration.nearness * nearness - prior)
}

/// As [`confidence`], for a clip that was aligned with recordings.
pub fn confidence_of_clip(
    score: f32,
    null: Option<&NullDistribution>,
    evidence: &ClipEvidence,
    segments: usize,
) -> f32 {
    let prior = (segments.max(1) as f32 / FITTED_FOR).ln();
    let words = null.map_or(f32::NEG_INFINITY, |null| evidence.words(null.z(score)) - prior);
    probability(words.max(evidence.sound()))
}

/// As [`confidence`], for written words that were aligned with recordings. Fitted on 857 words asked of dev, 407 of them said there; 257 had
/// a right best hit.
pub fn confidence_of_text(
    score: f32,
    null: Option<&NullDistribution>,
    evidence: &TextEvidence,
    segments: usize,
) -> f32 {
    let Some(null) = null else { return score.clamp(0.0, 1.0) };
    let prior = (segments.max(1) as f32 / FITTED_FOR).ln();
    let TextEvidence { span, spread, account, frames } = *evidence;
    let length = frames.min(LONG) as f32;
    probability(-17.1 + 1.24 * null.z(score) + 0.446 * span - 6.36 * spread + 10.3 * account + 0.256 * length - prior)
}

fn probability(odds: f32) -> f32 {
    1.0 / (1.0 + (-odds).exp())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_stands_out_is_probable_and_less_so_among_more() {
        let scores: Vec<f32> = (0..100).map(|i| 0.2 + 0.001 * i as f32).collect();
        let null = NullDistribution::of(&scores).unwrap();
        let at = |score, segments| confidence(score, Some(&null), ALIGNED, segments);
        assert!(at(0.25, 10_000) < 0.01 && at(0.9, 10_000) > 0.99);
        assert!(at(0.4, 1_000) > at(0.4, 100_000));
        assert!(NullDistribution::of(&scores[..7]).is_none());
    }

    #[test]
    fn the_very_same_sound_is_probable_among_many_that_are_like_it() {
        let scores: Vec<f32> = (0..100).map(|i| 0.7 + 0.002 * i as f32).collect();
        let null = NullDistribution::of(&scores).unwrap();
        let at = |score| confidence(score, Some(&null), ALIGNED, 30_000);
        assert!(at(0.99) > 0.9 && at(0.8) < 0.05 && at(1.0) >= at(0.999));
    }

    #[test]
    fn the_very_same_sound_is_found_and_another_that_is_no_speech_is_not() {
        let scores: Vec<f32> = (0..100).map(|i| 0.7 + 0.002 * i as f32).collect();
        let null = NullDistribution::of(&scores).unwrap();
        // A second of a sound that is like no word.
        let noise = Speech { sound: vec![0.6; 25], doubt: 3.1 };
        let at = |score, own| confidence_of_clip(score, Some(&null), &ClipEvidence::of(&noise, own, 0.0), 6_550);
        assert!(at(0.98, 0.95) > 0.9 && at(0.94, 0.8) < 0.02);
        // Nearly the same figures of a word are another voice's word.
        let word = Speech { sound: vec![1.0; 25], doubt: 2.0 };
        assert!(confidence_of_clip(0.94, Some(&null), &ClipEvidence::of(&word, 0.86, 2.0), 6_550) > 0.2);
        // Of silence alone nothing can be said.
        let silence = Speech { sound: vec![0.01; 25], doubt: 0.1 };
        assert!(confidence_of_clip(1.0, Some(&null), &ClipEvidence::of(&silence, 0.99, 2.0), 6_550) < 0.05);
    }

    #[test]
    fn what_is_written_must_fit_in_all_its_sounds() {
        let scores: Vec<f32> = (0..100).map(|i| 0.2 + 0.002 * i as f32).collect();
        let null = NullDistribution::of(&scores).unwrap();
        let with = |score, span, spread, account, frames| {
            confidence_of_text(score, Some(&null), &TextEvidence { span, spread, account, frames }, 6_550)
        };
        let of_length = |score, span, spread, frames| with(score, span, spread, 0.9, frames);
        let at = |score, span, spread| of_length(score, span, spread, 12);
        assert!(at(0.6, 3.0, 0.1) > 0.8 && at(0.3, 0.0, 0.3) < 0.05);
        // What is heard besides the words' own sounds tells against a place.
        assert!(with(0.5, 2.0, 0.1, 0.8, 12) > with(0.5, 2.0, 0.1, 0.6, 12));
        assert!(at(0.5, 2.0, 0.1) > at(0.5, 2.0, 0.3) && at(0.5, 2.0, 0.1) > at(0.5, 0.0, 0.1));
        // A long word is less often like something by chance.
        assert!(of_length(0.5, 2.0, 0.1, 12) > of_length(0.5, 2.0, 0.1, 5));
        assert_eq!(of_length(0.5, 2.0, 0.1, 40), of_length(0.5, 2.0, 0.1, 80));
    }

    #[test]
    fn scores_that_never_vary_break_nothing() {
        let null = NullDistribution::of(&[0.5; 20]).unwrap();
        let value = confidence(0.5, Some(&null), SPAN, 1);
        assert!(value.is_finite() && value < 0.9);
    }
}
