//! Changing a collection.

use std::path::Path;

use crate::error::{IndexError, Result};
use crate::freeze;
use crate::key;
use crate::store::Store;
use crate::{Collection, Label, Segment, Source, SourceId, SourceKey};

/// Number of a committed state; grows with every change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u64);

/// Changes sources, one whole source at a time. A change is durable after [`Self::flush`], and found by a
/// [`crate::Reader`] that is opened after [`Self::commit`].
pub struct Writer<'a> {
    store: &'a Store,
    dir: &'a Path,
    collection: Collection,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(store: &'a Store, dir: &'a Path, collection: Collection) -> Self {
        Self { store, dir, collection }
    }

    /// Stores a source with all its segments in place of an older version of the same key.
    pub fn put_source(&self, source: Source, segments: Vec<Segment>) -> Result<SourceId> {
        self.put_labelled_source(source, segments, None)
    }

    /// As [`put_source`](Self::put_source); with `imported`, these labels take the place of those of the source that were imported
    /// before, in the same transaction. Other labels of the source stay.
    pub fn put_labelled_source(
        &self,
        source: Source,
        segments: Vec<Segment>,
        imported: Option<&[Label]>,
    ) -> Result<SourceId> {
        self.check(&segments)?;
        self.store.put(&source, &segments, imported)
    }

    /// Puts labels in the place of those of a source that were imported before; where they are the same, nothing changes.
    pub fn import_labels(&self, key: &SourceKey, imported: &[Label]) -> Result<()> {
        self.store.import_labels(key, imported)
    }

    /// The same for several sources in one transaction: a kill leaves all of it or nothing.
    pub fn import_all_labels(&self, imported: &[(&SourceKey, Vec<Label>)]) -> Result<()> {
        self.store.import_all_labels(imported)
    }

    /// Replaces all labels of a source.
    pub fn set_labels(&self, key: &SourceKey, labels: &[Label]) -> Result<()> {
        self.store.set_labels(key, labels)
    }

    /// Begins a source of more segments than memory should hold at once. Nothing of it is there before it is finished.
    pub fn put_in_parts(&self) -> Result<SourceInParts<'a>> {
        let id = self.store.stage()?;
        Ok(SourceInParts { writer: Self { ..*self }, id, stored: 0, rest: Vec::new(), finished: false })
    }

    fn check(&self, segments: &[Segment]) -> Result<()> {
        let stored = self.store.schema().dimension;
        let dimension = |segment: &Segment| u32::try_from(segment.embedding.dimension()).unwrap_or(u32::MAX);
        match segments.iter().map(dimension).find(|given| *given != stored) {
            Some(given) => Err(IndexError::DimensionMismatch { path: self.dir.to_owned(), stored, given }),
            None => Ok(()),
        }
    }

    /// Forgets a source and its labels; false where there is none of this key.
    pub fn remove_source(&self, key: &SourceKey) -> Result<bool> {
        self.store.remove(key)
    }

    /// Replaces what is known of a source whose content is the same, and keeps its segments.
    pub fn touch_source(&self, source: Source) -> Result<()> {
        self.store.touch(&source)
    }

    /// Makes all changes so far survive a crash of the machine.
    pub fn flush(&self) -> Result<()> {
        self.store.flush()
    }

    /// Flushes, and freezes what is stored for readers. Does nothing where nothing changed, and makes up for a commit
    /// that a kill prevented.
    pub fn commit(self) -> Result<Generation> {
        self.flush()?;
        freeze::freeze(self.store, self.dir, self.collection).map(Generation)
    }
}

/// A source whose segments come in parts; what was stored of it is deleted again unless it is finished.
pub struct SourceInParts<'a> {
    writer: Writer<'a>,
    id: SourceId,
    /// Segments stored, a multiple of a chunk's.
    stored: usize,
    /// Segments that fill no chunk yet.
    rest: Vec<Segment>,
    finished: bool,
}

impl SourceInParts<'_> {
    /// Stores the next segments.
    pub fn push(&mut self, segments: Vec<Segment>) -> Result<()> {
        self.writer.check(&segments)?;
        self.rest.extend(segments);
        let whole = self.rest.len() - self.rest.len() % key::CHUNK;
        let left = self.rest.split_off(whole);
        let chunks = std::mem::replace(&mut self.rest, left);
        self.store(&chunks)
    }

    /// Puts the source in place of an older version of the same key, in one transaction; `imported` as in
    /// [`Writer::put_labelled_source`].
    pub fn finish(mut self, source: Source, imported: Option<&[Label]>) -> Result<SourceId> {
        let rest = std::mem::take(&mut self.rest);
        self.store(&rest)?;
        self.writer.store.publish(self.id, &source, self.count(0)?, imported)?;
        self.finished = true;
        Ok(self.id)
    }

    fn store(&mut self, segments: &[Segment]) -> Result<()> {
        self.count(segments.len())?;
        self.writer.store.stage_chunks(self.id, (self.stored / key::CHUNK) as u32, segments)?;
        self.stored += segments.len();
        Ok(())
    }

    /// Segments with so many more.
    fn count(&self, more: usize) -> Result<u32> {
        let full = |_| IndexError::Full { path: self.writer.dir.to_owned(), what: "segments of one source" };
        u32::try_from(self.stored + more).map_err(full)
    }
}

impl Drop for SourceInParts<'_> {
    fn drop(&mut self) {
        // Where that fails, the next who opens the store for writing deletes it.
        if !self.finished {
            let _ = self.writer.store.unstage(self.id);
        }
    }
}
