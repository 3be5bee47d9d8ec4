//! Why a list could not be used.

use std::{io, path::PathBuf};

use thiserror::Error;

/// Why a manifest could not be used. Every message names the file, and the line where there is one.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// The file itself could not be read.
    #[error("{}: cannot read the list: {cause}", path.display())]
    Read {
        /// The manifest.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Nothing in it.
    #[error("{}: the list is empty", path.display())]
    Empty {
        /// The manifest.
        path: PathBuf,
    },
    /// A row with no path.
    #[error("{}:{line}: no path in this row", path.display())]
    NoPath {
        /// The manifest.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// `start` or `end` is no number of seconds.
    #[error("{}:{line}: {column} is '{value}': write seconds, as 12.40, or leave it empty", path.display())]
    Seconds {
        /// The manifest.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// `start` or `end`.
        column: &'static str,
        /// As written.
        value: String,
    },
    /// The end is not after the start.
    #[error("{}:{line}: the end ({end} s) is not after the start ({start} s)", path.display())]
    Order {
        /// The manifest.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Seconds.
        start: f64,
        /// Seconds.
        end: f64,
    },
    /// A row has more fields than there are columns, which tells that a separator is part of a value.
    #[error("{}:{line}: {fields} fields under {columns} columns separated by commas; a number with a decimal comma must be quoted", path.display())]
    Fields {
        /// The manifest.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// In the row.
        fields: usize,
        /// In the header.
        columns: usize,
    },
    /// The first line names columns, but none that holds paths.
    #[error("{}:{line}: looks like a header, but no column is called path, file or Begin Path; there are {found}", path.display())]
    Header {
        /// The manifest.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The columns.
        found: String,
    },
    /// Labels or selections of one recording, which the file does not name.
    #[error("{}: {what} name no recording, and none lies beside the list under its name; call it as the recording, or add a column path", path.display())]
    NoRecording {
        /// The manifest.
        path: PathBuf,
        /// What the list is.
        what: &'static str,
    },
    /// Something else.
    #[error("{}:{line}: {what}; a list is a line a path, or columns separated by tabs, commas or semicolons with path, start, end in the first line", path.display())]
    NoList {
        /// The manifest.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What it is.
        what: &'static str,
    },
    /// A column that this command needs is missing.
    #[error("{}: no column '{column}' in the header", path.display())]
    Column {
        /// The manifest.
        path: PathBuf,
        /// What is missing.
        column: &'static str,
    },
}
