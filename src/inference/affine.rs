//! Affine maps between rows that are wider than what they hold.

use super::weights::Weights;
use crate::encoder::EncoderError;
use crate::kernels::Matrix;

/// What the values of a row are: their numbers in the checkpoint, and none for room that stays zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns(Vec<Option<usize>>);

impl Columns {
    /// So many values and nothing else.
    pub fn plain(count: usize) -> Columns {
        Columns((0..count).map(Some).collect())
    }

    /// The same, with room behind up to `width`.
    pub fn wide(count: usize, width: usize) -> Columns {
        Columns((0..width).map(|at| Some(at).filter(|&at| at < count)).collect())
    }

    /// These so many times side by side.
    pub fn repeated(&self, times: usize) -> Columns {
        let count = self.0.iter().flatten().count();
        let shifted = |turn: usize| self.0.iter().map(move |at| at.map(|at| at + turn * count));
        Columns((0..times).flat_map(shifted).collect())
    }

    /// Width of a row.
    pub fn width(&self) -> usize {
        self.0.len()
    }

    /// What stands at a place.
    pub fn at(&self, place: usize) -> Option<usize> {
        self.0[place]
    }

    /// How many values are not room.
    pub fn values(&self) -> usize {
        self.0.iter().flatten().count()
    }
}

/// The affine map `name.weight` [outputs, values of `input`], `name.bias` [outputs].
///
/// # Errors
/// Where there is no such tensor.
pub fn affine(weights: &Weights, name: &str, input: &Columns, outputs: usize) -> Result<Matrix, EncoderError> {
    let (weight, bias) = (weights.get(&format!("{name}.weight"))?, weights.get(&format!("{name}.bias"))?);
    let inputs = input.values();
    let at = |place: usize, output: usize| input.at(place).map_or(0.0, |value| weight[output * inputs + value]);
    Ok(Matrix::new(input.width(), outputs, at, |output| bias[output]))
}
