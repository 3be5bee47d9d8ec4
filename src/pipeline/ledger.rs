//! What a store knows of files, and which of them are to be read.

use std::{
    collections::{HashMap, HashSet},
    io,
    path::{Path, PathBuf},
};

use audiosearch_index::{Details, Index, IndexError, Source, SourceKey};

use super::{
    identity::{Keys, Stamp, sample},
    voices::{channel_of, file_of, key_of_channel},
};

/// The sources of a collection as they were when a run began.
pub(super) struct Ledger {
    keys: Keys,
    known: HashMap<SourceKey, (Source, u32)>,
    /// The channels that are sources of each file; `None` for the file as a whole.
    channels: HashMap<SourceKey, Vec<Option<u16>>>,
}

/// A file to be read.
pub(super) struct Task {
    pub path: PathBuf,
    pub key: SourceKey,
    /// The only channel that is read, counted from 0; all where `None`.
    pub channel: Option<u16>,
    pub stamp: Stamp,
    /// The digest of the version in the index, where that may be the same, and why it was not read whole.
    pub digest: Option<[u8; 32]>,
    pub remark: Option<String>,
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
        /// Why it was not read whole.
        remark: Option<String>,
    },
    Read(Task),
}

impl Task {
    /// What the index is to know of the file; `remark`: why it was not read whole.
    pub fn source(&self, digest: [u8; 32], samples: u64, segmenter: String, remark: Option<String>) -> Source {
        let Stamp { changed_ns, inode, .. } = self.stamp;
        // Where the file is gone by now it is read anew the next time.
        let details = Details { changed_ns, inode, sample: sample(&self.path).ok(), remark };
        Source {
            key: self.key.clone(),
            path: self.path.clone(),
            size: self.stamp.size,
            modified_ns: self.stamp.modified_ns,
            digest,
            samples,
            segmenter,
            details,
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
            .collect::<Result<HashMap<SourceKey, _>, _>>()?;
        let mut channels: HashMap<SourceKey, Vec<Option<u16>>> = HashMap::new();
        for key in known.keys() {
            channels.entry(file_of(key)).or_default().push(channel_of(key));
        }
        channels.values_mut().for_each(|channels| channels.sort_unstable());
        Ok(Self { keys, known, channels })
    }

    /// Duration and number of segments of a source; nothing of one that is not known.
    pub fn size(&self, key: &SourceKey) -> (u64, u32) {
        self.known.get(key).map_or((0, 0), |(source, segments)| (source.samples, *segments))
    }

    /// The channels of a file that are sources now, and its key; nothing where the file has no key.
    pub fn channels(&self, path: &Path) -> Option<(SourceKey, &[Option<u16>])> {
        let key = self.keys.key(path).ok()?;
        let known = self.channels.get(&key).map_or(&[][..], Vec::as_slice);
        Some((key, known))
    }

    /// Decides by size and time whether a file, or a channel of it, is to be read; `may_be_same`: whether its source was made with today's settings.
    pub fn plan(
        &self,
        path: PathBuf,
        channel: Option<u16>,
        seen: &mut HashSet<SourceKey>,
        may_be_same: impl Fn(&Source, &Stamp) -> bool,
    ) -> Plan {
        let (key, stamp) = match self.keys.key(&path).and_then(|key| Ok((key, Stamp::of(&path)?))) {
            Ok(both) => both,
            Err(cause) => return Plan::Gone { path, cause },
        };
        let key = key_of_channel(&key, channel);
        if !seen.insert(key.clone()) {
            return Plan::Again;
        }
        let (mut digest, mut remark) = (None, None);
        if let Some((source, segments)) = self.known.get(&key).filter(|(source, _)| may_be_same(source, &stamp)) {
            let why = source.details.remark.clone();
            if is_same(source, &stamp, &path) {
                return Plan::Unchanged { path, samples: source.samples, segments: *segments, remark: why };
            }
            (digest, remark) = (Some(source.digest), why);
        }
        Plan::Read(Task { path, key, channel, stamp, digest, remark })
    }
}

/// Whether a file is surely the one that was read, without reading it whole: untouched since by what the file system says, where that can be
/// believed, else the same in all the pieces that are looked at. Where that is not known the digest of all of it decides.
fn is_same(source: &Source, stamp: &Stamp, path: &Path) -> bool {
    let known = &source.details;
    if source.modified_ns != stamp.modified_ns {
        return false;
    }
    if stamp.is_fine() && stamp.inode == known.inode {
        return stamp.changed_ns == known.changed_ns;
    }
    known.sample.is_some() && known.sample == sample(path).ok()
}
