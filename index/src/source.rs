//! Sources and their segments.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Embedding, Span};

/// Identity of a source across runs, made by the caller; opaque bytes here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceKey(Vec<u8>);

impl SourceKey {
    /// Any bytes, usually a path.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceKey({})", String::from_utf8_lossy(&self.0))
    }
}

/// Number of one version of a source; a source that is put again gets a new one, and none is given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceId(pub u32);

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A segment, by its source and its place among the source's segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentId {
    /// The source.
    pub source: SourceId,
    /// Its number within the source, from 0.
    pub ordinal: u32,
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.source, self.ordinal)
    }
}

/// A file as it was when its segments were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Identity across runs.
    pub key: SourceKey,
    /// As the user gave it; need not be UTF-8.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Modification time, nanoseconds since 1970.
    pub modified_ns: i64,
    /// Digest of the bytes.
    pub digest: [u8; 32],
    /// Duration in samples at 16 kHz; lines in text.
    pub samples: u64,
    /// The settings that it was segmented with.
    pub segmenter: String,
    /// What else is known of it; nothing of sources of older releases.
    pub details: Details,
}

/// What tells a changed file from an unchanged one where its size and its time are the same, and what was wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// When the system last changed anything about the file, nanoseconds since 1970; 0 where that is not known.
    pub changed_ns: i64,
    /// The system's number of the file; 0 where that is not known.
    pub inode: u64,
    /// Digest of parts of the bytes.
    pub sample: Option<[u8; 16]>,
    /// Why it was not read whole.
    pub remark: Option<String>,
}

/// One stretch of a source with its vector.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Where it lies.
    pub span: Span,
    /// What it is, where someone said so.
    pub label: Option<String>,
    /// What it says, where known.
    pub text: Option<String>,
    /// Where it lies among all others.
    pub embedding: Embedding,
}
