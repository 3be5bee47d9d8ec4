//! Finds where something sounds like something.

pub mod audio;
pub mod cli;
pub mod encoder;
pub mod eval;
pub mod export;
pub mod features;
pub mod forward;
pub mod frames;
pub mod kernels;
pub mod pipeline;
pub mod projection;
pub mod search;
pub mod segment;
pub mod sentence;
pub mod text;
