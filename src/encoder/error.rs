//! What can go wrong with a model and with encoding.

use std::path::PathBuf;

/// Why a model could not be loaded, saved or run.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// The model file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no safetensors file, or was cut.
    #[error("{model}: not a whole model file ({cause}); copy or train it again")]
    Damaged {
        /// The file, or the name of the built-in model.
        model: String,
        /// What the reader met.
        cause: String,
    },
    /// A safetensors file that holds something else.
    #[error("{model}: a safetensors file, but not a model of audiosearch: {cause}")]
    Foreign {
        /// The file.
        model: String,
        /// What is missing.
        cause: String,
    },
    /// Written by another version.
    #[error(
        "{model}: model format {found}, but this program reads format {supported}; use the program that wrote it, or train again"
    )]
    Version {
        /// The file.
        model: String,
        /// Format of the file.
        found: u32,
        /// Format of this program.
        supported: u32,
    },
    /// A tensor is missing, superfluous, or of another shape, or holds NaN or infinity.
    #[error("{model}: tensor {tensor}: {cause}; the file does not fit its own configuration")]
    Tensor {
        /// The file.
        model: String,
        /// The tensor.
        tensor: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The configuration asks for something that cannot be.
    #[error("{model}: {cause}")]
    Config {
        /// The file.
        model: String,
        /// The value and its bounds.
        cause: String,
    },
    /// The caller handed over what no network can encode.
    #[error("nothing to encode: {0}")]
    Input(String),
    /// The model has no such part.
    #[error("this model has no {0}; train one that does (train audio --objective)")]
    Missing(&'static str),
    /// The device asked for is not there.
    #[error("device {0} is not available; use --device cpu")]
    Device(String),
    /// What came out is no embedding: not finite, or zero.
    #[error("the network gave no vector: {0}")]
    NoVector(#[from] audiosearch_index::EmbeddingError),
    /// LibTorch refused.
    #[error("LibTorch: {0}")]
    Torch(String),
}

#[cfg(feature = "torch")]
impl From<tch::TchError> for EncoderError {
    fn from(error: tch::TchError) -> Self {
        // A C++ backtrace follows the first line and helps no user.
        let text = error.to_string();
        EncoderError::Torch(text.lines().next().unwrap_or_default().to_string())
    }
}
