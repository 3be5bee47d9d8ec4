//! The values of the sled store.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{IndexError, Result};
use crate::{Details, Segment, Source, SourceKey, Span};

/// A source as `sources` holds it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SourceRecord {
    pub key: SourceKey,
    pub path: Vec<u8>,
    pub size: u64,
    pub modified_ns: i64,
    pub digest: [u8; 32],
    pub samples: u64,
    pub segmenter: String,
    pub segments: u32,
    /// Follows the rest; a record of an older release ends before it.
    #[serde(skip)]
    pub details: Details,
}

impl SourceRecord {
    /// The record as the sled store at `path` holds it.
    pub fn encode(&self, path: &Path) -> Result<Vec<u8>> {
        let bytes = postcard::to_stdvec(self).and_then(|bytes| postcard::to_extend(&self.details, bytes));
        bytes.map_err(|e| IndexError::damaged(path, format!("cannot encode a source: {e}")))
    }

    /// The record that [`Self::encode`] wrote, in this or an older release.
    pub fn parse(bytes: &[u8]) -> postcard::Result<Self> {
        let (record, rest) = postcard::take_from_bytes::<Self>(bytes)?;
        let details = if rest.is_empty() { Details::default() } else { postcard::from_bytes(rest)? };
        Ok(Self { details, ..record })
    }

    pub fn new(source: &Source, segments: u32) -> Self {
        Self {
            key: source.key.clone(),
            path: path_to_bytes(&source.path),
            size: source.size,
            modified_ns: source.modified_ns,
            digest: source.digest,
            samples: source.samples,
            segmenter: source.segmenter.clone(),
            segments,
            details: source.details.clone(),
        }
    }

    pub fn into_source(self) -> Source {
        Source {
            key: self.key,
            path: path_from_bytes(&self.path),
            size: self.size,
            modified_ns: self.modified_ns,
            digest: self.digest,
            samples: self.samples,
            segmenter: self.segmenter,
            details: self.details,
        }
    }
}

/// A segment as `segments` holds it; its vector lies in `vectors`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SegmentRecord {
    pub span: Span,
    pub label: Option<String>,
    pub text: Option<String>,
}

impl SegmentRecord {
    pub fn new(segment: &Segment) -> Self {
        Self { span: segment.span, label: segment.label.clone(), text: segment.text.clone() }
    }
}

/// A path as bytes; on Unix every path survives the way there and back.
pub(crate) fn path_to_bytes(path: &Path) -> Vec<u8> {
    #[cfg(unix)]
    {
        std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec()
    }
    #[cfg(not(unix))]
    {
        path.to_string_lossy().into_owned().into_bytes()
    }
}

/// The path that [`path_to_bytes`] was given.
pub(crate) fn path_from_bytes(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
    }
}
