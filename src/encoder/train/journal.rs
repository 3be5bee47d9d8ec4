//! The log of a run: one CSV row an epoch.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::TrainError;

/// Appends rows to a CSV file; after a resume the rows that will be written again are taken out first.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
}

impl Journal {
    /// Opens the log with these columns, `step` the first; keeps rows up to step `from`.
    pub fn open(path: &Path, columns: &str, from: u64) -> Result<Journal, TrainError> {
        let journal = Journal { path: path.into() };
        let old = if from > 0 { fs::read_to_string(path).unwrap_or_default() } else { String::new() };
        let step = |line: &str| line.split(',').next().and_then(|s| s.parse::<u64>().ok());
        let kept = old.lines().filter(|line| step(line).is_some_and(|s| s <= from));
        let text = std::iter::once(columns).chain(kept).map(|line| format!("{line}\n")).collect::<String>();
        fs::write(path, text).map_err(|source| TrainError::Io { path: path.into(), source })?;
        Ok(journal)
    }

    pub fn row(&self, cells: &[String]) -> Result<(), TrainError> {
        let io = |source| TrainError::Io { path: self.path.clone(), source };
        let mut file = fs::OpenOptions::new().append(true).open(&self.path).map_err(io)?;
        writeln!(file, "{}", cells.join(",")).map_err(io)
    }
}
