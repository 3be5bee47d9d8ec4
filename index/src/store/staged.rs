//! Sources that come in parts: their chunks are stored under a number that nothing names yet, and one transaction names it in the end.
//!
//! `meta` lists the numbers that are under way, so that what a kill left behind is found and deleted by the next who opens the sled store.

use super::*;

impl Store {
    /// Takes a number for a source whose segments come in parts.
    pub fn stage(&self) -> Result<SourceId> {
        self.transaction(|trees| {
            let id = trees.take_number()?;
            let mut staged = trees.meta.get(key::STAGED)?.map_or_else(Vec::new, |list| list.to_vec());
            staged.extend_from_slice(&key::source(id));
            trees.meta.insert(key::STAGED, staged)?;
            Ok(id)
        })
    }

    /// Stores segments of a staged source as its chunks from number `first`; all but the last call give whole chunks.
    pub fn stage_chunks(&self, id: SourceId, first: u32, segments: &[Segment]) -> Result<()> {
        let (mut records, mut vectors) = (sled::Batch::default(), sled::Batch::default());
        for (number, chunk) in (first..).zip(self.encode_chunks(segments)?) {
            records.insert(&key::chunk(id, number), chunk.0);
            vectors.insert(&key::chunk(id, number), chunk.1);
        }
        self.segments.apply_batch(records).map_err(error_at(&self.path))?;
        self.vectors.apply_batch(vectors).map_err(error_at(&self.path))
    }

    /// Puts a staged source of so many segments in place of an older one of its key.
    pub fn publish(&self, id: SourceId, source: &Source, segments: u32, imported: Option<&[Label]>) -> Result<()> {
        let record = SourceRecord::new(source, segments).encode(&self.path)?;
        self.transaction(|trees| {
            let revision = trees.next_revision()?;
            trees.forget(&source.key, revision)?;
            trees.name(id, &source.key, &record, revision)?;
            if let Some(imported) = imported {
                trees.import_labels(&source.key, imported)?;
            }
            trees.unlist(id)
        })
    }

    /// Deletes what was stored of a staged source.
    pub fn unstage(&self, id: SourceId) -> Result<()> {
        for tree in [&self.segments, &self.vectors] {
            for at in tree.scan_prefix(key::source(id)).keys() {
                tree.remove(at.map_err(error_at(&self.path))?).map_err(error_at(&self.path))?;
            }
        }
        self.transaction(|trees| trees.unlist(id))
    }

    /// Deletes what a kill left of staged sources. Nobody else may be writing.
    pub fn unstage_all(&self) -> Result<()> {
        let staged = self.meta.get(key::STAGED).map_err(error_at(&self.path))?;
        let staged = staged.map_or_else(Vec::new, |list| list.to_vec());
        staged.chunks(4).filter_map(key::parse_source).try_for_each(|id| self.unstage(id))
    }
}

impl Trees<'_> {
    /// Strikes a number off the list of those under way.
    fn unlist(&self, id: SourceId) -> Abort<()> {
        let staged = self.meta.get(key::STAGED)?.map_or_else(Vec::new, |list| list.to_vec());
        let left: Vec<u8> = staged.chunks(4).filter(|own| **own != key::source(id)).flatten().copied().collect();
        match left.is_empty() {
            true => self.meta.remove(key::STAGED)?,
            false => self.meta.insert(key::STAGED, left)?,
        };
        Ok(())
    }
}
