//! Why a map could not be written.

use std::{
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// Why a map could not be written. Every message names the file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The system refused.
    #[error("{}: cannot be written: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The format shows places, and there are none.
    #[error("{}: this format needs a projection", path.display())]
    NoLayout {
        /// The file.
        path: PathBuf,
    },
}

impl ExportError {
    /// For `map_err`.
    pub(super) fn write<E: Into<io::Error>>(path: &Path) -> impl FnOnce(E) -> Self {
        let path = path.to_owned();
        move |cause| Self::Write { path, cause: cause.into() }
    }
}
