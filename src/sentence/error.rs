//! What can go wrong with sentences and their model.

use crate::encoder::EncoderError;

/// Why sentences could not be encoded or decoded, or a model not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum SentenceError {
    /// A sentence of white space alone, or of nothing, has no vector.
    #[error("sentence {number} is blank; leave it out")]
    Blank {
        /// Which of the sentences that were handed over, from 1.
        number: usize,
    },
    /// The vector comes from another model.
    #[error("a vector of {found} values, where the model makes {expected}; decode with the model that encoded")]
    Dimension {
        /// Values of the vector.
        found: usize,
        /// Values of the model's vectors.
        expected: usize,
    },
    /// The tokens of a model or of a corpus are not usable.
    #[error("{model}: tokens: {cause}")]
    Tokens {
        /// The file, or what was trained on.
        model: String,
        /// What is wrong with them.
        cause: String,
    },
    /// The model file, the device or LibTorch.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
}

#[cfg(feature = "torch")]
impl From<tch::TchError> for SentenceError {
    fn from(error: tch::TchError) -> Self {
        SentenceError::Encoder(error.into())
    }
}
