//! Where in its file a sentence stands, as people and programs read it.

use std::{fmt, path::Path};

use serde::Serialize;

use super::is_subtitle_path;

/// One end of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Position {
    /// A line, counted from 1.
    Line(u64),
    /// Seconds from the beginning.
    Seconds(f64),
}

impl Position {
    /// Beginning and end of a sentence of the file at `path`; `start` and `end` count lines from 0, in subtitles milliseconds.
    pub fn of(path: &Path, start: u64, end: u64) -> (Self, Self) {
        if is_subtitle_path(path) {
            let seconds = |place: u64| Self::Seconds(place as f64 / 1e3);
            (seconds(start), seconds(end))
        } else {
            (Self::Line(start.saturating_add(1)), Self::Line(end))
        }
    }

    /// The number alone.
    pub fn number(self) -> f64 {
        match self {
            Self::Line(line) => line as f64,
            Self::Seconds(seconds) => seconds,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(out, "{line}"),
            Self::Seconds(seconds) => write!(out, "{seconds:.2} s"),
        }
    }
}
