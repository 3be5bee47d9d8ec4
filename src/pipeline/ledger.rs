//! What a store knows of files, and which of them are to be read.

use std::{
    collections::{HashMap, HashSet},
    io,
    path::{Path, PathBuf},
};

use audiosearch_index::{Index, IndexError, Source, SourceKey};

use super::identity::{Keys, Stamp};

/// Stands between the settings that a source was made with and why not all of it could be read.
const INCOMPLETE: &str = "; incomplete: ";

/// What is stored with a source of these settings, that a later run says again what was wrong with it.
pub(super) fn with_reason(settings: String, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("{settings}{INCOMPLETE}{reason}"),
        None => settings,
    }
}

/// The settings alone.
pub(super) fn settings_of(stored: &str) -> &str {
    stored.split_once(INCOMPLETE).map_or(stored, |(settings, _)| settings)
}

fn incomplete(stored: &str) -> Option<&str> {
    stored.split_once(INCOMPLETE).map(|(_, reason)| reason)
}

/// The sources of a collection as they were when a run began.
pub(super) struct Ledger {
    keys: Keys,
    known: HashMap<SourceKey, (Source, u32)>,
}

/// A file to be read.
pub(super) struct Task {
    pub path: PathBuf,
    pub key: SourceKey,
    pub stamp: Stamp,
    /// The digest of the version in the index, where that may be the same.
    pub digest: Option<[u8; 32]>,
}

/// What is to be done about a file.
pub(super) enum Plan {
    /// It cannot be looked at.
    Gone {
        path: PathBuf,
        cause: io::Error,
    },
    /// It was named before.
    Again,
    /// By size, time and settings it is as it was.
    Unchanged {
        path: PathBuf,
        samples: u64,
        segments: u32,
        /// Why not all of it could be read, if so.
        incomplete: Option<String>,
    },
    Read(Task),
}

impl Task {
    /// What the index is to know of the file.
    pub fn source(&self, digest: [u8; 32], samples: u64, segmenter: String) -> Source {
        Source {
            key: self.key.clone(),
            path: self.path.clone(),
            size: self.stamp.size,
            modified_ns: self.stamp.modified_ns,
            digest,
            samples,
            segmenter,
        }
    }
}

impl Ledger {
    /// Learns what the index at `store` holds.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn new(index: &Index, store: &Path) -> Result<Self, IndexError> {
        let keys = Keys::new(store).map_err(|cause| IndexError::Io {
            path: store.to_owned(),
            action: "resolve its place",
            cause,
        })?;
        let known = index
            .sources()
            .map(|source| source.map(|(_, source, segments)| (source.key.clone(), (source, segments))))
            .collect::<Result<_, _>>()?;
        Ok(Self { keys, known })
    }

    /// Duration and number of segments of a source; nothing of one that is not known.
    pub fn size(&self, key: &SourceKey) -> (u64, u32) {
        self.known.get(key).map_or((0, 0), |(source, segments)| (source.samples, *segments))
    }

    /// Why not all of a source could be read, if so.
    pub fn incomplete(&self, key: &SourceKey) -> Option<&str> {
        incomplete(&self.known.get(key)?.0.segmenter)
    }

    /// Decides by size and time whether a file is to be read; `may_be_same`: whether its source was made with today's settings.
    pub fn plan(
        &self,
        path: PathBuf,
        seen: &mut HashSet<SourceKey>,
        may_be_same: impl Fn(&Source, &Stamp) -> bool,
    ) -> Plan {
        let (key, stamp) = match self.keys.key(&path).and_then(|key| Ok((key, Stamp::of(&path)?))) {
            Ok(both) => both,
            Err(cause) => return Plan::Gone { path, cause },
        };
        if !seen.insert(key.clone()) {
            return Plan::Again;
        }
        let digest = match self.known.get(&key) {
            Some((source, segments)) if may_be_same(source, &stamp) => {
                if source.modified_ns == stamp.modified_ns && source.path == path {
                    let incomplete = incomplete(&source.segmenter).map(str::to_owned);
                    return Plan::Unchanged { path, samples: source.samples, segments: *segments, incomplete };
                }
                Some(source.digest)
            }
            _ => None,
        };
        Plan::Read(Task { path, key, stamp, digest })
    }
}
