//! Frames of a stretch of sound.

use std::ops::Range;

/// Rows of features, `[frames, bands]`, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// Values in a row.
    pub bands: usize,
    /// `frames × bands` values.
    pub data: Vec<f32>,
}

impl Features {
    /// No frames yet.
    pub fn new(bands: usize) -> Self {
        Self { bands, data: Vec::new() }
    }

    /// Number of rows.
    pub fn frames(&self) -> usize {
        self.data.len().checked_div(self.bands).unwrap_or(0)
    }

    /// Number of columns.
    pub fn bands(&self) -> usize {
        self.bands
    }

    /// One frame, `[bands]`. Panics beyond the last, as a slice does.
    pub fn row(&self, frame: usize) -> &[f32] {
        self.rows(frame..frame + 1)
    }

    /// Some frames, `[frames, bands]`. Panics beyond the last, as a slice does.
    pub fn rows(&self, frames: Range<usize>) -> &[f32] {
        &self.data[frames.start * self.bands..frames.end * self.bands]
    }

    /// Appends one frame, `[bands]`. Panics when it has another number of bands.
    pub fn push_row(&mut self, row: &[f32]) {
        assert_eq!(row.len(), self.bands, "a row has as many values as there are bands");
        self.data.extend_from_slice(row);
    }

    /// Appends frames, `[any number, bands]`. Panics when they are not whole.
    pub fn extend_from_slice(&mut self, rows: &[f32]) {
        assert!(rows.is_empty() || rows.len().is_multiple_of(self.bands), "rows are appended whole");
        self.data.extend_from_slice(rows);
    }

    /// Lets go of the first `frames` frames, or of all if there are fewer.
    pub fn drop_front(&mut self, frames: usize) {
        self.data.drain(..frames.saturating_mul(self.bands).min(self.data.len()));
    }

    /// Appends an empty row for the caller to fill.
    pub(super) fn grow(&mut self) -> &mut [f32] {
        let start = self.data.len();
        self.data.resize(start + self.bands, 0.0);
        &mut self.data[start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_in_at_the_back_and_out_at_the_front() {
        let mut features = Features::new(2);
        features.push_row(&[1.0, 2.0]);
        features.extend_from_slice(&[3.0, 4.0, 5.0, 6.0]);
        assert_eq!((features.frames(), features.row(1)), (3, &[3.0, 4.0][..]));
        features.drop_front(1);
        assert_eq!(features.rows(0..2), [3.0, 4.0, 5.0, 6.0]);
        features.drop_front(9);
        assert_eq!(features.frames(), 0);
    }
}
