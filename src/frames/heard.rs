//! Vectors of consecutive moments.

/// Rows of equal size, one every 40 ms, `[len, dimension]`, each of unit length or all zero (nothing known of that moment).
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    dimension: usize,
    data: Vec<f32>,
}

impl Heard {
    /// Nothing yet.
    pub fn new(dimension: usize) -> Self {
        Self { dimension: dimension.max(1), data: Vec::new() }
    }

    /// From values row by row; a last row that is not whole is left out of all counts.
    pub fn from_values(dimension: usize, data: Vec<f32>) -> Self {
        Self { dimension: dimension.max(1), data }
    }

    /// Number of vectors.
    pub fn len(&self) -> usize {
        self.data.len() / self.dimension
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Values in a vector.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// One vector, `[dimension]`. Panics beyond the last, as a slice does.
    pub fn row(&self, at: usize) -> &[f32] {
        &self.data[at * self.dimension..(at + 1) * self.dimension]
    }

    /// All values, row by row.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The vectors `from..to`, as far as there are any.
    pub fn part(&self, from: usize, to: usize) -> Self {
        let to = to.min(self.len());
        let from = from.min(to);
        Self { dimension: self.dimension, data: self.data[from * self.dimension..to * self.dimension].to_vec() }
    }
}
