//! A sentence model's tensors in LibTorch, and their way from a file and into one.

use std::fs;
use std::path::Path;

use audiosearch_index::Fingerprint;

use super::checkpoint::{KIND, Shape, head};
use super::config::SentenceConfig;
use super::error::SentenceError;
use super::layout::layout;
use super::tokens::Tokens;
use crate::encoder::checkpoint;
use crate::encoder::parameters::Parameters;
use crate::encoder::tensors;
use crate::encoder::{EncoderError, Precision};

/// A model at rest.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    pub config: SentenceConfig,
    pub tokens: Tokens,
    pub note: String,
    pub parameters: Parameters,
}

impl Checkpoint {
    /// Reads a model file.
    pub fn read(path: &Path) -> Result<(Checkpoint, Fingerprint), SentenceError> {
        let bytes = fs::read(path).map_err(|source| EncoderError::Io { path: path.into(), source })?;
        Checkpoint::parse(&bytes, &path.display().to_string())
    }

    /// Reads a model from memory; `model` names it in errors. Tensors lie on the CPU as float32.
    pub fn parse(bytes: &[u8], model: &str) -> Result<(Checkpoint, Fingerprint), SentenceError> {
        let file = checkpoint::open(bytes, model)?;
        let (header, tokens) = head(bytes, model)?;
        let parameters = tensors::parameters(&file, model, layout(&header.config.network, tokens.count()))?;
        let fingerprint = checkpoint::fingerprint(&header.config, &file);
        Ok((Checkpoint { config: header.config.network, tokens, note: header.note, parameters }, fingerprint))
    }

    /// Configuration and merges.
    pub fn shape(&self) -> Shape {
        Shape { network: self.config.clone(), merges: self.tokens.merges().to_vec() }
    }

    /// Writes the model, whole or not at all.
    pub fn write(&self, path: &Path, precision: Precision) -> Result<(), SentenceError> {
        let named = self.parameters.iter().map(|(slot, tensor)| (slot.name.clone(), tensor));
        Ok(tensors::write_tensors(path, &self.shape(), &self.note, KIND, named, precision)?)
    }
}
