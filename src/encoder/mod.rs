//! Turns stretches of filterbank frames into unit vectors: the recurrent sequence auto-encoder, its checkpoint and its
//! training.
//!
//! The network here runs on LibTorch and is there with the feature `torch` alone, as is training. Without it there are
//! configuration, checkpoint and errors, for [`inference`](crate::inference), which encodes without LibTorch.

mod characters;
pub(crate) mod checkpoint;
mod config;
mod device;
mod error;
pub(crate) mod layout;
mod numbers;
mod pooling;
mod training;

#[cfg(feature = "torch")]
mod decoder;
#[cfg(feature = "torch")]
mod groups;
#[cfg(feature = "torch")]
pub(crate) mod network;
#[cfg(feature = "torch")]
pub(crate) mod parameters;
#[cfg(feature = "torch")]
pub(crate) mod random;
#[cfg(feature = "torch")]
pub(crate) mod recurrent;
#[cfg(any(feature = "torch", test))]
pub(crate) mod save;
#[cfg(feature = "torch")]
mod speech;
#[cfg(feature = "torch")]
mod spelling;
#[cfg(feature = "torch")]
pub(crate) mod tensors;
#[cfg(feature = "torch")]
pub mod train;

#[cfg(test)]
pub(crate) mod testing;

use std::ops::Range;

use audiosearch_index::{Embedding, Fingerprint};

pub(crate) use characters::character_numbers;
pub use checkpoint::{FORMAT, Precision};
pub(crate) use checkpoint::{Plain, SHIPPED};
pub use config::{Cell, ConvConfig, DecoderConfig, EncoderConfig, Normalisation, Pooling, SpellingConfig};
pub use device::Device;
#[cfg(feature = "torch")]
pub use device::single_threaded;
pub use error::EncoderError;
pub(crate) use numbers::{pair, triple};
pub(crate) use pooling::{pool, states_of};
#[cfg(feature = "torch")]
pub use speech::SpeechEncoder;
#[cfg(feature = "torch")]
pub use tensors::Checkpoint;
#[cfg(feature = "torch")]
pub use train::{TrainError, TrainReport, train};
pub use training::{
    AugmentConfig, BatchConfig, Budget, DataSource, Objective, OptimiserConfig, RunConfig, TrainConfig,
};

use crate::features::{FeatureConfig, Features};

/// A stretch of sound for one pass of the network, and the frame ranges to pool inside it.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'a> {
    /// Log-mel frames, 10 ms each.
    pub features: &'a Features,
    /// Ranges of frames, each non-empty and inside `features`; they may overlap.
    pub spans: &'a [Range<u32>],
}

impl Stretch<'_> {
    /// Whether a network that reads so many bands can encode it.
    ///
    /// # Errors
    /// Names what is wrong: another number of bands, a span that is empty or reaches too far, a value that is not finite.
    pub(crate) fn check(&self, bands: usize) -> Result<(), EncoderError> {
        let (frames, found) = (self.features.frames(), self.features.bands());
        if found != bands {
            return Err(EncoderError::Input(format!("features of {found} bands, where the model reads {bands}")));
        }
        for span in self.spans {
            if span.start >= span.end || span.end as usize > frames {
                return Err(EncoderError::Input(format!("frames {span:?} of a stretch of {frames}")));
            }
        }
        if self.features.data.iter().any(|v| !v.is_finite()) {
            return Err(EncoderError::Input("features that are not finite".into()));
        }
        Ok(())
    }
}

/// Something that makes embeddings of stretches.
pub trait Encoder: Send {
    /// Values in an embedding.
    fn dimension(&self) -> usize;

    /// Identity of model and features: embeddings of other fingerprints must not be compared.
    fn fingerprint(&self) -> Fingerprint;

    /// The features that [`encode`](Self::encode) wants.
    fn feature_config(&self) -> &FeatureConfig;

    /// One embedding a span, in the order given. The result of a stretch does not depend on what else is in the call
    /// beyond rounding (1e-5).
    fn encode(&self, stretches: &[Stretch<'_>]) -> Result<Vec<Vec<Embedding>>, EncoderError>;
}

/// An encoder that kept its decoder.
pub trait AutoEncoder: Encoder {
    /// Frames of 10 ms for one that the decoder writes.
    fn reduction(&self) -> usize;

    /// What the decoder makes of the vector of a clip, `[frames, bands]` as the clip has them. Length and mean level are not in the
    /// vector: they are the clip's.
    ///
    /// # Errors
    /// Where the model has no decoder, or features are not what it reads.
    fn reconstruct(&self, features: &Features) -> Result<Features, EncoderError>;
}

/// A model of speech, whatever computes it.
pub trait SpeechModel: Encoder {
    /// The place of a written word or phrase among the sounds.
    ///
    /// # Errors
    /// Where there is nothing written, or the model has no encoder of written words.
    fn encode_text(&self, text: &str) -> Result<Embedding, EncoderError>;

    /// The same encoder for another thread; weights are shared, not copied.
    ///
    /// # Errors
    /// Where the device refuses.
    fn another(&self) -> Result<Box<dyn Encoder>, EncoderError>;

    /// As [`another`](Self::another), for hours of sound: it may be a little less exact where that makes it faster.
    ///
    /// # Errors
    /// Where the device refuses.
    fn another_for_bulk(&self) -> Result<Box<dyn Encoder>, EncoderError> {
        self.another()
    }
}
