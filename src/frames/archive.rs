//! Where the vectors of recordings are kept: one flat file a recording, a byte a value, beside the store's index.
//!
//! | offset | what |
//! |---|---|
//! | 0 | `ASFRAMES` |
//! | 8 | format, u32 little-endian |
//! | 12 | values in a vector, u32 |
//! | 16 | identity of the network, u64 |
//! | 24 | samples of the recording, u64 |
//! | 32 | a row every 40 ms: the vector, a signed byte a value (127 is 1.0), and its normaliser, an unsigned byte (16 is 1.0) |
//!
//! A file is written beside its place and renamed into it, so that one is whole or not there. It can be made again from the recording.
//! Its name tells the samples too: what is being indexed anew stands beside the version that is searched, until that is no more.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _},
    ops::Range,
    path::{Path, PathBuf},
};

use audiosearch_index::SourceKey;

use super::Heard;

/// Its folder in a store.
const FOLDER: &str = "frames";
const SUFFIX: &str = "frames";
const PART: &str = "part";
const MAGIC: &[u8; 8] = b"ASFRAMES";
/// 1 had no normalisers.
const FORMAT: u32 = 2;
const HEADER: usize = 32;
/// A byte's value for 1.0, of a vector and of a normaliser.
const SCALE: f32 = 127.0;
const NORMALISER_SCALE: f32 = 16.0;

/// Why the vectors of a recording cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The system refused.
    #[error("{}: cannot {action}: {cause}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        cause: io::Error,
    },
    /// There is a file, but not one of this recording by this program.
    #[error("{}: {cause}; `audiosearch index --force` hears the recording again", path.display())]
    Stale {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: &'static str,
    },
}

/// The folder.
#[derive(Debug, Clone)]
pub struct Archive {
    folder: PathBuf,
    network: u64,
}

impl Archive {
    /// Of the store at `store`, for vectors of the network with this [`id`](super::FrameNetwork::id).
    pub fn new(store: &Path, network: u64) -> Self {
        Self { folder: store.join(FOLDER), network }
    }

    fn path(&self, key: &SourceKey, samples: u64) -> PathBuf {
        let name = blake3::hash(key.as_bytes()).to_hex();
        self.folder.join(format!("{}-{samples}.{SUFFIX}", &name[..32]))
    }

    /// Begins the file of a recording; nothing is seen of it before [`Recording::finish`].
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn create(&self, key: &SourceKey, dimension: usize) -> Result<Recording, ArchiveError> {
        let part = self.path(key, 0).with_extension(PART);
        let failed = |path: &Path, action| {
            let path = path.to_owned();
            move |cause| ArchiveError::Io { path, action, cause }
        };
        fs::create_dir_all(&self.folder).map_err(failed(&self.folder, "make the folder"))?;
        let file = File::create(&part).map_err(failed(&part, "make the file"))?;
        let mut out = BufWriter::new(file);
        out.write_all(&[0; HEADER]).map_err(failed(&part, "write"))?;
        let (archive, key) = (self.clone(), key.clone());
        Ok(Recording { out, archive, key, part, dimension: dimension as u32 })
    }

    /// The vectors `range` of a recording of so many samples; beyond its ends there are none.
    ///
    /// # Errors
    /// [`ArchiveError::Io`] where there is no file of this version of the recording, [`ArchiveError::Stale`] where it is none.
    pub fn read(&self, key: &SourceKey, samples: u64, range: Range<usize>) -> Result<Heard, ArchiveError> {
        Ok(self.read_packed(key, samples, range)?.unpacked())
    }

