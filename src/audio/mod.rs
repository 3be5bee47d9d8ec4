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
mod resample;
mod stream;
mod wav;

use std::path::Path;

pub use clip::Clip;
pub use error::AudioError;
pub use stream::ClipStream;

/// Samples a second of every [`Clip`] and [`ClipStream`]; recordings of another rate are resampled to it.
pub const SAMPLE_RATE: u32 = 16_000;

const EXTENSIONS: [&str; 12] = ["wav", "wave", "flac", "ogg", "oga", "mp3", "m4a", "mp4", "aac", "aif", "aiff", "aifc"];

/// Whether the name of a file ends as those of audio files do. Says nothing about its content.
pub fn is_audio_path(path: &Path) -> bool {
    path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_is_told_by_the_extension_in_any_case() {
        for name in ["a.wav", "b.FLAC", "dir.d/c.Mp3", "d e.ogg", "中文.m4a"] {
            assert!(is_audio_path(Path::new(name)), "{name}");
        }
        for name in ["wav", "a.txt", ".flac", "a.wav.txt", "a"] {
            assert!(!is_audio_path(Path::new(name)), "{name}");
        }
    }
}
