//! Tensors of a checkpoint as plain numbers.

use std::collections::HashMap;

use crate::encoder::EncoderError;

/// Values of tensors by name, row-major; the checkpoint's reader has checked names, shapes and values.
#[derive(Debug)]
pub struct Weights(HashMap<String, Vec<f32>>);

impl Weights {
    /// Takes what the reader found.
    pub fn new(tensors: HashMap<String, Vec<f32>>) -> Weights {
        Weights(tensors)
    }

    /// The tensor of this name.
    ///
    /// # Errors
    /// Where the layout has none such, which would be a mistake of this program.
    pub fn get(&self, name: &str) -> Result<&[f32], EncoderError> {
        let missing =
            || EncoderError::Tensor { model: "the model".into(), tensor: name.into(), cause: "is missing".into() };
        self.0.get(name).map(Vec::as_slice).ok_or_else(missing)
    }
}
