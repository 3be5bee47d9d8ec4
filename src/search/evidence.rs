//! What is known of a hit, by name: the inputs of its confidence.

use serde::{Deserialize, Serialize};

/// One number that is known of a hit or of its query. Names are those of a calibration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Deviations that the score lies above the mean of the null distribution.
    Z,
    /// How near the score is to 1: −ln(1 − score).
    Nearness,
    /// Mean cosine of the aligned frames, silence left out.
    Cosine,
    /// Deviations that the cosine of the hit's span lies above that of random spans.
    SpanZ,
    /// Share of the query's frames that are silence.
    Silence,
    /// Frames of the query that are no silence.
    Sounding,
    /// Mean entropy of the query's phone classes, in nats: how unlike speech it is.
    Doubt,
    /// Length of the mean of the query's frames: 1 where they are all alike, as those of noise are.
    Monotony,
    /// Absolute logarithm of the hit's length by the query's.
    Stretch,
    /// Standard deviation of the likenesses of the aligned frames.
    Spread,
    /// How well the phones of a written query account for every frame of the hit.
    Account,
    /// Length of the query in frames.
    Frames,
}

impl Feature {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Z,
        Self::Nearness,
        Self::Cosine,
        Self::SpanZ,
        Self::Silence,
        Self::Sounding,
        Self::Doubt,
        Self::Monotony,
        Self::Stretch,
        Self::Spread,
        Self::Account,
        Self::Frames,
    ];
}

/// A value for each [`Feature`], 0 where it is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Evidence([f32; Feature::ALL.len()]);

impl Evidence {
    /// What is known of a feature.
    pub fn get(&self, feature: Feature) -> f32 {
        self.0[feature as usize]
    }

    /// The same with a further value.
    #[must_use]
    pub fn with(mut self, feature: Feature, value: f32) -> Self {
        self.0[feature as usize] = value;
        self
    }
}
