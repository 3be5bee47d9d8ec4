//! What can go wrong with a store: what, where, and what to do.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::{EmbeddingError, Fingerprint, SourceId};

/// Result of an operation on a store.
pub type Result<T, E = IndexError> = std::result::Result<T, E>;

/// Why a store cannot do what was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IndexError {
    /// No store, or no such collection in it.
    #[error("{}: there is no {what} here; index something first", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// Another process writes.
    #[error("{}: the store is in use by another process{}; wait until it has finished, or stop it (searching is possible meanwhile)", path.display(), owner.map(|pid| format!(" ({pid})")).unwrap_or_default())]
    Locked {
        /// The lock.
        path: PathBuf,
        /// The process that holds it, where known.
        owner: Option<u32>,
    },
    /// Bytes on disk are not what was written.
    #[error("{}: damaged: {reason}; run `verify --repair` to rebuild what can be rebuilt", path.display())]
    Damaged {
        /// The file or folder.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// Written by a later program.
    #[error("{}: has format {found}, this program reads up to {supported}; use a newer audiosearch", path.display())]
    NewerFormat {
        /// The file or folder.
        path: PathBuf,
        /// The format on disk.
        found: u32,
        /// The newest format known here.
        supported: u32,
    },
    /// Written by an earlier program, in a format that is read no more.
    #[error("{}: has format {found}, this program needs {supported}; delete the store and index again", path.display())]
    OlderFormat {
        /// The file or folder.
        path: PathBuf,
        /// The format on disk.
        found: u32,
        /// The format needed.
        supported: u32,
    },
    /// Vectors of another encoder.
    #[error("{}: holds vectors of model {} ({}), not of {}; use that model, or another store for this one", path.display(), stored.short(), model, given.short())]
    FingerprintMismatch {
        /// The store.
        path: PathBuf,
        /// The encoder of the store.
        stored: Fingerprint,
        /// Its name.
        model: String,
        /// The encoder at hand.
        given: Fingerprint,
    },
    /// Vectors of another length.
    #[error("{}: holds vectors of {stored} components, got one of {given}; it comes from another model", path.display())]
    DimensionMismatch {
        /// The store.
        path: PathBuf,
        /// Components in the store.
        stored: u32,
        /// Components given.
        given: u32,
    },
    /// A schema that no collection can have.
    #[error("a collection of {dimension} components a vector is impossible; give 1 to 65,536")]
    BadDimension {
        /// Components asked for.
        dimension: u32,
    },
    /// A source that is not there.
    #[error("{}: holds no source {source_id}", path.display())]
    UnknownSource {
        /// The store.
        path: PathBuf,
        /// The number asked for.
        source_id: String,
    },
    /// A stored vector that is none.
    #[error("source {source_id}: {cause}")]
    BadVector {
        /// The source.
        source_id: SourceId,
        /// What is wrong with it.
        cause: EmbeddingError,
    },
    /// More than a collection can number.
    #[error("{}: full: {what}", path.display())]
    Full {
        /// The store.
        path: PathBuf,
        /// Which number ran out.
        what: &'static str,
    },
    /// The system refused.
    #[error("{}: cannot {action}: {cause}{}", path.display(), advice(cause))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The system's words.
        #[source]
        cause: io::Error,
    },
}

fn advice(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; make room and run again: what was reported as done is kept"
        }
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
            "; writing needs a store that you may write to, searching does not"
        }
        _ => "",
    }
}

impl IndexError {
    /// For `map_err`: what was tried, and where.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { path, action, cause }
    }

    pub(crate) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), reason: reason.into() }
    }
}
