//! From the sled store to a frozen generation.

use std::fs;
use std::path::Path;

use crate::adjacency::Graph;
use crate::error::{IndexError, Result};
use crate::frozen::{Contents, FrozenFile, Kind, Labels, write, write_labels};
use crate::graph::{Material, build, grow, renumber, walk_order};
use crate::record::SourceRecord;
use crate::search::{CodesView, Kernel, Scale};
use crate::store::{Change, Store};
use crate::{Collection, SourceId};

/// Fewer rows than this need no graph: looking at all of them is as fast.
const GRAPH_ROWS: usize = 4_000;
/// A tail may hold this many rows, or this part of the base if that is more; gone rows count as well. Scanning a tail
/// of that size takes about as long as the walk over its base.
const TAIL_ROWS: usize = 4_000;
const TAIL_PART: usize = 50;
/// When at most this part of the base is gone, and at most this part new, its graph is grown instead of built anew:
/// the hierarchy stays as it is, so it must neither thin out nor fall behind.
const GONE_PART: usize = 10;
const NEW_PART: usize = 2;

/// Rows and vectors gathered from the sled store, in the order of sources.
struct Gathered {
    contents: Contents,
    vectors: Vec<f32>,
}

/// Brings the frozen files up to the sled store's revision by the cheapest way and returns that revision.
pub(crate) fn freeze(store: &Store, dir: &Path, collection: Collection) -> Result<u64> {
    freeze_labels(store, dir, collection)?;
    freeze_vectors(store, dir, collection)
}

/// Brings the file of labels up to the sled store's.
fn freeze_labels(store: &Store, dir: &Path, collection: Collection) -> Result<()> {
    let (path, revision) = (collection.labels_path(dir), store.labels_revision()?);
    match Labels::open(&path) {
        Ok(labels) if labels.revision() == revision => Ok(()),
        _ => write_labels(&path, revision, &store.all_labels()?),
    }
}

fn freeze_vectors(store: &Store, dir: &Path, collection: Collection) -> Result<u64> {
    let revision = store.revision()?;
    let Ok(base) = FrozenFile::open(&collection.base_path(dir), Kind::Base) else {
        return refreeze(store, dir, collection);
    };
    if base.generation() == revision && store.base()? == revision {
        remove_tail(dir, collection)?;
        return Ok(revision);
    }
    // A kill between the base's rename and its note in the sled store leaves a base that the changes do not count from.
    if base.generation() != store.base()? || base.schema() != store.schema() {
        return refreeze(store, dir, collection);
    }
    if let Ok(tail) = FrozenFile::open(&collection.tail_path(dir), Kind::Tail)
        && (tail.base(), tail.generation()) == (base.generation(), revision)
    {
        return Ok(revision);
    }
    let changes = store.changes()?;
    let mut changes_since = 0;
    for (id, change) in &changes {
        changes_since += match change {
            Change::Added => store.source(*id)?.map_or(0, |s| s.segments as usize),
            Change::Removed => {
                let place = base.sources().binary_search_by_key(&id.0, |s| s.id);
                place.map_or(0, |place| base.sources()[place].segments as usize)
            }
            Change::Touched => 0,
        };
    }
    if changes_since > TAIL_ROWS.max(base.rows() / TAIL_PART) {
        return merge(store, dir, collection, Some(&base));
    }
    write_tail(store, dir, collection, revision, base.generation(), &changes)?;
    Ok(revision)
}

/// The newest revision that the frozen files show; 0 where there are none that can be read.
pub(crate) fn shown(dir: &Path, collection: Collection) -> u64 {
    let base = FrozenFile::open(&collection.base_path(dir), Kind::Base);
    let tail = FrozenFile::open(&collection.tail_path(dir), Kind::Tail);
    [base, tail].iter().flatten().map(FrozenFile::generation).max().unwrap_or(0)
}

/// Builds the base anew from the whole store.
pub(crate) fn refreeze(store: &Store, dir: &Path, collection: Collection) -> Result<u64> {
    freeze_labels(store, dir, collection)?;
    merge(store, dir, collection, None)
}

/// Writes a base of the whole sled store, with the graph of `old` where that has most of its rows.
fn merge(store: &Store, dir: &Path, collection: Collection, old: Option<&FrozenFile>) -> Result<u64> {
    let revision = store.revision()?;
    let gathered = gather(store, store.sources().map(|s| s.map(|(id, record)| (id, record, true))))?;
    let rows = gathered.contents.rows.len();
    let (order, graph) = if rows < GRAPH_ROWS {
        ((0..rows as u32).collect(), Graph::default())
    } else {
        knit(&gathered, store.schema().dimension as usize, old)?
    };
    put(store, &collection.base_path(dir), (Kind::Base, revision, revision), gathered, &order, &graph)?;
    store.set_base(revision)?;
    remove_tail(dir, collection)?;
    Ok(revision)
}

