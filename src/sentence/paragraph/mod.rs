//! Paragraphs through one vector and back: the hierarchical auto-encoder of Li, Luong and Jurafsky (2015, "A hierarchical
//! neural autoencoder for paragraphs and documents"), and the flat one that it is measured against.
//!
//! The flat model reads a paragraph's tokens as one long sentence. The hierarchical one reads every sentence into a vector, and
//! these vectors into that of the paragraph; its decoder unrolls the paragraph's vector into states, one a sentence, and each of them
//! into tokens. A sentence of no token is the end symbol among sentences: it is read behind the last one, and where the
//! decoder writes it, the paragraph ends. With attention the decoder also looks at the vectors of the sentences that were read.

mod config;

#[cfg(feature = "torch")]
mod checkpoint;
#[cfg(feature = "torch")]
mod decode;
#[cfg(feature = "torch")]
mod layout;
#[cfg(feature = "torch")]
mod model;
#[cfg(feature = "torch")]
mod network;
#[cfg(all(test, feature = "torch"))]
mod tests;
#[cfg(feature = "torch")]
mod train;

pub use config::{Levels, ParagraphConfig};
#[cfg(feature = "torch")]
pub use model::ParagraphEncoder;
#[cfg(feature = "torch")]
pub use train::train;

use super::error::SentenceError;

/// Something that writes paragraphs again out of what it has read of them.
pub trait ParagraphModel {
    /// Reads paragraphs and writes each again, in the order given; `beam` beginnings of a sentence are followed at the same time,
    /// 1 is greedy.
    ///
    /// # Errors
    /// A paragraph without a visible character, which is [`SentenceError::Blank`].
    fn rewrite(&self, paragraphs: &[&str], beam: usize) -> Result<Vec<Rewritten>, SentenceError>;

    /// The network's shape.
    fn config(&self) -> &ParagraphConfig;

    /// Number of trained values, encoders and decoders together.
    fn parameter_count(&self) -> usize;
}

/// A paragraph that went through its vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    /// Its sentences as they were read, with one space between them; what is beyond the longest that is read is cut off.
    pub read: String,
    /// Sentences that were read.
    pub sentences: usize,
    /// What was written, with one space between sentences.
    pub written: String,
    /// Sentences that were written; a flat model tells none apart.
    pub sentences_written: Option<usize>,
}
