//! Growing a graph instead of building it anew.

use super::knit::{Material, insert};
use super::reach::reconnect;
use crate::adjacency::{Graph, GraphView, Layer, NO_LINK};

/// Carries the graph of earlier rows over to `material` and inserts the rows that it does not have.
///
/// `now[row]` is what an earlier row is called now, `None` where it is gone. Gone rows are bridged: a row that loses a
/// link gets that neighbour's nearest one instead.
pub(crate) fn grow(old: &GraphView<'_>, now: &[Option<u32>], material: Material<'_>) -> Graph {
    let rows = material.rows();
    let mut graph = Graph { degree: old.degree, upper_degree: old.upper_degree, ..Graph::default() };
    graph.links = vec![NO_LINK; rows * graph.degree];
    let mut fresh = vec![true; rows];
    let name = |row: u32| now.get(row as usize).copied().flatten();
    for (from, to) in (0u32..).zip(now) {
        let Some(to) = *to else { continue };
        fresh[to as usize] = false;
        let mut links: Vec<u32> = Vec::with_capacity(graph.degree);
        for &link in old.links_of(from) {
            let bridge = || old.links_of(link).iter().copied().filter(|&next| next != from).find_map(name);
            if let Some(link) = name(link).or_else(bridge)
                && !links.contains(&link)
            {
                links.push(link);
            }
        }
        graph.links[to as usize * graph.degree..][..links.len()].copy_from_slice(&links);
    }
    graph.layers = layers(old, &name);
    let fresh: Vec<u32> = (0..rows as u32).filter(|&row| fresh[row as usize]).collect();
    match graph.layers.last() {
        Some(_) => graph.entry = 0,
        None => graph.entry = now.iter().copied().flatten().next().unwrap_or(0),
    }
    // What gone rows held together comes first, for the inserts search the graph.
    reconnect(&mut graph, rows);
    insert(&mut graph, material, rows - fresh.len(), &fresh);
    reconnect(&mut graph, rows);
    graph
}

/// The upper layers without the nodes whose rows are gone; ends below the first layer that nothing is left of.
fn layers(old: &GraphView<'_>, name: &impl Fn(u32) -> Option<u32>) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    let mut below: Vec<Option<u32>> = Vec::new();
    for layer in &old.layers {
        let mut next = 0..;
        let places: Vec<Option<u32>> = layer.rows.iter().map(|&row| name(row).and_then(|_| next.next())).collect();
        let mut new = Layer::default();
        for (place, (&row, &down)) in (0u32..).zip(layer.rows.iter().zip(layer.below)) {
            let Some(row) = name(row) else { continue };
            new.rows.push(row);
            let down = if layers.is_empty() { Some(row) } else { below.get(down as usize).copied().flatten() };
            new.below.push(down.unwrap_or(0));
            let start = new.links.len();
            let place_of = |link: &u32| places.get(*link as usize).copied().flatten();
            new.links.extend(layer.links_of(place, old.upper_degree).iter().filter_map(place_of));
            new.links.resize(start + old.upper_degree, NO_LINK);
        }
        if new.rows.is_empty() {
            break;
        }
        layers.push(new);
        below = places;
    }
    layers
}
