//! Changing a collection.

use crate::error::{IndexError, Result};
use crate::freeze;
use crate::index::Index;
use crate::key;
use crate::{Segment, Source, SourceId, SourceKey};

/// Number of a committed state; grows with every change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Generation(pub u64);

/// Changes sources, one whole source at a time. A change is durable after [`Self::flush`], and found by a
/// [`crate::Reader`] that is opened after [`Self::commit`].
pub struct Writer<'a> {
    index: &'a Index,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(index: &'a Index) -> Self {
        Self { index }
    }

    /// Stores a source with all its segments in place of an older version of the same key.
    pub fn put_source(&self, source: Source, segments: Vec<Segment>) -> Result<SourceId> {
        self.check(&segments)?;
        self.index.truth().put(&source, &segments)
    }

    /// Begins a source of more segments than memory should hold at once. Nothing of it is there before it is finished.
    pub fn put_in_parts(&self) -> Result<SourceInParts<'a>> {
        let id = self.index.truth().stage()?;
        Ok(SourceInParts { index: self.index, id, stored: 0, rest: Vec::new(), finished: false })
    }

    fn check(&self, segments: &[Segment]) -> Result<()> {
        let dimension = |segment: &Segment| u32::try_from(segment.embedding.dimension()).unwrap_or(u32::MAX);
        segments.iter().try_for_each(|segment| self.index.check_dimension(dimension(segment)))
    }

    /// Forgets a source; false where there is none of this key.
    pub fn remove_source(&self, key: &SourceKey) -> Result<bool> {
        self.index.truth().remove(key)
    }

    /// Replaces what is known of a source whose content is the same, and keeps its segments.
    pub fn touch_source(&self, source: Source) -> Result<()> {
        self.index.truth().touch(&source)
    }

    /// Makes all changes so far survive a crash of the machine.
    pub fn flush(&self) -> Result<()> {
        self.index.truth().flush()
    }

    /// Flushes, and freezes what is stored for readers. Does nothing where nothing changed, and makes up for a commit
    /// that a kill prevented.
    pub fn commit(self) -> Result<Generation> {
        self.flush()?;
        freeze::freeze(self.index.truth(), self.index.dir(), self.index.collection()).map(Generation)
    }
}

/// A source whose segments come in parts; what was stored of it is deleted again unless it is finished.
pub struct SourceInParts<'a> {
    index: &'a Index,
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
        Writer::new(self.index).check(&segments)?;
        self.rest.extend(segments);
        let whole = self.rest.len() - self.rest.len() % key::CHUNK;
        let left = self.rest.split_off(whole);
        let chunks = std::mem::replace(&mut self.rest, left);
        self.store(&chunks)
    }

    /// Puts the source in place of an older version of the same key, in one transaction.
    pub fn finish(mut self, source: Source) -> Result<SourceId> {
        let rest = std::mem::take(&mut self.rest);
        self.store(&rest)?;
        self.index.truth().publish(self.id, &source, self.count(0)?)?;
        self.finished = true;
        Ok(self.id)
    }

    fn store(&mut self, segments: &[Segment]) -> Result<()> {
        self.count(segments.len())?;
        self.index.truth().stage_chunks(self.id, (self.stored / key::CHUNK) as u32, segments)?;
        self.stored += segments.len();
        Ok(())
    }

    /// Segments with so many more.
    fn count(&self, more: usize) -> Result<u32> {
        let full = |_| IndexError::Full { path: self.index.dir().to_owned(), what: "segments of one source" };
        u32::try_from(self.stored + more).map_err(full)
    }
}

impl Drop for SourceInParts<'_> {
    fn drop(&mut self) {
        // Where that fails, the next who opens the store for writing deletes it.
        if !self.finished {
            let _ = self.index.truth().unstage(self.id);
        }
    }
}
