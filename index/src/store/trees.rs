//! Changes of one source, inside a transaction over all trees.

use std::path::Path;

use sled::transaction::{ConflictableTransactionError, TransactionalTree};

use super::change::Change;
use crate::error::{IndexError, Result};
use crate::key;
use crate::record::SourceRecord;
use crate::{SourceId, SourceKey};

/// The trees of a sled store inside a transaction.
pub(super) struct Trees<'a> {
    pub meta: &'a TransactionalTree,
    pub keys: &'a TransactionalTree,
    pub sources: &'a TransactionalTree,
    pub segments: &'a TransactionalTree,
    pub vectors: &'a TransactionalTree,
    pub changes: &'a TransactionalTree,
    pub labels: &'a TransactionalTree,
    pub path: &'a Path,
}

/// What ends a transaction.
pub(super) type Abort<T> = Result<T, ConflictableTransactionError<IndexError>>;

impl Trees<'_> {
    pub fn number(&self, at: &[u8]) -> Abort<u64> {
        Ok(self.meta.get(at)?.map_or(0, |v| number(&v)))
    }

    pub fn next_revision(&self) -> Abort<u64> {
        let revision = self.number(key::REVISION)? + 1;
        self.meta.insert(key::REVISION, &revision.to_le_bytes())?;
        Ok(revision)
    }

    /// A number that no source had.
    pub fn take_number(&self) -> Abort<SourceId> {
        let next = self.number(key::NEXT)?;
        let full = || IndexError::Full { path: self.path.into(), what: "source numbers" };
        let id = u32::try_from(next).map_err(|_| ConflictableTransactionError::Abort(full()))?;
        self.meta.insert(key::NEXT, &(next + 1).to_le_bytes())?;
        Ok(SourceId(id))
    }

    /// Makes what is stored under a number the source of this key.
    pub fn name(&self, id: SourceId, source: &SourceKey, record: &[u8], revision: u64) -> Abort<()> {
        self.keys.insert(source.as_bytes(), &key::source(id))?;
        self.sources.insert(&key::source(id), record)?;
        self.changes.insert(&key::source(id), &Change::Added.value(revision))?;
        Ok(())
    }

    pub fn find(&self, source: &SourceKey) -> Abort<Option<(SourceId, SourceRecord)>> {
        let Some(id) = self.keys.get(source.as_bytes())?.and_then(|v| key::parse_source(&v)) else {
            return Ok(None);
        };
        let Some(value) = self.sources.get(key::source(id))? else {
            return Ok(None);
        };
        let damaged = |_| IndexError::damaged(self.path, format!("source {id} unreadable"));
        let record = SourceRecord::parse(&value).map_err(damaged).map_err(ConflictableTransactionError::Abort)?;
        Ok(Some((id, record)))
    }

    /// The change that counts for a source, if any.
    pub fn change(&self, id: SourceId) -> Abort<Option<Change>> {
        let base = self.number(key::BASE)?;
        let value = self.changes.get(key::source(id))?;
        Ok(value.and_then(|v| Change::parse(&v)).filter(|(_, at)| *at > base).map(|(change, _)| change))
    }

    /// Notes for the next generation that a source is gone; one that no base ever held needs no note.
    pub fn note_removal(&self, id: SourceId, revision: u64) -> Abort<()> {
        if self.change(id)? == Some(Change::Added) {
            self.changes.remove(&key::source(id))?;
        } else {
            self.changes.insert(&key::source(id), &Change::Removed.value(revision))?;
        }
        Ok(())
    }

    pub fn forget(&self, source: &SourceKey, revision: u64) -> Abort<bool> {
        let Some((id, record)) = self.find(source)? else {
            return Ok(false);
        };
        for number in 0..key::chunks(record.segments) {
            self.segments.remove(&key::chunk(id, number))?;
            self.vectors.remove(&key::chunk(id, number))?;
        }
        self.sources.remove(&key::source(id))?;
        self.keys.remove(source.as_bytes())?;
        self.note_removal(id, revision)?;
        Ok(true)
    }
}

pub(super) fn number(value: &[u8]) -> u64 {
    value.try_into().map_or(0, u64::from_le_bytes)
}
