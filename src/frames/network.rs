//! The network: log-mel frames in, a unit vector for every fourth of them out.

use std::sync::Arc;

use half::f16;
use safetensors::{Dtype, SafeTensors};

use super::{Heard, REDUCTION};
use crate::{
    features::{FeatureConfig, Features},
    kernels::Matrix,
};

const SHIPPED: &[u8] = include_bytes!("weights/frames.safetensors");

/// Why the weights of the network cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// Not a safetensors file.
    #[error("the frame network is no whole safetensors file: {0}; build the program again")]
    Damaged(String),
    /// A tensor is missing, or not as it should be.
    #[error("the frame network's tensor {name} {cause}; build the program again")]
    Tensor {
        /// Which.
        name: String,
        /// What is wrong with it.
        cause: String,
    },
}

/// A convolution over time; batch normalisation is folded into the weights.
#[derive(Debug, Clone)]
struct Layer {
    /// [taps × width of a row, outputs]
    matrix: Matrix,
    taps: usize,
    stride: usize,
}

impl Layer {
    /// Rows of zeros that it wants before the first and after the last one of its input.
    fn edge(&self) -> usize {
        self.taps / 2
    }

    /// `time` rows with edges → ⌈time / stride⌉ rows, with `edge` rows of zeros on either side.
    fn run(&self, input: &[f32], time: usize, edge: usize) -> (Vec<f32>, usize) {
        let (rows, width) = (time.div_ceil(self.stride), self.matrix.stride());
        let mut output = vec![0.0; (rows + 2 * edge) * width];
        // The window of a row is `taps` rows on end: it is read as it lies.
        let step = self.stride * self.matrix.inputs() / self.taps;
        self.matrix.run(input, step, rows, &mut output[edge * width..][..rows * width]);
        (output, rows)
    }
}

/// The frame network; cheap to share, and the same whatever the model of a store is.
#[derive(Debug, Clone)]
pub struct FrameNetwork {
    features: FeatureConfig,
    mean: Vec<f32>,
    std: Vec<f32>,
    /// Shared by clones.
    layers: Arc<[Layer]>,
    dimension: usize,
    /// First bytes of the weights' blake3: vectors of other weights are not compared.
    id: u64,
}

impl FrameNetwork {
    /// The network that is built into the program.
    ///
    /// # Errors
    /// Where the built-in weights are damaged, which a test rules out.
    pub fn shipped() -> Result<Self, NetworkError> {
        Self::parse(SHIPPED)
    }

    /// Reads weights: `input.mean`, `input.std` [bands]; `layer.N.weight` [outputs, inputs, taps] and `layer.N.bias`. The first two
    /// layers step over every other position.
    ///
    /// # Errors
    /// Names what is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, NetworkError> {
        let file = SafeTensors::deserialize(bytes).map_err(|cause| NetworkError::Damaged(cause.to_string()))?;
        let features = FeatureConfig::default();
        let vector = |name: &str, length: usize| {
            let (shape, values) = tensor(&file, name)?;
            if shape == [length] { Ok(values) } else { Err(misshapen(name, &shape)) }
        };
        let (mean, std) = (vector("input.mean", features.bands)?, vector("input.std", features.bands)?);
        let mut layers = Vec::new();
        // Values in a row, and its width with the zeros behind them.
        let (mut size, mut width) = (features.bands, features.bands);
        while file.names().contains(&format!("layer.{}.weight", layers.len()).as_str()) {
            let name = format!("layer.{}.weight", layers.len());
            let (shape, values) = tensor(&file, &name)?;
            let &[outputs, inputs, taps] = shape.as_slice() else { return Err(misshapen(&name, &shape)) };
            if inputs != size || taps % 2 == 0 || outputs == 0 {
                return Err(misshapen(&name, &shape));
            }
            let bias = vector(&format!("layer.{}.bias", layers.len()), outputs)?;
            let at = |place: usize, output: usize| match place % width {
                input if input < inputs => values[(output * inputs + input) * taps + place / width],
                _ => 0.0,
            };
            let matrix = Matrix::new(taps * width, outputs, at, |output| bias[output]);
            let stride = if layers.len() < 2 { 2 } else { 1 };
            (size, width) = (outputs, matrix.stride());
            layers.push(Layer { matrix, taps, stride });
        }
        if layers.len() < 2 {
            return Err(NetworkError::Tensor { name: "layer.1.weight".into(), cause: "is missing".into() });
        }
        let digest = blake3::hash(bytes);
        let id = digest.as_bytes()[..8].iter().fold(0, |id, byte| id << 8 | u64::from(*byte));
        Ok(Self { features, mean, std, layers: layers.into(), dimension: size, id })
    }

    /// The filterbank that it reads.
    pub fn features(&self) -> &FeatureConfig {
        &self.features
    }

    /// Values in a vector.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Tells its vectors from those of other weights.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// How many log-mel frames before and after its own a vector depends on, rounded up to whole steps.
    pub fn reach(&self) -> usize {
        let (mut step, mut reach) = (1, 0);
        for layer in self.layers.iter() {
            reach += layer.taps / 2 * step;
            step *= layer.stride;
        }
        reach.next_multiple_of(REDUCTION)
    }

    /// The vectors of a sound: of its frames 0, 4, 8 and so on.
    pub fn hear(&self, features: &Features) -> Heard {
        let bands = self.features.bands;
        if features.bands() != bands {
            return Heard::new(self.dimension);
        }
        let edge_of = |layer: Option<&Layer>| layer.map_or(0, Layer::edge);
        let edge = edge_of(self.layers.first());
        let mut time = features.frames();
        let mut states = vec![0.0; (time + 2 * edge) * bands];
        for (row, frame) in states[edge * bands..].chunks_exact_mut(bands).zip(features.data.chunks_exact(bands)) {
            for (((cell, value), mean), std) in row.iter_mut().zip(frame).zip(&self.mean).zip(&self.std) {
                *cell = (value - mean) / std;
            }
        }
        for (number, layer) in self.layers.iter().enumerate() {
            let next = self.layers.get(number + 1);
            (states, time) = layer.run(&states, time, edge_of(next));
            if next.is_some() {
                states.iter_mut().for_each(|value| *value = value.max(0.0));
            }
        }
        let width = states.len().checked_div(time).unwrap_or(1).max(1);
        let mut data = Vec::with_capacity(time * self.dimension);
        for row in states.chunks_exact(width).map(|row| &row[..self.dimension]) {
            let length = row.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
            data.extend(row.iter().map(|value| value / length));
        }
        Heard::from_values(self.dimension, data)
    }
}

