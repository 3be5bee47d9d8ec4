//! Where the rows of many sequences lie: step by step, within a step the longest sequence first.

use std::ops::Range;

/// Rows `[all steps of all sequences, …]`: the first step of every sequence, then the second of those that have one, and so on.
#[derive(Debug)]
pub struct Sequences {
    /// First row of each step, and behind the last one their number.
    begins: Vec<usize>,
}

impl Sequences {
    /// For sequences of these lengths, longest first.
    pub fn new(lengths: &[usize]) -> Sequences {
        debug_assert!(lengths.is_sorted_by(|a, b| a >= b), "longest first");
        let longest = lengths.first().copied().unwrap_or(0);
        let mut begins = Vec::with_capacity(longest + 1);
        begins.push(0);
        let (mut begin, mut count) = (0, lengths.len());
        for step in 0..longest {
            while count > 0 && lengths[count - 1] <= step {
                count -= 1;
            }
            begin += count;
            begins.push(begin);
        }
        Sequences { begins }
    }

    /// Number of steps of the longest one.
    pub fn steps(&self) -> usize {
        self.begins.len() - 1
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.begins[self.steps()]
    }

    /// Number of sequences.
    pub fn count(&self) -> usize {
        self.step(0).len()
    }

    /// The rows of one step, a row for each sequence that is so long; none beyond the end.
    pub fn step(&self, step: usize) -> Range<usize> {
        match self.begins[step..] {
            [begin, end, ..] => begin..end,
            _ => self.rows()..self.rows(),
        }
    }

    /// Number of rows of the steps `first..last`.
    pub fn rows_of(&self, first: usize, last: usize) -> usize {
        self.begins[last] - self.begins[first]
    }

    /// The row of a sequence at a step that it has.
    pub fn row(&self, sequence: usize, step: usize) -> usize {
        self.begins[step] + sequence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_the_sequences_that_last_so_long() {
        let sequences = Sequences::new(&[4, 2, 2, 1]);
        assert_eq!((sequences.steps(), sequences.rows(), sequences.count()), (4, 9, 4));
        assert_eq!((0..5).map(|step| sequences.step(step)).collect::<Vec<_>>(), [0..4, 4..7, 7..8, 8..9, 9..9]);
        assert_eq!(sequences.row(2, 1), 6);
        assert_eq!((Sequences::new(&[]).rows(), Sequences::new(&[]).count()), (0, 0));
    }
}
