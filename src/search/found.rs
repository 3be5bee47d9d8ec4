//! What is answered.

use audiosearch_index::Hit;

/// A moment that answers a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Where it is, and how like the question.
    pub hit: Hit,
    /// How probable it is that this is what was asked for, 0 to 1.
    pub confidence: f32,
    /// How the question lies along the recording, where asked for.
    pub moments: Vec<Moment>,
}

/// A moment of a question and the moment of the recording that it lies on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Seconds into the question.
    pub question: f64,
    /// Seconds into the recording.
    pub recording: f64,
    /// How alike they sound, 1 at most.
    pub likeness: f32,
}
