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

/// Rows between two wanted ones that are read with them, rather than to read twice.
const GAP: u32 = 4;
/// Rows that are read at once, at most.
const TOGETHER: u32 = 128;

/// As [`scan`], of vectors that `read` fetches: it is given the first row and room for the vectors of some rows in order.
///
/// # Errors
/// The first of `read`.
pub(crate) fn scan_read<E>(
    kernel: Kernel,
    query: &[f32],
    rows: &[u32],
    mut read: impl FnMut(u32, &mut [f32]) -> Result<(), E>,
) -> Result<Vec<(u32, f32)>, E> {
    let dimension = query.len().max(1);
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    let mut scored = Vec::with_capacity(rows.len());
    let mut vectors = Vec::new();
    let near = |first: u32, before: u32, row: u32| row - before <= GAP && row - first < TOGETHER;
    let mut rest = rows.as_slice();
    while let Some(&first) = rest.first() {
        let count = 1 + rest.windows(2).take_while(|pair| near(first, pair[0], pair[1])).count();
        let (together, then) = rest.split_at(count);
        let last = together.last().copied().unwrap_or(first);
        vectors.resize((last - first + 1) as usize * dimension, 0.0);
        read(first, &mut vectors)?;
        scored.extend(together.iter().map(|&row| {
            let at = (row - first) as usize * dimension;
            (row, kernel.dot(query, &vectors[at..at + dimension]))
        }));
        rest = then;
    }
    Ok(scored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_scores_as_what_is_mapped() {
        let (dimension, count) = (4, 1_000);
        let vectors: Vec<f32> = (0..dimension * count).map(|i| (i as f32 * 0.37).sin()).collect();
        let query = [0.3, -0.2, 0.9, 0.1];
        // Neighbours, gaps of every size, both ends, more in a row than are read at once, out of order.
        let mut rows: Vec<u32> =
            (0..count as u32).filter(|row| (300..600).contains(row) || row * row % 7 < 3).collect();
        rows.reverse();
        let kernel = Kernel::detect();
        let mut mapped: Vec<_> = scan(kernel, &query, &vectors, &rows).collect();
        mapped.sort_by_key(|(row, _)| *row);
        let mut largest = 0;
        let read = scan_read(kernel, &query, &rows, |first, out: &mut [f32]| {
            largest = largest.max(out.len());
            let from = first as usize * dimension;
            out.copy_from_slice(vectors.get(from..from + out.len()).ok_or("outside")?);
            Ok::<_, &str>(())
        });
        assert_eq!(read, Ok(mapped));
        assert_eq!(largest, TOGETHER as usize * dimension);
        let refused = scan_read(kernel, &query, &[5], |_, _: &mut [f32]| Err("no disk"));
        assert_eq!(refused, Err("no disk"));
    }
}
