//! The network of sentences: token ids in, one unit vector out, and the state that the sentence is written from again.

use tch::{Kind, TchError, Tensor};

use super::config::SentenceConfig;
use super::padded::Padded;
use super::tokens::PAD;
use super::words::Words;
use crate::encoder::parameters::Parameters;

/// Where a mean of nothing but unknown directions has no length.
const TINY: f64 = 1e-12;

/// `input` [rows, values] as unit vectors, and the lengths [rows, 1] that they had.
pub(crate) fn unit(input: &Tensor) -> Result<(Tensor, Tensor), TchError> {
    let square = input.f_square()?.f_sum_dim_intlist(-1, true, Kind::Float)?;
    let length = square.f_clamp_min(TINY * TINY)?.f_sqrt()?;
    Ok((input.f_div(&length)?, length))
}

/// Encoder and decoder over shared weights, and the table of meaning.
#[derive(Debug)]
pub(crate) struct Network {
    config: SentenceConfig,
    pub words: Words,
    meaning: Tensor,
    weight: Tensor,
    means: Option<(Tensor, Tensor)>,
}

impl Network {
    pub fn new(config: &SentenceConfig, parameters: &Parameters) -> Result<Network, TchError> {
        Ok(Network {
            config: config.clone(),
            words: Words::new(parameters, config.cell)?,
            meaning: parameters.get("meaning.table")?,
            weight: parameters.get("meaning.weight")?,
            means: match config.centred {
                true => Some((parameters.get("mean.order")?, parameters.get("mean.meaning")?)),
                false => None,
            },
        })
    }

    /// The order state [rows, width] of sentences, one slice of ids each: the encoder's last state, no longer and no
    /// shorter than the angle can tell.
    pub fn order(&self, rows: &[&[i64]]) -> Result<Tensor, TchError> {
        let state = self.words.read(rows)?;
        let (direction, length) = unit(&state)?;
        let (low, high) = self.config.lengths;
        direction.f_mul(&length.f_clamp(low.exp(), high.exp())?)
    }

    /// The meaning part [rows, meaning], unit length: the weighted mean of the tokens' vectors of meaning.
    pub fn meaning(&self, rows: &[&[i64]]) -> Result<Tensor, TchError> {
        let padded = Padded::new(rows, self.words.device)?;
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
}
