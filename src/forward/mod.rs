//! The encoder's network without LibTorch: the same checkpoint, the same vectors to five decimals, and a program that starts at once.
//!
//! Forward alone; whoever trains, or computes on an accelerator, needs [`SpeechEncoder`](crate::encoder::SpeechEncoder). Sequences of a
//! batch lie step by step, the longest first, so that nothing is padded and a step's rows are one product.

mod affine;
mod convolution;
mod encoder;
mod recurrent;
mod sequences;
mod spelling;
#[cfg(test)]
mod tests;
mod weights;

pub use encoder::ForwardEncoder;
