//! The frame store: the acoustic frames of recordings, one flat file a recording, a byte a value, beside the store's index.
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

use super::AcousticFrames;

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

/// Why the frames of a recording cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FrameStoreError {
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
    #[error("{}: {cause}; `audiosearch index --force` makes it again", path.display())]
    Stale {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: &'static str,
    },
}

/// The folder of acoustic frames in a store.
#[derive(Debug, Clone)]
pub struct FrameStore {
    folder: PathBuf,
    network: u64,
}

impl FrameStore {
    /// Of the store at `store`, for vectors of the network with this [`id`](super::AcousticEncoder::id).
    pub fn new(store: &Path, network: u64) -> Self {
        Self { folder: store.join(FOLDER), network }
    }

    /// The [`id`](super::AcousticEncoder::id) of the network whose frames the store at `store` holds: that of the first file in its folder
    /// that can be read. `None` where there is none.
    pub fn network_of(store: &Path) -> Option<u64> {
        let files = fs::read_dir(store.join(FOLDER)).ok()?.flatten().map(|entry| entry.path());
        files.filter(|path| path.extension().is_some_and(|ending| ending == SUFFIX)).find_map(|path| {
            let mut header = [0; HEADER];
            File::open(path).ok()?.read_exact(&mut header).ok()?;
            let id: [u8; 8] = header[16..24].try_into().ok()?;
            (&header[..8] == MAGIC).then(|| u64::from_le_bytes(id))
        })
    }

    fn path(&self, key: &SourceKey, samples: u64) -> PathBuf {
        let name = blake3::hash(key.as_bytes()).to_hex();
        self.folder.join(format!("{}-{samples}.{SUFFIX}", &name[..32]))
    }

    /// Begins the file of a recording; nothing is seen of it before [`FrameWriter::finish`].
    ///
    /// # Errors
    /// Where it cannot be made.
    pub fn create(&self, key: &SourceKey, dimension: usize) -> Result<FrameWriter, FrameStoreError> {
        let part = self.path(key, 0).with_extension(PART);
        let failed = |path: &Path, action| {
            let path = path.to_owned();
            move |cause| FrameStoreError::Io { path, action, cause }
        };
        fs::create_dir_all(&self.folder).map_err(failed(&self.folder, "make the folder"))?;
        let file = File::create(&part).map_err(failed(&part, "make the file"))?;
        let mut out = BufWriter::new(file);
        out.write_all(&[0; HEADER]).map_err(failed(&part, "write"))?;
        let (frame_store, key) = (self.clone(), key.clone());
        Ok(FrameWriter { out, frame_store, key, part, dimension: dimension as u32 })
    }

    /// The vectors `range` of a recording of so many samples; beyond its ends there are none.
    ///
    /// # Errors
    /// [`FrameStoreError::Io`] where there is no file of this version of the recording, [`FrameStoreError::Stale`] where it is none.
    pub fn read(&self, key: &SourceKey, samples: u64, range: Range<usize>) -> Result<AcousticFrames, FrameStoreError> {
        Ok(self.read_quantised(key, samples, range)?.dequantised())
    }

