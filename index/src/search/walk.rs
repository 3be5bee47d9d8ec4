//! Best-first search over a flat graph.
//!
//! The rows found so far lie in one array, best first, at most `ef` of them; the walk always goes on from the best row
//! it has not been at and ends when it has been at all (the search of HNSW with both of its heaps in one array, as NSG
//! has it: Fu et al. 2019, arXiv 1707.00143).

use super::simd::prefetch;
use super::{CodesView, Kernel};
use crate::adjacency::GraphView;

/// So many rows are left at once: what they lead to is fetched from memory at the same time.
const ABREAST: usize = 2;

/// Memory of a walk, kept from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// The walk in which each row was last seen, counted from 1 to 255 and then from 1 again: one byte a row, so that
    /// more of them fit into the caches.
    seen: Vec<u8>,
    walk: u8,
    /// Best first: score in the upper half, then row, then one bit for "been there".
    pool: Vec<u64>,
    near: Vec<u32>,
    scores: Vec<i32>,
    /// Rows that the filter let pass, as in `pool`.
    found: Vec<u64>,
}

fn pack(score: i32, row: u32) -> u64 {
    // Flipping the sign bit makes signed scores sort as unsigned numbers do.
    (u64::from(score as u32 ^ 0x8000_0000) << 32) | (u64::from(row) << 1)
}

fn row_of(packed: u64) -> u32 {
    (packed as u32) >> 1
}

/// Keeps `pool` sorted, best first, and at most `limit` long; returns where `item` went.
fn insert(pool: &mut Vec<u64>, limit: usize, item: u64) -> Option<usize> {
    if pool.len() >= limit {
        if pool.last().is_none_or(|&worst| worst >= item) {
            return None;
        }
        pool.pop();
    }
    let at = pool.partition_point(|&p| p >= item);
    pool.insert(at, item);
    Some(at)
}

/// Walks from the graph's entry towards `weights`; returns up to `ef` rows that `accept` lets pass, best first.
pub(crate) fn walk<'s>(
    graph: &GraphView<'_>,
    codes: CodesView<'_>,
    kernel: Kernel,
    weights: &[i8],
    ef: usize,
    scratch: &'s mut Scratch,
    accept: Option<&dyn Fn(u32) -> bool>,
) -> impl Iterator<Item = u32> + 's {
    let rows = codes.bytes.len() / codes.stride.max(1);
    scratch.begin(rows);
    if let Some(entry) = descend(graph, codes, kernel, weights, scratch).filter(|&e| (e as usize) < rows) {
        scratch.near.clear();
        scratch.near.push(entry);
        scratch.see(entry);
        let mut next = 0;
        loop {
            kernel.score(weights, codes, &scratch.near, &mut scratch.scores);
            for (&row, &score) in scratch.near.iter().zip(&scratch.scores) {
                let item = pack(score, row);
                if let Some(at) = insert(&mut scratch.pool, ef, item) {
                    if at <= next {
                        next = at;
                        prefetch(graph.place_of(row));
                    }
                    if accept.is_some_and(|accept| accept(row)) {
                        insert(&mut scratch.found, ef, item);
                    }
                }
            }
            scratch.near.clear();
            let mut at = next;
            for _ in 0..ABREAST {
                while scratch.pool.get(at).is_some_and(|p| p & 1 == 1) {
                    at += 1;
                }
                let Some(best) = scratch.pool.get_mut(at) else { break };
                *best |= 1;
                let row = row_of(*best);
                scratch.look_around(graph.place_of(row));
            }
            if scratch.near.is_empty() && at >= scratch.pool.len() {
                break;
            }
            next = at;
            for &near in &scratch.near {
                codes.of(near).map(prefetch);
            }
            // Most often one of the next is where the walk goes on.
            for &then in scratch.pool.iter().skip(at + 1).take(ABREAST) {
                prefetch(graph.place_of(row_of(then)));
            }
        }
    }
    let found = if accept.is_some() { &scratch.found } else { &scratch.pool };
    found.iter().map(|&p| row_of(p))
}

/// Goes down the upper layers, in each to the best node that single steps lead to; returns a row of the bottom.
fn descend(
    graph: &GraphView<'_>,
    codes: CodesView<'_>,
    kernel: Kernel,
    weights: &[i8],
    scratch: &mut Scratch,
) -> Option<u32> {
    let mut place = graph.entry;
    for layer in graph.layers.iter().rev() {
        kernel.score(weights, codes, layer.rows.get(place as usize..=place as usize)?, &mut scratch.scores);
        let mut best = scratch.scores.first().copied()?;
        // Every step but the last betters the score, so there are at most as many as nodes.
        for _ in 0..=layer.rows.len() {
            let links = layer.links_of(place, graph.upper_degree);
            scratch.near.clear();
            scratch.near.extend(links.iter().map(|&l| layer.rows.get(l as usize).copied().unwrap_or(u32::MAX)));
            kernel.score(weights, codes, &scratch.near, &mut scratch.scores);
            let found = links.iter().zip(&scratch.scores).max_by_key(|(_, score)| **score);
            match found {
                Some((&link, &score)) if score > best => (place, best) = (link, score),
                _ => break,
            }
        }
        place = *layer.below.get(place as usize)?;
    }
    Some(place)
}

impl Scratch {
    fn begin(&mut self, rows: usize) {
        if self.seen.len() != rows {
            self.seen = vec![0; rows];
            self.walk = 0;
        }
        if self.walk == u8::MAX {
            self.seen.fill(0);
            self.walk = 0;
        }
        self.walk += 1;
        self.pool.clear();
        self.found.clear();
    }

    fn see(&mut self, row: u32) {
        if let Some(seen) = self.seen.get_mut(row as usize) {
            *seen = self.walk;
        }
    }

    /// Adds those of `links` that this walk has not seen to `near`. What is seen and what is not cannot be guessed,
    /// so there is no branch on it: every link is put down, and only a new one stays.
    fn look_around(&mut self, links: &[u32]) {
        let mut count = self.near.len();
        self.near.resize(count + links.len(), 0);
        for &link in links {
            // Empty places come last, and are outside as a damaged link is.
            let Some(seen) = self.seen.get_mut(link as usize) else { break };
            let new = *seen != self.walk;
            *seen = self.walk;
            if let Some(place) = self.near.get_mut(count) {
                *place = link;
            }
            count += usize::from(new);
        }
        self.near.truncate(count);
    }
}
