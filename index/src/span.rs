//! A stretch of a source.

use serde::{Deserialize, Serialize};

/// Where a segment lies in its source: samples at 16 kHz for audio; lines for text, counted from 0, so that several
/// sentences of one line have one span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First sample, or line.
    pub start: u64,
    /// Number of samples, or lines.
    pub len: u32,
}

impl Span {
    /// The first sample after the span.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(u64::from(self.len))
    }

    /// The number of samples that both spans hold.
    pub fn overlap(&self, other: &Self) -> u64 {
        self.end().min(other.end()).saturating_sub(self.start.max(other.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_only_touch_do_not_overlap() {
        let a = Span { start: 0, len: 10 };
        assert_eq!(a.overlap(&Span { start: 10, len: 5 }), 0);
        assert_eq!(a.overlap(&Span { start: 9, len: 5 }), 1);
        assert_eq!(a.overlap(&Span { start: 2, len: 3 }), 3);
        assert_eq!(Span { start: u64::MAX, len: 1 }.end(), u64::MAX);
    }
}
