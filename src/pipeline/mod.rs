//! Recordings become embeddings here: file → samples → features and segments → passages → encoder → spans with their vectors. Texts
//! as well: file → sentences → windows → encoder → lines with their vectors.
//!
//! Readers and encoders run on threads of their own with one bounded queue between them, so that a recording of hours takes no more
//! memory than one of seconds.

mod analysis;
mod available;
mod chunk;
mod clips;
mod identity;
mod ingest;
mod ledger;
mod pending;
mod pool;
mod prune;
mod texts;
mod tidy;
mod voices;
mod walk;
mod whole;
mod windows;

pub use available::read_available;
pub use clips::{ClipError, ClipTask, EmbeddedClip, embed_clips, embed_query_clips};
pub use identity::{Ambiguous, Keys, open_reader, resolve};
pub use ingest::{FileError, Imports, Ingest, Report, Settings, Status};
pub use pool::Embedded;
pub use prune::{Pruned, Removed, prune};
pub use texts::{TextFileError, TextIngest, TextReport, TextSettings, TextStatus};
pub use tidy::tidy;
pub use voices::{Regrouped, channel_of, file_of, key_of_channel, labels_of_channel};
pub use walk::{Inputs, Unread, WalkError, find};
pub use whole::embed_whole;
pub use windows::encode_sentences;
