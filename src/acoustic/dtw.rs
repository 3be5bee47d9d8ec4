//! AlignOptions a query along a recording: subsequence dynamic time warping.

use ndarray::{Array2, ArrayView2, linalg::general_mat_mul};

use crate::acoustic::{AcousticFrames, FrameTemplate};

/// Frames of a query from which on its alignments have a slope limit (1 s).
pub const LONG: usize = 25;
/// Steps of such a query that may follow each other on one frame of the recording.
const STANDING: usize = 2;

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
///
/// A query of [`LONG`] frames and more may stand still for [`STANDING`] steps at a time at most (a slope limit: Sakoe and Chiba 1978), so that no
/// alignment is shorter than a third of it, nor longer than twice: otherwise all of a noise fits one frame that happens to be like it.
pub fn subsequence_dtw(query: &FrameTemplate, stretch: &AcousticFrames, most: usize) -> Vec<Alignment> {
    let (n, m) = (query.len(), stretch.len());
    if n == 0 || m == 0 || query.dimension() != stretch.dimension() {
        return Vec::new();
    }
    likenesses(query, stretch).map_or(Vec::new(), |likenesses| best_paths(likenesses, m, most))
}

/// As [`subsequence_dtw`], by the likenesses of all pairs of a frame of the query and one of a stretch of `m`, row by row.
pub(crate) fn best_paths(mut sums: Vec<f32>, m: usize, most: usize) -> Vec<Alignment> {
    let n = sums.len() / m.max(1);
    if n == 0 {
        return Vec::new();
    }
    if n >= LONG {
        return limited_paths(&sums, m, most);
    }
    // sums[i * m + j]: the best sum with frame i of the query aligned with j; back[i * m + j]: how far before j its predecessor lies.
    let mut back = vec![0_u8; n * m];
    for i in 1..n {
        let (before, here) = sums.split_at_mut(i * m);
        step(&before[(i - 1) * m..], &mut here[..m], &mut back[i * m..(i + 1) * m]);
    }
    let last = &sums[(n - 1) * m..];
    let path_to = |end: usize| {
        let mut path = vec![end; n];
        for i in (1..n).rev() {
            path[i - 1] = path[i] - usize::from(back[i * m + path[i]]);
        }
        // What a frame of the path adds to the sum is its own likeness.
        let sum = |i: usize| sums[i * m + path[i]];
        let own = (0..n).map(|i| if i == 0 { sum(0) } else { sum(i) - sum(i - 1) }).collect();
        (path, own)
    };
    apart(last, n, most, path_to)
}

/// As [`best_paths`], of paths that stand still on a frame for [`STANDING`] steps at a time at most.
fn limited_paths(likenesses: &[f32], m: usize, most: usize) -> Vec<Alignment> {
    let n = likenesses.len() / m;
    // sums[s][j]: the best sum of a path to j whose last s steps stood still. For each frame of the query, which s was best at j, and
    // how far before j the predecessor of s = 0 lies.
    let mut sums = vec![vec![f32::NEG_INFINITY; m]; STANDING + 1];
    sums[0].copy_from_slice(&likenesses[..m]);
    let (mut best, mut far) = (vec![0_u8; n * m], vec![1_u8; n * m]);
    let mut before = sums[0].clone();
    for i in 1..n {
        let row = &likenesses[i * m..(i + 1) * m];
        for standing in (1..=STANDING).rev() {
            let (fewer, more) = sums.split_at_mut(standing);
            let moved = more[0].iter_mut().zip(&fewer[standing - 1]).zip(row);
            moved.for_each(|((sum, before), likeness)| *sum = before + likeness);
        }
        for (j, likeness) in row.iter().enumerate() {
            let one = if j >= 1 { before[j - 1] } else { f32::NEG_INFINITY };
            let two = if j >= 2 { before[j - 2] } else { f32::NEG_INFINITY };
            sums[0][j] = one.max(two) + likeness;
            far[i * m + j] = if two > one { 2 } else { 1 };
        }
        for j in 0..m {
            let standing = (1..=STANDING).fold(0, |best, s| if sums[s][j] > sums[best][j] { s } else { best });
            best[i * m + j] = standing as u8;
            before[j] = sums[standing][j];
        }
    }
    let path_to = |end: usize| {
        let mut path = vec![end; n];
        let mut standing = best[(n - 1) * m + end];
        for i in (1..n).rev() {
            let at = path[i];
            if standing > 0 {
                path[i - 1] = at;
                standing -= 1;
            } else {
                path[i - 1] = at - usize::from(far[i * m + at]).min(at);
                standing = best[(i - 1) * m + path[i - 1]];
            }
        }
        let own = path.iter().enumerate().map(|(i, &at)| likenesses[i * m + at]).collect();
        (path, own)
    };
    apart(&before, n, most, path_to)
}

/// The alignments whose sums end in `last`, best first and none overlapping a better one. `path_to` returns the path to an end, and the
/// likeness of each of its frames.
fn apart(last: &[f32], n: usize, most: usize, path_to: impl Fn(usize) -> (Vec<usize>, Vec<f32>)) -> Vec<Alignment> {
    let m = last.len();
    // What has a better neighbour is the same alignment, a frame off.
    let peak = |j: &usize| {
        last[*j].is_finite() && (*j == 0 || last[j - 1] <= last[*j]) && (j + 1 == m || last[j + 1] <= last[*j])
    };
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
        let (path, own) = path_to(end);
        let likeness = last[end] / n as f32;
        let spread = (own.iter().map(|own| (own - likeness).powi(2)).sum::<f32>() / n as f32).sqrt();
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
    fn a_long_query_does_not_stand_still_and_is_found_where_it_is() {
        let long: String = ('a'..='z').flat_map(|letter| [letter; 3]).collect();
        let found = subsequence_dtw(&template(&long), &frames(&format!("xqxq{long}qxqx")), 1);
        // The last letter stands three times: a path may end with any of them.
        assert_eq!((found[0].likeness, found[0].start()), (1.0, 4));
        assert!((80..=82).contains(&found[0].end()), "{found:?}");
        // Twice as fast, and three times.
        let twice: String = long.chars().step_by(2).collect();
        assert!(subsequence_dtw(&template(&long), &frames(&twice), 1)[0].likeness > 0.95);
        let thrice: String = long.chars().step_by(3).collect();
        assert_eq!(subsequence_dtw(&template(&long), &frames(&thrice), 1)[0].likeness, 1.0);
        // One frame that is like all of the query.
        let noise = "q".repeat(75);
        let stood = subsequence_dtw(&template(&noise), &frames(&format!("{long}q{long}")), 1);
        assert!(stood.iter().all(|place| place.end() - place.start() >= 25 && place.likeness < 0.4), "{stood:?}");
        assert!(subsequence_dtw(&template(&noise), &frames("qq"), 1).is_empty(), "too short by far");
    }

    #[test]
    fn nothing_lies_along_nothing() {
        assert!(subsequence_dtw(&template(""), &frames("abc"), 3).is_empty());
        assert!(subsequence_dtw(&template("abc"), &frames(""), 3).is_empty());
        assert_eq!(subsequence_dtw(&template("abcdef"), &frames("f"), 3).len(), 1, "a stretch shorter than the query");
    }
}
