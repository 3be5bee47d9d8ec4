//! Why an acoustic network cannot be used.

use std::{io, path::PathBuf};

/// Why the weights of the network cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// Not a safetensors file.
    #[error("the acoustic network is no whole safetensors file: {0}")]
    Damaged(String),
    /// A tensor is missing, or not as it should be.
    #[error("tensor {name} of the acoustic network {cause}")]
    Tensor {
        /// Which.
        name: String,
        /// What is wrong with it.
        cause: String,
    },
    /// A file cannot be read.
    #[error("{}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A file is no acoustic network that can be used.
    #[error("{}: {cause}; `audiosearch train acoustic` makes one, with directions of phones by --phones", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: Box<NetworkError>,
    },
}
