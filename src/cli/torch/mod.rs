//! What needs LibTorch: training, writing sounds and sentences again, and accelerators.
//!
//! LibTorch is half a gigabyte to fetch, and a program that is linked to it takes a quarter of a second longer to start. So
//! `audiosearch` is built without it, and `audiosearch-torch` with it (the feature `torch`): one source, the same arguments. Where
//! LibTorch is needed, the first becomes the second. Both have the same functions here, so that no command needs to know which
//! of the two it is part of.

#[cfg(not(feature = "torch"))]
mod absent;
#[cfg(feature = "torch")]
mod present;

#[cfg(not(feature = "torch"))]
pub(super) use absent::{auto_encoder, loader, paragraphs, require, sentences};
#[cfg(feature = "torch")]
pub(super) use present::{auto_encoder, loader, paragraphs, require, sentences};
