//! Recordings become embeddings here: file → samples → features and segments → passages → encoder → spans with their vectors.
//!
//! Readers and encoders run on threads of their own with one bounded queue between them, so that a recording of hours takes no more
//! memory than one of seconds.

mod analysis;
mod chunk;
mod clips;
mod identity;
mod ingest;
mod pool;
mod walk;

pub use clips::{ClipError, ClipTask, EmbeddedClip, embed_clips, listen_to_clips, whole};
pub use identity::{Keys, resolve};
pub use ingest::{FileError, Ingest, Report, Settings, Status};
pub use pool::Embedded;
pub use walk::{WalkError, recordings};
