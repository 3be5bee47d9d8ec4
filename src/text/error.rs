//! Why a text could not be read.

use std::{io, path::PathBuf};

use thiserror::Error;

/// Every message names the file, and the line where there is one.
#[derive(Debug, Error)]
pub enum TextError {
    /// The system let us not read it.
    #[error("{}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A folder that is named like a text.
    #[error("{}: is a folder, not a text", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// NUL in it, as programs have, and UTF-16 that does not say so.
    #[error("{}:{line}: holds a NUL byte, so it is no text; UTF-16 is read where it begins with a byte order mark", path.display())]
    Binary {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: u64,
    },
    /// Markdown cannot be understood piece by piece.
    #[error("{}: Markdown of more than {} MB is not read; split it, or name it .txt", path.display(), most / 1_000_000)]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes that are read.
        most: usize,
    },
    /// Named like subtitles, and holds text but no cue.
    #[error("{}: no cue of SubRip or WebVTT in it ('00:00:01,000 --> 00:00:02,000' and text below); name it .txt if it is plain text", path.display())]
    NoCues {
        /// The file.
        path: PathBuf,
    },
}
