//! Trains the acoustic network: `audiosearch train acoustic`.
//!
//! It learns what far larger networks hear (targets made beforehand), which phone is heard, and to hear a crop as it hears it in its
//! surroundings, each objective with a weight of its own. Crops of a batch are of one length, so that nothing is padded, and what is
//! asked of a crop comes from the whole recording: a word cut out is to be heard as it is within its sentence.

mod corpus;
mod crop;
mod dev;
mod loss;
mod network;
mod phones;
mod session;
mod targets;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use dev::AcousticFigures;
pub use loss::AcousticLosses;

use super::{AcousticShape, AcousticTrainConfig};
use crate::encoder::{TrainError, train::LeftOut};

/// What a run tells while it goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum AcousticProgress {
    /// Data are in memory.
    Loaded {
        /// Recordings to train on.
        recordings: usize,
        /// Recordings to measure on.
        held_out: usize,
        /// Frames of 10 ms of both.
        frames: u64,
        /// Recordings that have targets of a teacher.
        taught: usize,
        /// Rows and files that were left out.
        left_out: usize,
        /// The network.
        shape: AcousticShape,
    },
    /// A run goes on from here.
    Resumed {
        /// Steps that are done.
        step: u64,
    },
    /// Figures of the weights that a run begins with.
    Began {
        /// On held-out recordings.
        figures: AcousticFigures,
    },
    /// A step is done.
    Step {
        /// Steps that are done.
        step: u64,
        /// Its losses.
        losses: AcousticLosses,
        /// Until the end of the budget.
        seconds_left: f64,
    },
    /// An epoch is done.
    Epoch {
        /// Steps that are done.
        step: u64,
        /// Mean losses over the epoch.
        losses: AcousticLosses,
        /// On held-out recordings.
        figures: AcousticFigures,
        /// Whether they are the best so far, and the network has been written.
        best: bool,
    },
}

/// What a run came to.
#[derive(Debug, Clone)]
pub struct AcousticReport {
    /// The network.
    pub out: PathBuf,
    /// Steps that were done, over all resumed runs.
    pub steps: u64,
    /// Time in training, over all resumed runs.
    pub seconds: f64,
    /// The best held-out score, and its step.
    pub best: Option<(f64, u64)>,
    /// Figures of the weights that it began with, where it began with any.
    pub before: Option<AcousticFigures>,
    /// Figures of what was written last.
    pub after: AcousticFigures,
    /// Whether the callback asked to stop.
    pub interrupted: bool,
    /// Rows and files that were left out.
    pub left_out: Vec<LeftOut>,
}

/// Trains a network and writes it to `config.out`. `progress` is called after every step; when it returns false, the run saves its state
/// and ends. Blocks until the end; uses rayon's pool for data and one thread of LibTorch.
///
/// # Errors
/// Where settings contradict themselves, data cannot be used, or the loss is no number any more.
pub fn train_acoustic(
    config: &AcousticTrainConfig,
    progress: &mut dyn FnMut(&AcousticProgress) -> bool,
) -> Result<AcousticReport, TrainError> {
    session::run(config, progress)
}
