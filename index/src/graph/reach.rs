//! No point may be lost: which rows no walk can reach, and how to reach them again.

use crate::adjacency::{Graph, GraphView, NO_LINK};

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
    let mut walk = Walk { host: vec![NO_LINK; rows] };
    if let Some(entry) = graph.view().entry_row() {
        walk.from(graph, entry, entry);
    }
    let mut repaired = 0;
    let mut anyone = 0..rows as u32;
    for row in 0..rows as u32 {
        if walk.reached(row) {
            continue;
        }
        let own = graph.view().links_of(row).to_vec();
        let near = own.iter().find_map(|&host| Some((host, walk.room(graph, host)?)));
        // The walk keeps one link a row, of the many that each row has, so somebody has room.
        let with_room = near.or_else(|| anyone.find_map(|host| Some((host, walk.room(graph, host)?))));
        let Some((host, place)) = with_room else { break };
        graph.links[place] = row;
        walk.from(graph, row, host);
        repaired += 1;
    }
    repaired
}

/// A walk over everything that can be reached.
struct Walk {
    /// For each row the row whose link the walk came by; [`NO_LINK`] where it has not been. One number a row: a flag for
    /// every link would be a sixteenth of the vectors more to hold.
    host: Vec<u32>,
}

impl Walk {
    fn reached(&self, row: u32) -> bool {
        self.host[row as usize] != NO_LINK
    }

    fn from(&mut self, graph: &Graph, row: u32, host: u32) {
        self.host[row as usize] = host;
        let mut stack = vec![row];
        while let Some(row) = stack.pop() {
            for &to in &graph.links[row as usize * graph.degree..][..graph.degree] {
                if to != NO_LINK && !self.reached(to) {
                    self.host[to as usize] = row;
                    stack.push(to);
                }
            }
        }
    }

    /// A place in the links of a reachable `host` that can be given away: a free one, or the last that nothing was reached by.
    fn room(&self, graph: &Graph, host: u32) -> Option<usize> {
        let first = host as usize * graph.degree;
        let places = first..first + graph.degree;
        let free = places.clone().find(|&place| graph.links[place] == NO_LINK);
        let spare = |place: &usize| self.host[graph.links[*place] as usize] != host;
        let place = free.or_else(|| places.rev().find(spare));
        place.filter(|_| self.reached(host))
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
