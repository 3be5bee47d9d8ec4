//! The sled store. Nothing outside this folder knows sled.
//!
//! Every change of a source is one transaction over all trees: batches of their own would be torn apart by a kill.
//! Each transaction counts the revision up by one, and notes in `changes` what a frozen generation of an earlier
//! revision does not know yet. A note counts only while its revision is above `base`, so moving `base` forgets all.

mod change;
mod copy;
mod labels;
mod open;
mod staged;
mod trees;

use std::path::{Path, PathBuf};

use sled::transaction::{ConflictableTransactionError, TransactionError, Transactional};
use sled::{Db, Tree};

pub(crate) use self::change::Change;
use self::open::{error_at, open_db};
use self::trees::{Abort, Trees, number};
use crate::error::{IndexError, Result};
use crate::key;
use crate::label::Label;
use crate::record::{SegmentRecord, SourceRecord};
use crate::{Schema, Segment, Source, SourceId, SourceKey};

/// Format of the sled store on disk; raised when a key or a value changes.
pub(crate) const FORMAT: u32 = 2;
/// The oldest format that is read. Format 2 is format 1 with labels; a sled store without labels is still made as format 1.
const OLDEST_FORMAT: u32 = 1;

/// One chunk of a source: its records, and their vectors row after row.
pub(crate) struct Chunk {
    pub records: Vec<SegmentRecord>,
    pub vectors: Vec<f32>,
}

/// An open sled store.
pub(crate) struct Store {
    path: PathBuf,
    db: Db,
    meta: Tree,
    keys: Tree,
    sources: Tree,
    segments: Tree,
    vectors: Tree,
    changes: Tree,
    labels: Tree,
    schema: Schema,
}

impl Store {
    /// Opens the sled store at `path`; with `schema` creates it where there is none.
    pub fn open(path: &Path, schema: Option<&Schema>) -> Result<Self> {
        if schema.is_none() && !path.is_dir() {
            return Err(IndexError::Missing { path: path.to_owned(), what: "collection" });
        }
        let db = open_db(path)?;
        let tree = |name: &str| db.open_tree(name).map_err(error_at(path));
        let (meta, keys, sources) = (tree("meta")?, tree("keys")?, tree("sources")?);
        let (segments, vectors, changes) = (tree("segments")?, tree("vectors")?, tree("changes")?);
        let labels = tree("labels")?;
        let schema = match meta.get(key::FORMAT).map_err(error_at(path))? {
            Some(format) => {
                check_format(path, &format)?;
                let stored = meta.get(key::SCHEMA).map_err(error_at(path))?;
                let stored = stored.ok_or_else(|| IndexError::damaged(path, "no schema"))?;
                postcard::from_bytes(&stored).map_err(|_| IndexError::damaged(path, "schema unreadable"))?
            }
            None => {
                let schema = schema.ok_or_else(|| IndexError::Missing { path: path.to_owned(), what: "collection" })?;
                let mut batch = sled::Batch::default();
                batch.insert(key::FORMAT, &OLDEST_FORMAT.to_le_bytes());
                batch.insert(key::SCHEMA, encode(path, schema)?);
                meta.apply_batch(batch).map_err(error_at(path))?;
                db.flush().map_err(error_at(path))?;
                schema.clone()
            }
        };
        Ok(Self { path: path.to_owned(), db, meta, keys, sources, segments, vectors, changes, labels, schema })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Replaces the source of this key, and with `imported` the labels of it that were imported.
    pub fn put(&self, source: &Source, segments: &[Segment], imported: Option<&[Label]>) -> Result<SourceId> {
        let count = u32::try_from(segments.len())
            .map_err(|_| IndexError::Full { path: self.path.clone(), what: "segments of one source" })?;
        let record = SourceRecord::new(source, count).encode(&self.path)?;
        let chunks = self.encode_chunks(segments)?;
        self.transaction(|trees| {
            let revision = trees.next_revision()?;
            trees.forget(&source.key, revision)?;
            let id = trees.take_number()?;
            for (number, (records, vectors)) in (0u32..).zip(&chunks) {
                trees.segments.insert(&key::chunk(id, number), records.as_slice())?;
                trees.vectors.insert(&key::chunk(id, number), vectors.as_slice())?;
            }
            trees.name(id, &source.key, &record, revision)?;
            if let Some(imported) = imported {
                trees.import_labels(&source.key, imported)?;
            }
            Ok(id)
        })
    }

    /// Segments as values of `segments` and `vectors`, chunk by chunk.
    fn encode_chunks(&self, segments: &[Segment]) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let chunk = |chunk: &[Segment]| {
            let records: Vec<SegmentRecord> = chunk.iter().map(SegmentRecord::new).collect();
            let floats = chunk.iter().flat_map(|s| s.embedding.as_slice());
            Ok((encode(&self.path, &records)?, floats.flat_map(|c| c.to_le_bytes()).collect()))
        };
        segments.chunks(key::CHUNK).map(chunk).collect()
    }

