//! What is written, phone by phone.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis};

use super::{AcousticFrames, template::RANGE};

/// Classes of the frame network for one phone: its beginning, middle and end.
pub const PARTS: usize = 3;
/// The least that a phone's probability counts for.
const LEAST: f32 = 1e-9;

/// The phone of each frame of something written, and what tells those phones from others.
///
/// The acoustic encoder distinguishes beginning, middle and end of a phone, and an alignment by those expects each part at its time. Whether
/// the phone is there at all is better decided by its three parts together, which is no dot product: so that is done for few candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct Phones {
    /// Of each frame a number of its phone among those that occur, `[frames]`.
    frames: Vec<usize>,
    /// The phones in order, each once, by the same numbers.
    order: Vec<usize>,
    /// The directions of the parts of those phones, `[parts, dimension]`, as the frame network has them.
    parts: Array2<f32>,
    /// Which of them are a phone's.
    rows: Vec<Range<usize>>,
}

impl Phones {
    /// From the class of each frame, and the directions of all classes `[classes, dimension]`. Panics at a class that is none of those.
    pub(super) fn new(of_frames: &[usize], classes: &Array2<f32>) -> Self {
        let (mut occurring, mut rows, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        let mut number = |class: &usize| {
            let phone = class / PARTS;
            occurring.iter().position(|&known| known == phone).unwrap_or_else(|| {
                let first = parts.len();
                parts.extend(phone * PARTS..classes.nrows().min((phone + 1) * PARTS));
                rows.push(first..parts.len());
                occurring.push(phone);
                occurring.len() - 1
            })
        };
        let frames: Vec<usize> = of_frames.iter().map(&mut number).collect();
        // The same phone twice: its parts begin anew.
        let another = |at: usize| at == 0 || frames[at] != frames[at - 1] || of_frames[at] < of_frames[at - 1];
        let order = (0..frames.len()).filter(|&at| another(at)).map(|at| frames[at]).collect();
        Self { frames, order, parts: classes.select(Axis(0), &parts), rows }
    }

    /// Of each frame the number of its phone, a column of [`likenesses`](Self::likenesses).
    pub fn of_frames(&self) -> &[usize] {
        &self.frames
    }

    /// How like each phone that occurs every frame of a recording is, `[frames, phones]`: 1 where its probability is 1, less by an eighth for
    /// each e that it is less probable. None where the vectors are of another network.
    pub fn likenesses(&self, frames: &AcousticFrames) -> Option<Array2<f32>> {
        if frames.dimension() != self.parts.ncols() {
            return None;
        }
        let vectors = ArrayView2::from_shape((frames.len(), frames.dimension()), frames.data()).ok()?;
        let odds = vectors.dot(&self.parts.t());
        let mut out = Vec::with_capacity(frames.len() * self.rows.len());
        for (odds, normaliser) in odds.axis_iter(Axis(0)).zip(frames.normalisers()) {
            out.extend(self.rows.iter().map(|parts| {
                let together: f32 = parts.clone().map(|part| (odds[part] - normaliser).exp()).sum();
                1.0 + together.clamp(LEAST, 1.0).ln() / RANGE
            }));
        }
        Array2::from_shape_vec((frames.len(), self.rows.len()), out).ok()
    }

    /// How well the phones, one after the other, account for every moment of a stretch: the mean likeness along the likeliest way through them
    /// (Viterbi), each a frame or more long. None where there are fewer frames than phones.
    ///
    /// `likenesses`: those of the stretch alone, `[frames, phones]`.
    pub fn account(&self, likenesses: ArrayView2<'_, f32>) -> Option<f32> {
        let frames = likenesses.nrows();
        if frames < self.order.len() || self.order.is_empty() {
            return None;
        }
        let mut sums = vec![f32::NEG_INFINITY; self.order.len()];
        for (moment, row) in likenesses.axis_iter(Axis(0)).enumerate() {
            for at in (0..sums.len()).rev() {
                let before = match (at, moment) {
                    (0, 0) => 0.0,
                    (0, _) => sums[0],
                    _ => sums[at].max(sums[at - 1]),
                };
                sums[at] = before + row[self.order[at]];
            }
        }
        sums.last().map(|sum| sum / frames as f32)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Six classes (two phones of three parts) along six axes, steep enough to be distinguished.
    fn phones(of_frames: &[usize]) -> Phones {
        Phones::new(of_frames, &(Array2::eye(6) * 8.0))
    }

    /// Moments of these classes, and of nothing but them.
    fn frames(classes: &[usize]) -> AcousticFrames {
        let rows = classes.iter().flat_map(|&class| (0..6).map(move |axis| f32::from(u8::from(axis == class))));
        let normaliser = (8_f32.exp() + 5.0).ln();
        AcousticFrames::with_normalisers(6, rows.collect(), vec![normaliser; classes.len()])
    }

    #[test]
    fn parts_of_a_phone_stand_for_each_other() {
        let asked = phones(&[0, 1, 2, 3, 5]);
        assert_eq!(asked.of_frames(), [0, 0, 0, 1, 1]);
        let found = asked.likenesses(&frames(&[2, 0, 4])).unwrap();
        assert_eq!(found.shape(), [3, 2]);
        assert!(found[[0, 0]] > 0.99 && found[[1, 0]] > 0.99 && found[[2, 1]] > 0.99 && found[[0, 1]] < 0.4);
        assert!(asked.likenesses(&AcousticFrames::from_values(4, vec![0.5; 8])).is_none());
    }

    #[test]
    fn every_moment_must_be_accounted_for() {
        let asked = phones(&[0, 1, 2, 3, 4, 5, 0, 1]);
        let account = |classes: &[usize]| asked.account(asked.likenesses(&frames(classes)).unwrap().view());
        assert!(account(&[0, 1, 4, 4, 4, 2]).unwrap() > 0.99);
        // The last phone is missing; one that is not asked for stands between; there are fewer moments than phones.
        assert!(account(&[0, 1, 1, 4, 4, 4]).unwrap() < 0.9);
        assert!(account(&[0, 3, 0, 3, 3, 0]).unwrap() < 0.9);
        assert_eq!(account(&[0, 3]), None);
    }

    #[test]
    fn the_same_phone_twice_is_two() {
        assert_eq!(phones(&[0, 1, 2, 0, 1, 2]).order, [0, 0]);
        assert_eq!(phones(&[0, 0, 1, 2]).order, [0]);
    }
}
