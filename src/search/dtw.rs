//! AlignOptions a query along a recording: subsequence dynamic time warping.

use ndarray::{Array2, ArrayView2, linalg::general_mat_mul};

use crate::acoustic::{AcousticFrames, FrameTemplate};

/// A query aligned with a stretch of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// Mean over the query's frames of the likeness to the frame that each is aligned with; 1 is the very same sound.
    pub likeness: f32,
    /// Standard deviation of those likenesses: one sound that does not fit at all tells more against a place than several that fit less well.
    pub spread: f32,
    /// For each frame of the query the frame of the stretch that it is aligned with; never falling.
    pub path: Vec<usize>,
}

impl Alignment {
    /// The first frame of the stretch that is part of it.
    pub fn start(&self) -> usize {
        self.path.first().copied().unwrap_or(0)
    }

    /// The frame after the last one.
    pub fn end(&self) -> usize {
        self.path.last().map_or(0, |last| last + 1)
    }
}

/// The best alignments of a query with a stretch, best first and no two overlapping, `most` of them at most.
///
/// Each frame of the query is aligned with one of the stretch; the next one with the same, the next or the one after that, so that what
/// is said up to twice as fast or much slower still fits. The mean is over the query alone, so that long and short alignments compare
/// (Müller 2007, subsequence DTW, with steps (1,0), (1,1), (1,2)).
pub fn subsequence_dtw(query: &FrameTemplate, stretch: &AcousticFrames, most: usize) -> Vec<Alignment> {
    let (n, m) = (query.len(), stretch.len());
    if n == 0 || m == 0 || query.dimension() != stretch.dimension() {
        return Vec::new();
    }
    likenesses(query, stretch).map_or(Vec::new(), |likenesses| best_paths(likenesses, m, most))
}

/// As [`subsequence_dtw`], by the likenesses of all pairs of a frame of the query and one of a stretch of `m`, row by row.
pub(super) fn best_paths(mut sums: Vec<f32>, m: usize, most: usize) -> Vec<Alignment> {
    let n = sums.len() / m.max(1);
    if n == 0 {
        return Vec::new();
    }
    // sums[i * m + j]: the best sum with frame i of the query aligned with j; back[i * m + j]: how far before j its predecessor lies.
    let mut back = vec![0_u8; n * m];
    for i in 1..n {
        let (before, here) = sums.split_at_mut(i * m);
        step(&before[(i - 1) * m..], &mut here[..m], &mut back[i * m..(i + 1) * m]);
    }
    let last = &sums[(n - 1) * m..];
    // What has a better neighbour is the same alignment, a frame off.
    let peak = |j: &usize| (*j == 0 || last[j - 1] <= last[*j]) && (j + 1 == m || last[j + 1] <= last[*j]);
    let mut ends: Vec<usize> = (0..m).filter(peak).collect();
    ends.sort_by(|a, b| last[*b].total_cmp(&last[*a]).then(a.cmp(b)));
    let mut found: Vec<Alignment> = Vec::new();
    let mut taken = vec![false; m];
    for end in ends {
        if found.len() == most {
            break;
        }
        if taken[end] {
            continue;
        }
        let mut path = vec![end; n];
        for i in (1..n).rev() {
            path[i - 1] = path[i] - usize::from(back[i * m + path[i]]);
        }
        let likeness = last[end] / n as f32;
        // What a frame of the path adds to the sum is its own likeness.
        let sum = |i: usize| sums[i * m + path[i]];
        let own = |i: usize| if i == 0 { sum(0) } else { sum(i) - sum(i - 1) };
        let spread = ((0..n).map(|i| (own(i) - likeness).powi(2)).sum::<f32>() / n as f32).sqrt();
        let alignment = Alignment { likeness, spread, path };
        let fresh = !taken[alignment.start()..alignment.end()].contains(&true);
        // What overlaps a better alignment is none of its own, nor does it hide others.
        if fresh {
            taken[alignment.start()..alignment.end()].fill(true);
            found.push(alignment);
        }
    }
    found
}

