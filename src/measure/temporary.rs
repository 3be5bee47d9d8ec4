//! A store for one run.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
};

/// A folder among temporary files that is removed when this is dropped.
#[derive(Debug)]
pub struct Temporary(PathBuf);

impl Temporary {
    /// Named after what it serves; it is not made.
    pub fn new(what: &str) -> Self {
        Self(std::env::temp_dir().join(format!("audiosearch-{what}-{}", process::id())))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // A leftover in the folder for temporary files harms nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}
