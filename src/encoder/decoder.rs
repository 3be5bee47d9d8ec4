//! The decoder: what a vector alone says about the frames it came from.

use tch::{Kind, TchError, Tensor};

use super::config::DecoderConfig;
use super::layout::POSITIONS;
use super::network::Linear;
use super::parameters::Parameters;
use super::recurrent::Direction;

/// Unrolled over the span with the embedding at every step and as its start state; it never sees a true frame, so that
/// everything must come through the vector.
#[derive(Debug)]
pub(crate) struct Decoder {
    start: Linear,
    recurrent: Direction,
    output: Linear,
}

impl Decoder {
    pub fn new(config: &DecoderConfig, parameters: &Parameters) -> Result<Decoder, TchError> {
        Ok(Decoder {
            start: Linear::new(parameters, "decoder.start")?,
            recurrent: Direction::new(parameters, "decoder.recurrent", config.cell)?,
            output: Linear::new(parameters, "decoder.output")?,
        })
    }

    /// Standardised log-mel [batch, longest, bands] at the reduced rate for vectors [batch, dimension].
    pub fn run(&self, vectors: &Tensor, lengths: &[i64]) -> Result<Tensor, TchError> {
        let longest = lengths.iter().copied().max().unwrap_or(0);
        let (batch, dimension) = vectors.size2()?;
        let options = (Kind::Float, vectors.device());
        let length = Tensor::f_from_slice(lengths)?.f_to_device(vectors.device())?.f_to_kind(Kind::Float)?;
        let step = Tensor::f_arange(longest, options)?.f_add_scalar(0.5)?.f_unsqueeze(0)?;
        let phase = step.f_div(&length.f_unsqueeze(1)?)?.f_mul_scalar(std::f64::consts::PI)?;
        let harmonics = (1..=POSITIONS).map(|k| phase.f_mul_scalar(k as f64)?.f_cos());
        let positions = Tensor::f_stack(&harmonics.collect::<Result<Vec<_>, _>>()?, 2)?;
        let vector = vectors.f_unsqueeze(1)?.f_expand([batch, longest, dimension], false)?;
        let start = self.start.run(vectors)?.f_tanh()?;
        let states = self.recurrent.run(&Tensor::f_cat(&[vector, positions], 2)?, Some(&start))?;
        self.output.run(&states)
    }
}
