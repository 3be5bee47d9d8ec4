//! The upper layers of a frozen graph.
//!
//! Layer after layer from the lowest up, in u32: the number of nodes `n`; each node's row `[n]`; each node's place in
//! the layer below, which in the lowest is its row again, `[n]`; its links as places in this layer
//! `[n, upper degree]`, filled up with `u32::MAX`.

use crate::adjacency::{Graph, GraphView, LayerView};

/// Puts the layers of `graph` one after the other.
pub(crate) fn encode(graph: &Graph) -> Vec<u32> {
    let mut words = Vec::new();
    for layer in &graph.layers {
        words.push(layer.rows.len() as u32);
        words.extend_from_slice(&layer.rows);
        words.extend_from_slice(&layer.below);
        words.extend_from_slice(&layer.links);
    }
    words
}

/// Finds the layers again; `None` where the words end too early.
pub(crate) fn decode<'a>(mut words: &'a [u32], view: &mut GraphView<'a>, layers: u32) -> Option<()> {
    for _ in 0..layers {
        let (&count, rest) = words.split_first()?;
        let count = count as usize;
        let (rows, rest) = rest.split_at_checked(count)?;
        let (below, rest) = rest.split_at_checked(count)?;
        let (links, rest) = rest.split_at_checked(count.checked_mul(view.upper_degree)?)?;
        view.layers.push(LayerView { rows, below, links });
        words = rest;
    }
    words.is_empty().then_some(())
}
