//! What was left out or coped with.

use std::path::PathBuf;

use thiserror::Error;

use super::{EngineError, ManifestError};
use crate::{
    annotation::AnnotationError,
    pipeline::{ClipError, WalkError},
};

/// Something that was left out or coped with while the work went on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Problem {
    /// A path that cannot be looked into.
    #[error(transparent)]
    Path(#[from] WalkError),
    /// Texts that no model could be loaded for.
    #[error("{} left out: {}", count(*texts, "text"), cause.chain())]
    TextsLeftOut {
        /// How many.
        texts: usize,
        /// Why.
        cause: Box<EngineError>,
    },
    /// A clip without an embedding.
    #[error(transparent)]
    Clip(#[from] ClipError),
    /// A clip of silence, which nothing can sound like.
    #[error("{cause}: nothing to look for")]
    Silent {
        /// Names the clip.
        cause: ClipError,
    },
    /// A clip whose recording ends early; what there is of it is used.
    #[error("{message}")]
    Truncated {
        /// Names the clip.
        message: String,
    },
    /// A text that cannot be embedded.
    #[error(transparent)]
    Text(#[from] crate::text::TextError),
    /// A text file that is named and not there.
    #[error("{}: no such file", path.display())]
    NoFile {
        /// As it was given.
        path: PathBuf,
    },
    /// A text with bytes that are no UTF-8.
    #[error("{}:{line}: bytes that are no UTF-8", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The first such line, counted from 1.
        line: u64,
    },
    /// Rows of a list of labels that name no file of the store.
    #[error("{}: {} of no file in the store", list.display(), count(*rows, "row"))]
    UnknownFiles {
        /// The list.
        list: PathBuf,
        /// How many rows.
        rows: usize,
    },
    /// A folder that files are gone from and that is empty, as that of a drive that is not there: they stay in the store.
    #[error("{}: is empty, as the folder of a drive that is not there; {} below it kept, `audiosearch remove` removes them", folder.display(), count(*files, "file"))]
    EmptyFolder {
        /// The folder.
        folder: PathBuf,
        /// How many files.
        files: usize,
    },
    /// Rows of a list of labels that have none.
    #[error("{}: {} without a label", list.display(), count(*rows, "row"))]
    NoLabel {
        /// The list.
        list: PathBuf,
        /// How many rows.
        rows: usize,
    },
    /// A list of scored pairs that is too short to be measured.
    #[error("{}: fewer than two scored pairs; left out", path.display())]
    FewPairs {
        /// The list.
        path: PathBuf,
    },
    /// A list that cannot be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file of annotations that cannot be read.
    #[error(transparent)]
    Annotation(#[from] AnnotationError),
    /// An annotation that cannot be stored as a label.
    #[error("{}: {place}: {reason}", file.display())]
    LabelSkipped {
        /// The file.
        file: PathBuf,
        /// Where in it: `line 3`.
        place: String,
        /// Why.
        reason: String,
    },
    /// Annotations of a recording that is not in the store, or not clearly one.
    #[error("{}: {} of {}, {}", file.display(), count(*labels, "label"), recording.display(), unclear(*several))]
    UnknownRecording {
        /// The file.
        file: PathBuf,
        /// What it calls the recording.
        recording: PathBuf,
        /// How many recordings of the store are called so.
        several: usize,
        /// How many annotations.
        labels: usize,
    },
}

/// Why a name does not tell a recording.
fn unclear(several: usize) -> String {
    match several {
        0 => "which is not in the store".to_owned(),
        several => format!("and {several} recordings of the store are called so"),
    }
}

impl Problem {
    /// What is wrong with the clips of a query, where that is why it cannot be asked.
    ///
    /// # Errors
    /// The error itself, where it is of another kind.
    pub fn of_clips(cause: EngineError) -> Result<Vec<Self>, EngineError> {
        match cause {
            EngineError::Clip(cause) => Ok(vec![Self::of_clip(cause)]),
            EngineError::NoExample { causes } => Ok(causes.into_iter().map(Self::of_clip).collect()),
            other => Err(other),
        }
    }

    /// Silence is no error: there is nothing that could be found.
    pub(super) fn of_clip(cause: ClipError) -> Self {
        match cause {
            cause @ ClipError::Silent { .. } => Self::Silent { cause },
            cause => Self::Clip(cause),
        }
    }

    /// Whether something that was asked for was not done; else it was only odd.
    pub fn is_error(&self) -> bool {
        !matches!(
            self,
            Self::Silent { .. }
                | Self::NotUtf8 { .. }
                | Self::EmptyFolder { .. }
                | Self::UnknownFiles { .. }
                | Self::NoLabel { .. }
                | Self::FewPairs { .. }
        )
    }
}

/// Something that an engine met outside of any work that is observed, and coped with.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Notice {
    /// What is searched was missing or damaged, and is made anew from the store.
    #[error("{cause}: building the frozen index again")]
    Rebuilding {
        /// What is wrong with it.
        cause: audiosearch_index::IndexError,
    },
    /// Another process writes to the store.
    #[error("{}: another process writes to the store; this is what was there before it began", store.display())]
    Busy {
        /// The store.
        store: PathBuf,
    },
    /// Nothing was found for a clip that is longer than recordings of the store.
    #[error("the clip ({seconds:.1} s) is longer than {}; try a part of it: --from, --to", count(*recordings, "recording"))]
    LongQuery {
        /// How long it is.
        seconds: f64,
        /// How many recordings are shorter.
        recordings: usize,
    },
    /// A condition asks for what recorders wrote into files that cannot be read.
    #[error("{} cannot be read for --where, and so left out: {}: {cause}", count(*recordings, "recording"), path.display())]
    NoTags {
        /// How many.
        recordings: usize,
        /// The first of them.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
}

/// `1 file`, `2 files`.
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
