//! A sentence model at rest: one safetensors file, configuration and merges in its metadata.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use audiosearch_index::Fingerprint;
use serde::{Deserialize, Serialize};

use super::config::SentenceConfig;
use super::error::SentenceError;
use super::layout::layout;
use super::tokens::Tokens;
use crate::encoder::checkpoint::{self, Header};
use crate::encoder::parameters::Parameters;
use crate::encoder::{EncoderError, Precision};

const KIND: &str = "sentence";
/// More merges than any model has; a hostile file must not fill the memory.
pub(super) const MOST_MERGES: usize = 200_000;

/// What the metadata hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shape {
    pub network: SentenceConfig,
    /// Pairs of ids, in the order in which they are merged.
    pub merges: Vec<(u32, u32)>,
}

/// What the metadata of a model say, and the tokens that they make.
fn head(bytes: &[u8], model: &str) -> Result<(Header<Shape>, Tokens), SentenceError> {
    let fault = |cause: String| EncoderError::Config { model: model.into(), cause };
    let header: Header<Shape> = checkpoint::header(bytes, model, KIND)?;
    header.config.network.check().map_err(fault)?;
    if header.config.merges.len() > MOST_MERGES {
        return Err(fault(format!("{} merges; {MOST_MERGES} is the most", header.config.merges.len())).into());
    }
    let tokens = Tokens::from_merges(&header.config.merges, model)?;
    Ok((header, tokens))
}

/// A model as plain numbers, for those who compute without LibTorch.
#[derive(Debug)]
pub(crate) struct Plain {
    pub config: SentenceConfig,
    pub tokens: Tokens,
    pub fingerprint: Fingerprint,
    /// Values by name, row-major.
    pub tensors: HashMap<String, Vec<f32>>,
}

impl Plain {
    /// Reads a model from memory, as strictly as [`Checkpoint::parse`] does.
    pub fn parse(bytes: &[u8], model: &str) -> Result<Plain, SentenceError> {
        let file = checkpoint::open(bytes, model)?;
        let (header, tokens) = head(bytes, model)?;
        let config = header.config.network.clone();
        let tensors = checkpoint::plain(&file, model, layout(&config, tokens.count()))?;
        let fingerprint = checkpoint::fingerprint(&header.config, &file);
        Ok(Plain { config, tokens, fingerprint, tensors })
    }
}

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
        let parameters = checkpoint::parameters(&file, model, layout(&header.config.network, tokens.count()))?;
        let fingerprint = checkpoint::fingerprint(&header.config, &file);
        Ok((Checkpoint { config: header.config.network, tokens, note: header.note, parameters }, fingerprint))
    }

    /// Configuration and merges.
    pub fn shape(&self) -> Shape {
        Shape { network: self.config.clone(), merges: self.tokens.merges().to_vec() }
    }

    /// Writes the model, whole or not at all.
    pub fn write(&self, path: &Path, precision: Precision) -> Result<(), SentenceError> {
        let tensors = self.parameters.iter().map(|(slot, tensor)| (slot.name.clone(), tensor));
        Ok(checkpoint::write_tensors(path, &self.shape(), &self.note, KIND, tensors, precision)?)
    }
}
