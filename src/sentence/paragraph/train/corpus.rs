//! Paragraphs in memory as sentences of token ids, and batches of them.

use rayon::prelude::*;

use super::super::super::tokens::Tokens;
use super::super::super::train::turns::Turns;
use super::super::super::training::TextTrainConfig;
use super::super::config::ParagraphConfig;
use super::super::model::ids;

/// Paragraphs of which there is something to see.
#[derive(Debug)]
pub(crate) struct Corpus(Vec<Vec<Vec<i64>>>);

impl Corpus {
    pub fn new(lines: &[String], tokens: &Tokens, config: &ParagraphConfig) -> Corpus {
        let mut paragraphs: Vec<Vec<Vec<i64>>> = lines.par_iter().map(|line| ids(line, tokens, config)).collect();
        paragraphs.retain(|paragraph| !paragraph.is_empty());
        Corpus(paragraphs)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn paragraphs(&self) -> &[Vec<Vec<i64>>] {
        &self.0
    }

    /// Tokens of all paragraphs, ends left out.
    pub fn tokens(&self) -> u64 {
        self.0.iter().map(|paragraph| length(paragraph) as u64).sum()
    }
}

/// Tokens of a paragraph, ends left out.
fn length(paragraph: &[Vec<i64>]) -> usize {
    paragraph.iter().map(Vec::len).sum()
}

/// One step's paragraphs.
#[derive(Debug)]
pub(crate) struct Batch {
    pub paragraphs: Vec<Vec<Vec<i64>>>,
    /// Seed of what is random in the step.
    pub seed: u64,
}

impl Batch {
    /// Tokens of the text, with one end a paragraph: the same for all levels.
    pub fn tokens(&self) -> u64 {
        self.paragraphs.iter().map(|paragraph| length(paragraph) as u64 + 1).sum()
    }
}

/// Makes batch number N of a run, whatever was made before.
#[derive(Debug)]
pub(crate) struct Sampler<'a> {
    corpus: &'a Corpus,
    turns: Turns,
    seed: u64,
}

impl<'a> Sampler<'a> {
    pub fn new(corpus: &'a Corpus, config: &TextTrainConfig<ParagraphConfig>) -> Sampler<'a> {
        let lengths = corpus.0.iter().map(|paragraph| length(paragraph) + 1).collect();
        Sampler { corpus, turns: Turns::new(lengths, config.optimiser.batch, config.run.seed), seed: config.run.seed }
    }

    /// Batches that the whole corpus makes.
    pub fn count(&self) -> usize {
        self.turns.count()
    }

    /// The batch of step `number`.
    pub fn batch(&mut self, number: u64) -> Batch {
        let chosen = self.turns.chosen(number).iter();
        let paragraphs = chosen.map(|&paragraph| self.corpus.0[paragraph as usize].clone()).collect();
        Batch { paragraphs, seed: self.seed ^ (number << 20) }
    }
}
