//! How far a picture can be believed.

use rayon::prelude::*;

use super::{Matrix, Random, matrix::dot};

/// Trustworthiness (Venna and Kaski 2001): 1 where the `k` nearest points of every point in the picture are its nearest in the
/// space of the vectors too, about 0.5 where they are any; intruders cost the more the farther they come from.
///
/// `vectors` are of unit length, so that the cosine ranks as distance does. At most `sample` points, drawn by `seed`, are asked
/// for theirs; each is compared with all. `None` where there are too few points for the measure (it needs more than 2k + 1).
///
/// # Panics
/// Where there are not as many places as vectors.
pub fn trustworthiness(vectors: &Matrix, places: &[[f32; 2]], k: usize, sample: usize, seed: u64) -> Option<f64> {
    assert_eq!(vectors.rows(), places.len(), "one place a vector");
    let n = places.len();
    // The measure's own bound is k < n / 2, as scikit-learn has it.
    if k == 0 || 2 * k >= n {
        return None;
    }
    let mut asked: Vec<u32> = if sample >= n { (0..n as u32).collect() } else { Random::new(seed).shuffled(n) };
    asked.truncate(sample);
    let penalties: Vec<u64> = asked.par_iter().map(|&point| penalty(vectors, places, k, point as usize)).collect();
    let (n, k, m) = (n as f64, k as f64, asked.len() as f64);
    let sum = penalties.iter().sum::<u64>() as f64;
    Some(1.0 - sum * 2.0 / (m * k * (2.0 * n - 3.0 * k - 1.0)))
}

/// The sum over the point's `k` nearest in the picture of how far each lies beyond rank `k` in the space.
fn penalty(vectors: &Matrix, places: &[[f32; 2]], k: usize, point: usize) -> u64 {
    let own = places[point];
    let distance = |other: &[f32; 2]| (other[0] - own[0]).powi(2) + (other[1] - own[1]).powi(2);
    let mut near: Vec<(f32, u32)> = places.iter().map(distance).zip(0..).collect();
    near.swap_remove(point);
    let by_nearness = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    near.select_nth_unstable_by(k - 1, by_nearness);
    let similar: Vec<f32> = vectors.iter().map(|vector| dot(vectors.row(point), vector)).collect();
    let rank = |other: u32| {
        let own = similar[other as usize];
        let nearer = |at: usize, s: f32| at != point && (s > own || (s == own && at < other as usize));
        1 + similar.iter().enumerate().filter(|&(at, &s)| nearer(at, s)).count()
    };
    near[..k].iter().map(|&(_, other)| rank(other).saturating_sub(k) as u64).sum()
}
