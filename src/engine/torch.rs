//! Models computed by LibTorch: on an accelerator, and those that write sounds and sentences again.

use std::{num::NonZeroUsize, path::Path};

use super::ModelLoader;
use crate::{
    encoder::{AutoEncoder, Device, EncoderError, SpeechEncoder, SpeechModel},
    sentence::{
        SentenceError, SentenceModel, SentenceReader, TextEncoder,
        paragraph::{ParagraphEncoder, ParagraphModel},
    },
};

/// Loads models on a device of LibTorch; where no file is named, those that come with the program.
#[derive(Clone, Copy, Debug)]
pub struct LibTorch {
    /// Where they run.
    pub device: Device,
}

impl LibTorch {
    /// A speech model with its decoder.
    ///
    /// # Errors
    /// Where it cannot be loaded.
    pub fn auto_encoder(&self, path: Option<&Path>) -> Result<Box<dyn AutoEncoder>, EncoderError> {
        Ok(Box::new(self.speech_encoder(path)?))
    }

    /// A sentence model that also writes sentences.
    ///
    /// # Errors
    /// Where it cannot be loaded.
    pub fn sentence_model(&self, path: Option<&Path>) -> Result<Box<dyn SentenceModel>, SentenceError> {
        Ok(match path {
            None => Box::new(TextEncoder::shipped(self.device)?),
            Some(path) => Box::new(TextEncoder::open(path, self.device)?),
        })
    }

    /// A model of paragraphs.
    ///
    /// # Errors
    /// Where it cannot be loaded.
    pub fn paragraph_model(&self, path: &Path) -> Result<Box<dyn ParagraphModel>, SentenceError> {
        Ok(Box::new(ParagraphEncoder::open(path, self.device)?))
    }

    fn speech_encoder(&self, path: Option<&Path>) -> Result<SpeechEncoder, EncoderError> {
        match path {
            None => SpeechEncoder::shipped(self.device),
            Some(path) => SpeechEncoder::load(path, self.device),
        }
    }
}

impl ModelLoader for LibTorch {
    fn speech(&self, path: Option<&Path>) -> Result<Box<dyn SpeechModel>, EncoderError> {
        Ok(Box::new(self.speech_encoder(path)?))
    }

    fn sentences(&self, path: Option<&Path>) -> Result<Box<dyn SentenceReader>, SentenceError> {
        Ok(match path {
            None => Box::new(TextEncoder::shipped(self.device)?),
            Some(path) => Box::new(TextEncoder::open(path, self.device)?),
        })
    }

    fn encoders(&self, _: NonZeroUsize) -> usize {
        1
    }
}
