//! Principal components.

use rayon::prelude::*;

use super::{Matrix, Neighbours, Progress, Projection, ProjectionError, eigen::symmetric};

/// Rows whose products are summed in one go; the sums are added in the rows' order, whatever the threads.
const BLOCK: usize = 2_048;
/// A direction with less than that part of all variance has none but for rounding.
const RANK: f64 = 1e-12;

/// The directions of greatest variance, and what lies in their origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Components {
    origin: Vec<f64>,
    /// Unit vectors, the direction of most variance first.
    axes: Vec<Vec<f64>>,
    /// The variance along each.
    variance: Vec<f64>,
    /// Over all directions, those left out included.
    total: f64,
}

impl Components {
    /// The first `count` principal components of the rows, or as many as a row has numbers. Each axis points where its
    /// component of largest size is positive, so that no picture is mirrored from run to run (as scikit-learn does it).
    pub fn fit(vectors: &Matrix, count: usize) -> Self {
        let n = vectors.rows().max(1) as f64;
        let mut origin = vec![0f64; vectors.columns()];
        vectors.iter().for_each(|row| origin.iter_mut().zip(row).for_each(|(sum, v)| *sum += f64::from(*v)));
        origin.iter_mut().for_each(|sum| *sum /= n);
        Self::about(vectors, origin, count, (n - 1.0).max(1.0))
    }

    /// The same about zero instead of the mean: the axes that keep most of the rows' products with each other.
    pub fn fit_products(vectors: &Matrix, count: usize) -> Self {
        Self::about(vectors, vec![0f64; vectors.columns()], count, vectors.rows().max(1) as f64)
    }

    fn about(vectors: &Matrix, origin: Vec<f64>, count: usize, divisor: f64) -> Self {
        let columns = vectors.columns();
        if vectors.rows() < columns {
            return Self::of_few(vectors, origin, count, divisor);
        }
        let products = |block: &[f32]| {
            let mut sums = vec![0f64; columns * columns];
            let mut row = vec![0f64; columns];
            for values in block.chunks_exact(columns.max(1)) {
                row.iter_mut().zip(values).zip(&origin).for_each(|((to, v), o)| *to = f64::from(*v) - o);
                for (i, &own) in row.iter().enumerate() {
                    sums[i * columns..][..=i].iter_mut().zip(&row).for_each(|(sum, other)| *sum += own * other);
                }
            }
            sums
        };
        let blocks: Vec<Vec<f64>> = vectors.blocks(BLOCK).map(products).collect();
        let mut covariance = vec![0f64; columns * columns];
        for block in blocks {
            covariance.iter_mut().zip(block).for_each(|(sum, value)| *sum += value / divisor);
        }
        let total = (0..columns).map(|i| covariance[i * columns + i]).sum();
        let (variance, mut axes) = symmetric(&covariance, columns);
        axes.truncate(count);
        axes.iter_mut().for_each(|axis| fix_sign(axis));
        let variance = variance.into_iter().take(count).map(|v| v.max(0.0)).collect();
        Self { origin, axes, variance, total }
    }

    /// Of fewer rows than columns: the axes out of the rows' products with each other, a smaller matrix with the same variances (Turk and
    /// Pentland 1991). Directions without variance are left out.
    fn of_few(vectors: &Matrix, origin: Vec<f64>, count: usize, divisor: f64) -> Self {
        let about = |row: &[f32]| row.iter().zip(&origin).map(|(v, o)| f64::from(*v) - o).collect::<Vec<f64>>();
        let rows: Vec<Vec<f64>> = vectors.iter().map(about).collect();
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / divisor;
        let products: Vec<f64> = rows.par_iter().flat_map_iter(|a| rows.iter().map(move |b| product(a, b))).collect();
        let total = (0..rows.len()).map(|i| products[i * rows.len() + i]).sum::<f64>();
        let (variance, shares) = symmetric(&products, rows.len());
        let kept = variance.iter().take(count).take_while(|&&v| v > total * RANK).count();
        let axis = |shares: &Vec<f64>| {
            let mut axis = vec![0f64; origin.len()];
            for (row, share) in rows.iter().zip(shares) {
                axis.iter_mut().zip(row).for_each(|(sum, v)| *sum += share * v);
            }
            let length = axis.iter().map(|v| v * v).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
            axis.iter_mut().for_each(|v| *v /= length);
            fix_sign(&mut axis);
            axis
        };
        let axes = shares.iter().take(kept).map(axis).collect();
        Self { origin, axes, variance: variance.into_iter().take(kept).collect(), total }
    }

