//! Forgetting what vanished.

use std::{
    io,
    path::{Path, PathBuf},
};

use audiosearch_index::{Index, IndexError, Writer};

use super::identity::{Keys, resolve};

/// A source that was forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// As it was given.
    pub path: PathBuf,
    /// Duration in samples; lines in text.
    pub samples: u64,
    /// Segments that it had.
    pub segments: u32,
}

/// Forgets the sources below the folders `under` whose files are gone, durably; returns them by path.
///
/// # Errors
/// Where the index cannot be read or written.
pub fn prune(index: &Index, writer: &Writer<'_>, store: &Path, under: &[PathBuf]) -> Result<Vec<Removed>, IndexError> {
    let resolved = |cause| IndexError::Io { path: store.to_owned(), action: "resolve its place", cause };
    let keys = Keys::new(store).map_err(resolved)?;
    let folders: Vec<PathBuf> = under.iter().filter_map(|folder| resolve(folder).ok()).collect();
    let sources = index.sources().collect::<Result<Vec<_>, _>>()?;
    let mut removed = Vec::new();
    for (_, source, segments) in sources {
        let place = keys.place(&source.key);
        let gone = place.symlink_metadata().is_err_and(|cause| cause.kind() == io::ErrorKind::NotFound);
        if gone && folders.iter().any(|folder| place.starts_with(folder)) && writer.remove_source(&source.key)? {
            removed.push(Removed { path: source.path, samples: source.samples, segments });
        }
    }
    writer.flush()?;
    removed.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(removed)
}
