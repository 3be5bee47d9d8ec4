//! Why a search failed.

use audiosearch_index::{EmbeddingError, IndexError};

use super::calibration::CalibrationError;
use crate::acoustic::FrameStoreError;

/// Why a search failed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The index cannot be read, or the query does not fit it.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The examples of a query have no middle.
    #[error("the examples cancel out: {0}; leave some out")]
    Middle(#[from] EmbeddingError),
    /// The calibration of the store, or the one that is built in, is of no use.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// The acoustic frames of a recording are missing or of no use.
    #[error("{cause}; to search without them: --no-rescore")]
    Frames {
        /// Names the file.
        cause: FrameStoreError,
    },
}

impl SearchError {
    /// Of the frame store.
    pub(super) fn frames(cause: FrameStoreError) -> Self {
        Self::Frames { cause }
    }
}
