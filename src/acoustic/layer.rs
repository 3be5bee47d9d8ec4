//! A convolution over time, and where its weights come from.

use std::sync::Arc;

use half::f16;
use ndarray::Array1;
use safetensors::{Dtype, SafeTensors};

use super::NetworkError;
use crate::kernels::{Matrix, PANEL};

/// Rows of values, one a position in time, and rows of zeros on either side: what a convolution reads beyond the ends.
#[derive(Debug, Clone)]
pub struct Rows {
    /// [edge + time + edge, width]
    values: Vec<f32>,
    time: usize,
    width: usize,
    edge: usize,
}

impl Rows {
    /// All zeros; `width` values a row.
    pub fn zeros(time: usize, width: usize, edge: usize) -> Self {
        Self { values: vec![0.0; (time + 2 * edge) * width], time, width, edge }
    }

    fn inner(&self) -> std::ops::Range<usize> {
        self.edge * self.width..(self.edge + self.time) * self.width
    }

    /// The rows without those beyond the ends; behind a layer's outputs come zeros.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values[self.inner()].chunks_exact(self.width.max(1))
    }

    /// The same, to be written.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = &mut [f32]> {
        let (inner, width) = (self.inner(), self.width.max(1));
        self.values[inner].chunks_exact_mut(width)
    }
}

/// A convolution over time; batch normalisation is folded into the weights. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Layer {
    /// [taps × width of a row, outputs]
    matrix: Arc<Matrix>,
    outputs: usize,
    taps: usize,
    stride: usize,
}

impl Layer {
    /// `NAME.N.weight` [outputs, inputs, taps] and `NAME.N.bias` [outputs] of a file; `None` where it has no such layer.
    ///
    /// # Errors
    /// Where it does not take `inputs` values or has an even number of taps.
    pub fn read(
        file: &SafeTensors<'_>,
        layers: &str,
        number: usize,
        inputs: usize,
        stride: usize,
    ) -> Result<Option<Self>, NetworkError> {
        let name = format!("{layers}.{number}.weight");
        if !file.names().contains(&name.as_str()) {
            return Ok(None);
        }
        let (shape, values) = tensor(file, &name)?;
        let &[outputs, size, taps] = shape.as_slice() else { return Err(misshapen(&name, &shape)) };
        if size != inputs || taps % 2 == 0 || outputs == 0 {
            return Err(misshapen(&name, &shape));
        }
        let bias = vector(file, &format!("{layers}.{number}.bias"), outputs)?;
        // The first layer reads what it is given, the others the rows of a product.
        let width = if number == 0 { inputs } else { inputs.next_multiple_of(PANEL) };
        let weight = |place: usize, output: usize| match place % width {
            input if input < inputs => values[(output * inputs + input) * taps + place / width],
            _ => 0.0,
        };
        let matrix = Arc::new(Matrix::new(taps * width, outputs, weight, |output| bias[output]));
        Ok(Some(Self { matrix, outputs, taps, stride }))
    }

    /// The same with products in fixed point.
    pub fn fixed_point(&self) -> Self {
        Self { matrix: Arc::new(self.matrix.fixed_point()), ..*self }
    }

    /// [time, inputs] → [⌈time / stride⌉, outputs], with so many zeros beyond its ends.
    fn run(&self, input: &Rows, edge: usize) -> Rows {
        let mut output = Rows::zeros(input.time.div_ceil(self.stride), self.matrix.stride(), edge);
        // What an output depends on lies on end: it is read where it is, not copied together.
        let (rows, inner) = (output.time, output.inner());
        self.matrix.run(&input.values, self.stride * input.width, rows, &mut output.values[inner]);
        output
    }

    /// Values that it gives.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Positions on either side that one of its values depends on.
    pub fn reach(&self) -> usize {
        self.taps / 2
    }
}

/// Layers one after the other, each but the last rectified. `fill` writes each of `time` rows of `inputs` values.
pub fn run(layers: &[Layer], time: usize, inputs: usize, fill: impl Fn(usize, &mut [f32])) -> Rows {
    let edge_of = |layer: Option<&Layer>| layer.map_or(0, Layer::reach);
    let mut rows = Rows::zeros(time, inputs, edge_of(layers.first()));
    rows.iter_mut().enumerate().for_each(|(at, row)| fill(at, row));
    for (number, layer) in layers.iter().enumerate() {
        let next = layers.get(number + 1);
        rows = layer.run(&rows, edge_of(next));
        if next.is_some() {
            rows.values.iter_mut().for_each(|value| *value = value.max(0.0));
        }
    }
    rows
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use safetensors::tensor::TensorView;

    use super::*;

    fn noise(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0).collect()
    }

    #[test]
    fn layers_are_the_convolutions_of_the_definition() {
        let (inputs, hidden, outputs) = (7, 40, 3);
        let shapes = [("layer.0.weight", vec![hidden, inputs, 5]), ("layer.0.bias", vec![hidden])];
        let shapes =
            shapes.into_iter().chain([("layer.1.weight", vec![outputs, hidden, 3]), ("layer.1.bias", vec![outputs])]);
        let tensors: Vec<(&str, Vec<usize>, Vec<f32>)> = (1..)
            .zip(shapes)
            .map(|(seed, (name, shape))| {
                let count = shape.iter().product();
                (name, shape, noise(count, seed))
            })
            .collect();
        let bytes: Vec<Vec<u8>> = tensors.iter().map(|t| t.2.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
        let views =
            tensors.iter().zip(&bytes).map(|(t, b)| (t.0, TensorView::new(Dtype::F32, t.1.clone(), b).unwrap()));
        let file = safetensors::serialize(views, None).unwrap();
        let file = SafeTensors::deserialize(&file).unwrap();
        let first = Layer::read(&file, "layer", 0, inputs, 2).unwrap().unwrap();
        let second = Layer::read(&file, "layer", 1, first.outputs(), 1).unwrap().unwrap();
        assert!(
            Layer::read(&file, "layer", 2, outputs, 1).unwrap().is_none()
                && Layer::read(&file, "layer", 0, inputs + 1, 2).is_err()
        );

        let naive = |input: &[f32], size: usize, number: usize, count: usize, taps: usize, stride: usize| {
            let (weight, bias) = (&tensors[2 * number].2, &tensors[2 * number + 1].2);
            let time = input.len() / size;
            let mut all = Vec::new();
            for at in (0..time).step_by(stride) {
                for output in 0..count {
                    let mut sum = bias[output];
                    for tap in 0..taps {
                        let Some(from) = (at + tap).checked_sub(taps / 2).filter(|from| *from < time) else { continue };
                        let row = &input[from * size..][..size];
                        sum += row
                            .iter()
                            .enumerate()
                            .map(|(i, v)| v * weight[(output * size + i) * taps + tap])
                            .sum::<f32>();
                    }
                    all.push(sum);
                }
            }
            all
        };
        for time in [1, 2, 5, 30] {
            let input = noise(time * inputs, 9);
            let rows = run(&[first.clone(), second.clone()], time, inputs, |at, row| {
                row.copy_from_slice(&input[at * inputs..][..inputs]);
            });
            let between: Vec<f32> = naive(&input, inputs, 0, hidden, 5, 2).into_iter().map(|v| v.max(0.0)).collect();
            let expected = naive(&between, hidden, 1, outputs, 3, 1);
            let found: Vec<f32> = rows.iter().flat_map(|row| row[..outputs].to_vec()).collect();
            assert_eq!(found.len(), expected.len());
            assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4), "{found:?} {expected:?}");
        }
        assert_eq!(run(&[first], 0, inputs, |_, _| ()).iter().len(), 0);
    }
}
