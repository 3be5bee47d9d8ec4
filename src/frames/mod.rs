//! What a recording sounds like from moment to moment: one short unit vector every 40 ms.
//!
//! The encoder's vector of a whole span says *that* a word may be there; these vectors let a query be laid along a recording moment by
//! moment, which tells true matches from false ones and finds where they begin and end. They come from a small convolutional network over
//! 130 ms of log-mel filterbank, trained so that the same moment of the same word by two voices gives the same vector. It knows no
//! LibTorch: a recording is heard by it while it is read.

mod archive;
mod heard;
mod layer;
mod letters;
mod network;
mod pattern;
mod phones;
mod stream;

pub use archive::{Archive, ArchiveError, Packed, Recording};
pub use heard::{Excerpt, Heard, Phase, Speech};
pub use letters::{Letters, words};
pub use network::{FrameNetwork, NetworkError};
pub use pattern::Pattern;
pub use phones::Phones;
pub use stream::HeardStream;

use crate::features::FRAME_SHIFT;

/// Log-mel frames from one vector to the next.
pub const REDUCTION: usize = 4;

/// Samples from one vector to the next (40 ms).
pub const STEP: u64 = (REDUCTION * FRAME_SHIFT) as u64;

/// How many vectors a sound of so many log-mel frames has.
pub fn vectors(frames: usize) -> usize {
    frames.div_ceil(REDUCTION)
}
