//! The speech network: filterbank frames in, one unit vector for each span out.

use tch::{Kind, TchError, Tensor};

use super::config::{EncoderConfig, Normalisation, Pooling};
use super::parameters::Parameters;
use super::recurrent::{Direction, Lengths, Mode, Stack};

const BATCH_NORM_EPS: f64 = 1e-5;
/// How far one training batch moves the running statistics.
const BATCH_NORM_MOMENTUM: f64 = 0.1;

/// A matrix and a bias.
#[derive(Debug)]
pub(crate) struct Linear {
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    pub fn new(parameters: &Parameters, name: &str) -> Result<Linear, TchError> {
        Ok(Linear {
            weight: parameters.get(&format!("{name}.weight"))?,
            bias: parameters.get(&format!("{name}.bias"))?,
        })
    }

    pub fn run(&self, input: &Tensor) -> Result<Tensor, TchError> {
        input.f_linear(&self.weight, Some(&self.bias))
    }
}

/// `input` [rows, dimension] with every row scaled to unit length.
pub(crate) fn unit(input: &Tensor) -> Result<Tensor, TchError> {
    let length = input.f_square()?.f_sum_dim_intlist(-1, true, Kind::Float)?.f_clamp_min(1e-24)?.f_sqrt()?;
    input.f_div(&length)
}

/// Convolution, batch normalisation, ReLU.
#[derive(Debug)]
struct Convolution {
    stride: i64,
    weight: Tensor,
    bias: Tensor,
    scale: Tensor,
    shift: Tensor,
    mean: Tensor,
    variance: Tensor,
}

impl Convolution {
    fn new(parameters: &Parameters, i: usize, stride: i64) -> Result<Convolution, TchError> {
        Ok(Convolution {
            stride,
            weight: parameters.get(&format!("convolution.{i}.weight"))?,
            bias: parameters.get(&format!("convolution.{i}.bias"))?,
            scale: parameters.get(&format!("batch_norm.{i}.weight"))?,
            shift: parameters.get(&format!("batch_norm.{i}.bias"))?,
            mean: parameters.get(&format!("batch_norm.{i}.mean"))?,
            variance: parameters.get(&format!("batch_norm.{i}.variance"))?,
        })
    }

    fn normalise(&self, input: &Tensor, train: bool) -> Result<Tensor, TchError> {
        input.f_batch_norm(
            Some(&self.scale),
            Some(&self.shift),
            Some(&self.mean),
            Some(&self.variance),
            train,
            BATCH_NORM_MOMENTUM,
            BATCH_NORM_EPS,
            true,
        )
    }

    /// [batch, time, size] to [batch, time / stride, channels]; padding comes out as zero.
    fn run(&self, input: &Tensor, lengths: &Lengths, train: bool) -> Result<(Tensor, Lengths), TchError> {
        let shorter = lengths.values().iter().map(|l| (l + self.stride - 1) / self.stride).collect();
        let lengths = Lengths::new(shorter, input)?;
        let output = input.f_transpose(1, 2)?.f_conv1d(&self.weight, Some(&self.bias), [self.stride], [2], [1], 1)?;
        let output = match (lengths.mask(), train) {
            (Some(mask), true) => {
                // Padding must not enter the batch's statistics: normalise the true frames alone.
                let (batch, channels, time) = output.size3()?;
                let rows = output.f_transpose(1, 2)?.f_reshape([batch * time, channels])?;
                let at = mask.f_reshape([batch * time])?.f_nonzero()?.f_squeeze_dim(1)?;
                let frames = self.normalise(&rows.f_index_select(0, &at)?, true)?.f_relu()?;
                rows.f_zeros_like()?.f_index_copy(0, &at, &frames)?.f_reshape([batch, time, channels])?
            }
            (mask, _) => {
                let output = self.normalise(&output, train)?.f_relu()?.f_transpose(1, 2)?;
                match mask {
                    Some(mask) => output.f_mul(&mask.f_unsqueeze(2)?)?,
                    None => output,
                }
            }
        };
        Ok((output, lengths))
    }
}

/// The encoder's network over shared weights.
#[derive(Debug)]
pub(crate) struct SpeechNetwork {
    mean: Tensor,
    std: Tensor,
    convolutions: Vec<Convolution>,
    stack: Stack,
    pooling: Pooling,
    bidirectional: bool,
    width: i64,
    attention: Option<Linear>,
    projection: Linear,
    normalisation: Option<(Tensor, Tensor)>,
    spelling_mean: Option<Tensor>,
}

impl SpeechNetwork {
    pub fn new(config: &EncoderConfig, parameters: &Parameters) -> Result<SpeechNetwork, TchError> {
        let convolutions = config.convolutions.iter().enumerate();
        Ok(SpeechNetwork {
            mean: parameters.get("input.mean")?,
            std: parameters.get("input.std")?,
            convolutions: convolutions
                .map(|(i, c)| Convolution::new(parameters, i, c.stride))
                .collect::<Result<_, _>>()?,
            stack: Stack::new(
                parameters,
                "recurrent",
                config.cell,
                config.layers,
                config.bidirectional,
                config.dropout,
            )?,
            pooling: config.pooling,
            bidirectional: config.bidirectional,
            width: config.width,
            attention: match config.pooling {
                Pooling::Attention => Some(Linear::new(parameters, "attention")?),
                _ => None,
            },
            projection: Linear::new(parameters, "projection")?,
            normalisation: match config.normalisation {
                Normalisation::None => None,
                _ => Some((parameters.get("normalisation.mean")?, parameters.get("normalisation.matrix")?)),
            },
            spelling_mean: match (config.normalisation, &config.spelling) {
                (Normalisation::None, _) | (_, None) => None,
                _ => Some(parameters.get("normalisation.spelling_mean")?),
            },
        })
    }

