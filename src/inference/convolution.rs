//! Convolutions over time whose windows are read where they lie.

use super::affine::Columns;
use super::weights::Weights;
use crate::encoder::{ConvConfig, EncoderError};
use crate::kernels::Matrix;

const TAPS: usize = 5;
/// Frames of silence on either side.
pub const EDGE: usize = TAPS / 2;
const BATCH_NORM_EPS: f32 = 1e-5;

/// Kernel 5, batch normalisation folded into the weights, ReLU.
#[derive(Debug)]
pub struct Convolution {
    stride: usize,
    matrix: Matrix,
    output: Columns,
}

impl Convolution {
    /// Number `i` of a checkpoint, which reads rows of `input`.
    pub fn new(weights: &Weights, i: usize, config: &ConvConfig, input: &Columns) -> Result<Convolution, EncoderError> {
        let weight = weights.get(&format!("convolution.{i}.weight"))?;
        let bias = weights.get(&format!("convolution.{i}.bias"))?;
        let norm = |part: &str| weights.get(&format!("batch_norm.{i}.{part}"));
        let (scale, shift, mean, variance) = (norm("weight")?, norm("bias")?, norm("mean")?, norm("variance")?);
        let factor = |output: usize| scale[output] / (variance[output] + BATCH_NORM_EPS).sqrt();
        let (inputs, width, channels) = (input.values(), input.width(), config.channels as usize);
        let at = |place: usize, output: usize| {
            let value = input.at(place % width);
            value.map_or(0.0, |value| weight[(output * inputs + value) * TAPS + place / width] * factor(output))
        };
        let bias = |output: usize| (bias[output] - mean[output]) * factor(output) + shift[output];
        let matrix = Matrix::new(TAPS * width, channels, at, bias);
        let output = Columns::wide(channels, matrix.stride());
        Ok(Convolution { stride: config.stride as usize, matrix, output })
    }

    /// The same with products in fixed point.
    pub fn fixed_point(&self) -> Convolution {
        Convolution { matrix: self.matrix.fixed_point(), stride: self.stride, output: self.output.clone() }
    }

    /// What a row of its output holds.
    pub fn output(&self) -> &Columns {
        &self.output
    }

    /// `frames` rows with [`EDGE`] rows of zeros on either side → ⌈frames / stride⌉ rows with the same edges, in `output`.
    pub fn run(&self, input: &[f32], frames: usize, output: &mut Vec<f32>) -> usize {
        let (width, rows) = (self.output.width(), frames.div_ceil(self.stride));
        output.clear();
        output.resize((rows + 2 * EDGE) * width, 0.0);
        let inner = &mut output[EDGE * width..][..rows * width];
        // A window is five rows on end: it is an input row of the product as it lies.
        self.matrix.run(input, self.stride * self.matrix.inputs() / TAPS, rows, inner);
        inner.iter_mut().for_each(|value| *value = value.max(0.0));
        rows
    }
}
