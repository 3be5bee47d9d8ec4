//! Sentences in memory as token ids, and batches of them.

use std::fs;
use std::path::PathBuf;

use rayon::prelude::*;

use super::super::tokens::Tokens;
use super::config::TextTrainConfig;
use super::noise::{spoilt, thinned};
use crate::encoder::TrainError;
use crate::encoder::random::Random;

/// The lines of some files that are not blank, and how many were no UTF-8.
pub(crate) struct Lines {
    pub sentences: Vec<String>,
    pub left_out: usize,
}

impl Lines {
    pub fn read(paths: &[PathBuf]) -> Result<Lines, TrainError> {
        let mut lines = Lines { sentences: Vec::new(), left_out: 0 };
        for path in paths {
            let bytes = fs::read(path).map_err(|source| TrainError::Io { path: path.clone(), source })?;
            let before = lines.sentences.len();
            for line in bytes.split(|&byte| byte == b'\n') {
                match std::str::from_utf8(line) {
                    Ok(line) if line.trim().is_empty() => {}
                    Ok(line) => lines.sentences.push(line.trim_end_matches('\r').to_owned()),
                    Err(_) => lines.left_out += 1,
                }
            }
            if lines.sentences.len() == before {
                return Err(TrainError::NoData { path: path.clone(), cause: "holds no line of text".into() });
            }
        }
        Ok(lines)
    }

    /// One of a hundred taken out, at least one where there are two.
    pub fn hold_out(&mut self, seed: u64) -> Vec<String> {
        let count = self.sentences.len().div_ceil(100).min(self.sentences.len() / 2).min(2000);
        let mut random = Random::new(&[seed, HELD_OUT]);
        (0..count).map(|_| self.sentences.swap_remove(random.below(self.sentences.len()))).collect()
    }
}

/// Streams of random numbers.
const HELD_OUT: u64 = 1;
const ORDER: u64 = 2;
const NOISE: u64 = 3;

/// Sentences as ids, end to end.
#[derive(Debug)]
pub(crate) struct Corpus {
    ids: Vec<u32>,
    /// Where each sentence begins in `ids`, and behind the last where it ends.
    starts: Vec<usize>,
}

impl Corpus {
    pub fn new(sentences: &[String], tokens: &Tokens, longest: usize) -> Result<Corpus, TrainError> {
        let rows: Vec<Vec<i64>> =
            sentences.par_iter().map(|sentence| tokens.encode(sentence, longest)).collect::<Result<_, _>>()?;
        let mut corpus = Corpus { ids: Vec::new(), starts: vec![0] };
        for row in rows {
            corpus.ids.extend(row.iter().map(|&id| id as u32));
            corpus.starts.push(corpus.ids.len());
        }
        Ok(corpus)
    }

    /// Number of sentences.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Tokens of all sentences, ends left out.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Tokens of a sentence, its end left out.
    pub fn length(&self, sentence: usize) -> usize {
        self.starts[sentence + 1] - self.starts[sentence]
    }

    pub fn sentence(&self, sentence: usize) -> Vec<i64> {
        self.ids[self.starts[sentence]..self.starts[sentence + 1]].iter().map(|&id| i64::from(id)).collect()
    }
}

/// One step's sentences.
#[derive(Debug)]
pub(crate) struct Batch {
    /// What the decoder is to write.
    pub clean: Vec<Vec<i64>>,
    /// What the encoder reads.
    pub read: Vec<Vec<i64>>,
    /// Two views of each sentence that the meaning part is to tell from those of the others; none where that has no weight.
    pub views: Option<[Vec<Vec<i64>>; 2]>,
    /// Seed of what else is random in the step.
    pub seed: u64,
}

impl Batch {
    /// Tokens that the decoder writes, ends included.
    pub fn tokens(&self) -> u64 {
        self.clean.iter().map(|row| row.len() as u64 + 1).sum()
    }
}

/// Makes batch number N of a run, whatever was made before.
#[derive(Debug)]
pub(crate) struct Sampler<'a> {
    corpus: &'a Corpus,
    config: &'a TextTrainConfig,
    /// Ranges of the sentences in ascending length, one a batch.
    batches: Vec<std::ops::Range<usize>>,
    epoch: Epoch,
}

/// One way through the corpus.
#[derive(Debug, Default)]
struct Epoch {
    number: Option<u64>,
    /// In ascending length.
    sentences: Vec<u32>,
    /// In random order.
    batches: Vec<u32>,
}

impl<'a> Sampler<'a> {
    pub fn new(corpus: &'a Corpus, config: &'a TextTrainConfig) -> Sampler<'a> {
        let mut lengths: Vec<usize> = (0..corpus.len()).map(|sentence| corpus.length(sentence)).collect();
        lengths.sort_unstable();
        let mut batches = Vec::new();
        // From the longest down, so that the first of a batch says how many fit and the last batch is of short ones.
        let mut end = lengths.len();
        while end > 0 {
            let fit = (config.batch / (lengths[end - 1] + 1)).max(1);
            let start = end.saturating_sub(fit);
            batches.push(start..end);
            end = start;
        }
        Sampler { corpus, config, batches, epoch: Epoch::default() }
    }

    /// Batches that the whole corpus makes.
    pub fn count(&self) -> usize {
        self.batches.len()
    }

    /// The batch of step `number`.
    pub fn batch(&mut self, number: u64) -> Batch {
        let count = self.batches.len() as u64;
        let epoch = number / count;
        if self.epoch.number != Some(epoch) {
            self.epoch = self.lay_out(epoch);
        }
        let range = self.batches[self.epoch.batches[(number % count) as usize] as usize].clone();
        let chosen = &self.epoch.sentences[range];
        let mut random = Random::new(&[self.config.seed, NOISE, number]);
        let clean: Vec<Vec<i64>> = chosen.iter().map(|&sentence| self.corpus.sentence(sentence as usize)).collect();
        let read = clean.iter().map(|row| spoilt(row, &self.config.noise, &mut random)).collect();
        let drop = self.config.objective.view_drop;
        let views = (self.config.objective.contrast > 0.0).then(|| {
            let mut view = || clean.iter().map(|row| thinned(row, drop, &mut random)).collect();
            [view(), view()]
        });
        Batch { clean, read, views, seed: self.config.seed ^ (number << 20) }
    }

    fn lay_out(&self, epoch: u64) -> Epoch {
        let mut random = Random::new(&[self.config.seed, ORDER, epoch]);
        // Sentences of one length lie in a new order each time, so that batches are put together anew.
        let mut sentences: Vec<u32> = (0..self.corpus.len() as u32).collect();
        shuffle(&mut sentences, &mut random);
        sentences.sort_by_key(|&sentence| self.corpus.length(sentence as usize));
        let mut batches: Vec<u32> = (0..self.batches.len() as u32).collect();
        shuffle(&mut batches, &mut random);
        Epoch { number: Some(epoch), sentences, batches }
    }
}

fn shuffle(values: &mut [u32], random: &mut Random) {
    for i in (1..values.len()).rev() {
        values.swap(i, random.below(i + 1));
    }
}
