//! The acoustic network on LibTorch.

use std::{collections::HashMap, fs, path::Path};

use safetensors::SafeTensors;
use tch::{Kind, TchError, Tensor};

use super::super::AcousticShape;
use crate::encoder::{
    Cell, EncoderError, Precision, TrainError, checkpoint,
    layout::{Init, Slot},
    parameters::Parameters,
    tensors,
};

const BATCH_NORM_EPS: f64 = 1e-5;
/// How far one training batch moves the running statistics.
const BATCH_NORM_MOMENTUM: f64 = 0.1;
/// What a file of weights calls itself.
pub const KIND: &str = "acoustic";

/// Every tensor of a network of this shape, and how it begins.
pub(super) fn layout(shape: &AcousticShape) -> Vec<Slot> {
    let slots = shape.tensors().into_iter().map(|(name, size)| {
        let fan_in: usize = size.iter().skip(1).product();
        let bound = |inputs: usize| Init::Uniform(1.0 / (inputs.max(1) as f64).sqrt());
        let (init, trained) = match name.as_str() {
            "input_mean" => (Init::Constant(0.0), false),
            "input_std" => (Init::Constant(1.0), false),
            name if name.ends_with("running_mean") => (Init::Constant(0.0), false),
            name if name.ends_with("running_var") => (Init::Constant(1.0), false),
            name if name.starts_with('b') && name.ends_with(".weight") => (Init::Constant(1.0), true),
            name if name.starts_with('b') => (Init::Constant(0.0), true),
            name if name.starts_with("g.") => (bound(shape.width), true),
            "d.weight" => (Init::Normal(0.1), true),
            _ if fan_in > 1 => (bound(fan_in), true),
            _ => (bound(shape.states()), true),
        };
        Slot { name, shape: size.into_iter().map(|size| size as i64).collect(), init, trained }
    });
    slots.collect()
}

/// Weights in a file, with the shape that they show.
pub(super) struct Stored {
    pub shape: AcousticShape,
    bytes: Vec<u8>,
    name: String,
}

impl Stored {
    /// Reads a file that this program, or PyTorch by the same names, has written.
    ///
    /// # Errors
    /// Where it cannot be read or is no acoustic network; the file and the tensor are named.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let bytes = fs::read(path).map_err(|source| EncoderError::Io { path: path.into(), source })?;
        Self::parse(bytes, path.display().to_string())
    }

    /// Takes what was read already; `name` stands in errors.
    ///
    /// # Errors
    /// Where it is no acoustic network.
    pub fn parse(bytes: Vec<u8>, name: String) -> Result<Self, TrainError> {
        let file = checkpoint::open(&bytes, &name)?;
        let tensors: HashMap<String, Vec<usize>> =
            file.iter().map(|(name, view)| (name.to_owned(), view.shape().to_vec())).collect();
        let shape = AcousticShape::of(&tensors).map_err(|(tensor, cause)| EncoderError::Tensor {
            model: name.clone(),
            tensor,
            cause,
        })?;
        Ok(Self { shape, bytes, name })
    }

    /// Writes its values over those of a network whose tensors of the same names and shapes take them; others stay as they are.
    ///
    /// # Errors
    /// Where a value is not finite.
    pub fn fill(&self, parameters: &Parameters) -> Result<(), TrainError> {
        let file: SafeTensors<'_> = checkpoint::open(&self.bytes, &self.name)?;
        for (slot, _) in parameters.iter() {
            let fits = file
                .tensor(&slot.name)
                .is_ok_and(|view| view.shape().iter().map(|&size| size as i64).collect::<Vec<_>>() == slot.shape);
            if fits {
                parameters.assign(&slot.name, &tensors::tensor(&file, &self.name, "", slot)?)?;
            }
        }
        Ok(())
    }
}

/// Writes a network, whole or not at all.
///
/// # Errors
/// Where the file cannot be written.
pub(super) fn write(
    path: &Path,
    shape: &AcousticShape,
    note: &str,
    parameters: &Parameters,
    precision: Precision,
) -> Result<(), TrainError> {
    let tensors = parameters.iter().map(|(slot, tensor)| (slot.name.clone(), tensor));
    Ok(tensors::write_tensors(path, shape, note, KIND, tensors, precision)?)
}

#[derive(Debug)]
struct Convolution {
    stride: i64,
    weight: Tensor,
    bias: Tensor,
    norm: [Tensor; 4],
}

