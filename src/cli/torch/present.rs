//! The program that is linked to LibTorch.

use std::{path::Path, sync::Arc};

use anyhow::Result;

use crate::engine::{AutoEncoder, Device, LibTorch, ModelLoader, ParagraphModel, SentenceModel};

/// LibTorch is there.
pub fn require() -> Result<()> {
    Ok(())
}

/// What loads the models that embed, on a device.
pub fn loader(device: Device) -> Result<Arc<dyn ModelLoader>> {
    Ok(Arc::new(LibTorch { device }))
}

/// Loads a speech model with its decoder, the built-in one where no file is named.
pub fn auto_encoder(path: Option<&Path>, device: Device) -> Result<Box<dyn AutoEncoder>> {
    Ok(LibTorch { device }.auto_encoder(path)?)
}

/// Loads the model for sentences in a file, or the built-in one, on a device.
pub fn sentences(path: Option<&Path>, device: Device) -> Result<Box<dyn SentenceModel>> {
    Ok(LibTorch { device }.sentence_model(path)?)
}

/// Loads the model for paragraphs in a file, on a device.
pub fn paragraphs(path: &Path, device: Device) -> Result<Box<dyn ParagraphModel>> {
    Ok(LibTorch { device }.paragraph_model(path)?)
}
