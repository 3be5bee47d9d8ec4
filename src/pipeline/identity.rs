//! What makes a file the same file as before.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Component, Path, PathBuf},
    time::UNIX_EPOCH,
};

use audiosearch_index::{Collection, IndexError, Reader, SourceKey};
use thiserror::Error;

use super::voices::path_bytes;

/// Opens what can be searched of a store, with paths as the user is shown them.
///
/// # Errors
/// Where there is none, or it cannot be read.
pub fn open_reader(store: &Path, collection: Collection) -> Result<Reader, IndexError> {
    let reader = Reader::open(store, collection)?;
    let resolved = |cause| IndexError::Io { path: store.to_owned(), action: "resolve its place", cause };
    let keys = Keys::new(store).map_err(resolved)?;
    Ok(reader.with_paths(move |key| keys.shown(key)))
}

/// Makes the keys of one store.
///
/// A key is the path with every link resolved, relative to the folder that the store lies in where the file is below it, so that
/// both can be moved together; else absolute. Two names of one file have one key.
#[derive(Clone, Debug)]
pub struct Keys {
    root: PathBuf,
    /// The folder that the user stands in, where that can be told.
    here: Option<PathBuf>,
}

/// A name that is no file here and the end of several paths in the store.
#[derive(Debug, Error)]
#[error("{}: no such file here, and in the store {} are named so: {}; write one of these", given.display(), places.len(), list(places))]
pub struct Ambiguous {
    /// As it was given.
    pub given: PathBuf,
    /// What it may mean.
    pub places: Vec<PathBuf>,
}

fn list(places: &[PathBuf]) -> String {
    let shown: Vec<String> = places.iter().take(LISTED).map(|place| place.display().to_string()).collect();
    let more = if places.len() > LISTED { format!(" and {} more", places.len() - LISTED) } else { String::new() };
    shown.join(", ") + &more
}

/// Paths that a message lists.
const LISTED: usize = 8;

impl Keys {
    /// Keys of the store at `store`, which exists.
    ///
    /// # Errors
    /// Where its place cannot be resolved.
    pub fn new(store: &Path) -> io::Result<Self> {
        let store = fs::canonicalize(store)?;
        let root = store.parent().unwrap_or(&store).to_owned();
        let here = std::env::current_dir().and_then(fs::canonicalize).ok();
        Ok(Self { root, here })
    }

    /// The key of the file at `path`. Where it is gone, the key that it would have.
    ///
    /// # Errors
    /// Where not even its folder can be resolved.
    pub fn key(&self, path: &Path) -> io::Result<SourceKey> {
        let full = resolve(path)?;
        let path = full.strip_prefix(&self.root).unwrap_or(&full);
        Ok(SourceKey::new(path.as_os_str().as_encoded_bytes().to_vec()))
    }

    /// Where the file of a key is.
    pub fn place(&self, key: &SourceKey) -> PathBuf {
        self.root.join(path_of_bytes(path_bytes(key)))
    }

    /// The same as the user is shown it: a path that opens from where they stand, relative where the file is below, else absolute.
    pub fn shown(&self, key: &SourceKey) -> PathBuf {
        let place = self.place(key);
        let below = self.here.as_ref().and_then(|here| place.strip_prefix(here).ok());
        match below {
            Some(below) if !below.as_os_str().is_empty() => below.to_owned(),
            _ => place,
        }
    }

    /// Which of `sources` a path means: the file that it is here, or what lies below the folder; else the one file in the store whose path
    /// ends so, wherever it is.
    ///
    /// # Errors
    /// Where it is nothing here and the end of several paths.
    pub fn named<'a>(
        &self,
        given: &Path,
        sources: impl Iterator<Item = &'a SourceKey> + Clone,
    ) -> Result<Vec<&'a SourceKey>, Ambiguous> {
        if let Ok(full) = resolve(given) {
            let here: Vec<_> = sources.clone().filter(|key| self.place(key).starts_with(&full)).collect();
            if !here.is_empty() {
                return Ok(here);
            }
        }
        let end: PathBuf = given.components().filter(|part| !matches!(part, Component::CurDir)).collect();
        let plain = !end.as_os_str().is_empty() && end.components().all(|part| matches!(part, Component::Normal(_)));
        let elsewhere: Vec<_> = sources.filter(|key| plain && self.place(key).ends_with(&end)).collect();
        match elsewhere.len() {
            0 | 1 => Ok(elsewhere),
            // Channels of one file.
            _ if elsewhere.iter().all(|key| path_bytes(key) == path_bytes(elsewhere[0])) => Ok(elsewhere),
            _ => {
                let places = elsewhere.into_iter().map(|key| self.shown(key)).collect();
                Err(Ambiguous { given: given.to_owned(), places })
            }
        }
    }
}

/// The path without links, as far as it exists.
///
/// # Errors
/// Where its beginning cannot be resolved.
pub fn resolve(path: &Path) -> io::Result<PathBuf> {
    match (fs::canonicalize(path), path.parent(), path.file_name()) {
        (Ok(full), ..) => Ok(full),
        (Err(cause), Some(parent), Some(name)) if cause.kind() == io::ErrorKind::NotFound => {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            Ok(resolve(parent)?.join(name))
        }
        (Err(cause), ..) => Err(cause),
    }
}

#[cfg(unix)]
fn path_of_bytes(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn path_of_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}

