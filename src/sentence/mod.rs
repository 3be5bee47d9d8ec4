//! Turns sentences into unit vectors from which they can be written again: tokens, the recurrent auto-encoder of text,
//! its checkpoint and its training.
//!
//! As in [`encoder`](crate::encoder), what runs on LibTorch is there with the feature `torch` alone.

mod batch;
mod byte_pairs;
mod checkpoint;
mod config;
mod error;
mod layout;
pub mod paragraph;
pub(crate) mod tokens;
mod training;
mod walk;

#[cfg(feature = "torch")]
mod decode;
#[cfg(feature = "torch")]
mod network;
#[cfg(feature = "torch")]
mod padded;
#[cfg(feature = "torch")]
mod start;
#[cfg(feature = "torch")]
mod tensors;
#[cfg(feature = "torch")]
mod text;
#[cfg(feature = "torch")]
mod token_training;
#[cfg(feature = "torch")]
pub mod train;
#[cfg(feature = "torch")]
mod words;

#[cfg(all(test, feature = "torch"))]
pub(crate) mod testing;
#[cfg(all(test, feature = "torch"))]
mod tests;

use audiosearch_index::{Embedding, Fingerprint};

pub(crate) use batch::embedded;
pub(crate) use checkpoint::{Plain, SHIPPED, SHIPPED_NAME};
pub use config::{DecodeOptions, SentenceConfig, Shares};
pub use error::SentenceError;
#[cfg(feature = "torch")]
pub use text::TextEncoder;
pub use tokens::Tokens;
pub use training::{Noise, Objective, TextOptimiserConfig, TextTrainConfig};
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

/// A model as those need it who embed many sentences, or look at the parts of a vector.
pub trait SentenceReader: SentenceEncoder {
    /// The tokens that it reads.
    fn tokens(&self) -> &Tokens;

    /// The network's shape.
    fn config(&self) -> &SentenceConfig;

    /// The same encoder for another thread; weights are shared, not copied.
    fn another(&self) -> Result<Box<dyn SentenceEncoder>, SentenceError>;

    /// The meaning part of a vector, `meaning` values; its length is that part's share.
    ///
    /// # Errors
    /// A vector of another model.
    fn meaning_part<'a>(&self, vector: &'a Embedding) -> Result<&'a [f32], SentenceError> {
        let config = self.config();
        let (width, meaning) = (config.width as usize, config.meaning as usize);
        let other = || SentenceError::Dimension { found: vector.dimension(), expected: config.dimension() };
        match vector.dimension() == config.dimension() {
            true => vector.as_slice().get(width..width + meaning).ok_or_else(other),
            false => Err(other()),
        }
    }
}

/// A model that also writes sentences again.
pub trait SentenceModel: SentenceReader {
    /// Writes vectors out as sentences, one each, in the order given.
    fn decode(&self, vectors: &[Embedding], options: DecodeOptions) -> Result<Vec<String>, SentenceError>;

    /// The same as token ids, the end symbol left out.
    fn decode_ids(&self, vectors: &[Embedding], options: DecodeOptions) -> Result<Vec<Vec<i64>>, SentenceError>;
}
