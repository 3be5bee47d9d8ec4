//! Who is near whom in the space of the vectors.

use rayon::prelude::*;

use super::{Matrix, matrix::dot};

/// The nearest other rows of every row, nearest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbours {
    rows: Vec<Vec<(u32, f32)>>,
}

impl Neighbours {
    /// As found elsewhere: for each row the numbers of its neighbours with their cosines, nearest first, itself left out.
    pub fn new(rows: Vec<Vec<(u32, f32)>>) -> Self {
        Self { rows }
    }

    /// The `k` rows of highest cosine, by comparing every row with every other; `vectors` are of unit length. Among equals the
    /// lower number comes first.
    pub fn exact(vectors: &Matrix, k: usize) -> Self {
        let rows = (0..vectors.rows()).into_par_iter().map(|row| nearest(vectors, row, k)).collect();
        Self { rows }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The neighbours of a row with their cosines.
    pub fn of(&self, row: usize) -> &[(u32, f32)] {
        &self.rows[row]
    }
}

/// The `k` nearest others of one row.
pub(super) fn nearest(vectors: &Matrix, row: usize, k: usize) -> Vec<(u32, f32)> {
    let own = vectors.row(row);
    let mut all: Vec<(u32, f32)> = (0..).zip(vectors.iter()).map(|(other, vector)| (other, dot(own, vector))).collect();
    all.swap_remove(row);
    let by_nearness = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    let k = k.min(all.len());
    if k < all.len() {
        all.select_nth_unstable_by(k, by_nearness);
        all.truncate(k);
    }
    all.sort_unstable_by(by_nearness);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first_and_never_the_row_itself() {
        let rows: Vec<[f32; 2]> = [0.0f32, 0.1, 0.3, 2.0].iter().map(|angle| [angle.cos(), angle.sin()]).collect();
        let vectors = Matrix::from_rows(2, rows.iter().map(<[f32; 2]>::as_slice));
        let neighbours = Neighbours::exact(&vectors, 2);
        let ids = |row| neighbours.of(row).iter().map(|n| n.0).collect::<Vec<_>>();
        assert_eq!([ids(0), ids(1), ids(2), ids(3)], [vec![1, 2], vec![0, 2], vec![1, 0], vec![2, 1]]);
        assert!((neighbours.of(0)[0].1 - 0.1f32.cos()).abs() < 1e-6);
        assert_eq!(Neighbours::exact(&vectors, 9).of(0).len(), 3, "there are no more");
    }
}
