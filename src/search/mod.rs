//! A query clip becomes moments of recordings.
//!
//! A short clip is one span and asks once. A longer one asks with windows of its own, and their answers vote for the place where
//! the whole clip would begin.

mod align;
mod clip;
mod merge;
mod searcher;

pub use clip::query_spans;
pub use searcher::{Options, Searcher};