    /// Log-mel [batch, time, bands] with the statistics of training data taken out.
    pub fn standardise(&self, features: &Tensor) -> Result<Tensor, TchError> {
        features.f_sub(&self.mean)?.f_div(&self.std)
    }

    /// What the recurrent stack reads, [batch, reduced time, size], for log-mel frames [batch, time, bands].
    pub fn front(&self, features: &Tensor, lengths: Vec<i64>, train: bool) -> Result<(Tensor, Lengths), TchError> {
        let mut lengths = Lengths::new(lengths, features)?;
        let mut output = self.standardise(features)?;
        if let Some(mask) = lengths.mask() {
            output = output.f_mul(&mask.f_unsqueeze(2)?)?;
        }
        for convolution in &self.convolutions {
            (output, lengths) = convolution.run(&output, &lengths, train)?;
        }
        Ok((output.f_contiguous()?, lengths))
    }

    /// The first layer's forward direction.
    pub fn first_direction(&self) -> Option<&Direction> {
        self.stack.first()
    }

    /// States [batch, reduced time, state size] of log-mel frames [batch, time, bands], one pass over the whole stretch.
    pub fn states(&self, features: &Tensor, lengths: Vec<i64>, mode: Mode) -> Result<(Tensor, Lengths), TchError> {
        let (input, lengths) = self.front(features, lengths, mode != Mode::Inference)?;
        let states = self.stack.run(&input, &lengths, mode)?;
        Ok((states, lengths))
    }

    /// What the attention gives each state, [batch, time, 1]; none without attention.
    pub fn weights(&self, states: &Tensor) -> Result<Option<Tensor>, TchError> {
        self.attention.as_ref().map(|attention| attention.run(states)).transpose()
    }

    /// Pools one span a row, states `begin..end` of [batch, time, size], to [batch, pooled size].
    pub fn pool(&self, states: &Tensor, begin: &Tensor, end: &Tensor) -> Result<Tensor, TchError> {
        let (batch, time, size) = states.size3()?;
        if self.pooling == Pooling::Last {
            let at = |index: &Tensor, from: i64, width: i64| -> Result<Tensor, TchError> {
                let index = index.f_reshape([batch, 1, 1])?.f_expand([batch, 1, width], false)?;
                states.f_narrow(2, from, width)?.f_gather(1, &index, false)?.f_squeeze_dim(1)
            };
            let last = at(&end.f_sub_scalar(1)?, 0, self.width)?;
            return if self.bidirectional {
                Tensor::f_cat(&[last, at(begin, self.width, size - self.width)?], 1)
            } else {
                Ok(last)
            };
        }
        let now = Tensor::f_arange(time, (Kind::Int64, states.device()))?.f_unsqueeze(0)?;
        let inside = now.f_ge_tensor(&begin.f_unsqueeze(1)?)?.f_logical_and(&now.f_lt_tensor(&end.f_unsqueeze(1)?)?)?;
        let outside = inside.f_logical_not()?.f_unsqueeze(2)?;
        // Recurrent states lie in -1..1, so that -9 never wins.
        let largest = states.f_masked_fill(&outside, -9.0)?.f_amax([1], false)?;
        let mean = match self.weights(states)? {
            Some(weights) => {
                let weights = weights.f_masked_fill(&outside, f64::NEG_INFINITY)?.f_softmax(1, Kind::Float)?;
                states.f_mul(&weights)?.f_sum_dim_intlist(1, false, Kind::Float)?
            }
            None => {
                let count = end.f_sub(begin)?.f_to_kind(Kind::Float)?.f_unsqueeze(1)?;
                states.f_masked_fill(&outside, 0.0)?.f_sum_dim_intlist(1, false, Kind::Float)?.f_div(&count)?
            }
        };
        Tensor::f_cat(&[mean, largest], 1)
    }

    /// Pooled vectors [spans, pooled size] to unit vectors [spans, dimension], before the normalisation.
    pub fn project(&self, pooled: &Tensor) -> Result<Tensor, TchError> {
        unit(&self.projection.run(pooled)?)
    }

    /// The normalisation fitted after training, and unit length again.
    pub fn normalise(&self, vectors: &Tensor) -> Result<Tensor, TchError> {
        match &self.normalisation {
            None => Ok(vectors.shallow_clone()),
            Some((mean, matrix)) => unit(&vectors.f_sub(mean)?.f_matmul(matrix)?),
        }
    }

    /// The same for vectors of written words, which lie around a mean of their own.
    pub fn normalise_spelling(&self, vectors: &Tensor) -> Result<Tensor, TchError> {
        match (&self.normalisation, &self.spelling_mean) {
            (Some((_, matrix)), Some(mean)) => unit(&vectors.f_sub(mean)?.f_matmul(matrix)?),
            _ => Ok(vectors.shallow_clone()),
        }
    }

    /// Standardised frames back to log-mel.
    pub fn destandardise(&self, frames: &Tensor) -> Result<Tensor, TchError> {
        frames.f_mul(&self.std)?.f_add(&self.mean)
    }
}
