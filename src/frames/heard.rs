//! Vectors of consecutive moments.

use super::{Pattern, Phones};

/// Rows of equal size, one every 40 ms, `[len, dimension]`, each of unit length or all zero (nothing known of that moment).
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    dimension: usize,
    data: Vec<f32>,
    /// How much each vector is like anything at all (see [`Pattern`](super::Pattern)).
    normalisers: Vec<f32>,
}

impl Heard {
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

    /// The vectors `from..to`, as far as there are any.
    pub fn part(&self, from: usize, to: usize) -> Self {
        let to = to.min(self.len());
        let from = from.min(to);
        let data = self.data[from * self.dimension..to * self.dimension].to_vec();
        Self { dimension: self.dimension, data, normalisers: self.normalisers[from..to].to_vec() }
    }
}

/// Whether what is heard is speech at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Speech {
    /// Of each vector the probability that it is no silence, `[len]`.
    pub sound: Vec<f32>,
    /// Mean entropy of what the vectors say of the sounds of speech, in nats: what is no speech is like none of them.
    pub doubt: f32,
}

/// What is asked for, as vectors that begin at one of the moments between two steps.
///
/// Recordings have a vector every 40 ms, counted from their beginning, and a clip was cut wherever it was cut: the very same sound is
/// heard up to 20 ms apart, which changes a vector as much as another voice does. So a clip is heard several times, a part of a step
/// later each time, and one of these falls upon the recording's own vectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// Its vectors.
    pub heard: Heard,
    /// What it expects of each of them.
    pub pattern: Pattern,
    /// How far each of them says that there is speech.
    pub speech: Speech,
    /// Samples from where what is asked for begins to the first vector.
    pub lead: i64,
    /// Samples from the end of the last vector's step to where what is asked for ends.
    pub tail: i64,
}

/// A clip moment by moment: what is asked for, and the quiet around it that is not.
#[derive(Debug, Clone, PartialEq)]
pub struct Excerpt {
    /// What of the clip comes before.
    pub before: Heard,
    /// What is asked for.
    pub asked: Pattern,
    /// What of the clip comes after.
    pub after: Heard,
    /// What is asked for, from each part of a step on; none where it was never heard.
    pub phases: Vec<Phase>,
    /// What is asked for, phone by phone, where it is written.
    pub phones: Option<Phones>,
}

impl Excerpt {
    /// All of it is asked for, and it is written.
    pub fn written(asked: Pattern, phones: Phones) -> Self {
        let nothing = Heard::new(asked.dimension());
        Self { before: nothing.clone(), asked, after: nothing, phases: Vec::new(), phones: Some(phones) }
    }
}
