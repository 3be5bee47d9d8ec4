//! Building the graph of many rows, and growing one.
//!
//! hnsw_rs alone took several times the processor time that the search in its inserts needs: it allocates for every
//! candidate, chases three pointers a vector and locks every list it reads. So it builds the hierarchy only, a graph
//! over one row in [`HIERARCHY_PART`], which is what the upper layers of HNSW are; the bottom layer is knitted here, in flat arrays,
//! by the same rules: each row is linked to the neighbours that the heuristic of the HNSW paper (algorithm 4) selects
//! among the candidates of a search, and those link back.
//!
//! Rows go in by batches. The rows of one batch are searched and selected in parallel on the graph as the batch found
//! it, then all links back are made, each host's in one go. No locks, and the same graph at every run of this part.

use rayon::prelude::*;

use super::reach::reconnect;
use super::seed::{M, seed};
use crate::adjacency::{Graph, GraphView, Layer, NO_LINK};
use crate::search::{CodesView, Kernel, QueryCode, Scratch, walk};

/// Rows up to which hnsw_rs builds the whole graph.
const WHOLE_ROWS: usize = 10_000;
/// One row in so many is of the hierarchy. Half of what HNSW would put above its bottom layer is enough: recall and speed at 100,000
/// rows were the same, and hnsw_rs holds two to three kilobytes for each.
const HIERARCHY_PART: usize = 2 * M;
/// Candidates that an insert keeps, of which its links are selected.
const CANDIDATES: usize = 96;
/// Candidates that hnsw_rs keeps.
const SEED_CANDIDATES: usize = 64;
/// Most rows in a batch, and the largest part of the graph that one may be.
const BATCH: usize = 512;
const BATCH_PART: usize = 32;
/// Links that every row gets even where the heuristic selects fewer: among equal vectors it would select one.
const FEWEST: usize = 8;

/// What a build works on: all rows, as vectors `[rows, dimension]` and as codes.
#[derive(Clone, Copy)]
pub(crate) struct Material<'a> {
    pub vectors: &'a [f32],
    pub dimension: usize,
    pub codes: CodesView<'a>,
    /// Step of each component's code.
    pub step: &'a [f32],
    pub kernel: Kernel,
}

impl Material<'_> {
    pub fn rows(&self) -> usize {
        self.vectors.len() / self.dimension
    }

    fn vector(&self, row: u32) -> &[f32] {
        &self.vectors[row as usize * self.dimension..][..self.dimension]
    }

    fn similarity(&self, a: u32, b: u32) -> f32 {
        self.kernel.dot(self.vector(a), self.vector(b))
    }
}

/// Builds the graph of all rows; every row can be reached in it.
pub(crate) fn build(material: Material<'_>) -> Graph {
    let rows = material.rows();
    let order = shuffled(rows);
    let hierarchy = if rows <= WHOLE_ROWS { rows } else { rows / HIERARCHY_PART };
    let (first, rest) = order.split_at(hierarchy);
    let points: Vec<(&[f32], usize)> = first.iter().map(|&row| (material.vector(row), row as usize)).collect();
    let mut graph = seed(&points, rows, SEED_CANDIDATES, material.kernel);
    if !rest.is_empty() {
        raise(&mut graph, first);
        insert(&mut graph, material, first.len(), rest);
    }
    reconnect(&mut graph, rows);
    graph
}

/// Makes the bottom of a graph over `rows` the lowest of its upper layers as well.
fn raise(graph: &mut Graph, rows: &[u32]) {
    let mut places = vec![NO_LINK; graph.links.len() / graph.degree];
    for (place, &row) in (0u32..).zip(rows) {
        places[row as usize] = place;
    }
    let mut links = vec![NO_LINK; rows.len() * graph.upper_degree];
    for (own, &row) in links.chunks_exact_mut(graph.upper_degree).zip(rows) {
        let below = graph.links[row as usize * graph.degree..][..graph.degree].iter();
        let near = below.filter(|&&to| to != NO_LINK).map(|&to| places[to as usize]);
        own.iter_mut().zip(near).for_each(|(link, to)| *link = to);
    }
    match graph.layers.first_mut() {
        Some(lowest) => lowest.below = lowest.rows.iter().map(|&row| places[row as usize]).collect(),
        None => graph.entry = places[graph.entry as usize],
    }
    graph.layers.insert(0, Layer { rows: rows.to_vec(), below: rows.to_vec(), links });
}

