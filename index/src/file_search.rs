//! The best rows of one frozen file: by its graph, or by looking at all of them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::adjacency::GraphView;
use crate::error::Result;
use crate::frozen::FrozenFile;
use crate::query::Query;
use crate::search::{CodesView, Kernel, QueryCode, Scratch, scan, scan_read, top, walk};
use crate::selection::Selection;

/// Below this many rows to look at, looking at all is no slower than walking the graph.
const SCAN_ROWS: usize = 2_000;
/// Of rows scanned by their codes, this many for each hit are looked at again by their vectors.
const RESCORED: usize = 8;
/// Of rows that a walk found, this many for each hit and this many more are looked at again by their vectors.
const WALK_RESCORED: (usize, usize) = (2, 12);
/// The graph is left when it would have to keep more than this part of the rows.
const SCAN_PART: usize = 8;

/// More rows than that are read and not looked at through the map, lest most of the file count as memory of this process.
const MAPPED_ROWS: usize = 512;

/// A frozen file, and what searching it takes.
pub(crate) struct FileSearch<'a> {
    pub file: &'a FrozenFile,
    pub kernel: Kernel,
    /// Memory of walks that have ended, for the next.
    pub scratch: &'a Mutex<Vec<Scratch>>,
}

impl FileSearch<'_> {
    /// The `k` best rows of one file.
    pub fn search(&self, selection: &Selection<'_>, query: &Query<'_>) -> Result<Vec<(u32, f32)>> {
        let file = self.file;
        let k = query.k.min(selection.rows).min(if query.per_source { selection.source_count } else { usize::MAX });
        if k == 0 {
            return Ok(Vec::new());
        }
        let graph = file.graph()?;
        let mut ef = query.ef.unwrap_or_else(|| default_ef(k)).max(k);
        if !selection.is_all() {
            // Of the rows that the walk keeps only this part can be hits.
            ef = (ef.saturating_mul(file.rows()) / selection.rows).max(k);
        }
        let exact = query.exact || selection.rows <= SCAN_ROWS;
        if !exact && graph.degree == 0 && !query.per_source {
            let rows = self.scan_codes(selection, query, (k * RESCORED).max(ef));
            return self.best(query, &rows);
        }
        while !exact && graph.degree > 0 && ef <= file.rows() / SCAN_PART {
            let mut found = self.walk(&graph, selection, query, ef);
            if !query.per_source {
                found.truncate(k.saturating_mul(WALK_RESCORED.0).saturating_add(WALK_RESCORED.1));
            }
            let best = self.best(query, &found)?;
            if best.len() == k {
                return Ok(best);
            }
            ef *= 4;
        }
        let all = selection.list();
        Ok(self.best_of(query, scan(self.kernel, query.embedding.as_slice(), file.vectors(), &all)))
    }

    fn walk(&self, graph: &GraphView<'_>, selection: &Selection<'_>, query: &Query<'_>, ef: usize) -> Vec<u32> {
        let file = self.file;
        let codes = CodesView { stride: file.code_stride(), bytes: file.codes() };
        let code = QueryCode::new(query.embedding.as_slice(), file.scale().1, codes.stride);
        let mut scratch = self.scratch.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let accept = |row| selection.contains(row);
        let accept = (!selection.is_all()).then_some(&accept as &dyn Fn(u32) -> bool);
        let found = walk(graph, codes, self.kernel, &code.weights, ef, &mut scratch, accept).collect();
        self.scratch.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        found
    }

    /// The best rows by their codes, a quarter of the bytes of the vectors.
    fn scan_codes(&self, selection: &Selection<'_>, query: &Query<'_>, most: usize) -> Vec<u32> {
        let file = self.file;
        let codes = CodesView { stride: file.code_stride(), bytes: file.codes() };
        let code = QueryCode::new(query.embedding.as_slice(), file.scale().1, codes.stride);
        let (rows, mut scores) = (selection.list(), Vec::new());
        self.kernel.score(&code.weights, codes, &rows, &mut scores);
        let scored = rows.into_iter().zip(scores.into_iter().map(|s| s as f32));
        top(most, scored).into_iter().map(|(row, _)| row).collect()
    }

    /// The best of `rows` by their true cosine.
    fn best(&self, query: &Query<'_>, rows: &[u32]) -> Result<Vec<(u32, f32)>> {
        let file = self.file;
        let asked = query.embedding.as_slice();
        if rows.len() <= MAPPED_ROWS {
            return Ok(self.best_of(query, scan(self.kernel, asked, file.vectors(), rows)));
        }
        let scored = scan_read(self.kernel, asked, rows, |first, out| file.read_vectors(first, out))?;
        Ok(self.best_of(query, scored.into_iter()))
    }

    /// The best by their scores; with `per_source`, each source's best.
    fn best_of(&self, query: &Query<'_>, scored: impl Iterator<Item = (u32, f32)>) -> Vec<(u32, f32)> {
        if !query.per_source {
            return top(query.k, scored);
        }
        let mut best = HashMap::<u32, (u32, f32)>::new();
        for (row, score) in scored {
            let source = self.file.row_sources().get(row as usize).copied().unwrap_or(u32::MAX);
            let own = best.entry(source).or_insert((row, score));
            if score > own.1 {
                *own = (row, score);
            }
        }
        top(query.k, best.into_values())
    }
}

/// Candidates that find 99 of 100 true neighbours on the benchmark's data.
fn default_ef(k: usize) -> usize {
    (2 * k).max(64)
}
