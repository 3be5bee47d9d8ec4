//! Trains the auto-encoder: `audiosearch train audio`.

pub(crate) mod augment;
mod batch;
pub(crate) mod corpus;
mod dev;
mod error;
mod fragment;
mod gradient;
pub(crate) mod journal;
mod logs;
mod loss;
pub(crate) mod manifest;
mod normaliser;
pub(crate) mod optimiser;
mod session;
mod start;
pub(crate) mod state;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use corpus::LeftOut;
pub use dev::DevFigures;
pub use error::TrainError;
pub use loss::Losses;

use super::training::TrainConfig;

/// What a run tells while it goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Data are in memory.
    Loaded {
        /// Recordings.
        recordings: usize,
        /// Tokens with a label.
        tokens: usize,
        /// Different labels.
        words: usize,
        /// Frames of 10 ms.
        frames: u64,
        /// Rows and files that were left out.
        left_out: usize,
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
        /// Frames of 10 ms a second, since the last report.
        frames_per_second: f64,
        /// Until the end of the budget, should nothing stop it before.
        seconds_left: f64,
    },
    /// An epoch is done.
    Epoch {
        /// Steps that are done.
        step: u64,
        /// Mean losses over the epoch.
        losses: Losses,
        /// Figures on the dev manifests.
        dev: Vec<DevFigures>,
        /// What early stopping looks at: mean SWDP AP, or the held-out loss turned negative.
        score: f64,
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
    /// The best held-out figure, and its step.
    pub best: Option<(f64, u64)>,
    /// Whether it stopped before the budget's end because nothing improved.
    pub early: bool,
    /// Whether the callback asked to stop.
    pub interrupted: bool,
    /// Rows and files that were left out.
    pub left_out: Vec<LeftOut>,
}

/// Trains a model and writes it to `config.out`. `progress` is called after every step; when it returns false, the run
/// saves its state and ends. Blocks until the end; uses rayon's pool for data and `config.threads` threads of LibTorch.
pub fn train(config: &TrainConfig, progress: &mut dyn FnMut(&Progress) -> bool) -> Result<TrainReport, TrainError> {
    session::run(config, progress)
}
