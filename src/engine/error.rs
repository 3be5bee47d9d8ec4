//! Why a call failed.

use std::{error::Error as _, io, path::PathBuf};

use audiosearch_index::{Collection, EmbeddingError, IndexError};
use thiserror::Error;

use super::ManifestError;
use crate::{
    acoustic::NetworkError,
    annotation::AnnotationError,
    audio::AudioError,
    encoder::EncoderError,
    pipeline::{Ambiguous, ClipError},
    projection::ProjectionError,
    search::SearchError,
    sentence::SentenceError,
    text::TextError,
};

/// Why a call failed. Every message says what was wrong with which file, and where there is something to do, what.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// There is no store.
    #[error("{}: there is no store here; `audiosearch index FOLDER --store …` makes one", path.display())]
    NoStore {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// There is one already.
    #[error("{}: there is a store here already; open it, or name another folder", path.display())]
    StoreExists {
        /// Where.
        path: PathBuf,
    },
    /// The store has no such collection.
    #[error("no {collection} is indexed")]
    NoCollection {
        /// Which.
        collection: Collection,
        /// Names the store.
        #[source]
        cause: IndexError,
    },
    /// Nothing was indexed yet.
    #[error("{}: the store is empty; `audiosearch index FOLDER` fills it", path.display())]
    Empty {
        /// The store.
        path: PathBuf,
    },
    /// The store cannot be read or written, or was made with another model.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// Indexing broke off.
    #[error("stopped; what was reported until here is safe, and the next run goes on from there")]
    IndexStopped(#[source] IndexError),
    /// A file of annotations cannot be read.
    #[error(transparent)]
    Annotation(#[from] AnnotationError),
    /// A search failed.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// A path that is no file here and the end of several in the store.
    #[error(transparent)]
    Ambiguous(#[from] Ambiguous),
    /// A recording cannot be read.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// A clip that is asked for has no embedding.
    #[error(transparent)]
    Clip(#[from] ClipError),
    /// None of the examples of a query has an embedding.
    #[error("no example could be read")]
    NoExample {
        /// Why, one for each.
        causes: Vec<ClipError>,
    },
    /// There is nothing in what is to be embedded or looked for.
    #[error("{text:?}: nothing to look for; write a sentence")]
    Blank {
        /// As it was given.
        text: String,
    },
    /// A model that was asked for is not there.
    #[error("{}: no such model; name a file, or {shipped}", path.display())]
    NoModel {
        /// As it was given.
        path: PathBuf,
        /// The name of the one that comes with the program.
        shipped: &'static str,
    },
    /// The model that a store was made with is not there any more.
    #[error("{}: the model that {what} with is gone; {option} names it", path.display())]
    ModelGone {
        /// Where it was.
        path: PathBuf,
        /// What was made with it.
        what: &'static str,
        /// The option of the command line that names one.
        option: &'static str,
    },
    /// A speech model cannot be loaded or used.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// A sentence model cannot be loaded or used.
    #[error(transparent)]
    Sentence(#[from] SentenceError),
    /// The acoustic model cannot be loaded or used.
    #[error(transparent)]
    Acoustic(#[from] NetworkError),
    /// A text cannot be read.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A text without a sentence.
    #[error("{}: no sentence in it", path.display())]
    NoSentence {
        /// The file.
        path: PathBuf,
    },
    /// A list cannot be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Vectors that cancel out.
    #[error(transparent)]
    Embedding(#[from] EmbeddingError),
    /// Points cannot be placed.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// Options that do not go together, or name what is not there.
    #[error("{0}")]
    Request(String),
    /// The system refused.
    #[error("{}: {cause}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// The system's words.
        #[source]
        cause: io::Error,
    },
    /// The observer asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl EngineError {
    /// The error and what caused it, in one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(next) = cause {
            let more = next.to_string();
            if !text.contains(&more) {
                text = format!("{text}: {more}");
            }
            cause = next.source();
        }
        text
    }

    /// For `map_err`: the system refused something at `path`.
    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { path, cause }
    }
}