/// Inserts `new` rows into the bottom layer of a graph that holds `present` rows.
pub(crate) fn insert(graph: &mut Graph, material: Material<'_>, present: usize, new: &[u32]) {
    let (mut present, mut new) = (present, new);
    while !new.is_empty() {
        let (batch, rest) = new.split_at(new.len().min(BATCH.min(present / BATCH_PART).max(1)));
        let view = graph.view();
        let chosen: Vec<(u32, Vec<u32>)> = batch
            .par_iter()
            .map_init(Searcher::default, |searcher, &row| (row, searcher.select(&view, material, row)))
            .collect();
        let mut back: Vec<(u32, u32)> =
            chosen.iter().flat_map(|(row, hosts)| hosts.iter().map(move |&host| (host, *row))).collect();
        back.sort_unstable();
        let groups: Vec<&[(u32, u32)]> = back.chunk_by(|a, b| a.0 == b.0).collect();
        let hosts: Vec<(u32, Vec<u32>)> =
            groups.par_iter().map(|group| (group[0].0, relink(&view, material, group))).collect();
        for (row, links) in chosen.into_iter().chain(hosts) {
            let own = &mut graph.links[row as usize * graph.degree..][..graph.degree];
            own.fill(NO_LINK);
            own.iter_mut().zip(links).for_each(|(link, to)| *link = to);
        }
        (present, new) = (present + batch.len(), rest);
    }
}

/// The links of a host with those of `group` that want it.
fn relink(graph: &GraphView<'_>, material: Material<'_>, group: &[(u32, u32)]) -> Vec<u32> {
    let host = group[0].0;
    let own = graph.links_of(host);
    let all = own.iter().copied().chain(group.iter().map(|&(_, row)| row));
    if own.len() + group.len() <= graph.degree {
        return all.collect();
    }
    let mut candidates: Vec<(f32, u32)> = all.map(|row| (material.similarity(host, row), row)).collect();
    select(material, &mut candidates, graph.degree)
}

/// Memory of one thread's searches.
#[derive(Default)]
struct Searcher {
    scratch: Scratch,
    code: QueryCode,
    candidates: Vec<(f32, u32)>,
}

impl Searcher {
    /// The rows that `row` is to be linked to.
    fn select(&mut self, graph: &GraphView<'_>, material: Material<'_>, row: u32) -> Vec<u32> {
        let vector = material.vector(row);
        self.code.set(vector, material.step, material.codes.stride);
        let (codes, kernel) = (material.codes, material.kernel);
        let found = walk(graph, codes, kernel, &self.code.weights, CANDIDATES, &mut self.scratch, None);
        self.candidates.clear();
        self.candidates.extend(found.map(|near| (material.kernel.dot(vector, material.vector(near)), near)));
        select(material, &mut self.candidates, graph.degree)
    }
}

/// Of `candidates` (similarity to the row, row) those that are nearer to the row than to any selected before, the
/// nearest first, at most `most`; and the nearest of the others up to [`FEWEST`].
fn select(material: Material<'_>, candidates: &mut [(f32, u32)], most: usize) -> Vec<u32> {
    candidates.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut selected: Vec<u32> = Vec::with_capacity(most);
    let mut passed_over = Vec::new();
    for &(similarity, row) in candidates.iter() {
        if selected.len() == most {
            break;
        }
        if selected.iter().all(|&other| material.similarity(row, other) < similarity) {
            selected.push(row);
        } else if passed_over.len() < FEWEST {
            passed_over.push(row);
        }
    }
    let missing = FEWEST.saturating_sub(selected.len());
    selected.extend(passed_over.into_iter().take(missing));
    selected
}

/// All rows in an order that looks random: rows of one source lie together, and a batch of neighbours would not find
/// each other.
fn shuffled(rows: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows as u32).collect();
    // SplitMix64 (Steele, Lea and Flood 2014).
    order.sort_by_cached_key(|&row| {
        let mut z = u64::from(row).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    });
    order
}
