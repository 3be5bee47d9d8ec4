//! A store opened for writing.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{IndexError, Result};
use crate::freeze;
use crate::frozen::sync_folder;
use crate::lock::Lock;
use crate::store::Store;
use crate::writer::Writer;
use crate::{Collection, Generation, Label, Schema, Source, SourceId, SourceKey};

/// Name of a store's folder.
pub const STORE_NAME: &str = ".audiosearch";
/// Most components that a vector can have.
const MAX_DIMENSION: u32 = 1 << 16;

/// One collection of a store, and the right to change it: one process at a time.
pub struct Index {
    // Before the lock, so that it is closed before another may open it.
    store: Store,
    dir: PathBuf,
    collection: Collection,
    _lock: Lock,
}

impl Index {
    /// Opens `collection` in the folder `dir` and creates both where they are not there.
    /// Fails where the collection holds vectors of another schema.
    pub fn create(dir: &Path, collection: Collection, schema: Schema) -> Result<Self> {
        if schema.dimension == 0 || schema.dimension > MAX_DIMENSION {
            return Err(IndexError::BadDimension { dimension: schema.dimension });
        }
        fs::create_dir_all(dir).map_err(IndexError::io("create the store", dir))?;
        let index = Self::open_with(dir, collection, Some(&schema))?;
        let stored = index.schema();
        if stored.fingerprint != schema.fingerprint {
            return Err(IndexError::FingerprintMismatch {
                path: dir.to_owned(),
                stored: stored.fingerprint,
                model: stored.model.clone(),
                given: schema.fingerprint,
            });
        }
        index.check_dimension(schema.dimension)?;
        Ok(index)
    }

    /// Opens `collection` in the folder `dir`.
    pub fn open(dir: &Path, collection: Collection) -> Result<Self> {
        if !Self::exists(dir, collection)? {
            return Err(IndexError::Missing { path: dir.to_owned(), what: "collection" });
        }
        Self::open_with(dir, collection, None)
    }

    fn open_with(dir: &Path, collection: Collection, schema: Option<&Schema>) -> Result<Self> {
        let lock = Lock::take(&collection.lock_path(dir))?;
        finish_compaction(dir, collection)?;
        let path = collection.store_path(dir);
        if let Some(schema) = schema.filter(|_| !path.is_dir()) {
            create_store(dir, collection, schema)?;
        }
        let store = Store::open(&path, schema)?;
        let shown = freeze::shown(dir, collection);
        if shown > store.revision()? {
            store.outrun(shown)?;
        }
        store.unstage_all()?;
        Ok(Self { store, dir: dir.to_owned(), collection, _lock: lock })
    }

    /// Whether there is such a collection in the folder `dir`.
    pub fn exists(dir: &Path, collection: Collection) -> Result<bool> {
        Ok(is_there(&collection.store_path(dir))? || is_there(&interrupted_compaction(dir, collection))?)
    }

    /// The store of `start` or of its nearest ancestor that has one.
    pub fn discover(start: &Path) -> Option<PathBuf> {
        start.ancestors().map(|folder| folder.join(STORE_NAME)).find(|store| store.is_dir())
    }

    /// What all vectors have in common.
    pub fn schema(&self) -> &Schema {
        self.store.schema()
    }

