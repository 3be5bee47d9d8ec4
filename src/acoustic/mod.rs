//! The acoustic encoder, its frames and their store: what a recording sounds like, as one short unit vector every 40 ms.
//!
//! The embedding of a whole span says *that* a word may be there. Acoustic frames let a query be aligned with a recording frame by frame,
//! which tells true matches from false ones and finds where they begin and end. They come from a small convolutional network over
//! 130 ms of log-mel filterbank, trained so that the same moment of the same word by two voices gives the same vector. It needs no
//! LibTorch and runs while a recording is read.

mod encoder;
mod frame_store;
mod frames;
mod layer;
mod letters;
mod phones;
mod stream;
mod template;

pub use encoder::{AcousticEncoder, NetworkError};
pub use frame_store::{FrameStore, FrameStoreError, FrameWriter, QuantisedFrames};
pub use frames::{AcousticFrames, Phase, QueryTemplate, Speech};
pub use letters::{Letters, words};
pub use phones::Phones;
pub use stream::StreamingEncoder;
pub use template::FrameTemplate;

use crate::features::FRAME_SHIFT;

/// Log-mel frames from one vector to the next.
pub const REDUCTION: usize = 4;

/// Samples from one vector to the next (40 ms).
pub const STEP: u64 = (REDUCTION * FRAME_SHIFT) as u64;

/// How many vectors a sound of so many log-mel frames has.
pub fn vectors(frames: usize) -> usize {
    frames.div_ceil(REDUCTION)
}
