//! What became of files.

use std::path::PathBuf;

use audiosearch_index::Collection;
use thiserror::Error;

use crate::{
    audio::SAMPLE_RATE,
    pipeline::{FileError, TextFileError},
    text::Damage,
};

/// What became of one file; reported when it is durable.
#[derive(Debug)]
pub struct FileReport {
    /// As it was given.
    pub path: PathBuf,
    /// The channel of the recording that it is about, counted from 1; `None`: all of them together.
    pub channel: Option<u16>,
    /// Recordings or texts.
    pub collection: Collection,
    /// What became of it.
    pub status: FileStatus,
    /// Samples at 16 kHz of a recording; lines of a text.
    pub length: u64,
    /// Segments or sentences stored.
    pub segments: usize,
    /// Whether it was read and stored just now.
    pub fresh: bool,
    /// Bytes of a text that are no UTF-8, where it was read just now.
    pub damage: Option<Damage>,
    /// The first line of subtitles whose times cannot be read, where it was read just now.
    pub untimed: Option<u64>,
}

impl FileReport {
    /// Seconds of a recording; 0 of a text.
    pub fn seconds(&self) -> f64 {
        match self.collection {
            Collection::Audio => self.length as f64 / f64::from(SAMPLE_RATE),
            Collection::Text => 0.0,
        }
    }
}

/// What became of a file.
#[derive(Debug)]
pub enum FileStatus {
    /// Read and stored.
    Indexed,
    /// As it was when it was indexed; not read.
    Unchanged,
    /// Stored as far as it could be read, or stored without segments.
    Partial(FileProblem),
    /// Not stored.
    Failed(FileProblem),
    /// Removed from the store.
    Removed,
}

impl FileStatus {
    /// One word for it: `indexed`, `unchanged`, `partial`, `failed` or `removed`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Indexed => "indexed",
            Self::Unchanged => "unchanged",
            Self::Partial(_) => "partial",
            Self::Failed(_) => "failed",
            Self::Removed => "removed",
        }
    }

    /// Why it was not stored, or not wholly.
    pub fn problem(&self) -> Option<&FileProblem> {
        match self {
            Self::Partial(problem) | Self::Failed(problem) => Some(problem),
            _ => None,
        }
    }
}

/// Why a file is not, or not wholly, in the store. Every message names the file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileProblem {
    /// A recording.
    #[error(transparent)]
    Recording(#[from] FileError),
    /// A text.
    #[error(transparent)]
    Text(#[from] TextFileError),
}
