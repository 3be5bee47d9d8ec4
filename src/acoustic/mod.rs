//! The acoustic encoder, its frames and their store: what a recording sounds like, as one short unit vector every 40 ms.
//!
//! The embedding of a whole span says *that* a word may be there. Acoustic frames let a query be aligned with a recording frame by frame,
//! which tells true matches from false ones and finds where they begin and end. Two networks make them: convolutions over 130 ms of log-mel
//! filterbank, trained so that the same moment of the same word by two voices gives the same vector; and a recurrent one for speech that reads
//! both directions and was taught by a far larger network (`train`). Both run without LibTorch while a recording is read.

mod chunks;
pub(crate) mod dtw;
mod encoder;
mod error;
mod expected;
mod frame_store;
mod frames;
mod layer;
mod letters;
mod pass;
mod phones;
mod query_template;
mod shape;
mod stream;
mod template;
mod training;

#[cfg(feature = "torch")]
pub mod train;

pub use dtw::{Alignment, subsequence_dtw};
pub use encoder::{AcousticEncoder, CONVOLUTIONAL_NAME, RECURRENT_NAME};
pub use error::NetworkError;
pub use frame_store::{FrameStore, FrameStoreError, FrameWriter, QuantisedFrames};
pub use frames::{AcousticFrames, Speech};
pub use letters::{Letters, words};
pub use phones::Phones;
pub use query_template::{Phase, QueryTemplate};
pub use shape::AcousticShape;
pub use stream::StreamingEncoder;
pub use template::FrameTemplate;
pub use training::{
    AcousticObjective, AcousticOptimiserConfig, AcousticTrainConfig, CLASSES, CropConfig, OUTPUTS, disturbances,
};

use crate::features::FRAME_SHIFT;

/// Log-mel frames from one vector to the next.
pub const REDUCTION: usize = 4;

/// Samples from one vector to the next (40 ms).
pub const STEP: u64 = (REDUCTION * FRAME_SHIFT) as u64;

/// How many vectors a sound of so many log-mel frames has.
pub fn vectors(frames: usize) -> usize {
    frames.div_ceil(REDUCTION)
}
