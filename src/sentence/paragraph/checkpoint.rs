//! A paragraph model at rest: one safetensors file, configuration and merges in its metadata.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::checkpoint::MOST_MERGES;
use super::super::error::SentenceError;
use super::super::tokens::Tokens;
use super::config::ParagraphConfig;
use super::layout::layout;
use crate::encoder::checkpoint::{self, Header};
use crate::encoder::parameters::Parameters;
use crate::encoder::tensors;
use crate::encoder::{EncoderError, Precision};

const KIND: &str = "paragraph";

/// What the metadata hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Shape {
    pub network: ParagraphConfig,
    /// Pairs of ids, in the order in which they are merged.
    pub merges: Vec<(u32, u32)>,
}

/// A model at rest.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    pub config: ParagraphConfig,
    pub tokens: Tokens,
    pub note: String,
    pub parameters: Parameters,
}

impl Checkpoint {
    /// Reads a model file. Tensors lie on the CPU as float32.
    pub fn read(path: &Path) -> Result<Checkpoint, SentenceError> {
        let bytes = fs::read(path).map_err(|source| EncoderError::Io { path: path.into(), source })?;
        let model = &path.display().to_string();
        let fault = |cause: String| EncoderError::Config { model: model.into(), cause };
        let file = checkpoint::open(&bytes, model)?;
        let header: Header<Shape> = checkpoint::header(&bytes, model, KIND)?;
        let Shape { network, merges } = header.config;
        network.check().map_err(fault)?;
        if merges.len() > MOST_MERGES {
            return Err(fault(format!("{} merges; {MOST_MERGES} is the most", merges.len())).into());
        }
        let tokens = Tokens::from_merges(&merges, model)?;
        let parameters = tensors::parameters(&file, model, layout(&network, tokens.count()))?;
        Ok(Checkpoint { config: network, tokens, note: header.note, parameters })
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