    /// As [`read`](Self::read), a byte a value still.
    ///
    /// # Errors
    /// The same.
    pub fn read_packed(&self, key: &SourceKey, samples: u64, range: Range<usize>) -> Result<Packed, ArchiveError> {
        let path = self.path(key, samples);
        let io = |action| {
            let path = path.clone();
            move |cause| ArchiveError::Io { path, action, cause }
        };
        let stale = |cause| ArchiveError::Stale { path: path.clone(), cause };
        let mut file = File::open(&path).map_err(io("open"))?;
        let length = file.metadata().map_err(io("look at"))?.len();
        let mut header = [0; HEADER];
        file.read_exact(&mut header).map_err(io("read"))?;
        let word = |at: usize| header[at..at + 4].iter().rev().fold(0_u32, |word, &byte| word << 8 | u32::from(byte));
        let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        if &header[..8] != MAGIC || word(8) != FORMAT {
            return Err(stale("is of another format"));
        }
        if long(16) != self.network {
            return Err(stale("was made by another version of the frame network"));
        }
        if long(24) != samples {
            return Err(stale("is of another version of the recording"));
        }
        let dimension = word(12).max(1) as usize;
        let row = dimension + 1;
        let rows = (length as usize - HEADER) / row;
        let to = range.end.min(rows);
        let from = range.start.min(to);
        let mut bytes = vec![0; (to - from) * row];
        file.seek(SeekFrom::Start((HEADER + from * row) as u64)).map_err(io("read"))?;
        file.read_exact(&mut bytes).map_err(io("read"))?;
        Ok(Packed { dimension, bytes })
    }

    /// Whether it has the vectors of a recording of so many samples.
    pub fn holds(&self, key: &SourceKey, samples: u64) -> bool {
        self.read(key, samples, 0..0).is_ok()
    }

    /// Lets go of every file that is of none of these recordings and their samples, half-written ones included. What cannot be removed
    /// stays.
    pub fn keep_only(&self, recordings: impl Iterator<Item = (SourceKey, u64)>) {
        let wanted: HashSet<PathBuf> = recordings.map(|(key, samples)| self.path(&key, samples)).collect();
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| !wanted.contains(path)) {
            // A leftover costs room, nothing else.
            let _ = fs::remove_file(path);
        }
    }
}

/// Vectors as they are kept: a quarter of the memory of [`Heard`].
#[derive(Debug, Clone, PartialEq)]
pub struct Packed {
    dimension: usize,
    /// Row by row: the vector, then its normaliser.
    bytes: Vec<u8>,
}

