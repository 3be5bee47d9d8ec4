//! Numbering rows so that what is searched together lies together.

use std::collections::VecDeque;

use crate::adjacency::{Graph, GraphView, NO_LINK};

/// All rows, breadth first from the entry: a row's neighbours mostly share its page.
pub(crate) fn walk_order(graph: &GraphView<'_>, rows: usize) -> Vec<u32> {
    let mut order = Vec::with_capacity(rows);
    let mut seen = vec![false; rows];
    let mut queue = VecDeque::new();
    for start in graph.entry_row().into_iter().chain(0..rows as u32) {
        queue.push_back(start);
        while let Some(row) = queue.pop_front() {
            if std::mem::replace(&mut seen[row as usize], true) {
                continue;
            }
            order.push(row);
            queue.extend(graph.links_of(row).iter().filter(|&&to| !seen[to as usize]));
        }
    }
    order
}

/// Gives row `order[i]` the number `i`.
pub(crate) fn renumber(graph: &mut Graph, order: &[u32]) {
    let mut numbers = vec![0; order.len()];
    for (to, &from) in (0u32..).zip(order) {
        numbers[from as usize] = to;
    }
    let mut links = Vec::with_capacity(graph.links.len());
    for &from in order {
        let own = &graph.links[from as usize * graph.degree..][..graph.degree];
        links.extend(own.iter().map(|&to| if to == NO_LINK { to } else { numbers[to as usize] }));
    }
    graph.links = links;
    for (above, layer) in graph.layers.iter_mut().enumerate() {
        layer.rows.iter_mut().for_each(|row| *row = numbers[*row as usize]);
        if above == 0 {
            layer.below.clone_from(&layer.rows);
        }
    }
    if graph.layers.is_empty() {
        graph.entry = numbers[graph.entry as usize];
    }
}
