//! Reading recordings: any supported file becomes 16 kHz mono samples, streamed in bounded memory.
//!
//! What a file holds is decided by its bytes, never by its name. `format/` takes containers apart, `codec/` decodes packets (symphonia's decoders,
//! ropus for Opus), `player` puts them at the times that the container gives, `mixer` makes one channel of several.

mod channels;
mod clip;
mod codec;
mod content;
mod decoder;
mod error;
mod external;
mod format;
mod mixer;
mod names;
mod native;
mod open;
mod player;
mod probe;
mod resample;
mod source;
mod stream;
mod tags;
mod track;

pub use channels::Channels;
pub use clip::Clip;
pub use error::AudioError;
pub use external::ExternalDecoder;
pub use names::{NameKind, is_audio_path, kind_of_name};
pub use native::{NativeClip, read_native};
pub use probe::holds_sound;
pub use stream::ClipStream;
pub use tags::{RecorderTags, recorder_tags};

/// Samples a second of every [`Clip`] and [`ClipStream`]; recordings of another rate are resampled to it.
pub const SAMPLE_RATE: u32 = 16_000;
