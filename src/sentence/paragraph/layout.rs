//! The tensors of a network of paragraphs, and how they begin.
//!
//! Both levels begin as the sentence network does (`sentence/start.rs`): as a memory that turns what it holds before it adds, and its
//! reader. Among sentences what is added is a sentence's whole vector s, so that the paragraph's is p = Σ Sⁱ sᵢ; the decoder of
//! tokens begins at p itself, the sentences beyond the first being noise to it, and the decoder of sentences goes on with
//! Sᵀ (p − s). Attention begins with weights that see in p the direction of the sentence that is next, and hands that on instead of p.

use tch::{Device, Kind, TchError, Tensor};

use super::super::layout::words;
use super::super::start::{begin_words, memory, orthogonal};
use super::config::{Levels, ParagraphConfig};
use crate::encoder::layout::{Init, Slot, recurrent, weight};
use crate::encoder::parameters::Parameters;

/// Factor on the likeness of a state and a sentence's direction before the softmax.
const SHARPNESS: f64 = 8.0;

/// Every tensor that a network of this configuration has for so many tokens, in a fixed order.
pub(crate) fn layout(config: &ParagraphConfig, tokens: usize) -> Vec<Slot> {
    let width = config.width;
    let mut slots = words(config.cell, tokens, config.token, width);
    if config.levels != Levels::Flat {
        recurrent(&mut slots, "sentence.encoder", config.cell, width, width);
        recurrent(&mut slots, "sentence.decoder", config.cell, width, width);
    }
    if config.levels == Levels::Attention {
        weight(&mut slots, "attention.query".into(), &[width, width], Init::Identity);
        weight(&mut slots, "attention.sharpness".into(), &[1], Init::Constant(SHARPNESS.ln()));
        weight(&mut slots, "attention.state".into(), &[width, width], Init::Constant(0.0));
        weight(&mut slots, "attention.context".into(), &[width, width], Init::Identity);
    }
    slots
}

/// Fresh tensors, a pure function of configuration, number of tokens and seed.
pub(crate) fn fresh(config: &ParagraphConfig, tokens: usize, seed: u64) -> Result<Parameters, TchError> {
    let parameters = Parameters::fresh(layout(config, tokens), seed, Device::Cpu)?;
    begin_words(&parameters, config.cell, config.token, config.width, seed)?;
    if config.levels != Levels::Flat {
        let rotation = orthogonal(config.width, config.width, &[seed, 3 << 32])?;
        let back = rotation.f_transpose(0, 1)?;
        let whole = Tensor::f_eye(config.width, (Kind::Float, Device::Cpu))?;
        memory(&parameters, "sentence.encoder", config.cell, &rotation, &whole, seed ^ 2)?;
        memory(&parameters, "sentence.decoder", config.cell, &back, &back.f_neg()?, seed ^ 3)?;
    }
    Ok(parameters)
}
