//! The input of the encoders: samples become log-mel frames here, one every 10 ms. [`griffin_lim`] makes sound of frames.

mod config;
mod frames;
mod griffin_lim;
mod log_mel;
mod mel;
mod stream;

pub use config::{FeatureConfig, FeatureError};
pub use frames::Features;
pub use griffin_lim::griffin_lim;
pub use log_mel::LogMel;
pub use stream::FrameStream;

/// Samples in a frame: 25 ms at 16 kHz.
pub const FRAME_LENGTH: usize = 400;
/// Samples from the beginning of one frame to that of the next: 10 ms at 16 kHz.
pub const FRAME_SHIFT: usize = 160;

/// The number of whole frames in so many samples; what is left over at the end is no frame (Kaldi's `snip_edges`).
pub fn frames(samples: usize) -> usize {
    if samples < FRAME_LENGTH { 0 } else { (samples - FRAME_LENGTH) / FRAME_SHIFT + 1 }
}

/// Turns samples into frames of features. A frame depends on its own 400 samples only, so that a span has the same
/// features inside a long recording and as a clip of its own.
pub trait Frontend {
    /// The number of values in a frame.
    fn bands(&self) -> usize;

    /// Appends [`frames`]`(samples.len())` rows to `out`; `samples`: 16 kHz mono, full scale ±1.
    fn compute(&mut self, samples: &[f32], out: &mut Features);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_frames_count() {
        let counted = [0, 1, 399, 400, 559, 560, 16_000].map(frames);
        assert_eq!(counted, [0, 0, 0, 1, 1, 2, 98]);
    }
}
