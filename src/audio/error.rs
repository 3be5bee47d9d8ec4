//! What can be wrong with a recording.

use std::io;
use std::path::PathBuf;

/// Why a recording could not be read; every message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The file does not exist, may not be read, or is a folder.
    #[error("{}: cannot be opened: {source}", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The system failed to deliver bytes of an opened file.
    #[error("{}: reading failed: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is not one sample.
    #[error("{}: holds no audio: {reason}", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// What is missing.
        reason: &'static str,
    },
    /// The content is not audio, whatever the name says.
    #[error("{}: is not audio: its content {found}; wav, flac, ogg, opus, mp3, m4a, mp4, mkv, webm, aiff, caf and au are read, and texts named .txt or .md", .path.display())]
    NotAudio {
        /// The file.
        path: PathBuf,
        /// What the content looks like.
        found: &'static str,
    },
    /// Audio of a kind that is not read here.
    #[error("{}: cannot be decoded: {what}; convert it to wav or flac, or use --decoder ffmpeg", .path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The kind.
        what: String,
    },
    /// Audio of a kind that is not read here, nor by the program that was asked to.
    #[error("{}: cannot be decoded by ffmpeg: {what}", .path.display())]
    External {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        what: String,
    },
    /// The bytes contradict the format.
    #[error("{}: is damaged: {what}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What the decoder found.
        what: String,
    },
    /// The file ends before the audio that its header declares. Comes after all good blocks were handed out.
    #[error("{}: is truncated: it ends after {decoded:.2} s of audio and should be longer", .path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Seconds that could be read.
        decoded: f64,
    },
    /// Some of the audio could not be read; silence stands for it, and what follows is at its time. Comes after all blocks.
    #[error("{}: is damaged: {missing:.2} s of it could not be read, in {places} {}; silence stands there", .path.display(), if *.places == 1 { "place" } else { "places" })]
    Gaps {
        /// The file.
        path: PathBuf,
        /// Seconds that are missing.
        missing: f64,
        /// In how many places.
        places: u32,
    },
    /// A sample is NaN, infinite, or too large to be sound.
    #[error("{}: the sample at {seconds:.4} s is {value}, which is no sound", .path.display())]
    BadSample {
        /// The file.
        path: PathBuf,
        /// Where the sample is, in seconds.
        seconds: f64,
        /// The sample.
        value: f32,
    },
    /// The sample rate is outside 1 kHz to 384 kHz.
    #[error("{}: has a sample rate of {rate} Hz; 1000 to 384000 Hz can be read", .path.display())]
    SampleRate {
        /// The file.
        path: PathBuf,
        /// Samples a second.
        rate: u32,
    },
    /// No channel, or more than 64.
    #[error("{}: has {channels} channels; 1 to 64 can be read", .path.display())]
    Channels {
        /// The file.
        path: PathBuf,
        /// The number of channels.
        channels: usize,
    },
    /// It has not that many channels.
    #[error("{}: there is no channel {channel}: it has {channels}", .path.display())]
    NoChannel {
        /// The file.
        path: PathBuf,
        /// Which was asked for, counted from 1.
        channel: usize,
        /// How many it has.
        channels: usize,
    },
    /// A stretch was asked for that the clip does not hold.
    #[error("samples {start} to {end} were asked of a clip of {samples} samples")]
    OutOfRange {
        /// First sample asked for.
        start: u64,
        /// The sample after the last one asked for.
        end: u64,
        /// Samples in the clip.
        samples: u64,
    },
}

impl AudioError {
    /// Whether the recording could be read all the same, but not all of it: the error comes after its blocks.
    pub fn is_partial(&self) -> bool {
        matches!(self, Self::Truncated { .. } | Self::Gaps { .. })
    }
}
