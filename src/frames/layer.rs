//! A convolution over time, and where its weights come from.

use half::f16;
use ndarray::{Array1, Array2, ArrayView2, Axis};
use safetensors::{Dtype, SafeTensors};

use super::NetworkError;

/// A convolution over time; batch normalisation is folded into the weights.
#[derive(Debug, Clone)]
pub struct Layer {
    /// [taps × inputs, outputs]
    weight: Array2<f32>,
    bias: Array1<f32>,
    taps: usize,
    stride: usize,
}

impl Layer {
    /// `layer.N.weight` [outputs, inputs, taps] and `layer.N.bias` [outputs] of a file; `None` where it has no such layer.
    ///
    /// # Errors
    /// Where it does not take `inputs` values or has an even number of taps.
    pub fn read(
        file: &SafeTensors<'_>,
        number: usize,
        inputs: usize,
        stride: usize,
    ) -> Result<Option<Self>, NetworkError> {
        let name = format!("layer.{number}.weight");
        if !file.names().contains(&name.as_str()) {
            return Ok(None);
        }
        let (shape, values) = tensor(file, &name)?;
        let &[outputs, size, taps] = shape.as_slice() else { return Err(misshapen(&name, &shape)) };
        if size != inputs || taps % 2 == 0 || outputs == 0 {
            return Err(misshapen(&name, &shape));
        }
        let at = |(row, output): (usize, usize)| values[(output * inputs + row % inputs) * taps + row / inputs];
        let weight = Array2::from_shape_fn((taps * inputs, outputs), at);
        let bias = vector(file, &format!("layer.{number}.bias"), outputs)?;
        Ok(Some(Self { weight, bias, taps, stride }))
    }

    /// [time, inputs] → [⌈time / stride⌉, outputs]; beyond the ends are zeros.
    pub fn run(&self, input: ArrayView2<'_, f32>) -> Array2<f32> {
        let (time, size) = input.dim();
        let reach = self.taps / 2;
        let mut columns = Array2::zeros((time.div_ceil(self.stride), self.taps * size));
        for (position, mut row) in columns.axis_iter_mut(Axis(0)).enumerate() {
            for tap in 0..self.taps {
                // Frame `position × stride + tap - reach`, where there is one.
                let Some(at) = (position * self.stride + tap).checked_sub(reach).filter(|at| *at < time) else {
                    continue;
                };
                row.iter_mut().skip(tap * size).zip(input.row(at)).for_each(|(cell, value)| *cell = *value);
            }
        }
        columns.dot(&self.weight) + &self.bias
    }

    /// Values that it gives.
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// Positions on either side that one of its values depends on.
    pub fn reach(&self) -> usize {
        self.taps / 2
    }

    /// From one of its values to the next.
    pub fn stride(&self) -> usize {
        self.stride
    }
}

/// A tensor of so many values.
///
/// # Errors
/// Where it is missing or of another shape.
pub fn vector(file: &SafeTensors<'_>, name: &str, length: usize) -> Result<Array1<f32>, NetworkError> {
    let (shape, values) = tensor(file, name)?;
    if shape == [length] { Ok(Array1::from(values)) } else { Err(misshapen(name, &shape)) }
}

pub fn misshapen(name: &str, shape: &[usize]) -> NetworkError {
    NetworkError::Tensor { name: name.into(), cause: format!("has the shape {shape:?}") }
}

/// Shape and values of a tensor of 16 or 32 bits.
///
/// # Errors
/// Where it is missing, of another kind, or not finite.
pub fn tensor(file: &SafeTensors<'_>, name: &str) -> Result<(Vec<usize>, Vec<f32>), NetworkError> {
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
