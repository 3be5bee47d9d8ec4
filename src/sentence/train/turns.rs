//! Which lines of a corpus are in which batch.

use std::ops::Range;

use crate::encoder::random::Random;

/// Stream of random numbers.
const ORDER: u64 = 2;

/// Batches of lines of like length, in an order that is random but the same for the same seed.
#[derive(Debug)]
pub(crate) struct Turns {
    /// Of each line, in tokens.
    lengths: Vec<usize>,
    /// Ranges of the lines in ascending length, one a batch.
    batches: Vec<Range<usize>>,
    seed: u64,
    epoch: Epoch,
}

/// One way through the corpus.
#[derive(Debug, Default)]
struct Epoch {
    number: Option<u64>,
    /// In ascending length.
    lines: Vec<u32>,
    /// In random order.
    batches: Vec<u32>,
}

impl Turns {
    /// For lines of these lengths, as many in a batch as make `batch` tokens, padding counted.
    pub fn new(lengths: Vec<usize>, batch: usize, seed: u64) -> Turns {
        let mut sorted = lengths.clone();
        sorted.sort_unstable();
        let mut batches = Vec::new();
        // From the longest down, so that the first of a batch says how many fit and the last batch is of short ones.
        let mut end = sorted.len();
        while end > 0 {
            let fit = (batch / sorted[end - 1].max(1)).max(1);
            let start = end.saturating_sub(fit);
            batches.push(start..end);
            end = start;
        }
        Turns { lengths, batches, seed, epoch: Epoch::default() }
    }

    /// Batches that the whole corpus makes.
    pub fn count(&self) -> usize {
        self.batches.len()
    }

    /// The lines of step `number`, by their numbers.
    pub fn chosen(&mut self, number: u64) -> &[u32] {
        let count = self.batches.len() as u64;
        let epoch = number / count;
        if self.epoch.number != Some(epoch) {
            self.epoch = self.lay_out(epoch);
        }
        let range = self.batches[self.epoch.batches[(number % count) as usize] as usize].clone();
        &self.epoch.lines[range]
    }

    fn lay_out(&self, epoch: u64) -> Epoch {
        let mut random = Random::new(&[self.seed, ORDER, epoch]);
        // Lines of one length lie in a new order each time, so that batches are put together anew.
        let mut lines: Vec<u32> = (0..self.lengths.len() as u32).collect();
        shuffle(&mut lines, &mut random);
        lines.sort_by_key(|&line| self.lengths[line as usize]);
        let mut batches: Vec<u32> = (0..self.batches.len() as u32).collect();
        shuffle(&mut batches, &mut random);
        Epoch { number: Some(epoch), lines, batches }
    }
}

fn shuffle(values: &mut [u32], random: &mut Random) {
    for i in (1..values.len()).rev() {
        values.swap(i, random.below(i + 1));
    }
}
