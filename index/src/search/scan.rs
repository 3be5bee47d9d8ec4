//! Looking at every row.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Kernel;
use super::simd::prefetch;

/// A score that sorts: no score here is NaN, and if one were it would come last.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ranked(f32, Reverse<u32>);

impl Eq for Ranked {}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The `k` best of `(row, score)`, best first, among equals the lower row first.
pub(crate) fn top(k: usize, scored: impl Iterator<Item = (u32, f32)>) -> Vec<(u32, f32)> {
    let mut best: BinaryHeap<Reverse<Ranked>> = BinaryHeap::new();
    for (row, score) in scored {
        let item = Ranked(score, Reverse(row));
        if best.len() < k {
            best.push(Reverse(item));
        } else if let Some(mut worst) = best.peek_mut()
            && worst.0 < item
        {
            *worst = Reverse(item);
        }
    }
    best.into_sorted_vec().into_iter().map(|Reverse(Ranked(score, Reverse(row)))| (row, score)).collect()
}

/// So many rows ahead their vectors are asked for: about what the processor can have on the way at a time.
const AHEAD: usize = 3;

/// The cosine of `query` with each of `rows` that has a vector in `vectors`, `[_, dimension]`.
pub(crate) fn scan<'a>(
    kernel: Kernel,
    query: &'a [f32],
    vectors: &'a [f32],
    rows: &'a [u32],
) -> impl Iterator<Item = (u32, f32)> + 'a {
    let dimension = query.len();
    let vector = move |row: u32| vectors.get(row as usize * dimension..)?.get(..dimension);
    rows.iter().enumerate().filter_map(move |(at, &row)| {
        rows.get(at + AHEAD).and_then(|&then| vector(then)).map(prefetch);
        Some((row, kernel.dot(query, vector(row)?)))
    })
}