    /// All sources by number, with the number of their segments.
    pub fn sources(&self) -> impl Iterator<Item = Result<(SourceId, Source, u32)>> + '_ {
        self.store.sources().map(|entry| {
            let (id, record) = entry?;
            let segments = record.segments;
            Ok((id, record.into_source(), segments))
        })
    }

    /// The source of this key.
    pub fn source(&self, key: &SourceKey) -> Result<Option<(SourceId, Source)>> {
        let Some(id) = self.store.get_key(key)? else { return Ok(None) };
        Ok(self.store.source(id)?.map(|record| (id, record.into_source())))
    }

    /// The labels of a source, in no order.
    pub fn labels(&self, key: &SourceKey) -> Result<Vec<Label>> {
        self.store.labels(key)
    }

    /// The means to change the collection.
    pub fn writer(&self) -> Result<Writer<'_>> {
        Ok(Writer::new(&self.store, &self.dir, self.collection))
    }

    /// Builds the frozen files anew from the sled store.
    pub fn refreeze(&self) -> Result<Generation> {
        self.store.flush()?;
        freeze::refreeze(&self.store, &self.dir, self.collection).map(Generation)
    }

    /// Rewrites the sled store of `collection` in `dir` without what has piled up in it, and the frozen files; returns bytes
    /// before and after. A kill at any point leaves the old sled store or the new one.
    pub fn compact(dir: &Path, collection: Collection) -> Result<(u64, u64)> {
        let index = Self::open(dir, collection)?;
        let path = collection.store_path(dir);
        let before = folder_bytes(&path);
        let (new, old) = (new_store(dir, collection), interrupted_compaction(dir, collection));
        let copied = index.store.copy_to(&new);
        if copied.is_err() {
            let _ = fs::remove_dir_all(&new);
        }
        copied?;
        let Self { store, _lock, .. } = index;
        drop(store);
        // The new sled store's own files first, then each rename: a machine that stops must not have the last one alone.
        sync_folder(&new)?;
        sync_folder(dir)?;
        fs::rename(&path, &old).map_err(IndexError::io("set the old sled store aside", &path))?;
        sync_folder(dir)?;
        fs::rename(&new, &path).map_err(IndexError::io("put the new sled store in place", &new))?;
        sync_folder(dir)?;
        fs::remove_dir_all(&old).map_err(IndexError::io("remove the old sled store", &old))?;
        let after = folder_bytes(&path);
        let store = Store::open(&path, None)?;
        freeze::refreeze(&store, dir, collection)?;
        Ok((before, after))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Which of the store's collections this is.
    pub fn collection(&self) -> Collection {
        self.collection
    }

    fn check_dimension(&self, given: u32) -> Result<()> {
        let stored = self.schema().dimension;
        if given == stored {
            return Ok(());
        }
        Err(IndexError::DimensionMismatch { path: self.dir.clone(), stored, given })
    }
}

/// Makes an empty sled store aside and puts it in place whole: sled cannot open one whose making a kill cut short.
fn create_store(dir: &Path, collection: Collection, schema: &Schema) -> Result<()> {
    let (path, new) = (collection.store_path(dir), new_store(dir, collection));
    let made = Store::open(&new, Some(schema)).map(drop);
    let made = made.and_then(|()| sync_folder(&new));
    let made =
        made.and_then(|()| fs::rename(&new, &path).map_err(IndexError::io("put the new sled store in place", &new)));
    if made.is_err() {
        let _ = fs::remove_dir_all(&new);
    }
    made?;
    sync_folder(dir)
}

fn new_store(dir: &Path, collection: Collection) -> PathBuf {
    collection.store_path(dir).with_extension("sled.new")
}

/// Where the old sled store lies while the new one takes its place.
fn interrupted_compaction(dir: &Path, collection: Collection) -> PathBuf {
    collection.store_path(dir).with_extension("sled.old")
}

/// Ends what a kill interrupted: without a sled store in place the old one was set aside, so the new one is whole.
fn finish_compaction(dir: &Path, collection: Collection) -> Result<()> {
    let (path, new) = (collection.store_path(dir), new_store(dir, collection));
    let old = interrupted_compaction(dir, collection);
    if !path.is_dir() && old.is_dir() {
        let whole = if new.is_dir() { &new } else { &old };
        fs::rename(whole, &path).map_err(IndexError::io("put the new sled store in place", &path))?;
    }
    for left in [new, old] {
        if left.is_dir() {
            fs::remove_dir_all(&left).map_err(IndexError::io("remove what a compaction left", &left))?;
        }
    }
    Ok(())
}

/// Not to be let into the folder above is no sign that there is nothing in it.
fn is_there(path: &Path) -> Result<bool> {
    path.try_exists().map_err(IndexError::io("look for the collection", path))
}

fn folder_bytes(path: &Path) -> u64 {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.filter_map(|e| e.metadata().ok().map(|m| if m.is_dir() { folder_bytes(&e.path()) } else { m.len() })).sum()
}
