//! Turns sentences into unit vectors from which they can be written again: tokens, the recurrent auto-encoder of text,
//! its checkpoint and its training.

mod batch;
mod checkpoint;
mod config;
mod decode;
mod error;
mod layout;
mod network;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod text;
mod tokens;
pub mod train;
mod walk;

use audiosearch_index::{Embedding, Fingerprint};

pub use config::{DecodeOptions, SentenceConfig, Shares};
pub use error::SentenceError;
pub use text::TextEncoder;
pub use tokens::Tokens;
pub use walk::between;

/// Something that makes embeddings of sentences.
pub trait SentenceEncoder: Send {
    /// Values in an embedding.
    fn dimension(&self) -> usize;

    /// Identity of model and tokens: embeddings of other fingerprints must not be compared.
    fn fingerprint(&self) -> Fingerprint;

    /// One embedding a sentence, in the order given. Any UTF-8 is a sentence, but one without a visible character is
    /// [`SentenceError::Blank`]. What else is in the call changes a vector by no more than rounding (1e-5).
    fn encode(&self, sentences: &[&str]) -> Result<Vec<Embedding>, SentenceError>;
}

/// A model that also writes sentences again.
pub trait SentenceModel: SentenceEncoder {
    /// Writes vectors out as sentences, one each, in the order given.
    fn decode(&self, vectors: &[Embedding], options: DecodeOptions) -> Result<Vec<String>, SentenceError>;

    /// The same as token ids, the end symbol left out.
    fn decode_ids(&self, vectors: &[Embedding], options: DecodeOptions) -> Result<Vec<Vec<i64>>, SentenceError>;

    /// What of a vector says the meaning, of unit length.
    fn meaning_part<'a>(&self, vector: &'a Embedding) -> Result<&'a [f32], SentenceError>;

    /// The tokens that it reads and writes.
    fn tokens(&self) -> &Tokens;

    /// The network's shape.
    fn config(&self) -> &SentenceConfig;

    /// The same encoder for another thread; weights are shared, not copied.
    fn another(&self) -> Result<Box<dyn SentenceEncoder>, SentenceError>;
}
