//! No point may be lost: which rows no walk can reach, and how to reach them again.

use super::{Graph, GraphView, NO_LINK};

/// The rows that no path from the entry leads to.
pub(crate) fn unreachable(graph: &GraphView<'_>, rows: usize) -> Vec<u32> {
    let mut seen = vec![false; rows];
    let mut stack: Vec<u32> = graph.entry_row().into_iter().collect();
    while let Some(row) = stack.pop() {
        match seen.get_mut(row as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        stack.extend_from_slice(graph.links_of(row));
    }
    (0u32..).zip(&seen).filter(|(_, seen)| !**seen).map(|(row, _)| row).collect()
}

/// Links every unreachable row from a reachable one and returns how many there were.
///
/// The links by which the walk reached each row are kept; any other place of a host may be given to a lost row, so
/// nothing that could be reached is cut off. Hosts are the lost row's own neighbours, or else whoever has room.
pub(crate) fn reconnect(graph: &mut Graph, rows: usize) -> usize {
    let mut walk = Walk { seen: vec![false; rows], kept: vec![false; graph.links.len()] };
    if let Some(entry) = graph.view().entry_row() {
        walk.from(graph, entry);
    }
    let mut repaired = 0;
    let mut anyone = 0..rows as u32;
    for row in 0..rows as u32 {
        if walk.seen[row as usize] {
            continue;
        }
        let own = graph.view().links_of(row).to_vec();
        let near = own.iter().find_map(|&host| walk.room(graph, host));
        // The walk keeps one link a row, of the many that each row has, so somebody has room.
        let Some(place) = near.or_else(|| anyone.find_map(|host| walk.room(graph, host))) else { break };
        graph.links[place] = row;
        walk.kept[place] = true;
        walk.from(graph, row);
        repaired += 1;
    }
    repaired
}

struct Walk {
    seen: Vec<bool>,
    /// For each place in the links, whether the walk went that way.
    kept: Vec<bool>,
}

impl Walk {
    fn from(&mut self, graph: &Graph, row: u32) {
        self.seen[row as usize] = true;
        let mut stack = vec![row];
        while let Some(row) = stack.pop() {
            let first = row as usize * graph.degree;
            for (place, &to) in (first..).zip(&graph.links[first..first + graph.degree]) {
                if to != NO_LINK && !self.seen[to as usize] {
                    self.seen[to as usize] = true;
                    self.kept[place] = true;
                    stack.push(to);
                }
            }
        }
    }

    /// A place in the links of a reachable `host` that can be given away: a free one, or the last that is not kept.
    fn room(&self, graph: &Graph, host: u32) -> Option<usize> {
        let first = host as usize * graph.degree;
        let places = first..first + graph.degree;
        let free = places.clone().find(|&place| graph.links[place] == NO_LINK);
        let place = free.or_else(|| places.rev().find(|&place| !self.kept[place]));
        place.filter(|_| self.seen[host as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(links: &[[u32; 2]]) -> Graph {
        Graph { degree: 2, links: links.concat(), ..Graph::default() }
    }

    #[test]
    fn a_row_that_nobody_links_to_is_found_and_linked_again() {
        let mut g = graph(&[[1, NO_LINK], [0, NO_LINK], [1, NO_LINK], [2, 1]]);
        assert_eq!(unreachable(&g.view(), 4), [2, 3]);
        reconnect(&mut g, 4);
        assert!(unreachable(&g.view(), 4).is_empty(), "{g:?}");
    }

    #[test]
    fn full_rows_make_room_without_losing_others() {
        let mut g = graph(&[[1, 2], [0, 2], [0, 1], [0, 1], [0, 1]]);
        assert_eq!(unreachable(&g.view(), 5), [3, 4]);
        reconnect(&mut g, 5);
        assert!(unreachable(&g.view(), 5).is_empty(), "{g:?}");
    }
}
