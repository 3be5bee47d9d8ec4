//! What reading a file of annotations gives.

use super::Annotation;

/// What reading gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imported {
    /// In the order of the file, for tiers tier by tier.
    pub annotations: Vec<Annotation>,
    /// What could not be used.
    pub skipped: Vec<Skipped>,
}

/// A row, or whatever the format calls it, that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Where in the file: `line 3`.
    pub place: String,
    /// Why.
    pub reason: String,
}

impl Imported {
    /// Takes what was read at `place`, or notes why it could not be used.
    pub(super) fn take<E: ToString>(&mut self, place: impl FnOnce() -> String, read: Result<Annotation, E>) {
        match read {
            Ok(annotation) => self.annotations.push(annotation),
            Err(reason) => self.skip(place(), &reason),
        }
    }

    pub(super) fn skip(&mut self, place: String, reason: &impl ToString) {
        self.skipped.push(Skipped { place, reason: reason.to_string() });
    }
}
