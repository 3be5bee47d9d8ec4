//! Groups of vectors that lie in one direction.

use rayon::prelude::*;

use super::{Matrix, Random, matrix::dot};

/// Most rounds of moving the centres.
const ROUNDS: usize = 30;

/// The group (0..`k`, the largest first) of every row of `vectors`, which are of unit length: spherical k-means
/// (Dhillon and Modha 2001) from centres that lie apart (k-means++, Arthur and Vassilvitskii 2007). The same for the same seed.
pub fn clusters(vectors: &Matrix, k: usize, seed: u64) -> Vec<u8> {
    let n = vectors.rows();
    let k = k.clamp(1, usize::from(u8::MAX)).min(n.max(1));
    if n == 0 {
        return Vec::new();
    }
    let mut centres = spread(vectors, k, &mut Random::new(seed));
    let mut group = assign(vectors, &centres);
    for _ in 0..ROUNDS {
        let mut sums = vec![vec![0f64; vectors.columns()]; centres.len()];
        for (row, &own) in vectors.iter().zip(&group) {
            sums[usize::from(own)].iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
        }
        for (centre, sum) in centres.iter_mut().zip(sums) {
            let norm = sum.iter().map(|v| v * v).sum::<f64>().sqrt();
            // A centre that nobody is nearest to stays where it is.
            if norm > 0.0 {
                *centre = sum.iter().map(|v| (v / norm) as f32).collect();
            }
        }
        let next = assign(vectors, &centres);
        if next == group {
            break;
        }
        group = next;
    }
    by_size(group, centres.len())
}

/// The first centre is drawn evenly, each next one by its squared distance from those before.
fn spread(vectors: &Matrix, k: usize, random: &mut Random) -> Vec<Vec<f32>> {
    let mut centres = vec![vectors.row(random.below(vectors.rows())).to_vec()];
    let mut distance = vec![f64::INFINITY; vectors.rows()];
    while centres.len() < k {
        let last = &centres[centres.len() - 1];
        distance.iter_mut().zip(vectors.iter()).for_each(|(d, row)| {
            *d = d.min(f64::from(2.0 - 2.0 * dot(row, last)).max(0.0));
        });
        let total: f64 = distance.iter().sum();
        if total <= 1e-6 * vectors.rows() as f64 {
            // All that is left lies on a centre.
            break;
        }
        let mut left = random.unit() * total;
        let drawn = distance.iter().position(|d| {
            left -= d;
            left < 0.0
        });
        centres.push(vectors.row(drawn.unwrap_or(vectors.rows() - 1)).to_vec());
    }
    centres
}

fn assign(vectors: &Matrix, centres: &[Vec<f32>]) -> Vec<u8> {
    let nearest = |row: usize| {
        let scores = centres.iter().map(|centre| dot(vectors.row(row), centre)).enumerate();
        scores.fold((0, f32::NEG_INFINITY), |best, own| if own.1 > best.1 { own } else { best }).0 as u8
    };
    (0..vectors.rows()).into_par_iter().map(nearest).collect()
}

fn by_size(group: Vec<u8>, k: usize) -> Vec<u8> {
    let mut size = vec![0usize; k];
    group.iter().for_each(|&g| size[usize::from(g)] += 1);
    let mut order: Vec<usize> = (0..k).collect();
    order.sort_by_key(|&g| std::cmp::Reverse(size[g]));
    let mut place = vec![0u8; k];
    order.iter().enumerate().for_each(|(to, &from)| place[from] = to as u8);
    group.into_iter().map(|g| place[usize::from(g)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_one_direction_is_one_group_and_the_largest_comes_first() {
        let angle = |number: usize| if number < 30 { 0.0 } else { 2.0 } + 0.002 * number as f32;
        let rows: Vec<[f32; 2]> = (0..50).map(angle).map(|a| [a.cos(), a.sin()]).collect();
        let vectors = Matrix::from_rows(2, rows.iter().map(<[f32; 2]>::as_slice));
        for seed in 0..5 {
            let expected: Vec<u8> = (0..50).map(|number| u8::from(number >= 30)).collect();
            assert_eq!(clusters(&vectors, 2, seed), expected);
        }
    }

    #[test]
    fn equal_rows_are_one_group_however_many_are_asked_for() {
        let vectors = Matrix::from_rows(2, [[1.0f32, 0.0]; 9].iter().map(<[f32; 2]>::as_slice));
        assert_eq!(clusters(&vectors, 4, 0), [0; 9]);
        assert!(clusters(&Matrix::from_rows(2, []), 4, 0).is_empty());
    }
}
