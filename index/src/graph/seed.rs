//! hnsw_rs builds, and its graph is flattened.

use hnsw_rs::prelude::{Distance, Hnsw};
use rayon::prelude::*;

use crate::adjacency::{Graph, Layer, NO_LINK};
use crate::search::Kernel;

/// Links a node in the upper layers; the bottom layer has twice as many.
pub(crate) const M: usize = 16;
/// hnsw_rs holds at most this many layers.
const LAYERS: usize = 16;

/// 1 - cosine of unit vectors, never below zero: hnsw_rs's own `DistDot` panics where rounding makes it negative.
#[derive(Clone, Copy)]
struct UnitDistance(Kernel);

impl Distance<f32> for UnitDistance {
    fn eval(&self, a: &[f32], b: &[f32]) -> f32 {
        (1.0 - self.0.dot(a, b)).max(0.0)
    }
}

/// Builds the graph of `rows` (row numbers and their vectors) with hnsw_rs; row numbers are kept.
/// `total` is the number of rows that the graph's bottom layer shall have room for.
pub(crate) fn seed(rows: &[(&[f32], usize)], total: usize, ef: usize, kernel: Kernel) -> Graph {
    let hnsw = Hnsw::new(M, rows.len(), LAYERS, ef, UnitDistance(kernel));
    // Serial at first: points that start in parallel on an empty graph can miss each other for good.
    let (first, rest) = rows.split_at(rows.len().min(256));
    first.iter().for_each(|&row| hnsw.insert_slice(row));
    rest.par_iter().for_each(|&row| hnsw.insert_slice(row));
    flatten(&hnsw, total)
}

fn flatten(hnsw: &Hnsw<'_, f32, UnitDistance>, total: usize) -> Graph {
    let points = hnsw.get_point_indexation();
    let top = usize::from(hnsw.get_max_level_observed());
    let mut graph = Graph { degree: 2 * M, upper_degree: M, ..Graph::default() };
    graph.links = vec![NO_LINK; total * graph.degree];
    // Place of each row in each layer above the bottom.
    let mut places = vec![std::collections::HashMap::<u32, u32>::new(); top + 1];
    graph.layers = vec![Layer::default(); top];
    for level in 1..=top {
        for point in points.get_layer_iterator(level) {
            let row = point.get_origin_id() as u32;
            for (layer, places) in graph.layers[..level].iter_mut().zip(&mut places[1..]) {
                places.insert(row, layer.rows.len() as u32);
                layer.rows.push(row);
            }
        }
    }
    for (below, layer) in graph.layers.iter_mut().enumerate() {
        layer.links = vec![NO_LINK; layer.rows.len() * M];
        layer.below = match below {
            0 => layer.rows.clone(),
            _ => layer.rows.iter().filter_map(|row| places[below].get(row).copied()).collect(),
        };
    }
    for level in 0..=top {
        for point in points.get_layer_iterator(level) {
            let row = point.get_origin_id() as u32;
            for (at, neighbours) in point.get_neighborhood_id().iter().take(level + 1).enumerate() {
                let rows = neighbours.iter().map(|n| n.get_origin_id() as u32).filter(|&n| n != row);
                if at == 0 {
                    fill(&mut graph.links, row, 2 * M, rows);
                } else if let Some(&place) = places[at].get(&row) {
                    let here = rows.filter_map(|row| places[at].get(&row).copied());
                    fill(&mut graph.layers[at - 1].links, place, M, here);
                }
            }
        }
    }
    // Any node of the top layer serves as the entry, so place 0 does.
    graph
}

fn fill(links: &mut [u32], node: u32, degree: usize, from: impl Iterator<Item = u32>) {
    let own = &mut links[node as usize * degree..][..degree];
    own.iter_mut().zip(from).for_each(|(link, to)| *link = to);
}
