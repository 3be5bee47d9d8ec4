//! Sentences in memory as token ids, and batches of them.

use std::fs;
use std::path::PathBuf;

use rayon::prelude::*;

use super::super::tokens::Tokens;
use super::super::training::TextTrainConfig;
use super::noise::{spoilt, thinned};
use super::turns::Turns;
use crate::encoder::TrainError;
use crate::encoder::random::Random;

/// The lines of a run's files that are not blank, and how many were no UTF-8.
pub(crate) struct Lines {
    /// What is trained on.
    pub trained: Vec<String>,
    /// What figures are made on.
    pub held: Vec<String>,
    pub left_out: usize,
}

impl Lines {
    /// Reads the files of a run; without any to make figures on, one line of a hundred is held out, at least one where there
    /// are two.
    pub fn split<N>(config: &TextTrainConfig<N>) -> Result<Lines, TrainError> {
        let (mut trained, left_out) = read(&config.data)?;
        let held = match config.dev.is_empty() {
            true => hold_out(&mut trained, config.run.seed),
            false => read(&config.dev)?.0,
        };
        if trained.is_empty() || held.is_empty() {
            return Err(TrainError::TooLittle("two lines are the least: one to train on, one to hold out".into()));
        }
        Ok(Lines { trained, held, left_out })
    }
}

fn read(paths: &[PathBuf]) -> Result<(Vec<String>, usize), TrainError> {
    let (mut lines, mut left_out) = (Vec::new(), 0);
    for path in paths {
        let bytes = fs::read(path).map_err(|source| TrainError::Io { path: path.clone(), source })?;
        let before = lines.len();
        for line in bytes.split(|&byte| byte == b'\n') {
            match std::str::from_utf8(line) {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => lines.push(line.trim_end_matches('\r').to_owned()),
                Err(_) => left_out += 1,
            }
        }
        if lines.len() == before {
            return Err(TrainError::NoData { path: path.clone(), cause: "holds no line of text".into() });
        }
    }
    Ok((lines, left_out))
}

fn hold_out(lines: &mut Vec<String>, seed: u64) -> Vec<String> {
    let count = lines.len().div_ceil(100).min(lines.len() / 2).min(2000);
    let mut random = Random::new(&[seed, HELD_OUT]);
    (0..count).map(|_| lines.swap_remove(random.below(lines.len()))).collect()
}

/// Streams of random numbers.
const HELD_OUT: u64 = 1;
const NOISE: u64 = 3;

/// Sentences as ids, end to end.
#[derive(Debug)]
pub(crate) struct Corpus {
    ids: Vec<u32>,
    /// Where each sentence begins in `ids`, and behind the last where it ends.
    starts: Vec<usize>,
}

impl Corpus {
    pub fn new(sentences: &[String], tokens: &Tokens, longest: usize) -> Corpus {
        let rows: Vec<Vec<i64>> = sentences.par_iter().map(|sentence| tokens.encode(sentence, longest)).collect();
        let mut corpus = Corpus { ids: Vec::new(), starts: vec![0] };
        for row in rows {
            corpus.ids.extend(row.iter().map(|&id| id as u32));
            corpus.starts.push(corpus.ids.len());
        }
        corpus
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
    turns: Turns,
}

impl<'a> Sampler<'a> {
    pub fn new(corpus: &'a Corpus, config: &'a TextTrainConfig) -> Sampler<'a> {
        let lengths = (0..corpus.len()).map(|sentence| corpus.length(sentence) + 1).collect();
        Sampler { corpus, config, turns: Turns::new(lengths, config.optimiser.batch, config.run.seed) }
    }

    /// Batches that the whole corpus makes.
    pub fn count(&self) -> usize {
        self.turns.count()
    }

    /// The batch of step `number`.
    pub fn batch(&mut self, number: u64) -> Batch {
        let clean: Vec<Vec<i64>> =
            self.turns.chosen(number).iter().map(|&sentence| self.corpus.sentence(sentence as usize)).collect();
        let mut random = Random::new(&[self.config.run.seed, NOISE, number]);
        let read = clean.iter().map(|row| spoilt(row, &self.config.noise, &mut random)).collect();
        let drop = self.config.objective.view_drop;
        let views = (self.config.objective.contrast > 0.0).then(|| {
            let mut view = || clean.iter().map(|row| thinned(row, drop, &mut random)).collect();
            [view(), view()]
        });
        Batch { clean, read, views, seed: self.config.run.seed ^ (number << 20) }
    }
}
