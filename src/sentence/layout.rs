//! The names and shapes of a sentence network's tensors.

use super::config::SentenceConfig;
use crate::encoder::Cell;
use crate::encoder::layout::{Init, Slot, buffer, recurrent, weight};

/// Every tensor that a network of this configuration has for so many tokens, in a fixed order.
pub(crate) fn layout(config: &SentenceConfig, tokens: usize) -> Vec<Slot> {
    let mut slots = words(config.cell, tokens, config.token, config.width);
    let (tokens, meaning) = (tokens as i64, config.meaning);
    weight(&mut slots, "meaning.table".into(), &[tokens, meaning], Init::Normal(1.0 / (meaning as f64).sqrt()));
    // The logarithm of each token's weight in the mean.
    weight(&mut slots, "meaning.weight".into(), &[tokens], Init::Constant(0.0));
    if config.centred {
        buffer(&mut slots, "mean.order", &[config.width], Init::Constant(0.0));
        buffer(&mut slots, "mean.meaning", &[meaning], Init::Constant(0.0));
    }
    slots
}

/// The tensors of encoder and decoder of ids.
pub(super) fn words(cell: Cell, tokens: usize, token: i64, width: i64) -> Vec<Slot> {
    let mut slots = Vec::new();
    let tokens = tokens as i64;
    weight(&mut slots, "token.table".into(), &[tokens, token], Init::Normal(1.0 / (token as f64).sqrt()));
    recurrent(&mut slots, "encoder", cell, token, width);
    recurrent(&mut slots, "decoder", cell, token, width);
    weight(&mut slots, "output.weight".into(), &[token, width], Init::Constant(0.0));
    weight(&mut slots, "output.bias".into(), &[tokens], Init::Constant(0.0));
    slots
}
