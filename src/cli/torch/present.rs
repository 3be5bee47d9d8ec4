//! The program that is linked to LibTorch.

use std::path::Path;

use anyhow::Result;

use crate::{
    encoder::{AutoEncoder, Device, EncoderError, SpeechEncoder, SpeechModel},
    sentence::{
        SentenceModel, TextEncoder,
        paragraph::{ParagraphEncoder, ParagraphModel},
    },
};

/// LibTorch is there.
#[expect(clippy::unnecessary_wraps, reason = "the program without LibTorch has one that fails")]
pub fn require() -> Result<()> {
    Ok(())
}

fn speech_encoder(path: Option<&Path>, device: Device) -> Result<SpeechEncoder, EncoderError> {
    match path {
        None => SpeechEncoder::shipped(device),
        Some(path) => SpeechEncoder::load(path, device),
    }
}

/// Loads the speech model in a file, or the built-in one, on a device.
pub fn speech(path: Option<&Path>, device: Device) -> Result<Box<dyn SpeechModel>> {
    Ok(Box::new(speech_encoder(path, device)?))
}

/// Loads a speech model with its decoder, the built-in one where no file is named.
pub fn auto_encoder(path: Option<&Path>, device: Device) -> Result<Box<dyn AutoEncoder>> {
    Ok(Box::new(speech_encoder(path, device)?))
}

/// Loads the model for sentences in a file, or the built-in one, on a device.
pub fn sentences(path: Option<&Path>, device: Device) -> Result<Box<dyn SentenceModel>> {
    Ok(match path {
        None => Box::new(TextEncoder::shipped(device)?),
        Some(path) => Box::new(TextEncoder::open(path, device)?),
    })
}

/// Loads the model for paragraphs in a file, on a device.
pub fn paragraphs(path: &Path, device: Device) -> Result<Box<dyn ParagraphModel>> {
    Ok(Box::new(ParagraphEncoder::open(path, device)?))
}
