//! The labels of a collection in one checksummed file, for readers, which never open the store.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | magic |
//! | 8 | revision of the labels, little-endian |
//! | 4 | crc32 of what follows, little-endian |
//! | rest | `Vec<(SourceKey, Vec<Label>)>` by postcard |
//!
//! It is put in place by a rename. Labels are named by their source's key, so that the file fits any generation beside it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use super::sync_folder;
use crate::error::{IndexError, Result};
use crate::label::{Label, label_of};
use crate::{SourceKey, Span};

const MAGIC: &[u8; 8] = b"ASLABEL1";
const HEADER: usize = 20;

/// The labels of a collection.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    revision: u64,
    of: HashMap<SourceKey, Vec<Label>>,
}

impl Labels {
    /// Reads the file at `path`; where there is none, there are no labels.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(cause) => return Err(IndexError::io("read the labels", path)(cause)),
        };
        let damaged = || IndexError::damaged(path, "these are no labels, or not all of them");
        let (header, payload) = bytes.split_at_checked(HEADER).ok_or_else(damaged)?;
        let revision = u64::from_le_bytes(*header[8..].first_chunk().ok_or_else(damaged)?);
        let crc = u32::from_le_bytes(*header[16..].first_chunk().ok_or_else(damaged)?);
        if header[..8] != *MAGIC || crc != crc32fast::hash(payload) {
            return Err(damaged());
        }
        let labels: Vec<(SourceKey, Vec<Label>)> = postcard::from_bytes(payload).map_err(|_| damaged())?;
        Ok(Self { revision, of: labels.into_iter().collect() })
    }

    /// The state of the labels that was written.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// All labels of a source.
    pub fn of(&self, source: &SourceKey) -> &[Label] {
        self.of.get(source).map_or(&[], Vec::as_slice)
    }

    /// What a stretch of a source is called.
    pub fn label(&self, source: &SourceKey, span: Span) -> Option<&str> {
        label_of(self.of(source), span).map(|label| label.text.as_str())
    }
}

/// Writes labels to `path`, under a temporary name first.
pub(crate) fn write_labels(path: &Path, revision: u64, labels: &[(SourceKey, Vec<Label>)]) -> Result<()> {
    let payload = postcard::to_stdvec(labels).map_err(|cause| IndexError::damaged(path, cause.to_string()))?;
    let temporary = path.with_extension("labels.new");
    let written = File::create(&temporary).and_then(|mut out| {
        out.write_all(MAGIC)?;
        out.write_all(&revision.to_le_bytes())?;
        out.write_all(&crc32fast::hash(&payload).to_le_bytes())?;
        out.write_all(&payload)?;
        out.sync_all()
    });
    let written = written.and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(IndexError::io("write the labels", path))?;
    sync_folder(path.parent().unwrap_or(path))
}
