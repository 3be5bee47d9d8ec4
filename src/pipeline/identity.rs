//! What makes a file the same file as before.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use audiosearch_index::SourceKey;

/// Makes the keys of one store.
///
/// A key is the path with every link resolved, relative to the folder that the store lies in where the file is below it, so that
/// both can be moved together; else absolute. Two names of one file have one key.
pub struct Keys {
    root: PathBuf,
}

impl Keys {
    /// Keys of the store at `store`, which exists.
    ///
    /// # Errors
    /// Where its place cannot be resolved.
    pub fn new(store: &Path) -> io::Result<Self> {
        let store = fs::canonicalize(store)?;
        let root = store.parent().unwrap_or(&store).to_owned();
        Ok(Self { root })
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
        self.root.join(path_of_bytes(key.as_bytes()))
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
        Ok(Self { size: metadata.len(), modified_ns })
    }
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