/// What tells cheaply whether a file may have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// Nanoseconds since 1970, negative before.
    pub modified_ns: i64,
    /// When the system last changed anything about it, nanoseconds since 1970; 0 where the system does not tell.
    pub changed_ns: i64,
    /// The system's number of the file; 0 where there is none.
    pub inode: u64,
}

impl Stamp {
    /// Of the file at `path`, links followed.
    ///
    /// # Errors
    /// What the system says.
    pub fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        let modified = metadata.modified()?;
        let modified_ns = match modified.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
        };
        let (changed_ns, inode) = changed(&metadata);
        Ok(Self { size: metadata.len(), modified_ns, changed_ns, inode })
    }

    /// Whether the file system tells the time of a change finely enough to be believed: on memory cards (FAT) it comes in steps of two
    /// seconds, follows the time that the recorder wrote, and numbers of files are made up anew at every mount.
    pub fn is_fine(&self) -> bool {
        self.inode != 0 && self.changed_ns % COARSE != 0
    }
}

/// Nanoseconds that the times of coarse file systems are multiples of.
const COARSE: i64 = 10_000_000;

#[cfg(unix)]
fn changed(metadata: &fs::Metadata) -> (i64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec()), metadata.ino())
}

#[cfg(not(unix))]
fn changed(_: &fs::Metadata) -> (i64, u64) {
    (0, 0)
}

/// blake3 of a file's bytes.
///
/// # Errors
/// What the system says.
pub fn digest(path: &Path) -> io::Result<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(*hasher.finalize().as_bytes())
}

/// Pieces of a file that [`sample`] reads, and the bytes of one.
const PIECES: u64 = 8;
const PIECE: u64 = 4096;

/// Half of blake3 of a few pieces of a file, from its beginning to its end, and its size: another recording under the same name, size and time
/// differs there. A file of up to 32 kB is read whole.
///
/// # Errors
/// What the system says.
pub fn sample(path: &Path) -> io::Result<[u8; 16]> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&size.to_le_bytes());
    if size <= PIECES * PIECE {
        hasher.update_reader(file)?;
    } else {
        let mut piece = [0; PIECE as usize];
        for number in 0..PIECES {
            file.seek(SeekFrom::Start(
                (size - PIECE) / (PIECES - 1) * number + (size - PIECE) % (PIECES - 1) * number / (PIECES - 1),
            ))?;
            file.read_exact(&mut piece)?;
            hasher.update(&piece);
        }
    }
    let mut half = [0; 16];
    half.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Ok(half)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_file_has_one_key_whatever_it_is_called() {
        let dir = tempfile::tempdir().unwrap();
        let (store, sub) = (dir.path().join(".audiosearch"), dir.path().join("sub"));
        fs::create_dir(&store).unwrap();
        fs::create_dir(&sub).unwrap();
        let file = sub.join("a.wav");
        fs::write(&file, "x").unwrap();
        let keys = Keys::new(&store).unwrap();
        let key = keys.key(&file).unwrap();
        assert_eq!(key.as_bytes(), b"sub/a.wav");
        assert_eq!(keys.key(&sub.join("../sub/a.wav")).unwrap(), key);
        assert_eq!(keys.place(&key), fs::canonicalize(&file).unwrap());
        fs::remove_file(&file).unwrap();
        assert_eq!(keys.key(&file).unwrap(), key, "a file that is gone keeps its key");
    }

    #[test]
    fn what_differs_in_any_part_has_another_sample() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.wav");
        for size in [0, 100, 32_768, 32_769, 1_000_000] {
            let mut bytes = vec![7; size];
            fs::write(&path, &bytes).unwrap();
            let before = sample(&path).unwrap();
            assert_eq!(sample(&path).unwrap(), before);
            for at in [0, size.saturating_sub(1)].into_iter().filter(|at| *at < size) {
                bytes[at] = 8;
                fs::write(&path, &bytes).unwrap();
                assert_ne!(sample(&path).unwrap(), before, "byte {at} of {size}");
                bytes[at] = 7;
            }
        }
    }

    #[test]
    fn a_name_means_what_is_here_or_the_one_that_ends_so() {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join(".audiosearch");
        fs::create_dir(&store).unwrap();
        let keys = Keys::new(&store).unwrap();
        let sources = ["site1/0500.wav", "site2/0500.wav", "site2/0600.wav"].map(SourceKey::new);
        let named = |given: &Path| keys.named(given, sources.iter()).map(|keys| keys.len());
        assert_eq!(named(&dir.path().join("site2")).unwrap(), 2);
        assert_eq!(named(Path::new("./0600.wav")).unwrap(), 1);
        assert_eq!(named(Path::new("site1/0500.wav")).unwrap(), 1);
        assert_eq!((named(Path::new("gone.wav")).unwrap(), named(Path::new("00.wav")).unwrap()), (0, 0));
        let message = named(Path::new("0500.wav")).unwrap_err().to_string();
        assert!(message.contains("site1/0500.wav") && message.contains("site2/0500.wav"), "{message}");
    }

    #[test]
    fn outside_the_stores_folder_keys_are_absolute() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = dir.path().join("s");
        fs::create_dir(&store).unwrap();
        let file = other.path().join("a.wav");
        fs::write(&file, "x").unwrap();
        let key = Keys::new(&store).unwrap().key(&file).unwrap();
        assert_eq!(path_of_bytes(key.as_bytes()), fs::canonicalize(&file).unwrap());
    }
}
