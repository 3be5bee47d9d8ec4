//! The pass through convolutions and recurrent layers without LibTorch: log-mel frames in, an acoustic frame for every fourth of them out.

use std::{collections::HashMap, sync::Arc};

use safetensors::SafeTensors;

use super::{AcousticShape, NetworkError, REDUCTION, layer::tensor, shape::HALVING};
use crate::{
    encoder::{ConvConfig, EncoderError},
    inference::{Columns, Convolution, EDGE, Sequences, Stack, Weights, affine},
    kernels::Matrix,
};

/// Convolutions, recurrent layers and what makes acoustic frames of their states. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pass {
    bands: usize,
    dimension: usize,
    mean: Arc<[f32]>,
    std: Arc<[f32]>,
    convolutions: Arc<[Convolution]>,
    stack: Option<Arc<Stack>>,
    output: Arc<Matrix>,
}

impl Pass {
    /// From tensors by the names that `train acoustic` writes.
    ///
    /// # Errors
    /// Names the tensor that is missing or misshapen.
    pub fn new(file: &SafeTensors<'_>, shape: &AcousticShape) -> Result<Self, NetworkError> {
        let mut tensors = HashMap::new();
        for (name, expected) in shape.tensors() {
            let (found, values) = tensor(file, &name)?;
            if found != expected {
                return Err(NetworkError::Tensor { name, cause: format!("has the shape {found:?}, not {expected:?}") });
            }
            tensors.insert(usual_name(&name), values);
        }
        let weights = Weights::new(tensors);
        let built = || -> Result<Self, EncoderError> {
            let mut columns = Columns::plain(shape.bands);
            let mut convolutions = Vec::new();
            for (number, &channels) in shape.channels.iter().enumerate() {
                let config = ConvConfig { channels: channels as i64, stride: if number < HALVING { 2 } else { 1 } };
                let convolution = Convolution::new(&weights, number, &config, &columns)?;
                columns = convolution.output().clone();
                convolutions.push(convolution);
            }
            let stack = match shape.cell {
                Some(cell) => {
                    let stack = Stack::new(&weights, "recurrent", cell, shape.layers, shape.width, true, &columns)?;
                    columns = stack.columns().clone();
                    Some(Arc::new(stack))
                }
                None => None,
            };
            Ok(Self {
                bands: shape.bands,
                dimension: shape.dimension,
                mean: weights.get("input_mean")?.into(),
                std: weights.get("input_std")?.into(),
                convolutions: convolutions.into(),
                stack,
                output: Arc::new(affine(&weights, "o", &columns, shape.dimension)?),
            })
        };
        built().map_err(|cause| NetworkError::Damaged(cause.to_string()))
    }

    /// The same with products in fixed point.
    pub fn fixed_point(&self) -> Self {
        Self {
            convolutions: self.convolutions.iter().map(Convolution::fixed_point).collect(),
            stack: self.stack.as_ref().map(|stack| Arc::new(stack.fixed_point())),
            output: Arc::new(self.output.fixed_point()),
            ..self.clone()
        }
    }

    /// Values of an acoustic frame.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// One pass over stretches of log-mel frames, each `[frames, bands]`: of each its acoustic frames of unit length, row by row.
    pub fn vectors(&self, stretches: &[&[f32]]) -> Vec<Vec<f32>> {
        let frames = |at: usize| stretches[at].len() / self.bands;
        let mut order: Vec<usize> = (0..stretches.len()).collect();
        order.sort_by_key(|&at| std::cmp::Reverse(frames(at)));
        let lengths: Vec<usize> = order.iter().map(|&at| frames(at).div_ceil(REDUCTION)).collect();
        let sequences = Sequences::new(&lengths);
        let (mut here, mut there, mut input, mut width) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for (number, &at) in order.iter().enumerate() {
            let mut count = frames(at);
            self.standardise(stretches[at], &mut here);
            for convolution in self.convolutions.iter() {
                count = convolution.run(&here, count, &mut there);
                std::mem::swap(&mut here, &mut there);
            }
            width = here.len() / (count + 2 * EDGE);
            input.resize(sequences.rows() * width, 0.0);
            for (step, row) in here[EDGE * width..].chunks_exact(width).take(count).enumerate() {
                input[sequences.row(number, step) * width..][..width].copy_from_slice(row);
            }
        }
        let states = match &self.stack {
            Some(stack) => {
                width = stack.columns().width();
                stack.run(&sequences, input)
            }
            None => input,
        };
        let stride = self.output.stride();
        let mut values = vec![0.0; sequences.rows() * stride];
        if width > 0 {
            self.output.run(&states, width, sequences.rows(), &mut values);
        }
        let mut out = vec![Vec::new(); stretches.len()];
        for (number, (&at, &length)) in order.iter().zip(&lengths).enumerate() {
            for step in 0..length {
                let row = &values[sequences.row(number, step) * stride..][..self.dimension];
                let size = row.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-12);
                out[at].extend(row.iter().map(|value| value / size));
            }
        }
        out
    }

    /// Standardised frames between rows of zeros.
    fn standardise(&self, rows: &[f32], out: &mut Vec<f32>) {
        let bands = self.bands;
        out.clear();
        out.resize(rows.len() + 2 * EDGE * bands, 0.0);
        for (to, from) in out[EDGE * bands..].chunks_exact_mut(bands).zip(rows.chunks_exact(bands)) {
            for (((to, value), mean), std) in to.iter_mut().zip(from).zip(self.mean.iter()).zip(self.std.iter()) {
                *to = (value - mean) / std;
            }
        }
    }
}

/// The name that the rooms for convolutions and recurrent layers know a tensor by.
fn usual_name(name: &str) -> String {
    let (head, part) = name.split_once('.').unwrap_or((name, ""));
    let number = || head[1..].parse::<usize>().unwrap_or(1).saturating_sub(1);
    match (head.as_bytes().first(), part) {
        (Some(b'c'), _) => format!("convolution.{}.{part}", number()),
        (Some(b'b'), "running_mean") => format!("batch_norm.{}.mean", number()),
        (Some(b'b'), "running_var") => format!("batch_norm.{}.variance", number()),
        (Some(b'b'), _) => format!("batch_norm.{}.{part}", number()),
        (Some(b'g'), _) => {
            let (part, way) = match part.strip_suffix("_reverse") {
                Some(part) => (part, "backward"),
                None => (part, "forward"),
            };
            let (part, layer) = part.rsplit_once("_l").unwrap_or((part, "0"));
            let part = match part {
                "weight_ih" => "input",
                "weight_hh" => "hidden",
                "bias_ih" => "input_bias",
                _ => "hidden_bias",
            };
            format!("recurrent.{layer}.{way}.{part}")
        }
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tensors() {
        for (name, usual) in [
            ("c2.weight", "convolution.1.weight"),
            ("b1.running_var", "batch_norm.0.variance"),
            ("b1.bias", "batch_norm.0.bias"),
            ("g.weight_ih_l0", "recurrent.0.forward.input"),
            ("g.bias_hh_l1_reverse", "recurrent.1.backward.hidden_bias"),
            ("o.weight", "o.weight"),
            ("input_mean", "input_mean"),
        ] {
            assert_eq!(usual_name(name), usual);
        }
    }
}