    /// As [`read`](Self::read), a byte a value still.
    ///
    /// # Errors
    /// The same.
    pub fn read_quantised(
        &self,
        key: &SourceKey,
        samples: u64,
        range: Range<usize>,
    ) -> Result<QuantisedFrames, FrameStoreError> {
        let path = self.path(key, samples);
        let io = |action| {
            let path = path.clone();
            move |cause| FrameStoreError::Io { path, action, cause }
        };
        let stale = |cause| FrameStoreError::Stale { path: path.clone(), cause };
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
        Ok(QuantisedFrames { dimension, bytes })
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

/// Vectors as they are kept: a quarter of the memory of [`AcousticFrames`].
#[derive(Debug, Clone, PartialEq)]
pub struct QuantisedFrames {
    dimension: usize,
    /// Row by row: the vector, then its normaliser.
    bytes: Vec<u8>,
}

impl QuantisedFrames {
    /// Number of vectors.
    pub fn len(&self) -> usize {
        self.bytes.len() / (self.dimension + 1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// To be compared.
    pub fn dequantised(&self) -> AcousticFrames {
        let mut data = Vec::with_capacity(self.len() * self.dimension);
        let mut normalisers = Vec::with_capacity(self.len());
        for row in self.bytes.chunks_exact(self.dimension + 1) {
            data.extend(row[..self.dimension].iter().map(|&byte| f32::from(byte as i8) / SCALE));
            normalisers.push(f32::from(row[self.dimension]) / NORMALISER_SCALE);
        }
        AcousticFrames::with_normalisers(self.dimension, data, normalisers)
    }
}

/// A file that is being written.
#[derive(Debug)]
pub struct FrameWriter {
    out: BufWriter<File>,
    frame_store: FrameStore,
    key: SourceKey,
    part: PathBuf,
    dimension: u32,
}

impl FrameWriter {
    /// The next vectors.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub fn push(&mut self, frames: &AcousticFrames) -> Result<(), FrameStoreError> {
        let mut bytes = Vec::with_capacity(frames.len() * (frames.dimension() + 1));
        for (row, normaliser) in frames.data().chunks_exact(frames.dimension()).zip(frames.normalisers()) {
            bytes.extend(row.iter().map(|value| (value * SCALE).round() as i8 as u8));
            bytes.push((normaliser * NORMALISER_SCALE).round() as u8);
        }
        self.out.write_all(&bytes).map_err(|cause| self.failed("write", cause))
    }

    /// The recording is over, after so many samples: puts the file into its place.
    ///
    /// # Errors
    /// Where that fails; nothing is left then but what was there before.
    pub fn finish(mut self, samples: u64) -> Result<(), FrameStoreError> {
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        header[12..16].copy_from_slice(&self.dimension.to_le_bytes());
        header[16..24].copy_from_slice(&self.frame_store.network.to_le_bytes());
        header[24..32].copy_from_slice(&samples.to_le_bytes());
        let written = self.out.seek(SeekFrom::Start(0)).and_then(|_| self.out.write_all(&header));
        let written = written.and_then(|()| self.out.flush());
        let path = self.frame_store.path(&self.key, samples);
        written.and_then(|()| fs::rename(&self.part, path)).map_err(|cause| self.failed("write", cause))
    }

    fn failed(&self, action: &'static str, cause: io::Error) -> FrameStoreError {
        // That the removal may fail too changes nothing: the next run clears it away.
        let _ = fs::remove_file(&self.part);
        FrameStoreError::Io { path: self.part.clone(), action, cause }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rows(count: usize) -> AcousticFrames {
        let data = (0..count).flat_map(|i| [(i as f32 * 0.1).cos(), (i as f32 * 0.1).sin()]).collect();
        AcousticFrames::with_normalisers(2, data, (0..count).map(|i| i as f32 * 0.2).collect())
    }

    fn write(frame_store: &FrameStore, key: &SourceKey, count: usize) {
        let mut recording = frame_store.create(key, 2).unwrap();
        recording.push(&rows(count).part(0, 3)).unwrap();
        recording.push(&rows(count).part(3, count)).unwrap();
        recording.finish(count as u64 * 640).unwrap();
    }

    #[test]
    fn what_is_written_is_read_to_a_hundredth() {
        let dir = tempfile::tempdir().unwrap();
        let (frame_store, key) = (FrameStore::new(dir.path(), 7), SourceKey::new(b"a.wav".to_vec()));
        write(&frame_store, &key, 20);
        let part = frame_store.read(&key, 20 * 640, 5..12).unwrap();
        assert_eq!(part.len(), 7);
        let apart = part.data().iter().zip(rows(20).part(5, 12).data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(apart < 0.01);
        assert!((part.normalisers()[3] - 1.6).abs() < 0.05);
        assert_eq!(frame_store.read(&key, 20 * 640, 15..99).unwrap().len(), 5);
        assert_eq!(frame_store.read(&key, 20 * 640, 50..99).unwrap().len(), 0);
    }

    #[test]
    fn a_store_tells_whose_frames_it_holds() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(FrameStore::network_of(dir.path()), None);
        let frame_store = FrameStore::new(dir.path(), 7);
        // What is under way is of nobody yet.
        let recording = frame_store.create(&SourceKey::new(b"b.wav".to_vec()), 2).unwrap();
        assert_eq!(FrameStore::network_of(dir.path()), None);
        drop(recording);
        write(&frame_store, &SourceKey::new(b"a.wav".to_vec()), 20);
        assert_eq!(FrameStore::network_of(dir.path()), Some(7));
    }

    #[test]
    fn another_recording_network_or_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (frame_store, key) = (FrameStore::new(dir.path(), 7), SourceKey::new(b"a.wav".to_vec()));
        assert!(matches!(frame_store.read(&key, 1, 0..1), Err(FrameStoreError::Io { .. })));
        write(&frame_store, &key, 20);
        fs::copy(frame_store.path(&key, 20 * 640), frame_store.path(&key, 1)).unwrap();
        assert!(matches!(frame_store.read(&key, 1, 0..1), Err(FrameStoreError::Stale { .. })));
        assert!(matches!(
            FrameStore::new(dir.path(), 8).read(&key, 20 * 640, 0..1),
            Err(FrameStoreError::Stale { .. })
        ));
        fs::write(frame_store.path(&key, 20 * 640), [b'x'; 64]).unwrap();
        assert!(matches!(frame_store.read(&key, 20 * 640, 0..1), Err(FrameStoreError::Stale { .. })));
    }

    #[test]
    fn what_nobody_owns_is_cleared_away() {
        let dir = tempfile::tempdir().unwrap();
        let frame_store = FrameStore::new(dir.path(), 7);
        let keys = [b"a".to_vec(), b"b".to_vec()].map(SourceKey::new);
        keys.iter().for_each(|key| write(&frame_store, key, 4));
        write(&frame_store, &keys[0], 5);
        drop(frame_store.create(&keys[0], 2).unwrap());
        assert!(frame_store.read(&keys[0], 4 * 640, 0..4).is_ok(), "another version stands beside this one");
        frame_store.keep_only([(keys[0].clone(), 4 * 640)].into_iter());
        assert_eq!(fs::read_dir(dir.path().join(FOLDER)).unwrap().count(), 1);
        assert!(frame_store.read(&keys[0], 4 * 640, 0..4).is_ok());
    }
}
