//! Forgetting what vanished.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use audiosearch_index::{Index, IndexError, Writer};

use super::{
    identity::{Keys, resolve},
    voices::channel_of,
};

/// A source that was forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// As the user is shown it.
    pub path: PathBuf,
    /// The channel of the file that it was, counted from 1; all of them where `None`.
    pub channel: Option<u16>,
    /// Duration in samples; lines in text.
    pub samples: u64,
    /// Segments that it had.
    pub segments: u32,
}

/// What a run let go of, and what it did not dare to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// By path.
    pub removed: Vec<Removed>,
    /// Empty folders, which may be drives that are not there, with the number of files that were in them.
    pub kept: BTreeMap<PathBuf, usize>,
}

/// Forgets the sources below the folders `under` whose files are gone, durably. The caller names only folders that it has looked into
/// and found something in: the folder of a drive that is not there is empty, or gone.
///
/// # Errors
/// Where the index cannot be read or written.
pub fn prune(index: &Index, writer: &Writer<'_>, store: &Path, under: &[PathBuf]) -> Result<Pruned, IndexError> {
    let resolved = |cause| IndexError::Io { path: store.to_owned(), action: "resolve its place", cause };
    let keys = Keys::new(store).map_err(resolved)?;
    let folders: Vec<PathBuf> = under.iter().filter_map(|folder| resolve(folder).ok()).collect();
    let sources = index.sources().collect::<Result<Vec<_>, _>>()?;
    let mut pruned = Pruned::default();
    for (_, source, segments) in sources {
        let place = keys.place(&source.key);
        let gone = place.symlink_metadata().is_err_and(|cause| cause.kind() == io::ErrorKind::NotFound);
        if !gone || !folders.iter().any(|folder| place.starts_with(folder)) {
            continue;
        }
        if let Some(empty) = place.ancestors().skip(1).find(|folder| folder.exists()).filter(|folder| is_empty(folder))
        {
            *pruned.kept.entry(empty.to_owned()).or_default() += 1;
        } else if writer.remove_source(&source.key)? {
            let (path, samples) = (keys.shown(&source.key), source.samples);
            let channel = channel_of(&source.key).map(|channel| channel.saturating_add(1));
            pruned.removed.push(Removed { path, channel, samples, segments });
        }
    }
    writer.flush()?;
    pruned.removed.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(pruned)
}

/// Whether nothing is in a folder, or it does not say what.
fn is_empty(folder: &Path) -> bool {
    folder.read_dir().map_or(true, |mut entries| entries.next().is_none())
}
