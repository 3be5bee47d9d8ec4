//! Labels lie under the key of their source, not under its number: they stay when the source is put again.
//!
//! A value is a byte that says which version it is, then the labels by postcard. A sled store that holds labels is of format 2, so that
//! a program that knows nothing of them, and would lose them when it writes the sled store anew, does not open it; one that never held
//! any stays of format 1.

use super::*;
use crate::label::{Label, import};

/// The version of a value of `labels`.
const VERSION: u8 = 1;

impl Store {
    /// The labels of a source.
    pub fn labels(&self, source: &SourceKey) -> Result<Vec<Label>> {
        let value = self.labels.get(source.as_bytes()).map_err(error_at(&self.path))?;
        value.map_or_else(|| Ok(Vec::new()), |value| self.decode_labels(source.as_bytes(), &value))
    }

    /// The labels of all sources, by key.
    pub fn all_labels(&self) -> Result<Vec<(SourceKey, Vec<Label>)>> {
        let entry = |entry: sled::Result<(sled::IVec, sled::IVec)>| {
            let (key, value) = entry.map_err(error_at(&self.path))?;
            Ok((SourceKey::new(key.to_vec()), self.decode_labels(&key, &value)?))
        };
        self.labels.iter().map(entry).collect()
    }

    /// Counts the transactions that changed labels.
    pub fn labels_revision(&self) -> Result<u64> {
        self.number(key::LABELS)
    }

    /// Replaces all labels of a source.
    pub fn set_labels(&self, source: &SourceKey, labels: &[Label]) -> Result<()> {
        if self.labels(source)? == labels {
            return Ok(());
        }
        self.change_labels(source, |_| Some(labels.to_vec()))
    }

    /// Replaces the labels of a source that were imported; where they are the same, nothing happens.
    pub fn import_labels(&self, source: &SourceKey, imported: &[Label]) -> Result<()> {
        if import(&self.labels(source)?, imported).is_none() {
            return Ok(());
        }
        self.change_labels(source, |old| import(old, imported))
    }

    /// As [`import_labels`](Self::import_labels), of several sources: all of it in one transaction. Nothing happens where that changes nothing.
    pub fn import_all_labels(&self, imported: &[(&SourceKey, Vec<Label>)]) -> Result<()> {
        let mut changed = Vec::new();
        for (source, labels) in imported {
            if import(&self.labels(source)?, labels).is_some() {
                changed.push((*source, labels));
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        self.transaction(|trees| {
            trees.next_revision()?;
            for (source, labels) in &changed {
                trees.require(source)?;
                trees.import_labels(source, labels)?;
            }
            Ok(())
        })
    }

    /// Removes labels that cannot be read.
    pub fn purge_labels(&self, source: &SourceKey) -> Result<()> {
        self.transaction(|trees| {
            trees.next_revision()?;
            trees.put_labels(source, &[])
        })
    }

    fn change_labels(&self, source: &SourceKey, change: impl Fn(&[Label]) -> Option<Vec<Label>>) -> Result<()> {
        self.transaction(|trees| {
            trees.require(source)?;
            let old = trees.labels_of(source)?;
            if let Some(new) = change(&old) {
                trees.next_revision()?;
                trees.put_labels(source, &new)?;
            }
            Ok(())
        })
    }

    fn decode_labels(&self, key: &[u8], value: &[u8]) -> Result<Vec<Label>> {
        decode(value).ok_or_else(|| unreadable(&self.path, key))
    }
}

impl Trees<'_> {
    /// Fails where there is no such source.
    fn require(&self, source: &SourceKey) -> Abort<()> {
        match self.find(source)? {
            Some(_) => Ok(()),
            None => Err(ConflictableTransactionError::Abort(IndexError::UnknownSource {
                path: self.path.into(),
                source_id: format!("{source:?}"),
            })),
        }
    }

    /// Replaces the labels of a source that were imported.
    pub(super) fn import_labels(&self, source: &SourceKey, imported: &[Label]) -> Abort<()> {
        match import(&self.labels_of(source)?, imported) {
            Some(labels) => self.put_labels(source, &labels),
            None => Ok(()),
        }
    }

    pub(super) fn labels_of(&self, source: &SourceKey) -> Abort<Vec<Label>> {
        let Some(value) = self.labels.get(source.as_bytes())? else { return Ok(Vec::new()) };
        let unreadable = || ConflictableTransactionError::Abort(unreadable(self.path, source.as_bytes()));
        decode(&value).ok_or_else(unreadable)
    }

    pub(super) fn put_labels(&self, source: &SourceKey, labels: &[Label]) -> Abort<()> {
        if labels.is_empty() {
            if self.labels.remove(source.as_bytes())?.is_none() {
                return Ok(());
            }
        } else {
            let mut value = vec![VERSION];
            value.extend(encode(self.path, labels).map_err(ConflictableTransactionError::Abort)?);
            self.labels.insert(source.as_bytes(), value)?;
            self.meta.insert(key::FORMAT, &FORMAT.to_le_bytes())?;
        }
        let revision = self.number(key::LABELS)? + 1;
        self.meta.insert(key::LABELS, &revision.to_le_bytes())?;
        Ok(())
    }
}

fn decode(value: &[u8]) -> Option<Vec<Label>> {
    let (version, labels) = value.split_first()?;
    if *version == VERSION { postcard::from_bytes(labels).ok() } else { None }
}

fn unreadable(path: &Path, key: &[u8]) -> IndexError {
    IndexError::damaged(path, format!("the labels of {} are unreadable", String::from_utf8_lossy(key)))
}
