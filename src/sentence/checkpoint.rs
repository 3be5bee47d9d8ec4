//! A sentence model at rest: one safetensors file, configuration and merges in its metadata.

use std::collections::HashMap;

use audiosearch_index::Fingerprint;
use serde::{Deserialize, Serialize};

use super::config::SentenceConfig;
use super::error::SentenceError;
use super::layout::layout;
use super::tokens::Tokens;
use crate::encoder::EncoderError;
use crate::encoder::checkpoint::{self, Header};

pub(super) const KIND: &str = "sentence";

/// The built-in model and its name.
pub(crate) const SHIPPED: &[u8] = include_bytes!("weights/text.safetensors");
pub(crate) const SHIPPED_NAME: &str = "text";

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
pub(super) fn head(bytes: &[u8], model: &str) -> Result<(Header<Shape>, Tokens), SentenceError> {
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
    /// Reads a model from memory, checked for names, shapes and finite values.
    pub fn parse(bytes: &[u8], model: &str) -> Result<Plain, SentenceError> {
        let file = checkpoint::open(bytes, model)?;
        let (header, tokens) = head(bytes, model)?;
        let config = header.config.network.clone();
        let tensors = checkpoint::plain(&file, model, layout(&config, tokens.count()))?;
        let fingerprint = checkpoint::fingerprint(&header.config, &file);
        Ok(Plain { config, tokens, fingerprint, tensors })
    }
}