/// Makes a graph, and numbers its rows anew so that neighbours lie together; row `i` of the graph is row `order[i]` of
/// what was gathered.
fn knit(gathered: &Gathered, dimension: usize, old: Option<&FrozenFile>) -> Result<(Vec<u32>, Graph)> {
    let mut graph = links(gathered, dimension, old)?;
    let order = walk_order(&graph.view(), gathered.contents.rows.len());
    renumber(&mut graph, &order);
    Ok((order, graph))
}

/// The graph of the rows as they were gathered. The codes that it needs are gone again before the rows are renumbered.
fn links(gathered: &Gathered, dimension: usize, old: Option<&FrozenFile>) -> Result<Graph> {
    let vectors = gathered.vectors.as_slice();
    let stride = dimension.next_multiple_of(64);
    let scale = Scale::fit(vectors, dimension);
    let codes = scale.encode(vectors.chunks_exact(dimension), stride);
    let codes = CodesView { stride, bytes: &codes };
    let material = Material { vectors, dimension, codes, step: &scale.step, kernel: Kernel::detect() };
    Ok(match old.map(|old| (old, names(old, &gathered.contents))) {
        // A graph is carried over for good, so its checksums are looked at first.
        Some((old, now)) if worth_growing(&now, material.rows()) && old.is_whole_graph() => {
            grow(&old.graph()?, &now, material)
        }
        _ => build(material),
    })
}

/// For each row of `old` its number among `contents`, where it is still there.
fn names(old: &FrozenFile, contents: &Contents) -> Vec<Option<u32>> {
    let mut names = vec![None; old.rows()];
    for source in old.sources() {
        let Ok(place) = contents.sources.binary_search_by_key(&source.id, |s| s.id) else { continue };
        for (&row, now) in old.rows_of(source).iter().zip(contents.sources[place].first..) {
            if let Some(name) = names.get_mut(row as usize) {
                *name = Some(now);
            }
        }
    }
    names
}

fn worth_growing(now: &[Option<u32>], rows: usize) -> bool {
    let kept = now.iter().flatten().count();
    kept > 0 && now.len() - kept <= now.len() / GONE_PART && rows - kept <= kept / NEW_PART
}

fn write_tail(
    store: &Store,
    dir: &Path,
    collection: Collection,
    revision: u64,
    base: u64,
    changes: &[(SourceId, Change)],
) -> Result<()> {
    let there = changes.iter().filter(|(_, change)| *change != Change::Removed);
    let sources = there.map(|(id, change)| {
        let record = store.source(*id)?;
        let missing = || IndexError::damaged(store.path(), format!("a change names source {id}, which is not there"));
        Ok((*id, record.ok_or_else(missing)?, *change == Change::Added))
    });
    let mut gathered = gather(store, sources)?;
    let removed = changes.iter().filter(|(_, change)| *change == Change::Removed);
    gathered.contents.removed = removed.map(|(id, _)| id.0).collect();
    let order: Vec<u32> = (0..gathered.contents.rows.len() as u32).collect();
    let path = collection.tail_path(dir);
    put(store, &path, (Kind::Tail, revision, base), gathered, &order, &Graph::default())
}

fn put(
    store: &Store,
    path: &Path,
    identity: (Kind, u64, u64),
    gathered: Gathered,
    order: &[u32],
    graph: &Graph,
) -> Result<()> {
    let Gathered { contents, vectors } = gathered;
    write(path, store.schema(), identity, contents, order, &vectors, graph)
}

/// Reads sources; of those not `whole` nothing but the record.
fn gather(store: &Store, sources: impl Iterator<Item = Result<(SourceId, SourceRecord, bool)>>) -> Result<Gathered> {
    let mut gathered = Gathered { contents: Contents::default(), vectors: Vec::new() };
    for source in sources {
        let (id, record, whole) = source?;
        gathered.contents.source(id, &record);
        for chunk in store.chunks(id, if whole { record.segments } else { 0 }) {
            let chunk = chunk?;
            chunk.records.iter().for_each(|record| gathered.contents.segment(record));
            gathered.vectors.extend_from_slice(&chunk.vectors);
        }
    }
    // Row numbers share 32 bits with one flag while a search runs.
    if gathered.contents.rows.len() >= 1 << 31 {
        return Err(IndexError::Full { path: store.path().to_owned(), what: "2,147,483,648 segments" });
    }
    Ok(gathered)
}

fn remove_tail(dir: &Path, collection: Collection) -> Result<()> {
    let path = collection.tail_path(dir);
    match fs::remove_file(&path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(IndexError::Io { path, action: "remove the old tail", cause })
        }
        _ => Ok(()),
    }
}
