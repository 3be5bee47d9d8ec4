//! What can be chosen about the filterbank.

use serde::{Deserialize, Serialize};

/// Bands of the filterbank. All else is fixed: a model is trained for one way of framing and scaling.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, clap::Args)]
#[serde(deny_unknown_fields)]
pub struct FeatureConfig {
    /// Bands of the log-mel filterbank.
    #[arg(long, default_value_t = 40, value_name = "N")]
    pub bands: usize,
    /// Lower end of the filterbank in hertz.
    #[arg(long, default_value_t = 60.0, value_name = "HZ")]
    pub low_hz: f32,
    /// Upper end of the filterbank in hertz.
    #[arg(long, default_value_t = 7600.0, value_name = "HZ")]
    pub high_hz: f32,
}

/// Why a filterbank cannot be had.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FeatureError {
    /// Too few or too many bands.
    #[error("{0} mel bands, but there must be 1 to {max}", max = FeatureConfig::MOST_BANDS)]
    Bands(usize),
    /// The edges are in the wrong order, or beyond what 16 kHz can hold.
    #[error("mel bands from {low_hz} to {high_hz} Hz, but the edges must rise and lie between 0 and 8000 Hz")]
    Edges {
        /// The lower edge that was asked for.
        low_hz: f32,
        /// The upper edge that was asked for.
        high_hz: f32,
    },
}

impl FeatureConfig {
    /// More bands than that have no FFT bin of their own.
    pub const MOST_BANDS: usize = 256;

    /// Says what is wrong with the values, if anything is.
    pub fn check(&self) -> Result<(), FeatureError> {
        if !(1..=Self::MOST_BANDS).contains(&self.bands) {
            return Err(FeatureError::Bands(self.bands));
        }
        // NaN fails every comparison, and so is refused too.
        if 0.0 <= self.low_hz && self.low_hz < self.high_hz && self.high_hz <= 8000.0 {
            return Ok(());
        }
        Err(FeatureError::Edges { low_hz: self.low_hz, high_hz: self.high_hz })
    }
}

impl Default for FeatureConfig {
    fn default() -> Self {
        Self { bands: 40, low_hz: 60.0, high_hz: 7600.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_bands_are_refused() {
        assert_eq!(FeatureConfig::default().check(), Ok(()));
        let with = |bands, low_hz, high_hz| FeatureConfig { bands, low_hz, high_hz }.check();
        assert_eq!(with(0, 60.0, 7600.0), Err(FeatureError::Bands(0)));
        for (low, high) in
            [(7600.0, 60.0), (60.0, 60.0), (-1.0, 60.0), (60.0, 8001.0), (f32::NAN, 60.0), (0.0, f32::NAN)]
        {
            assert!(matches!(with(40, low, high), Err(FeatureError::Edges { .. })), "{low} {high}");
        }
    }
}
