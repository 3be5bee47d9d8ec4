//! The network: token ids in, one unit vector out, and token ids out of that vector again.

use tch::{Device, Kind, TchError, Tensor};

use super::batch::Padded;
use super::config::SentenceConfig;
use super::tokens::PAD;
use crate::encoder::parameters::Parameters;
use crate::encoder::recurrent::{Direction, Memory};

/// Where a mean of nothing but unknown directions has no length.
const TINY: f64 = 1e-12;

/// `input` [rows, values] as unit vectors, and the lengths [rows, 1] that they had.
pub(crate) fn unit(input: &Tensor) -> Result<(Tensor, Tensor), TchError> {
    let square = input.f_square()?.f_sum_dim_intlist(-1, true, Kind::Float)?;
    let length = square.f_clamp_min(TINY * TINY)?.f_sqrt()?;
    Ok((input.f_div(&length)?, length))
}

/// Encoder and decoder over shared weights.
#[derive(Debug)]
pub(crate) struct Network {
    config: SentenceConfig,
    pub device: Device,
    table: Tensor,
    encoder: Direction,
    decoder: Direction,
    output: Tensor,
    bias: Tensor,
    meaning: Tensor,
    weight: Tensor,
    means: Option<(Tensor, Tensor)>,
}

impl Network {
    pub fn new(config: &SentenceConfig, parameters: &Parameters) -> Result<Network, TchError> {
        let table = parameters.get("token.table")?;
        Ok(Network {
            config: config.clone(),
            device: table.device(),
            table,
            encoder: Direction::new(parameters, "encoder", config.cell)?,
            decoder: Direction::new(parameters, "decoder", config.cell)?,
            output: parameters.get("output.weight")?,
            bias: parameters.get("output.bias")?,
            meaning: parameters.get("meaning.table")?,
            weight: parameters.get("meaning.weight")?,
            means: match config.centred {
                true => Some((parameters.get("mean.order")?, parameters.get("mean.meaning")?)),
                false => None,
            },
        })
    }

    /// Token vectors [rows, longest, token] of ids [rows, longest]; zeros for padding.
    pub fn embed(&self, ids: &Tensor) -> Result<Tensor, TchError> {
        Tensor::f_embedding(&self.table, ids, PAD, false, false)
    }

    /// The order state [rows, width] of sentences, one slice of ids each: the encoder's last state, no longer and no
    /// shorter than the angle can tell.
    pub fn order(&self, rows: &[&[i64]]) -> Result<Tensor, TchError> {
        let padded = Padded::backward(rows, self.device)?;
        let states = self.encoder.run(&self.embed(&padded.ids)?, None)?;
        let (count, _, width) = states.size3()?;
        let last: Vec<i64> = padded.lengths.iter().map(|length| length - 1).collect();
        let last = Tensor::f_from_slice(&last)?.f_to_device(self.device)?.f_reshape([count, 1, 1])?;
        let state = states.f_gather(1, &last.f_expand([count, 1, width], false)?, false)?.f_squeeze_dim(1)?;
        let (direction, length) = unit(&state)?;
        let (low, high) = self.config.lengths;
        direction.f_mul(&length.f_clamp(low.exp(), high.exp())?)
    }

    /// The meaning part [rows, meaning], unit length: the weighted mean of the tokens' vectors of meaning.
    pub fn meaning(&self, rows: &[&[i64]]) -> Result<Tensor, TchError> {
        let padded = Padded::new(rows, self.device)?;
        let vectors = Tensor::f_embedding(&self.meaning, &padded.ids, PAD, false, false)?;
        let weights = self.weight.f_index_select(0, &padded.ids.f_flatten(0, -1)?)?.f_exp()?;
        let weights = weights.f_reshape(padded.ids.size())?.f_mul(&padded.mask()?)?;
        let sum = vectors.f_mul(&weights.f_unsqueeze(2)?)?.f_sum_dim_intlist(1, false, Kind::Float)?;
        Ok(unit(&sum)?.0)
    }