/// Adds to each of a row's likenesses the best sum of the row before that it may follow, and notes how far before that lies.
fn step(before: &[f32], here: &mut [f32], back: &mut [u8]) {
    // At the beginning of the recording there are fewer predecessors.
    here[0] += before[0];
    if let [_, second, ..] = here {
        *second += before[0].max(before[1]);
        back[1] = u8::from(before[0] >= before[1]);
    }
    let triples = before.iter().zip(before.iter().skip(1)).zip(before.iter().skip(2));
    for ((sum, back), ((two, one), none)) in here.iter_mut().zip(back).skip(2).zip(triples) {
        let (best, far) = if none > one { (none, 0) } else { (one, 1) };
        let (best, far) = if two > best { (two, 2) } else { (best, far) };
        *sum += best;
        *back = far;
    }
}

/// Of every pair, [query, stretch], row by row.
fn likenesses(query: &FrameTemplate, stretch: &AcousticFrames) -> Option<Vec<f32>> {
    let expected = ArrayView2::from_shape((query.len(), query.dimension()), query.directions()).ok()?;
    let vectors = ArrayView2::from_shape((stretch.len(), stretch.dimension()), stretch.data()).ok()?;
    let mut out = Array2::zeros((query.len(), stretch.len()));
    general_mat_mul(1.0, &expected, &vectors.t(), 0.0, &mut out);
    let mut out = out.into_raw_vec_and_offset().0;
    for (at, row) in out.chunks_exact_mut(stretch.len()).enumerate() {
        query.likenesses(at, row, stretch.normalisers());
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unit vectors, one for each letter.
    fn frames(letters: &str) -> AcousticFrames {
        let data =
            letters.bytes().flat_map(|letter| (b'a'..=b'z').map(move |other| f32::from(u8::from(letter == other))));
        AcousticFrames::from_values(26, data.collect())
    }

    fn template(letters: &str) -> FrameTemplate {
        FrameTemplate::of_cosines(&frames(letters))
    }

    #[test]
    fn a_word_is_found_where_it_is_said() {
        let found = subsequence_dtw(&template("word"), &frames("xxxwordxx"), 1);
        assert_eq!(found[0].spread, 0.0);
        assert_eq!((found[0].likeness, found[0].path.as_slice()), (1.0, &[3, 4, 5, 6][..]));
        assert_eq!((found[0].start(), found[0].end()), (3, 7));
    }

    #[test]
    fn slower_and_faster_is_still_the_word() {
        let slow = subsequence_dtw(&template("aabbcc"), &frames("xxabcxx"), 1);
        assert_eq!((slow[0].likeness, slow[0].start(), slow[0].end()), (1.0, 2, 5));
        let fast = subsequence_dtw(&template("abc"), &frames("xxaabbccxx"), 1);
        assert_eq!(fast[0].likeness, 1.0);
        assert!(fast[0].start() >= 2 && fast[0].end() <= 8);
    }

    #[test]
    fn every_place_is_found_once_and_best_first() {
        let found = subsequence_dtw(&template("cat"), &frames("xcatxxcutxxcatx"), 3);
        let places: Vec<_> = found.iter().map(|place| (place.start(), place.end())).collect();
        assert_eq!(places[..2], [(1, 4), (11, 14)]);
        assert!(found[2].likeness < 1.0);
        for (number, place) in found.iter().enumerate() {
            for other in &found[..number] {
                assert!(place.end() <= other.start() || other.end() <= place.start());
            }
        }
    }

    #[test]
    fn the_spread_tells_one_wrong_sound_from_many_that_are_not_quite_right() {
        let wrong = subsequence_dtw(&template("word"), &frames("xxwoxdxx"), 1);
        assert_eq!(wrong[0].likeness, 0.75);
        assert!((wrong[0].spread - 0.1875_f32.sqrt()).abs() < 1e-6, "{wrong:?}");
    }

    #[test]
    fn nothing_lies_along_nothing() {
        assert!(subsequence_dtw(&template(""), &frames("abc"), 3).is_empty());
        assert!(subsequence_dtw(&template("abc"), &frames(""), 3).is_empty());
        assert_eq!(subsequence_dtw(&template("abcdef"), &frames("f"), 3).len(), 1, "a stretch shorter than the query");
    }
}
