//! Laying a query along a recording: subsequence dynamic time warping.

use ndarray::{Array2, ArrayView2};

use crate::frames::Heard;

/// Where a query lies in a stretch of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Alignment {
    /// Mean over the query's vectors of the cosine with the vector that each is laid on; 1 is the very same sound.
    pub likeness: f32,
    /// For each vector of the query the vector of the stretch that it is laid on; rising or standing.
    pub path: Vec<usize>,
}

impl Alignment {
    /// The first vector of the stretch that is part of it.
    pub fn start(&self) -> usize {
        self.path.first().copied().unwrap_or(0)
    }

    /// The vector after the last one.
    pub fn end(&self) -> usize {
        self.path.last().map_or(0, |last| last + 1)
    }
}

/// The best places of a query in a stretch, best first and no two overlapping, `most` of them at most.
///
/// Each vector of the query is laid on one of the stretch; the next one on the same, the next or the one after that, so that what is
/// said up to twice as fast or much slower still fits. The mean is over the query alone: long and short places compare
/// (Müller 2007, subsequence DTW, with steps (1,0), (1,1), (1,2)).
pub fn lay_along(query: &Heard, stretch: &Heard, most: usize) -> Vec<Alignment> {
    let (n, m) = (query.len(), stretch.len());
    if n == 0 || m == 0 || query.dimension() != stretch.dimension() {
        return Vec::new();
    }
    let Some(cosines) = cosines(query, stretch) else { return Vec::new() };
    // sums[i][j]: the best sum with vector i of the query laid on j; back[i][j]: how far before j its predecessor lies.
    let mut sums = cosines;
    let mut back = Array2::<u8>::zeros((n, m));
    for i in 1..n {
        for j in 0..m {
            let before = |step: usize| j.checked_sub(step).map_or(f32::NEG_INFINITY, |at| sums[[i - 1, at]]);
            let mut step = 1;
            for other in [0, 2] {
                if before(other) > before(step) {
                    step = other;
                }
            }
            let best = before(step);
            // Where the recording has just begun, only standing still is left.
            let (best, step) = if best.is_finite() { (best, step) } else { (before(0), 0) };
            back[[i, j]] = step as u8;
            sums[[i, j]] += best;
        }
    }
    let mut ends: Vec<usize> = (0..m).collect();
    ends.sort_by(|a, b| sums[[n - 1, *b]].total_cmp(&sums[[n - 1, *a]]).then(a.cmp(b)));
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
            path[i - 1] = path[i] - usize::from(back[[i, path[i]]]);
        }
        let alignment = Alignment { likeness: sums[[n - 1, end]] / n as f32, path };
        let fresh = !taken[alignment.start()..alignment.end()].contains(&true);
        // What overlaps a better place is no place of its own, nor does it hide others.
        if fresh {
            taken[alignment.start()..alignment.end()].fill(true);
            found.push(alignment);
        }
    }
    found
}

/// Of every pair, `[query, stretch]`.
fn cosines(query: &Heard, stretch: &Heard) -> Option<Array2<f32>> {
    let view = |heard: &Heard| -> Option<Array2<f32>> {
        Some(ArrayView2::from_shape((heard.len(), heard.dimension()), heard.data()).ok()?.to_owned())
    };
    Some(view(query)?.dot(&view(stretch)?.t()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unit vectors, one for each letter.
    fn heard(letters: &str) -> Heard {
        let data =
            letters.bytes().flat_map(|letter| (b'a'..=b'z').map(move |other| f32::from(u8::from(letter == other))));
        Heard::from_values(26, data.collect())
    }

    #[test]
    fn a_word_is_found_where_it_is_said() {
        let found = lay_along(&heard("word"), &heard("xxxwordxx"), 1);
        assert_eq!((found[0].likeness, found[0].path.as_slice()), (1.0, &[3, 4, 5, 6][..]));
        assert_eq!((found[0].start(), found[0].end()), (3, 7));
    }

    #[test]
    fn slower_and_faster_is_still_the_word() {
        let slow = lay_along(&heard("aabbcc"), &heard("xxabcxx"), 1);
        assert_eq!((slow[0].likeness, slow[0].start(), slow[0].end()), (1.0, 2, 5));
        let fast = lay_along(&heard("abc"), &heard("xxaabbccxx"), 1);
        assert_eq!(fast[0].likeness, 1.0);
        assert!(fast[0].start() >= 2 && fast[0].end() <= 8);
    }

    #[test]
    fn every_place_is_found_once_and_best_first() {
        let found = lay_along(&heard("cat"), &heard("xcatxxcutxxcatx"), 3);
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
    fn nothing_lies_along_nothing() {
        assert!(lay_along(&heard(""), &heard("abc"), 3).is_empty());
        assert!(lay_along(&heard("abc"), &heard(""), 3).is_empty());
        assert_eq!(lay_along(&heard("abcdef"), &heard("f"), 3).len(), 1, "a stretch shorter than the query");
    }
}
