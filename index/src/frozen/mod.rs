//! The frozen generation: one flat, checksummed, memory-mapped file that answers queries without the sled store.
//!
//! A collection has a base, with the graph, and beside it at most one tail: what came or went since the base was
//! built. Both are written under a temporary name, synced and renamed, and never changed afterwards.

mod contents;
mod file;
mod format;
mod labels;
mod layers;
mod mapped;
mod write;

pub(crate) use contents::Contents;
pub(crate) use file::FrozenFile;
pub(crate) use format::{Kind, NO_LABEL, SourceRow};
pub(crate) use labels::{Labels, write_labels};
pub(crate) use write::{sync_folder, write};
