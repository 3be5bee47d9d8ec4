//! How strongly points pull each other.

use rayon::prelude::*;

use super::Neighbours;

/// Steps of the search for a width; each halves what is left.
const STEPS: usize = 64;

/// A symmetric matrix of which only what is not zero is kept, row after row.
#[derive(Debug, Clone)]
pub(super) struct Sparse {
    /// Where each row begins in `entries`, and the end: `[rows + 1]`.
    begins: Vec<usize>,
    /// Column and value, by column.
    entries: Vec<(u32, f32)>,
}

impl Sparse {
    /// The affinities of t-SNE: a Gaussian over each row's neighbours, as wide as gives `perplexity`, made symmetric; all
    /// entries together are 1.
    pub fn affinities(neighbours: &Neighbours, perplexity: f64) -> Self {
        let n = neighbours.len();
        let rows: Vec<Vec<f32>> = (0..n).into_par_iter().map(|row| gaussian(neighbours.of(row), perplexity)).collect();
        let mut begins = vec![0usize; n + 1];
        for row in 0..n {
            for &(other, _) in neighbours.of(row) {
                begins[row + 1] += 1;
                begins[other as usize + 1] += 1;
            }
        }
        (0..n).for_each(|row| begins[row + 1] += begins[row]);
        let mut fill = begins.clone();
        let mut entries = vec![(0u32, 0f32); begins[n]];
        for (row, strengths) in rows.iter().enumerate() {
            for (&(other, _), &strength) in neighbours.of(row).iter().zip(strengths) {
                let half = strength / (2.0 * n as f32);
                for (from, to) in [(row, other), (other as usize, row as u32)] {
                    entries[fill[from]] = (to, half);
                    fill[from] += 1;
                }
            }
        }
        Self { begins, entries }.merged()
    }

    /// Adds up the two entries that mutual neighbours have of each other.
    fn merged(self) -> Self {
        let merge = |row: usize| {
            let mut own = self.entries[self.begins[row]..self.begins[row + 1]].to_vec();
            own.sort_unstable_by_key(|entry| entry.0);
            own.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                kept.1 += if same { next.1 } else { 0.0 };
                same
            });
            own
        };
        let rows: Vec<Vec<(u32, f32)>> = (0..self.begins.len() - 1).into_par_iter().map(merge).collect();
        let mut begins = vec![0];
        let mut entries = Vec::with_capacity(rows.iter().map(Vec::len).sum());
        for row in rows {
            entries.extend(row);
            begins.push(entries.len());
        }
        Self { begins, entries }
    }

    /// The entries of a row that are not zero, by column.
    pub fn row(&self, row: usize) -> &[(u32, f32)] {
        &self.entries[self.begins[row]..self.begins[row + 1]]
    }
}

/// Strengths that sum to 1 and fall as a Gaussian of the distance, whose entropy is that of `perplexity` equal ones.
fn gaussian(neighbours: &[(u32, f32)], perplexity: f64) -> Vec<f32> {
    // Unit vectors: the squared distance is 2 - 2 cos. Relative to the nearest, so that nothing underflows.
    let squared: Vec<f64> = neighbours.iter().map(|n| (2.0 - 2.0 * f64::from(n.1)).max(0.0)).collect();
    let nearest = squared.iter().copied().fold(f64::INFINITY, f64::min);
    let wanted = perplexity.min(neighbours.len().max(1) as f64).ln();
    let (mut low, mut high, mut beta) = (0f64, f64::INFINITY, 1f64);
    let mut strengths = vec![0f64; squared.len()];
    for _ in 0..STEPS {
        strengths.iter_mut().zip(&squared).for_each(|(s, d)| *s = (-beta * (d - nearest)).exp());
        let sum: f64 = strengths.iter().sum();
        let mean: f64 = strengths.iter().zip(&squared).map(|(s, d)| s * (d - nearest)).sum::<f64>() / sum;
        let entropy = sum.ln() + beta * mean;
        if (entropy - wanted).abs() < 1e-5 {
            break;
        }
        if entropy > wanted {
            low = beta;
            beta = if high.is_finite() { (low + high) / 2.0 } else { beta * 2.0 };
        } else {
            high = beta;
            beta = (low + high) / 2.0;
        }
    }
    let sum: f64 = strengths.iter().sum();
    strengths.iter().map(|s| (s / sum) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strengths_have_the_perplexity_asked_for() {
        let neighbours: Vec<(u32, f32)> = (1..=60).map(|i| (i, 1.0 - 0.01 * i as f32)).collect();
        let strengths = gaussian(&neighbours, 15.0);
        let entropy: f32 = strengths.iter().map(|s| if *s > 0.0 { -s * s.ln() } else { 0.0 }).sum();
        assert!((entropy.exp() - 15.0).abs() < 0.01, "{}", entropy.exp());
        assert!(strengths.is_sorted_by(|a, b| a >= b), "the nearest pull most");
    }

    #[test]
    fn equal_distances_pull_equally() {
        assert_eq!(gaussian(&[(1, 1.0), (2, 1.0), (3, 1.0)], 1.5), [1.0 / 3.0; 3]);
        assert!(gaussian(&[], 30.0).is_empty());
    }

    #[test]
    fn affinities_are_symmetric_and_sum_to_one() {
        let near = |ids: [u32; 2]| ids.iter().map(|&id| (id, 0.5 + 0.1 * id as f32)).collect();
        let neighbours = Neighbours::new([[1, 2], [0, 2], [1, 3], [2, 0]].map(near).into());
        let sparse = Sparse::affinities(&neighbours, 1.8);
        let at = |i: usize, j: u32| sparse.row(i).iter().find(|entry| entry.0 == j).map_or(0.0, |entry| entry.1);
        for i in 0..4 {
            for j in 0..4 {
                assert_eq!(at(i, j as u32), at(j, i as u32));
            }
        }
        let sum: f32 = (0..4).flat_map(|i| sparse.row(i)).map(|entry| entry.1).sum();
        assert!((sum - 1.0).abs() < 1e-6);
    }
}
