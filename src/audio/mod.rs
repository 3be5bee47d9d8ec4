//! Reading recordings: any supported file becomes 16 kHz mono samples, streamed in bounded memory.
//!
//! wav is read by hound; flac, ogg/vorbis, mp3, m4a (aac, alac), aiff and unusual wav kinds by symphonia. What a file
//! holds is decided by its first bytes, never by its name.

mod clip;
mod container;
mod content;
mod decoder;
mod edit_list;
mod error;
mod names;
mod resample;
mod stream;
mod wav;

pub use clip::Clip;
pub use error::AudioError;
pub use names::{NameKind, is_audio_path, kind_of_name};
pub use stream::ClipStream;

/// Samples a second of every [`Clip`] and [`ClipStream`]; recordings of another rate are resampled to it.
pub const SAMPLE_RATE: u32 = 16_000;
