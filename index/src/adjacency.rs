//! The proximity graph (HNSW, Malkov and Yashunin 2016, arXiv 1603.09320) in flat arrays: who is linked to whom.

/// The place of a link that is not there.
pub(crate) const NO_LINK: u32 = u32::MAX;

/// A graph over rows `0..n`.
#[derive(Debug, Default, Clone)]
pub(crate) struct Graph {
    /// Links a row in the bottom layer; 0 where there is no graph.
    pub degree: usize,
    /// Links a node in every other layer.
    pub upper_degree: usize,
    /// Where a search begins: a place in the top layer, or a row where there is only the bottom.
    pub entry: u32,
    /// `[rows, degree]`, each row's links first and then [`NO_LINK`].
    pub links: Vec<u32>,
    /// The layers above the bottom, the lowest first.
    pub layers: Vec<Layer>,
}

/// A layer above the bottom; its nodes are known by their place in it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Layer {
    /// Each node's row.
    pub rows: Vec<u32>,
    /// Each node's place in the layer below; in the lowest layer, its row.
    pub below: Vec<u32>,
    /// `[nodes, upper degree]`, places in this layer.
    pub links: Vec<u32>,
}

/// A graph that lies elsewhere, in memory or in a map. Nothing in it is trusted to be in bounds.
#[derive(Debug, Clone)]
pub(crate) struct GraphView<'a> {
    pub degree: usize,
    pub upper_degree: usize,
    pub entry: u32,
    pub links: &'a [u32],
    pub layers: Vec<LayerView<'a>>,
}

/// A layer of a [`GraphView`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct LayerView<'a> {
    pub rows: &'a [u32],
    pub below: &'a [u32],
    pub links: &'a [u32],
}

impl Graph {
    /// The graph as a search takes it.
    pub fn view(&self) -> GraphView<'_> {
        GraphView {
            degree: self.degree,
            upper_degree: self.upper_degree,
            entry: self.entry,
            links: &self.links,
            layers: self.layers.iter().map(|l| LayerView { rows: &l.rows, below: &l.below, links: &l.links }).collect(),
        }
    }
}

impl GraphView<'_> {
    /// The links of a row, without the empty places.
    pub fn links_of(&self, row: u32) -> &[u32] {
        present(self.links.get(row as usize * self.degree..).unwrap_or_default(), self.degree)
    }

    /// The links of a row with the empty places.
    pub fn place_of(&self, row: u32) -> &[u32] {
        self.links.get(row as usize * self.degree..).and_then(|l| l.get(..self.degree)).unwrap_or_default()
    }

    /// The row in the bottom layer that every walk can be begun at.
    pub fn entry_row(&self) -> Option<u32> {
        match self.layers.last() {
            Some(top) => top.rows.get(self.entry as usize).copied(),
            None => Some(self.entry),
        }
    }
}

impl LayerView<'_> {
    /// The links of a node.
    pub fn links_of(&self, place: u32, degree: usize) -> &[u32] {
        present(self.links.get(place as usize * degree..).unwrap_or_default(), degree)
    }
}

fn present(from: &[u32], degree: usize) -> &[u32] {
    let links = from.get(..degree).unwrap_or_default();
    let count = links.iter().position(|&l| l == NO_LINK).unwrap_or(degree);
    links.get(..count).unwrap_or_default()
}