    /// Forgets the source of this key, and its labels; false where there is none.
    pub fn remove(&self, source: &SourceKey) -> Result<bool> {
        if self.get_key(source)?.is_none() {
            return Ok(false);
        }
        self.transaction(|trees| {
            let revision = trees.next_revision()?;
            trees.put_labels(source, &[])?;
            trees.forget(source, revision)
        })
    }

    /// Replaces what is known of a source and leaves its segments.
    pub fn touch(&self, source: &Source) -> Result<()> {
        self.transaction(|trees| {
            let (id, old) = trees.find(&source.key)?.ok_or_else(|| {
                ConflictableTransactionError::Abort(IndexError::UnknownSource {
                    path: trees.path.into(),
                    source_id: format!("{:?}", source.key),
                })
            })?;
            let record = SourceRecord::new(source, old.segments).encode(trees.path);
            let record = record.map_err(ConflictableTransactionError::Abort)?;
            trees.sources.insert(&key::source(id), record)?;
            // A reader sees path and duration only: other news need no new generation.
            if old.path != crate::record::path_to_bytes(&source.path) || old.samples != source.samples {
                let revision = trees.next_revision()?;
                if trees.change(id)? != Some(Change::Added) {
                    trees.changes.insert(&key::source(id), &Change::Touched.value(revision))?;
                }
            }
            Ok(())
        })
    }

    /// Makes everything so far durable.
    pub fn flush(&self) -> Result<()> {
        self.db.flush().map(drop).map_err(error_at(&self.path))
    }

    /// Counts the transactions that changed what a reader sees.
    pub fn revision(&self) -> Result<u64> {
        self.number(key::REVISION)
    }

    /// The revision of the base that [`Self::changes`] counts from.
    pub fn base(&self) -> Result<u64> {
        self.number(key::BASE)
    }

    /// Counts on from above `shown`, a revision that frozen files know and this sled store does not: it has lost changes that
    /// it had reported, and no later state may be taken for the one that was frozen. The next commit builds anew.
    pub fn outrun(&self, shown: u64) -> Result<()> {
        let mut batch = sled::Batch::default();
        batch.insert(key::REVISION, &shown.saturating_add(1).to_le_bytes());
        batch.insert(key::BASE, &0u64.to_le_bytes());
        self.meta.apply_batch(batch).map_err(error_at(&self.path))?;
        self.flush()
    }

    /// Declares the base of `revision` current: all changes up to it are forgotten.
    pub fn set_base(&self, revision: u64) -> Result<()> {
        self.meta.insert(key::BASE, &revision.to_le_bytes()).map_err(error_at(&self.path))?;
        self.flush()?;
        // Only tidying: what is left behind by a kill is below the base and ignored.
        for entry in self.changes.iter() {
            let (id, value) = entry.map_err(error_at(&self.path))?;
            if Change::parse(&value).is_none_or(|(_, at)| at <= revision) {
                self.changes.remove(id).map_err(error_at(&self.path))?;
            }
        }
        Ok(())
    }

    /// What happened since the base, by source number.
    pub fn changes(&self) -> Result<Vec<(SourceId, Change)>> {
        let base = self.base()?;
        let mut changes = Vec::new();
        for entry in self.changes.iter() {
            let (id, value) = entry.map_err(error_at(&self.path))?;
            let parsed = key::parse_source(&id).zip(Change::parse(&value));
            let (id, (change, at)) = parsed.ok_or_else(|| IndexError::damaged(&self.path, "a change is unreadable"))?;
            if at > base {
                changes.push((id, change));
            }
        }
        Ok(changes)
    }