    /// Embeddings [rows, dimension] of order states and meaning parts.
    pub fn vector(&self, order: &Tensor, meaning: &Tensor) -> Result<Tensor, TchError> {
        let (mut direction, length) = unit(order)?;
        let mut meaning = meaning.shallow_clone();
        if let Some((order_mean, meaning_mean)) = &self.means {
            direction = unit(&direction.f_sub(order_mean)?)?.0;
            meaning = unit(&meaning.f_sub(meaning_mean)?)?.0;
        }
        let (low, high) = self.config.lengths;
        let angle = length.f_log()?.f_sub_scalar(low)?.f_mul_scalar(std::f64::consts::FRAC_PI_2 / (high - low))?;
        let angle = angle.f_clamp(0.0, std::f64::consts::FRAC_PI_2)?;
        let [order, sense, size] = self.config.shares.factors();
        let parts = [
            direction.f_mul_scalar(order)?,
            meaning.f_mul_scalar(sense)?,
            angle.f_cos()?.f_mul_scalar(size)?,
            angle.f_sin()?.f_mul_scalar(size)?,
        ];
        Tensor::f_cat(&parts, 1)
    }

    /// The order states [rows, width] that embeddings [rows, dimension] stand for: what [`vector`](Self::vector) was
    /// given, or the nearest thing to it where a vector lies between sentences.
    pub fn restore(&self, vectors: &Tensor) -> Result<Tensor, TchError> {
        let (width, meaning) = (self.config.width, self.config.meaning);
        let mut direction = unit(&vectors.f_narrow(1, 0, width)?)?.0;
        if let Some((mean, _)) = &self.means {
            // The unit vector u with u − mean along d: u = mean + t d, |u| = 1, t > 0.
            let along = direction.f_mv(mean)?.f_unsqueeze(1)?;
            let rest = mean.f_dot(mean)?.f_neg()?.f_add_scalar(1.0)?;
            let reach = along.f_square()?.f_add(&rest)?.f_clamp_min(0.0)?.f_sqrt()?.f_sub(&along)?;
            direction = unit(&direction.f_mul(&reach)?.f_add(mean)?)?.0;
        }
        let cosine = vectors.f_narrow(1, width + meaning, 1)?;
        let sine = vectors.f_narrow(1, width + meaning + 1, 1)?;
        let angle = sine.f_atan2(&cosine)?.f_clamp(0.0, std::f64::consts::FRAC_PI_2)?;
        let (low, high) = self.config.lengths;
        let length = angle.f_mul_scalar((high - low) / std::f64::consts::FRAC_PI_2)?.f_add_scalar(low)?.f_exp()?;
        direction.f_mul(&length)
    }

    /// What the decoder remembers before it has written anything.
    pub fn begin(&self, order: &Tensor) -> Result<Memory, TchError> {
        self.decoder.begin(order)
    }

    /// What it remembers after it has written these ids [rows].
    pub fn advance(&self, ids: &Tensor, memory: &Memory) -> Result<Memory, TchError> {
        self.decoder.step(&self.embed(ids)?, memory)
    }

    /// Decoder states [rows, longest + 1, width] before each token and before the end, having been told the true tokens
    /// before it (teacher forcing).
    pub fn taught(&self, order: &Tensor, told: &Padded) -> Result<Tensor, TchError> {
        let states = self.decoder.run(&self.embed(&told.ids)?, Some(order))?;
        Tensor::f_cat(&[order.f_unsqueeze(1)?, states], 1)
    }

    /// Logits [rows, tokens] of what comes next after states [rows, width].
    pub fn logits(&self, states: &Tensor) -> Result<Tensor, TchError> {
        let reading = states.f_linear(&self.output, None::<&Tensor>)?;
        reading.f_linear(&self.table, Some(&self.bias))
    }
}
