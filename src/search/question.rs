//! What is asked for.

use audiosearch_index::Embedding;

use crate::{
    frames::Heard,
    pipeline::{Embedded, EmbeddedClip},
};

/// A question to the recordings, as the encoder and the frame network understand it.
#[derive(Debug, Clone)]
pub enum Question {
    /// How something sounds.
    Sound {
        /// Its spans in order of time: one, or the windows of a long clip.
        spans: Vec<Embedded>,
        /// Its vectors from moment to moment; without them nothing can be laid along a recording.
        heard: Option<Heard>,
    },
    /// A written word or phrase.
    Word(Embedding),
}

impl From<EmbeddedClip> for Question {
    fn from(clip: EmbeddedClip) -> Self {
        Self::Sound { spans: clip.spans, heard: clip.heard }
    }
}
