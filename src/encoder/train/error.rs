//! What can go wrong with training.

use std::path::PathBuf;

use super::super::error::EncoderError;

/// Why training did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A manifest lacks a column or has a row that cannot be read.
    #[error("{}:{line}: {cause}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What is wrong with it.
        cause: String,
    },
    /// None of the data could be used.
    #[error("{}: {cause}", path.display())]
    NoData {
        /// The manifest or folder.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// The data do not suffice for what was asked.
    #[error("{0}")]
    TooLittle(String),
    /// The settings contradict themselves.
    #[error("{0}")]
    Config(String),
    /// The state of another run lies beside the output.
    #[error("{}: belongs to a run with other settings or data; give the same settings, or start anew without --resume", path.display())]
    OtherRun {
        /// The state file.
        path: PathBuf,
    },
    /// The loss is no number any more.
    #[error("the loss became {loss} at step {step}; lower the learning rate or the clip")]
    Diverged {
        /// The loss.
        loss: f64,
        /// Where.
        step: u64,
    },
    /// Model or LibTorch.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
}

impl From<tch::TchError> for TrainError {
    fn from(error: tch::TchError) -> Self {
        TrainError::Encoder(error.into())
    }
}
