//! Rows of numbers.

use rayon::prelude::*;

/// `[rows, columns]` f32, row after row.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    columns: usize,
    data: Vec<f32>,
}

impl Matrix {
    /// Puts `rows`, each of `columns` numbers, one after the other.
    ///
    /// # Panics
    /// Where a row has another length.
    pub fn from_rows<'a>(columns: usize, rows: impl IntoIterator<Item = &'a [f32]>) -> Self {
        let mut data = Vec::new();
        for row in rows {
            assert_eq!(row.len(), columns, "every row has as many numbers");
            data.extend_from_slice(row);
        }
        Self { columns, data }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.data.len().checked_div(self.columns).unwrap_or(0)
    }

    /// How many numbers in each.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// A row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.data[row * self.columns..][..self.columns]
    }

    /// All rows.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.data.chunks_exact(self.columns.max(1))
    }

    /// Runs of up to `rows` rows each, for several threads.
    pub(super) fn blocks(&self, rows: usize) -> rayon::slice::Chunks<'_, f32> {
        self.data.par_chunks((rows * self.columns).max(1))
    }
}

/// The sum of the products, in eight lanes that a compiler can keep in one register.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a8, a_rest) = a.as_chunks::<8>();
    let (b8, b_rest) = b.as_chunks::<8>();
    let mut lanes = [0f32; 8];
    for (x, y) in a8.iter().zip(b8) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    lanes.iter().sum::<f32>() + rest
}