    /// A row's coordinates along the axes, `[count]`.
    pub fn project(&self, row: &[f32]) -> Vec<f32> {
        let along = |axis: &Vec<f64>| {
            let terms = row.iter().zip(&self.origin).zip(axis).map(|((v, o), a)| (f64::from(*v) - o) * a);
            terms.sum::<f64>() as f32
        };
        self.axes.iter().map(along).collect()
    }

    /// The coordinates along the first two axes; 0 where a row has but one number.
    pub fn place(&self, row: &[f32]) -> [f32; 2] {
        let along = self.project(row);
        [0, 1].map(|axis| along.get(axis).copied().unwrap_or(0.0))
    }

    /// The part of the variance that each axis carries.
    pub fn explained(&self) -> Vec<f64> {
        self.variance.iter().map(|v| if self.total > 0.0 { v / self.total } else { 0.0 }).collect()
    }
}

fn fix_sign(axis: &mut [f64]) {
    let largest = axis.iter().fold(0f64, |best, &v| if v.abs() > best.abs() { v } else { best });
    if largest < 0.0 {
        axis.iter_mut().for_each(|v| *v = -*v);
    }
}

/// The two directions of greatest variance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pca;

impl Projection for Pca {
    fn project(
        &self,
        vectors: &Matrix,
        _: &Neighbours,
        progress: &mut Progress<'_>,
    ) -> Result<Vec<[f32; 2]>, ProjectionError> {
        if vectors.rows() == 0 {
            return Err(ProjectionError::Empty);
        }
        let components = Components::fit(vectors, 2);
        progress.step(1, 1)?;
        Ok((0..vectors.rows()).into_par_iter().map(|row| components.place(vectors.row(row))).collect())
    }

    fn wanted_neighbours(&self, _: usize) -> usize {
        0
    }

    fn describe(&self) -> String {
        "PCA".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rows_have_the_axes_that_the_covariance_has() {
        // Four rows of six numbers, and the same four times over, which the other way takes.
        let rows = [
            [1.0, 2.0, 0.0, -1.0, 3.0, 0.5],
            [0.0, 1.0, 2.0, 2.0, -1.0, 1.5],
            [3.0, -2.0, 1.0, 0.0, 0.0, 0.0],
            [1.0; 6],
        ];
        let of = |times: usize| Matrix::from_rows(6, rows.iter().cycle().take(4 * times).map(|row| row.as_slice()));
        let (few, many) = (Components::fit_products(&of(1), 3), Components::fit_products(&of(4), 3));
        assert_eq!((few.axes.len(), many.axes.len()), (3, 3));
        for (few, many) in few.axes.concat().iter().zip(many.axes.concat()) {
            assert!((few - many).abs() < 1e-9, "{few} {many}");
        }
        for (few, many) in few.explained().iter().zip(many.explained()) {
            assert!((few - many).abs() < 1e-12, "{few} {many}");
        }
        // A row and its copy lie in one point: there is no direction to see.
        let same = Components::fit(&Matrix::from_rows(6, [&rows[0][..], &rows[0][..]]), 2);
        assert_eq!((same.axes.len(), same.place(&rows[0])), (0, [0.0, 0.0]));
    }
}
