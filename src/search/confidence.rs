//! How probable it is that a hit is what was searched for.
//!
//! The query is scored at random places of the store as well: the null distribution. They are not what was searched for, but for rare
//! luck, so that they say what a score is worth: `z` is how many of their deviations a hit lies above their mean.
//!
//! Of a clip there are two questions, and the more probable answer counts. Are these the same words? Is it the very same sound, words or
//! not? A written query is never the very same sound. Which evidence counts, and how much, is data (see [`Calibration`](super::Calibration)).

use super::{
    calibration::{Models, probability},
    evidence::{Evidence, Feature},
};

/// Below that even a best hit is most probably no match: nothing is found, unless the caller wants less.
pub const MIN_CONFIDENCE: f32 = 0.02;
/// Scores closer to 1 than that are not distinguished.
const RESOLUTION: f32 = 1e-6;

/// Scores of a query at random places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NullDistribution {
    mean: f32,
    deviation: f32,
}

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

/// What kind of query a hit answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A clip that was aligned and refined.
    Clip,
    /// Several clips together that were aligned.
    Examples,
    /// Written words that were aligned.
    Text,
    /// Compared by one vector alone.
    Span,
}

/// What a score says by itself and beside the null distribution.
pub fn of_score(score: f32, null: Option<&NullDistribution>) -> Evidence {
    let nearness = -(1.0 - score).max(RESOLUTION).ln();
    Evidence::default().with(Feature::Nearness, nearness).with(Feature::Z, null.map_or(0.0, |null| null.z(score)))
}

/// The probability for a score with this evidence in a store of so many segments. Without a null distribution, of a clip only whether it
/// is the very same sound counts, of other queries the score itself.
pub fn confidence(models: &Models, kind: Kind, score: f32, evidence: &Evidence, null: bool, segments: usize) -> f32 {
    let model = match kind {
        Kind::Clip => {
            let words = if null { models.clip.log_odds(evidence, segments) } else { f32::NEG_INFINITY };
            return probability(words.max(models.same_sound.log_odds(evidence, segments)));
        }
        Kind::Examples => &models.examples,
        Kind::Text => &models.text,
        Kind::Span => &models.span,
    };
    if null { probability(model.log_odds(evidence, segments)) } else { score.clamp(0.0, 1.0) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{super::calibration::Calibration, *};

    fn at(kind: Kind, score: f32, scores: &[f32], more: &[(Feature, f32)], segments: usize) -> f32 {
        let null = NullDistribution::of(scores).unwrap();
        let evidence = more.iter().fold(of_score(score, Some(&null)), |sum, &(name, value)| sum.with(name, value));
        confidence(&Calibration::shipped().unwrap().models, kind, score, &evidence, true, segments)
    }

    #[test]
    fn what_stands_out_is_probable_and_less_so_among_more() {
        let scores: Vec<f32> = (0..100).map(|i| 0.2 + 0.001 * i as f32).collect();
        let at = |score, segments| at(Kind::Examples, score, &scores, &[], segments);
        assert!(at(0.25, 10_000) < 0.05 && at(0.9, 10_000) > 0.9);
        assert!(at(0.4, 1_000) >= at(0.4, 100_000));
        assert!(NullDistribution::of(&scores[..7]).is_none());
    }

    #[test]
    fn the_very_same_sound_is_found_and_another_that_is_no_speech_is_not() {
        let scores: Vec<f32> = (0..100).map(|i| 0.7 + 0.002 * i as f32).collect();
        let clip = |score, cosine, silence: f32, frames: f32, doubt, span_z| {
            let query = [
                (Feature::Cosine, cosine),
                (Feature::Silence, silence),
                (Feature::Sounding, (1.0 - silence) * frames),
                (Feature::Doubt, doubt),
                (Feature::SpanZ, span_z),
                (Feature::Frames, frames),
            ];
            at(Kind::Clip, score, &scores, &query, 6_550)
        };
        // A second of a sound that is like no word.
        assert!(clip(0.99, 0.98, 0.4, 25.0, 3.1, 0.0) > 0.9 && clip(0.94, 0.8, 0.4, 25.0, 3.1, 0.0) < 0.02);
        // Of silence alone nothing can be said.
        assert!(clip(1.0, 0.99, 0.99, 25.0, 0.1, 2.0) < 0.05);
    }

    #[test]
    fn a_written_query_must_fit_in_all_its_phones() {
        let scores: Vec<f32> = (0..100).map(|i| 0.2 + 0.002 * i as f32).collect();
        let with = |score, span_z, spread, account, frames| {
            let query = [
                (Feature::SpanZ, span_z),
                (Feature::Spread, spread),
                (Feature::Account, account),
                (Feature::Frames, frames),
            ];
            at(Kind::Text, score, &scores, &query, 6_550)
        };
        assert!(with(0.6, 3.0, 0.1, 0.9, 12.0) > 0.8 && with(0.3, 0.0, 0.3, 0.9, 12.0) < 0.05);
        // What is said besides the words' own phones counts against a place.
        assert!(with(0.5, 2.0, 0.1, 0.8, 12.0) > with(0.5, 2.0, 0.1, 0.6, 12.0));
        assert!(with(0.5, 2.0, 0.1, 0.9, 12.0) > with(0.5, 0.0, 0.1, 0.9, 12.0));
    }

    #[test]
    fn scores_that_never_vary_break_nothing() {
        let value = at(Kind::Span, 0.5, &[0.5; 20], &[], 1);
        assert!(value.is_finite() && value < 0.9);
    }
}
