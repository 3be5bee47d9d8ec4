//! Acoustic frames.

/// Rows of equal size, one every 40 ms, `[len, dimension]`, each of unit length or all zero (nothing known of that moment).
#[derive(Debug, Clone, PartialEq)]
pub struct AcousticFrames {
    dimension: usize,
    data: Vec<f32>,
    /// How much each vector is like anything at all (see [`FrameTemplate`](super::FrameTemplate)).
    normalisers: Vec<f32>,
}

impl AcousticFrames {
    /// Nothing yet.
    pub fn new(dimension: usize) -> Self {
        Self::with_normalisers(dimension, Vec::new(), Vec::new())
    }

    /// From values row by row, every normaliser 0; a last row that is not whole is left out of all counts.
    pub fn from_values(dimension: usize, data: Vec<f32>) -> Self {
        let rows = data.len() / dimension.max(1);
        Self::with_normalisers(dimension, data, vec![0.0; rows])
    }

    /// From values row by row, and a normaliser a row; there are as many vectors as there are of both.
    pub fn with_normalisers(dimension: usize, mut data: Vec<f32>, mut normalisers: Vec<f32>) -> Self {
        let dimension = dimension.max(1);
        let rows = normalisers.len().min(data.len() / dimension);
        data.truncate(rows * dimension);
        normalisers.truncate(rows);
        Self { dimension, data, normalisers }
    }

    /// Number of vectors.
    pub fn len(&self) -> usize {
        self.normalisers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.normalisers.is_empty()
    }

    /// Values in a vector.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// One vector, `[dimension]`. Panics beyond the last, as a slice does.
    pub fn row(&self, at: usize) -> &[f32] {
        &self.data[at * self.dimension..(at + 1) * self.dimension]
    }

    /// All values, row by row.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// Of each vector how much it is like anything at all, `[len]`.
    pub fn normalisers(&self) -> &[f32] {
        &self.normalisers
    }

    /// Length of the mean vector: 1 where all are alike, near 0 where they have nothing in common; 0 of none.
    pub fn monotony(&self) -> f32 {
        let mut mean = vec![0.0; self.dimension];
        for row in self.data.chunks_exact(self.dimension) {
            mean.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        mean.iter().map(|sum| sum * sum).sum::<f32>().sqrt() / self.len().max(1) as f32
    }

    /// The vectors `from..to`, as far as there are any.
    pub fn part(&self, from: usize, to: usize) -> Self {
        let to = to.min(self.len());
        let from = from.min(to);
        let data = self.data[from * self.dimension..to * self.dimension].to_vec();
        Self { dimension: self.dimension, data, normalisers: self.normalisers[from..to].to_vec() }
    }
}

/// Whether frames are speech at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Speech {
    /// Of each vector the probability that it is no silence, `[len]`.
    pub sound: Vec<f32>,
    /// Mean entropy of what the vectors say of the sounds of speech, in nats: what is no speech is like none of them.
    pub doubt: f32,
}