/// The network over shared weights.
#[derive(Debug)]
pub(super) struct Network {
    mean: Tensor,
    std: Tensor,
    convolutions: Vec<Convolution>,
    recurrent: Option<(Cell, i64, i64, Vec<Tensor>)>,
    output: [Tensor; 2],
    phones: [Tensor; 2],
    directions: Option<Tensor>,
}

/// What a pass gives, `[rows, steps, …]`.
#[derive(Debug)]
pub(super) struct Passed {
    /// States of the last recurrent layer.
    states: Tensor,
    /// Acoustic frames before they are made of unit length.
    pub output: Tensor,
}

impl Network {
    pub fn new(shape: &AcousticShape, parameters: &Parameters) -> Result<Self, TchError> {
        let get = |name: &str| parameters.get(name);
        let pair = |name: &str| Ok::<_, TchError>([get(&format!("{name}.weight"))?, get(&format!("{name}.bias"))?]);
        let convolutions = (1..=shape.channels.len()).map(|number| {
            let [weight, bias] = pair(&format!("c{number}"))?;
            let norm = |part: &str| get(&format!("b{number}.{part}"));
            let norm = [norm("weight")?, norm("bias")?, norm("running_mean")?, norm("running_var")?];
            let stride = if number <= super::super::shape::HALVING { 2 } else { 1 };
            Ok(Convolution { stride, weight, bias, norm })
        });
        let convolutions = convolutions.collect::<Result<_, TchError>>()?;
        let recurrent = match shape.cell {
            Some(cell) => {
                let mut weights = Vec::new();
                for layer in 0..shape.layers {
                    for way in ["", "_reverse"] {
                        for part in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"] {
                            weights.push(get(&format!("g.{part}_l{layer}{way}"))?);
                        }
                    }
                }
                Some((cell, shape.layers as i64, shape.width as i64, weights))
            }
            None => None,
        };
        Ok(Self {
            mean: get("input_mean")?,
            std: get("input_std")?,
            convolutions,
            recurrent,
            output: pair("o")?,
            phones: pair("p")?,
            directions: if shape.classes > 0 { Some(get("d.weight")?) } else { None },
        })
    }

    /// Log-mel `[rows, frames, bands]`, all rows of one length, through the whole network. `train` normalises by the batch's own statistics.
    pub fn run(&self, input: &Tensor, train: bool) -> Result<Passed, TchError> {
        let mut now = input.f_sub(&self.mean)?.f_div(&self.std)?.f_transpose(1, 2)?;
        for Convolution { stride, weight, bias, norm: [scale, shift, mean, variance] } in &self.convolutions {
            now = now.f_conv1d(weight, Some(bias), [*stride], [2], [1], 1)?;
            let (scale, shift, mean, variance) = (Some(scale), Some(shift), Some(mean), Some(variance));
            now = now
                .f_batch_norm(scale, shift, mean, variance, train, BATCH_NORM_MOMENTUM, BATCH_NORM_EPS, true)?
                .f_relu()?;
        }
        let mut states = now.f_transpose(1, 2)?;
        if let Some((cell, layers, width, weights)) = &self.recurrent {
            let zeros = Tensor::f_zeros([2 * layers, states.size()[0], *width], (states.kind(), states.device()))?;
            states = match cell {
                Cell::Lstm => {
                    states.f_lstm(&[zeros.shallow_clone(), zeros], weights, true, *layers, 0.0, false, true, true)?.0
                }
                Cell::Gru | Cell::Rnn => states.f_gru(&zeros, weights, true, *layers, 0.0, false, true, true)?.0,
            };
        }
        let output = states.f_linear(&self.output[0], Some(&self.output[1]))?;
        Ok(Passed { states, output })
    }

    /// Log probabilities of the phone head, `[rows, steps, phones]`.
    pub fn phones(&self, passed: &Passed) -> Result<Tensor, TchError> {
        passed.states.f_linear(&self.phones[0], Some(&self.phones[1]))?.f_log_softmax(-1, Kind::Float)
    }

    /// Log probabilities of the classes by acoustic frames of unit length; none where the network has no directions.
    pub fn classes(&self, frames: &Tensor) -> Result<Option<Tensor>, TchError> {
        let odds = |directions: &Tensor| frames.f_linear(directions, None::<Tensor>)?.f_log_softmax(-1, Kind::Float);
        self.directions.as_ref().map(odds).transpose()
    }
}
