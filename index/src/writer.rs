//! Changing a collection.

use crate::error::Result;
use crate::freeze;
use crate::index::Index;
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
        for segment in &segments {
            self.index.check_dimension(u32::try_from(segment.embedding.dimension()).unwrap_or(u32::MAX))?;
        }
        self.index.truth().put(&source, &segments)
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
