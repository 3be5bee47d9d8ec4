//! Trains the sentence auto-encoder: `audiosearch train text`. The course of a run (`session`) is that of paragraphs as well.

pub(super) mod corpus;
mod dev;
pub(super) mod loss;
mod noise;
mod sentences;
pub(super) mod session;
pub(super) mod task;
#[cfg(test)]
mod tests;
pub(super) mod turns;

use std::path::PathBuf;

pub use dev::DevFigures;
pub use loss::Losses;

use super::error::SentenceError;
use super::training::TextTrainConfig;
use crate::encoder::TrainError;

/// What a run tells while it goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Data are in memory.
    Loaded {
        /// Sentences or paragraphs to train on.
        lines: usize,
        /// Their tokens.
        tokens: u64,
        /// Different tokens.
        vocabulary: usize,
        /// Those that only the figures are made of.
        held_out: usize,
        /// Batches that all of them make.
        batches: usize,
    },
    /// A run goes on from here.
    Resumed {
        /// Steps that are done.
        step: u64,
    },
    /// A step is done.
    Step {
        /// Steps that are done.
        step: u64,
        /// Its losses.
        losses: Losses,
        /// Tokens a second, end symbols included, since the last evaluation.
        tokens_per_second: f64,
        /// Until the end of the budget, should nothing stop it before.
        seconds_left: f64,
    },
    /// An evaluation is done.
    Epoch {
        /// Steps that are done.
        step: u64,
        /// Mean losses since the last evaluation.
        losses: Losses,
        /// Figures on what is held out.
        dev: DevFigures,
        /// Whether it is the best so far, and the model has been written.
        best: bool,
    },
}

/// What a run came to.
#[derive(Debug, Clone)]
pub struct TrainReport {
    /// The model.
    pub out: PathBuf,
    /// Steps that were done, over all resumed runs.
    pub steps: u64,
    /// Time in training, over all resumed runs.
    pub seconds: f64,
    /// The best held-out loss, and its step.
    pub best: Option<(f64, u64)>,
    /// Whether it stopped before the budget's end because nothing improved.
    pub early: bool,
    /// Whether the callback asked to stop.
    pub interrupted: bool,
    /// Lines that are no UTF-8 and were left out.
    pub left_out: usize,
}

/// Trains a model and writes it to `config.out`. `progress` is called after every step; when it returns false, the run
/// saves its state and ends. Blocks until the end; uses rayon's pool for data and `config.threads` threads of LibTorch.
pub fn train(config: &TextTrainConfig, progress: &mut dyn FnMut(&Progress) -> bool) -> Result<TrainReport, TrainError> {
    sentences::run(config, progress)
}

impl From<SentenceError> for TrainError {
    fn from(error: SentenceError) -> Self {
        match error {
            SentenceError::Encoder(error) => TrainError::Encoder(error),
            other => TrainError::Config(other.to_string()),
        }
    }
}
