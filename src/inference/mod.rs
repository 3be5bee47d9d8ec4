//! The encoders of speech and of sentences without LibTorch: the same checkpoints, the same vectors to five decimals, and a program that
//! starts at once.
//!
//! Forward alone; whoever trains, or computes on an accelerator, needs `encoder::SpeechEncoder` or `sentence::TextEncoder`, which are there
//! with the feature `torch`; so does who writes sentences again. Sequences of a
//! batch lie step by step, the longest first, so that nothing is padded and a step's rows are one product.

mod affine;
mod convolution;
mod encoder;
mod recurrent;
mod sentence;
#[cfg(all(test, feature = "torch"))]
mod sentence_tests;
mod sequences;
#[cfg(test)]
mod shipped_tests;
mod spelling;
#[cfg(all(test, feature = "torch"))]
mod tests;
mod weights;

pub(crate) use affine::{Columns, affine};
pub(crate) use convolution::{Convolution, EDGE};
pub use encoder::InferenceEncoder;
pub(crate) use recurrent::Stack;
pub use sentence::InferenceTextEncoder;
pub(crate) use sequences::Sequences;
pub(crate) use weights::Weights;
