//! Vectors on disk, found again by direction.
//!
//! A store is a folder. For each [`Collection`] it holds a sled database (every source in one transaction, durable before
//! success is reported) and, made from it at each commit, a frozen generation: flat, checksummed, memory-mapped files
//! with an HNSW graph. An [`Index`] changes the sled store, one process at a time; a [`Reader`] searches the frozen
//! generation at any time, also while an index is written.

mod adjacency;
mod embedding;
mod error;
mod file_search;
mod freeze;
mod frozen;
mod graph;
mod index;
mod key;
mod label;
mod lock;
mod places;
mod print;
mod query;
mod reader;
mod record;
mod schema;
mod search;
mod selection;
mod source;
mod span;
mod store;
mod verify;
mod writer;

#[cfg(target_endian = "big")]
compile_error!("frozen files are mapped as they lie on disk, little-endian");

pub use embedding::{Embedding, EmbeddingError};
pub use error::{IndexError, Result};
pub use index::{Index, STORE_NAME};
pub use label::{Label, LabelOrigin, label_of};
pub use places::Places;
pub use query::{Filter, Hit, Query};
pub use reader::{Reader, Sampled, SegmentRef, SourceRef};
pub use schema::{Collection, Fingerprint, Schema};
pub use source::{Details, Segment, SegmentId, Source, SourceId, SourceKey};
pub use span::Span;
pub use verify::{Problem, RepairReport, VerifyReport};
pub use writer::{Generation, SourceInParts, Writer};
