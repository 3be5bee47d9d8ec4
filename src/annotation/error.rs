//! What can be wrong with annotations and their files.

use std::{io, path::PathBuf};

use thiserror::Error;

/// Why something is no annotation.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum InvalidAnnotation {
    /// Not `0 <= start <= end`.
    #[error("from {start} s to {end} s is no stretch of time")]
    Times {
        /// Seconds.
        start: f64,
        /// Seconds.
        end: f64,
    },
    /// Nothing but space.
    #[error("no label")]
    NoLabel,
    /// Not a finite number.
    #[error("the score is {value}, which is not a number")]
    Score {
        /// As given.
        value: f32,
    },
    /// No probability.
    #[error("the confidence is {value}, and not from 0 to 1")]
    Confidence {
        /// As given.
        value: f32,
    },
    /// Channel 0.
    #[error("channel 0: channels are counted from 1")]
    Channel,
    /// No known origin.
    #[error("the origin is '{value}': it is imported, user or model")]
    Origin {
        /// As given.
        value: String,
    },
    /// A column that must hold a value does not.
    #[error("no {column}")]
    Missing {
        /// Its name.
        column: &'static str,
    },
    /// A column holds something else than it should.
    #[error("{column} is '{value}', {expected}")]
    Column {
        /// Its name.
        column: &'static str,
        /// As written.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
}

/// Why a file of annotations could not be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AnnotationError {
    /// The system refused to read.
    #[error("{}: cannot read: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The system refused to write.
    #[error("{}: cannot write: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// A file that would be lost.
    #[error("{}: this file is there already; remove it or choose another folder", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// One file, many recordings.
    #[error("{}: a {format} file holds the annotations of one recording and these are of {recordings}; name a folder", path.display())]
    OneRecording {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: &'static str,
        /// How many there are.
        recordings: usize,
    },
    /// The name tells no format.
    #[error("{}: no format of annotations; files end in {known}", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// What names end in.
        known: String,
    },
    /// The content is not of this format.
    #[error("{}: {cause}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        #[source]
        cause: Malformed,
    },
}

/// What is wrong with the content of a file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no {format} file: {what}")]
pub struct Malformed {
    /// What it should be.
    pub format: &'static str,
    /// What is wrong, and where.
    pub what: String,
}