impl Packed {
    /// Number of vectors.
    pub fn len(&self) -> usize {
        self.bytes.len() / (self.dimension + 1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// To be compared.
    pub fn unpacked(&self) -> Heard {
        let mut data = Vec::with_capacity(self.len() * self.dimension);
        let mut normalisers = Vec::with_capacity(self.len());
        for row in self.bytes.chunks_exact(self.dimension + 1) {
            data.extend(row[..self.dimension].iter().map(|&byte| f32::from(byte as i8) / SCALE));
            normalisers.push(f32::from(row[self.dimension]) / NORMALISER_SCALE);
        }
        Heard::with_normalisers(self.dimension, data, normalisers)
    }
}

/// A file that is being written.
#[derive(Debug)]
pub struct Recording {
    out: BufWriter<File>,
    archive: Archive,
    key: SourceKey,
    part: PathBuf,
    dimension: u32,
}

impl Recording {
    /// The next vectors.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn push(&mut self, heard: &Heard) -> Result<(), ArchiveError> {
        let mut bytes = Vec::with_capacity(heard.len() * (heard.dimension() + 1));
        for (row, normaliser) in heard.data().chunks_exact(heard.dimension()).zip(heard.normalisers()) {
            bytes.extend(row.iter().map(|value| (value * SCALE).round() as i8 as u8));
            bytes.push((normaliser * NORMALISER_SCALE).round() as u8);
        }
        self.out.write_all(&bytes).map_err(|cause| self.failed("write", cause))
    }

    /// The recording is over, after so many samples: puts the file into its place.
    ///
    /// # Errors
    /// Where that fails; nothing is left then but what was there before.
    pub fn finish(mut self, samples: u64) -> Result<(), ArchiveError> {
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        header[12..16].copy_from_slice(&self.dimension.to_le_bytes());
        header[16..24].copy_from_slice(&self.archive.network.to_le_bytes());
        header[24..32].copy_from_slice(&samples.to_le_bytes());
        let written = self.out.seek(SeekFrom::Start(0)).and_then(|_| self.out.write_all(&header));
        let written = written.and_then(|()| self.out.flush());
        let path = self.archive.path(&self.key, samples);
        written.and_then(|()| fs::rename(&self.part, path)).map_err(|cause| self.failed("write", cause))
    }

    fn failed(&self, action: &'static str, cause: io::Error) -> ArchiveError {
        // That the removal may fail too changes nothing: the next run clears it away.
        let _ = fs::remove_file(&self.part);
        ArchiveError::Io { path: self.part.clone(), action, cause }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rows(count: usize) -> Heard {
        let data = (0..count).flat_map(|i| [(i as f32 * 0.1).cos(), (i as f32 * 0.1).sin()]).collect();
        Heard::with_normalisers(2, data, (0..count).map(|i| i as f32 * 0.2).collect())
    }

    fn write(archive: &Archive, key: &SourceKey, count: usize) {
        let mut recording = archive.create(key, 2).unwrap();
        recording.push(&rows(count).part(0, 3)).unwrap();
        recording.push(&rows(count).part(3, count)).unwrap();
        recording.finish(count as u64 * 640).unwrap();
    }

    #[test]
    fn what_is_written_is_read_to_a_hundredth() {
        let dir = tempfile::tempdir().unwrap();
        let (archive, key) = (Archive::new(dir.path(), 7), SourceKey::new(b"a.wav".to_vec()));
        write(&archive, &key, 20);
        let part = archive.read(&key, 20 * 640, 5..12).unwrap();
        assert_eq!(part.len(), 7);
        let apart = part.data().iter().zip(rows(20).part(5, 12).data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart < 0.01);
        assert!((part.normalisers()[3] - 1.6).abs() < 0.05);
        assert_eq!(archive.read(&key, 20 * 640, 15..99).unwrap().len(), 5);
        assert_eq!(archive.read(&key, 20 * 640, 50..99).unwrap().len(), 0);
    }

    #[test]
    fn another_recording_network_or_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (archive, key) = (Archive::new(dir.path(), 7), SourceKey::new(b"a.wav".to_vec()));
        assert!(matches!(archive.read(&key, 1, 0..1), Err(ArchiveError::Io { .. })));
        write(&archive, &key, 20);
        fs::copy(archive.path(&key, 20 * 640), archive.path(&key, 1)).unwrap();
        assert!(matches!(archive.read(&key, 1, 0..1), Err(ArchiveError::Stale { .. })));
        assert!(matches!(Archive::new(dir.path(), 8).read(&key, 20 * 640, 0..1), Err(ArchiveError::Stale { .. })));
        fs::write(archive.path(&key, 20 * 640), [b'x'; 64]).unwrap();
        assert!(matches!(archive.read(&key, 20 * 640, 0..1), Err(ArchiveError::Stale { .. })));
    }

    #[test]
    fn what_nobody_owns_is_cleared_away() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::new(dir.path(), 7);
        let keys = [b"a".to_vec(), b"b".to_vec()].map(SourceKey::new);
        keys.iter().for_each(|key| write(&archive, key, 4));
        write(&archive, &keys[0], 5);
        drop(archive.create(&keys[0], 2).unwrap());
        assert!(archive.read(&keys[0], 4 * 640, 0..4).is_ok(), "another version stands beside this one");
        archive.keep_only([(keys[0].clone(), 4 * 640)].into_iter());
        assert_eq!(fs::read_dir(dir.path().join(FOLDER)).unwrap().count(), 1);
        assert!(archive.read(&keys[0], 4 * 640, 0..4).is_ok());
    }
}
