//! What every file format is turned into before resampling.

use std::path::Path;

use super::AudioError;

const MAX_CHANNELS: usize = 64;

/// The outcome of decoding one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decoded {
    /// Mono samples of this rate were appended.
    Samples { rate: u32 },
    /// The file has ended as its header said.
    End,
    /// The file has ended too early.
    Truncated,
}

/// A file that is decoded step by step.
pub(super) trait Decoder: Send {
    /// Appends the mean of the channels of some thousand samples to `out`, at the file's own rate.
    fn decode(&mut self, out: &mut Vec<f32>) -> Result<Decoded, AudioError>;
}

/// Refuses numbers of channels that no recording has, before memory is taken for them.
pub(super) fn check_channels(path: &Path, channels: usize) -> Result<(), AudioError> {
    if (1..=MAX_CHANNELS).contains(&channels) {
        Ok(())
    } else {
        Err(AudioError::Channels { path: path.to_path_buf(), channels })
    }
}

/// Appends the mean of each frame of interleaved samples.
pub(super) fn append_mean(interleaved: &[f32], channels: usize, out: &mut Vec<f32>) {
    if channels == 1 {
        out.extend_from_slice(interleaved);
    } else {
        let scale = 1.0 / channels as f32;
        out.extend(
            interleaved.chunks_exact(channels).map(|frame| frame.iter().map(|sample| sample * scale).sum::<f32>()),
        );
    }
}
