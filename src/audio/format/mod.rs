//! The containers: each file here takes one kind apart.

pub(super) mod adts;
pub(super) mod aiff;
pub(super) mod caf;
pub(super) mod flac;
pub(super) mod frames;
pub(super) mod matroska;
pub(super) mod mp4;
pub(super) mod mpeg;
pub(super) mod ogg;
pub(super) mod raw;
pub(super) mod sphere;
pub(super) mod sun;
pub(super) mod wave;
