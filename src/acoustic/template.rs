//! What a query expects, frame by frame.

use super::AcousticFrames;

/// The divergence that makes a likeness 0, where the weights say nothing else.
pub(super) const RANGE: f32 = 8.0;

/// What a query expects of each of its moments: a direction that vectors are measured along, and what the very same sound would come to.
///
/// The likeness of a moment of the query and a moment of a recording is
/// `1 + (direction · vector - normaliser - same) / range`: 1 for the very same sound, less for every other.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameTemplate {
    dimension: usize,
    /// A direction a moment, `[len, dimension]`.
    directions: Vec<f32>,
    /// What the very same sound comes to, `[len]`.
    same: Vec<f32>,
    range: f32,
}

impl FrameTemplate {
    /// From a direction a moment (row by row) and what the very same sound comes to; there are as many moments as there are of those.
    pub fn new(dimension: usize, mut directions: Vec<f32>, same: Vec<f32>, range: f32) -> Self {
        let dimension = dimension.max(1);
        directions.resize(same.len() * dimension, 0.0);
        Self { dimension, directions, same, range: range.max(1e-6) }
    }

    /// Likeness is the cosine with these unit vectors.
    pub fn of_cosines(frames: &AcousticFrames) -> Self {
        Self::new(frames.dimension(), frames.data().to_vec(), vec![1.0; frames.len()], 1.0)
    }

    /// Number of moments.
    pub fn len(&self) -> usize {
        self.same.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.same.is_empty()
    }

    /// Values in a direction.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// All directions, row by row.
    pub fn directions(&self) -> &[f32] {
        &self.directions
    }

    /// Makes likenesses of the dot products of moment `at` with the vectors of a recording that have these normalisers.
    pub fn likenesses(&self, at: usize, dots: &mut [f32], normalisers: &[f32]) {
        let (scale, same) = (1.0 / self.range, self.same[at]);
        dots.iter_mut().zip(normalisers).for_each(|(dot, normaliser)| *dot = 1.0 + (*dot - normaliser - same) * scale);
    }

    /// The likeness of moment `at` and moment `there` of a recording.
    pub fn likeness(&self, at: usize, recording: &AcousticFrames, there: usize) -> f32 {
        let direction = &self.directions[at * self.dimension..(at + 1) * self.dimension];
        let mut dot = [direction.iter().zip(recording.row(there)).map(|(a, b)| a * b).sum()];
        self.likenesses(at, &mut dot, &recording.normalisers()[there..=there]);
        dot[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeness_of_vectors_alone_is_the_cosine() {
        let frames = AcousticFrames::from_values(2, vec![1.0, 0.0, 0.6, 0.8]);
        let pattern = FrameTemplate::of_cosines(&frames);
        assert_eq!((pattern.len(), pattern.likeness(0, &frames, 0)), (2, 1.0));
        assert!((pattern.likeness(0, &frames, 1) - 0.6).abs() < 1e-6);
    }

    #[test]
    fn what_is_like_anything_counts_less() {
        let pattern = FrameTemplate::new(1, vec![2.0], vec![1.0], 4.0);
        let plain = AcousticFrames::with_normalisers(1, vec![1.0, 1.0], vec![1.0, 3.0]);
        assert_eq!((pattern.likeness(0, &plain, 0), pattern.likeness(0, &plain, 1)), (1.0, 0.5));
    }
}
