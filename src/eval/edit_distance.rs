//! Whether words that sound more alike lie nearer to each other: mean cosine against the edit distance of their phonemes (Chung et al. 2016).

use rayon::prelude::*;
use serde::Serialize;

use super::samediff::dot;

/// Pairs whose words are so far apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AtDistance {
    /// Phonemes to be put in, left out or exchanged; of the last one, that many or more.
    pub distance: usize,
    /// Pairs of tokens.
    pub pairs: usize,
    /// The mean of their cosines; NaN (null in JSON) without pairs.
    pub cosine: f64,
}

/// The least number of insertions, deletions and exchanges that turn one into the other (Levenshtein 1966).
pub fn edit_distance<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let mut line: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = std::mem::replace(&mut line[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let exchanged = corner + usize::from(x != y);
            corner = line[j + 1];
            line[j + 1] = exchanged.min(line[j] + 1).min(corner + 1);
        }
    }
    line[b.len()]
}

/// Groups all pairs of unit vectors by the edit distance of what they stand for, 0 to `most`, where all that is further goes too.
/// `spelt[i]` are the phonemes, or letters, of vector i.
pub fn by_edit_distance<V: AsRef<[f32]> + Sync>(vectors: &[V], spelt: &[Vec<usize>], most: usize) -> Vec<AtDistance> {
    let count = vectors.len().min(spelt.len());
    let empty = || vec![(0usize, 0f64); most + 1];
    let of_row = |i: usize| {
        let mut sums = empty();
        for j in i + 1..count {
            let sum = &mut sums[edit_distance(&spelt[i], &spelt[j]).min(most)];
            sum.0 += 1;
            sum.1 += f64::from(dot(vectors[i].as_ref(), vectors[j].as_ref()));
        }
        sums
    };
    // Rows are added in their order, so that the sums are the same in every run.
    let rows: Vec<Vec<(usize, f64)>> = (0..count).into_par_iter().map(of_row).collect();
    let total =
        |distance: usize| rows.iter().fold((0, 0.0), |(n, sum), row| (n + row[distance].0, sum + row[distance].1));
    (0..=most)
        .map(|distance| {
            let (pairs, sum) = total(distance);
            AtDistance { distance, pairs, cosine: sum / pairs as f64 }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        let distance = |a: &str, b: &str| edit_distance(a.as_bytes(), b.as_bytes());
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!((distance("", "abc"), distance("abc", ""), distance("abc", "abc")), (3, 3, 0));
        assert_eq!(distance("flaw", "lawn"), 2);
    }

    #[test]
    fn pairs_are_grouped_and_the_far_ones_share_a_place() {
        let vectors = [[1.0, 0.0], [1.0, 0.0], [0.6, 0.8], [0.0, 1.0]];
        let spelt = [vec![1, 2], vec![1, 2], vec![1, 3], vec![4, 5, 6, 7]];
        let groups = by_edit_distance(&vectors, &spelt, 2);
        let (pairs, cosines): (Vec<usize>, Vec<f64>) = groups.iter().map(|group| (group.pairs, group.cosine)).unzip();
        assert_eq!(pairs, [1, 2, 3]);
        let expected = [1.0, 0.6, 0.8 / 3.0];
        assert!(cosines.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{cosines:?}");
        assert!(
            by_edit_distance(&vectors[..1], &spelt[..1], 1)
                .iter()
                .all(|group| group.pairs == 0 && group.cosine.is_nan())
        );
    }
}
