//! What every file format is turned into before its channels are mixed and its rate is converted.

use std::path::Path;

use super::AudioError;

const MAX_CHANNELS: usize = 64;

/// The outcome of decoding one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Decoded {
    /// Frames of this rate and so many channels were appended, interleaved.
    Samples { rate: u32, channels: usize },
    /// The file has ended as its header said.
    End,
    /// The file has ended too early.
    Truncated,
    /// It has ended, but so much of it could not be read, in so many places; silence stands for it.
    Gaps { seconds: f64, places: u32 },
}

/// A file that is decoded step by step.
pub(super) trait Decoder: Send {
    /// Appends some thousand interleaved frames to `out`, at the file's own rate.
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
