//! Removing, checking, mending, compacting.

use std::path::{Path, PathBuf};

use audiosearch_index::{Collection, Index, RepairReport, VerifyReport};

use super::{Engine, EngineError, Observer, Work, observer::Watch};
use crate::pipeline::tidy;

/// What [`Engine::remove`] came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoveReport {
    /// What is not in the store any more, as it opens from the current folder.
    pub removed: Vec<PathBuf>,
    /// What was named and is not in the store.
    pub unknown: Vec<PathBuf>,
}

/// Bytes of a store's records on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompactReport {
    /// Before.
    pub before: u64,
    /// After.
    pub after: u64,
}

impl Engine {
    /// Removes files from the store, and folders with all that lies below them; the files themselves stay, and need not exist any more.
    ///
    /// # Errors
    /// Where the store cannot be written, or a path is no file here and the end of several in the store.
    pub fn remove<P: AsRef<Path>>(&self, paths: &[P]) -> Result<RemoveReport, EngineError> {
        let _changing = self.change();
        let indexes = self.each_collection(|collection| Index::open(self.path(), collection))?;
        let keys = self.keys()?;
        let mut held = Vec::new();
        for index in &indexes {
            held.push(
                index.sources().map(|source| source.map(|(_, source, _)| source.key)).collect::<Result<Vec<_>, _>>()?,
            );
        }
        // All that is meant is known before anything is removed.
        let named = |path: &P| keys.named(path.as_ref(), held.iter().flatten());
        let named = paths.iter().map(named).collect::<Result<Vec<_>, _>>()?;
        let any: Vec<bool> = named.iter().map(|keys| !keys.is_empty()).collect();
        let mut report = RemoveReport::default();
        for (index, held) in indexes.iter().zip(&held) {
            let writer = index.writer()?;
            for key in named.iter().flatten().filter(|key| held.contains(key)) {
                let path = keys.shown(key);
                // Channels of one file are one.
                if writer.remove_source(key)? && !report.removed.contains(&path) {
                    report.removed.push(path);
                }
            }
            writer.commit()?;
            tidy(index, self.path())?;
        }
        let unknown = paths.iter().zip(any).filter(|(_, any)| !any).map(|(path, _)| path.as_ref().to_owned());
        report.unknown = unknown.collect();
        Ok(report)
    }

    /// Reads the whole store and checks it, collection by collection.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn verify(&self, observer: &mut impl Observer) -> Result<Vec<(Collection, VerifyReport)>, EngineError> {
        self.check_each(Work::Verify, &mut Watch::new(observer), Index::verify)
    }

    /// Mends what can be mended: what is not whole is removed, and what is searched is made anew.
    ///
    /// # Errors
    /// Where the store cannot be opened or written.
    pub fn repair(&self, observer: &mut impl Observer) -> Result<Vec<(Collection, RepairReport)>, EngineError> {
        let _changing = self.change();
        self.check_each(Work::Repair, &mut Watch::new(observer), Index::repair)
    }

    fn check_each<T>(
        &self,
        work: Work,
        watch: &mut Watch<'_>,
        check: impl Fn(&Index) -> audiosearch_index::Result<T>,
    ) -> Result<Vec<(Collection, T)>, EngineError> {
        let indexes = self.each_collection(|collection| Index::open(self.path(), collection))?;
        watch.begin(work, 0);
        let reports = indexes.iter().map(|index| Ok((index.collection(), check(index)?))).collect();
        watch.end(work);
        reports
    }

    /// Writes the store anew without what was removed or replaced.
    ///
    /// # Errors
    /// Where the store cannot be written; it is as it was then.
    pub fn compact(&self, observer: &mut impl Observer) -> Result<CompactReport, EngineError> {
        let _changing = self.change();
        let mut watch = Watch::new(observer);
        watch.begin(Work::Compact, 0);
        let sizes = self.each_collection(|collection| Index::compact(self.path(), collection));
        watch.end(Work::Compact);
        let sum = |sum: CompactReport, size: &(u64, u64)| CompactReport {
            before: sum.before + size.0,
            after: sum.after + size.1,
        };
        Ok(sizes?.iter().fold(CompactReport { before: 0, after: 0 }, sum))
    }
}