    /// All sources by number.
    pub fn sources(&self) -> impl Iterator<Item = Result<(SourceId, SourceRecord)>> + '_ {
        self.sources.iter().map(|entry| {
            let (id, value) = entry.map_err(error_at(&self.path))?;
            let id =
                key::parse_source(&id).ok_or_else(|| IndexError::damaged(&self.path, "a source without number"))?;
            Ok((id, self.decode_source(id, &value)?))
        })
    }

    /// The source of this number.
    pub fn source(&self, id: SourceId) -> Result<Option<SourceRecord>> {
        let value = self.sources.get(key::source(id)).map_err(error_at(&self.path))?;
        value.map(|value| self.decode_source(id, &value)).transpose()
    }

    /// The number of the source of this key.
    pub fn get_key(&self, source: &SourceKey) -> Result<Option<SourceId>> {
        let value = self.keys.get(source.as_bytes()).map_err(error_at(&self.path))?;
        Ok(value.and_then(|v| key::parse_source(&v)))
    }

    /// All keys with the numbers that they name.
    pub fn keys(&self) -> impl Iterator<Item = Result<(SourceKey, Option<SourceId>)>> + '_ {
        self.keys.iter().map(|entry| {
            let (source, id) = entry.map_err(error_at(&self.path))?;
            Ok((SourceKey::new(source.to_vec()), key::parse_source(&id)))
        })
    }

    /// Source numbers for which chunks are stored, each once, in order.
    pub fn chunk_owners(&self) -> Result<Vec<SourceId>> {
        let mut owners = Vec::new();
        for tree in [&self.segments, &self.vectors] {
            for entry in tree.iter().keys() {
                let id = entry.map_err(error_at(&self.path))?;
                owners.extend(key::parse_source(&id));
            }
        }
        owners.sort_unstable();
        owners.dedup();
        Ok(owners)
    }

    /// The segments of a source, chunk by chunk.
    pub fn chunks(&self, id: SourceId, segments: u32) -> impl Iterator<Item = Result<Chunk>> + '_ {
        (0..key::chunks(segments)).map(move |number| self.chunk(id, number, segments))
    }

    fn chunk(&self, id: SourceId, number: u32, segments: u32) -> Result<Chunk> {
        let bad = |what: &str| IndexError::damaged(&self.path, format!("source {id}, chunk {number}: {what}"));
        let at = key::chunk(id, number);
        let records = self.segments.get(at).map_err(error_at(&self.path))?.ok_or_else(|| bad("no segments"))?;
        let raw = self.vectors.get(at).map_err(error_at(&self.path))?.ok_or_else(|| bad("no vectors"))?;
        let records: Vec<SegmentRecord> = postcard::from_bytes(&records).map_err(|_| bad("segments unreadable"))?;
        let expected = (segments as usize - number as usize * key::CHUNK).min(key::CHUNK);
        let vectors: Vec<f32> = raw.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if records.len() != expected || raw.len() != expected * self.schema.dimension as usize * 4 {
            return Err(bad("not of the length that its source says"));
        }
        Ok(Chunk { records, vectors })
    }

    /// Deletes everything stored under a number, whole or not, and the keys that name it.
    pub fn purge(&self, id: SourceId) -> Result<()> {
        let keys: Vec<_> =
            self.keys().filter(|k| !matches!(k, Ok((_, at)) if *at != Some(id))).collect::<Result<_>>()?;
        let in_tree = |tree: &Tree| tree.scan_prefix(key::source(id)).keys().collect::<sled::Result<Vec<_>>>();
        let segments = in_tree(&self.segments).map_err(error_at(&self.path))?;
        let vectors = in_tree(&self.vectors).map_err(error_at(&self.path))?;
        self.transaction(|trees| {
            let revision = trees.next_revision()?;
            for (source, _) in &keys {
                trees.keys.remove(source.as_bytes())?;
            }
            for at in &segments {
                trees.segments.remove(at)?;
            }
            for at in &vectors {
                trees.vectors.remove(at)?;
            }
            trees.sources.remove(&key::source(id))?;
            trees.note_removal(id, revision)
        })
    }

    /// Removes a key that names nothing.
    pub fn purge_key(&self, source: &SourceKey) -> Result<()> {
        self.keys.remove(source.as_bytes()).map(drop).map_err(error_at(&self.path))
    }

    fn decode_source(&self, id: SourceId, value: &[u8]) -> Result<SourceRecord> {
        SourceRecord::parse(value).map_err(|_| IndexError::damaged(&self.path, format!("source {id} unreadable")))
    }

    fn number(&self, at: &[u8]) -> Result<u64> {
        Ok(self.meta.get(at).map_err(error_at(&self.path))?.map_or(0, |v| number(&v)))
    }

    fn transaction<T>(&self, run: impl Fn(&Trees<'_>) -> Abort<T>) -> Result<T> {
        let Self { meta, keys, sources, segments, vectors, changes, labels, .. } = self;
        let all = (meta, keys, sources, segments, vectors, changes, labels);
        let done = all.transaction(|(meta, keys, sources, segments, vectors, changes, labels)| {
            run(&Trees { meta, keys, sources, segments, vectors, changes, labels, path: &self.path })
        });
        done.map_err(|e| match e {
            TransactionError::Abort(e) => e,
            TransactionError::Storage(e) => error_at(&self.path)(e),
        })
    }
}

fn encode<T: serde::Serialize + ?Sized>(path: &Path, value: &T) -> Result<Vec<u8>> {
    postcard::to_stdvec(value).map_err(|e| IndexError::damaged(path, format!("cannot encode a value: {e}")))
}

fn check_format(path: &Path, value: &[u8]) -> Result<()> {
    let found = value.try_into().map(u32::from_le_bytes);
    let found = found.map_err(|_| IndexError::damaged(path, "format version unreadable"))?;
    match found {
        OLDEST_FORMAT..=FORMAT => Ok(()),
        0 => Err(IndexError::OlderFormat { path: path.to_owned(), found, supported: OLDEST_FORMAT }),
        _ => Err(IndexError::NewerFormat { path: path.to_owned(), found, supported: FORMAT }),
    }
}