fn misshapen(name: &str, shape: &[usize]) -> NetworkError {
    NetworkError::Tensor { name: name.into(), cause: format!("has the shape {shape:?}") }
}

/// Shape and values of a tensor of 16 or 32 bits.
fn tensor(file: &SafeTensors<'_>, name: &str) -> Result<(Vec<usize>, Vec<f32>), NetworkError> {
    let bad = |cause: &str| NetworkError::Tensor { name: name.into(), cause: cause.into() };
    let view = file.tensor(name).map_err(|_| bad("is missing"))?;
    let values: Vec<f32> = match view.dtype() {
        Dtype::F16 => view.data().as_chunks::<2>().0.iter().map(|&b| f16::from_le_bytes(b).to_f32()).collect(),
        Dtype::F32 => view.data().as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b)).collect(),
        _ => return Err(bad("is neither of 16 nor of 32 bits")),
    };
    if values.iter().any(|value| !value.is_finite()) {
        return Err(bad("holds values that are not finite"));
    }
    Ok((view.shape().to_vec(), values))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    pub fn noise(frames: usize) -> Features {
        let data = (0..frames * 40).map(|i| ((i * 7919 + i / 40 * 31) % 1009) as f32 / 100.0 - 12.0).collect();
        Features { bands: 40, data }
    }

    #[test]
    fn a_vector_a_step_of_unit_length() {
        let network = FrameNetwork::shipped().unwrap();
        for frames in [1, 4, 5, 100, 101] {
            let heard = network.hear(&noise(frames));
            assert_eq!(heard.len(), frames.div_ceil(REDUCTION));
            for at in 0..heard.len() {
                let length: f32 = heard.row(at).iter().map(|v| v * v).sum();
                assert!((length - 1.0).abs() < 1e-4);
            }
        }
        assert_eq!(network.hear(&Features::new(40)).len(), 0);
    }

    #[test]
    fn beyond_its_reach_nothing_matters() {
        let network = FrameNetwork::shipped().unwrap();
        let long = noise(200);
        let mut part = Features::new(40);
        part.extend_from_slice(long.rows(40..140));
        let (whole, cut) = (network.hear(&long), network.hear(&part));
        let skip = network.reach() / REDUCTION;
        for at in skip..cut.len() - skip {
            let apart = whole.row(at + 10).iter().zip(cut.row(at)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(apart < 1e-4, "{at}: {apart}");
        }
    }

    #[test]
    fn damaged_weights_are_refused() {
        assert!(matches!(FrameNetwork::parse(b"nothing"), Err(NetworkError::Damaged(_))));
        assert!(matches!(FrameNetwork::parse(&SHIPPED[..SHIPPED.len() / 2]), Err(NetworkError::Damaged(_))));
    }
}
