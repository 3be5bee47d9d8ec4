//! The names and shapes of a network's tensors, and those of the speech network.

use super::config::{Cell, EncoderConfig, Normalisation, Pooling};

/// Values that tell each step of the decoder where in the span it stands: cos(πku) for k = 1 to 4, u in 0..1.
pub(crate) const POSITIONS: i64 = 4;

/// How a tensor begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Init {
    /// Uniform in ±bound.
    Uniform(f64),
    /// Bell-shaped around zero with this deviation.
    Normal(f64),
    /// Every value the same.
    Constant(f64),
    /// The identity matrix.
    Identity,
}

/// Name, shape and beginning of one tensor, and whether gradients train it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Slot {
    pub name: String,
    pub shape: Vec<i64>,
    pub init: Init,
    pub trained: bool,
}

/// Every tensor that a speech network of this configuration has, in a fixed order.
pub(crate) fn layout(config: &EncoderConfig) -> Vec<Slot> {
    let mut slots = Vec::new();
    let bands = config.features.bands as i64;
    buffer(&mut slots, "input.mean", &[bands], Init::Constant(0.0));
    buffer(&mut slots, "input.std", &[bands], Init::Constant(1.0));
    let mut size = bands;
    for (i, convolution) in config.convolutions.iter().enumerate() {
        let bound = 1.0 / ((size * 5) as f64).sqrt();
        weight(&mut slots, format!("convolution.{i}.weight"), &[convolution.channels, size, 5], Init::Uniform(bound));
        weight(&mut slots, format!("convolution.{i}.bias"), &[convolution.channels], Init::Uniform(bound));
        size = convolution.channels;
        weight(&mut slots, format!("batch_norm.{i}.weight"), &[size], Init::Constant(1.0));
        weight(&mut slots, format!("batch_norm.{i}.bias"), &[size], Init::Constant(0.0));
        buffer(&mut slots, &format!("batch_norm.{i}.mean"), &[size], Init::Constant(0.0));
        buffer(&mut slots, &format!("batch_norm.{i}.variance"), &[size], Init::Constant(1.0));
    }
    for layer in 0..config.layers {
        let input = if layer == 0 { size } else { config.state_size() };
        recurrent(&mut slots, &format!("recurrent.{layer}.forward"), config.cell, input, config.width);
        if config.bidirectional {
            recurrent(&mut slots, &format!("recurrent.{layer}.backward"), config.cell, input, config.width);
        }
    }
    if config.pooling == Pooling::Attention {
        linear(&mut slots, "attention", config.state_size(), 1);
    }
    linear(&mut slots, "projection", config.pooled_size(), config.dimension);
    if let Some(decoder) = &config.decoder {
        linear(&mut slots, "decoder.start", config.dimension, decoder.width);
        let input = config.dimension + POSITIONS;
        recurrent(&mut slots, "decoder.recurrent", decoder.cell, input, decoder.width);
        linear(&mut slots, "decoder.output", decoder.width, bands);
    }
    if let Some(spelling) = &config.spelling {
        let characters = spelling.alphabet.chars().count() as i64 + 2;
        weight(
            &mut slots,
            "spelling.characters".into(),
            &[characters, spelling.character],
            // The deviation of the unit normal that nn.Embedding starts from, as a uniform.
            Init::Uniform(3f64.sqrt()),
        );
        for direction in ["forward", "backward"] {
            recurrent(&mut slots, &format!("spelling.{direction}"), Cell::Gru, spelling.character, spelling.width);
        }
        linear(&mut slots, "spelling.projection", 4 * spelling.width, config.dimension);
    }
    if config.normalisation != Normalisation::None {
        buffer(&mut slots, "normalisation.mean", &[config.dimension], Init::Constant(0.0));
        buffer(&mut slots, "normalisation.matrix", &[config.dimension, config.dimension], Init::Identity);
        if config.spelling.is_some() {
            buffer(&mut slots, "normalisation.spelling_mean", &[config.dimension], Init::Constant(0.0));
        }
    }
    slots
}

pub(crate) fn weight(slots: &mut Vec<Slot>, name: String, shape: &[i64], init: Init) {
    slots.push(Slot { name, shape: shape.to_vec(), init, trained: true });
}

pub(crate) fn buffer(slots: &mut Vec<Slot>, name: &str, shape: &[i64], init: Init) {
    slots.push(Slot { name: name.into(), shape: shape.to_vec(), init, trained: false });
}

fn linear(slots: &mut Vec<Slot>, name: &str, input: i64, output: i64) {
    let bound = 1.0 / (input as f64).sqrt();
    weight(slots, format!("{name}.weight"), &[output, input], Init::Uniform(bound));
    weight(slots, format!("{name}.bias"), &[output], Init::Uniform(bound));
}

pub(crate) fn recurrent(slots: &mut Vec<Slot>, name: &str, cell: Cell, input: i64, width: i64) {
    let bound = 1.0 / (width as f64).sqrt();
    let rows = cell.gates() * width;
    weight(slots, format!("{name}.input"), &[rows, input], Init::Uniform(bound));
    weight(slots, format!("{name}.hidden"), &[rows, width], Init::Uniform(bound));
    weight(slots, format!("{name}.input_bias"), &[rows], Init::Uniform(bound));
    weight(slots, format!("{name}.hidden_bias"), &[rows], Init::Uniform(bound));
}
