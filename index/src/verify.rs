//! Is everything whole, and if not, what can be saved.

use std::collections::BTreeSet;
use std::fmt;

use crate::error::{IndexError, Result};
use crate::freeze;
use crate::frozen::{FrozenFile, Kind};
use crate::graph::unreachable;
use crate::index::Index;
use crate::record::path_from_bytes;
use crate::{Collection, Generation, Reader, SourceId, SourceKey};

/// What [`Index::verify`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Sources in the sled store.
    pub sources: u64,
    /// Segments of whole sources.
    pub segments: u64,
    /// What is wrong; empty where all is well.
    pub problems: Vec<Problem>,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Something wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// A source that cannot be read as it was written.
    BrokenSource {
        /// The source.
        source: SourceId,
        /// Its path.
        path: std::path::PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Segments without source.
    Orphans {
        /// The number that they are stored under.
        source: SourceId,
    },
    /// A key that names no source, or a source that its key does not name.
    DanglingKey {
        /// The key.
        key: SourceKey,
    },
    /// Labels that cannot be read.
    Labels {
        /// The key of their source.
        key: SourceKey,
        /// What is wrong with them.
        reason: String,
    },
    /// The frozen index is missing or damaged.
    Frozen {
        /// What is wrong.
        reason: String,
    },
    /// The frozen index lags behind the sled store.
    Stale {
        /// What readers see.
        frozen: Generation,
        /// What they would see after a commit.
        store: Generation,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrokenSource { path, reason, .. } => write!(f, "{}: {reason}; index it again", path.display()),
            Self::Orphans { source } => write!(f, "segments of source {source}, which is not there"),
            Self::DanglingKey { key } => write!(f, "{key:?} names no source"),
            Self::Labels { reason, .. } => write!(f, "{reason}; import them again"),
            Self::Frozen { reason } => write!(f, "frozen index: {reason}"),
            Self::Stale { frozen, store } => {
                write!(f, "the frozen index shows generation {}, the sled store is at {}", frozen.0, store.0)
            }
        }
    }
}

/// What [`Index::repair`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairReport {
    /// What was wrong before.
    pub found: Vec<Problem>,
    /// Paths of sources that had to be forgotten; to be indexed again.
    pub dropped: Vec<std::path::PathBuf>,
    /// The generation that was frozen anew.
    pub generation: Generation,
}

impl Index {
    /// Reads everything and checks it: every source whole, every vector finite and of unit length, every key right,
    /// every checksum and every link of the frozen files, and that they show what the sled store holds.
    pub fn verify(&self) -> Result<VerifyReport> {
        let mut report = VerifyReport::default();
        let store = self.store();
        let mut numbers = BTreeSet::new();
        let mut keys = Vec::new();
        for entry in store.sources() {
            let (id, record) = entry?;
            numbers.insert(id);
            report.sources += 1;
            keys.push((record.key.clone(), id));
            match self.check_source(id, record.segments) {
                Ok(()) => report.segments += u64::from(record.segments),
                Err(e @ (IndexError::Damaged { .. } | IndexError::BadVector { .. })) => {
                    let (path, reason) = (path_from_bytes(&record.path), e.to_string());
                    report.problems.push(Problem::BrokenSource { source: id, path, reason });
                }
                Err(e) => return Err(e),
            }
        }
        let orphans = store.chunk_owners()?.into_iter().filter(|id| !numbers.contains(id));
        report.problems.extend(orphans.map(|source| Problem::Orphans { source }));
        for (key, id) in &keys {
            if store.get_key(key)? != Some(*id) {
                report.problems.push(Problem::DanglingKey { key: key.clone() });
            }
        }
        for entry in store.keys() {
            let (key, id) = entry?;
            if id.is_none_or(|id| !numbers.contains(&id)) {
                report.problems.push(Problem::DanglingKey { key });
            }
        }
        for (key, _) in &keys {
            match store.labels(key) {
                Err(IndexError::Damaged { reason, .. }) => {
                    report.problems.push(Problem::Labels { key: key.clone(), reason });
                }
                read => drop(read?),
            }
        }
        report.problems.extend(self.check_frozen()?);
        Ok(report)
    }

    /// Forgets what is not whole and builds the frozen files anew.
    pub fn repair(&self) -> Result<RepairReport> {
        let found = self.verify()?.problems;
        let mut dropped = Vec::new();
        for problem in &found {
            match problem {
                Problem::BrokenSource { source, path, .. } => {
                    self.store().purge(*source)?;
                    dropped.push(path.clone());
                }
                Problem::Orphans { source } => self.store().purge(*source)?,
                Problem::DanglingKey { key } => match self.store().get_key(key)? {
                    Some(id) if self.store().source(id)?.is_some() => {}
                    _ => self.store().purge_key(key)?,
                },
                Problem::Labels { key, .. } => self.store().purge_labels(key)?,
                Problem::Frozen { .. } | Problem::Stale { .. } => {}
            }
        }
        self.store().flush()?;
        let generation = match found.is_empty() {
            true => freeze::freeze(self.store(), self.dir(), self.collection())?,
            false => freeze::refreeze(self.store(), self.dir(), self.collection())?,
        };
        Ok(RepairReport { found, dropped, generation: Generation(generation) })
    }

    fn check_source(&self, id: SourceId, segments: u32) -> Result<()> {
        let dimension = self.schema().dimension as usize;
        for chunk in self.store().chunks(id, segments) {
            for vector in chunk?.vectors.chunks_exact(dimension) {
                let norm: f32 = vector.iter().map(|c| c * c).sum();
                // NaN lies in no range.
                if !(0.999..1.001).contains(&norm) {
                    let reason = format!("a stored vector has the squared length {norm}, not 1");
                    return Err(IndexError::damaged(self.store().path(), reason));
                }
            }
        }
        Ok(())
    }

    fn check_frozen(&self) -> Result<Vec<Problem>> {
        let (dir, collection) = (self.dir(), self.collection());
        let store = Generation(self.store().revision()?);
        let problem = |e: IndexError| Problem::Frozen { reason: e.to_string() };
        let reader = match Reader::open(dir, collection) {
            Ok(reader) => reader,
            // A store that nothing was put into yet.
            Err(IndexError::Missing { .. }) if store.0 == 0 => return Ok(Vec::new()),
            Err(e) => return Ok(vec![problem(e)]),
        };
        let mut problems = Vec::new();
        if reader.generation() != store {
            problems.push(Problem::Stale { frozen: reader.generation(), store });
        }
        for (path, kind) in paths(dir, collection) {
            if path.exists() {
                problems.extend(check_file(&path, kind).unwrap_or_else(|e| vec![problem(e)]));
            }
        }
        Ok(problems)
    }
}

fn paths(dir: &std::path::Path, collection: Collection) -> [(std::path::PathBuf, Kind); 2] {
    [(collection.base_path(dir), Kind::Base), (collection.tail_path(dir), Kind::Tail)]
}

fn check_file(path: &std::path::Path, kind: Kind) -> Result<Vec<Problem>> {
    let file = FrozenFile::open(path, kind)?;
    let mut reasons: Vec<String> = file.broken_sections().iter().map(|s| format!("checksum of {s} is wrong")).collect();
    reasons.extend(file.broken_references());
    let graph = file.graph()?;
    if graph.degree > 0 {
        let lost = unreachable(&graph, file.rows()).len();
        if lost > 0 {
            reasons.push(format!("{lost} rows that no search can reach"));
        }
    }
    Ok(reasons.into_iter().map(|reason| Problem::Frozen { reason: format!("{}: {reason}", path.display()) }).collect())
}
