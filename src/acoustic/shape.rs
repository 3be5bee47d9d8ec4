//! The shape of an acoustic network, as its tensors show it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::encoder::Cell;

/// Taps of every convolution.
pub const TAPS: usize = 5;
/// Convolutions that step over every other frame: the first ones.
pub const HALVING: usize = 2;

/// Log-mel frames → convolutions with batch normalisation → recurrent layers → acoustic frames, and what is read off them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcousticShape {
    /// Bands of the log-mel filterbank.
    pub bands: usize,
    /// Channels of each convolution over time; the first two halve the rate.
    pub channels: Vec<usize>,
    /// The recurrent cell, read in both directions; none for convolutions alone.
    pub cell: Option<Cell>,
    /// Recurrent layers.
    pub layers: usize,
    /// Width of each direction.
    pub width: usize,
    /// Values of an acoustic frame.
    pub dimension: usize,
    /// Outputs of the phone head: the phones, silence and the blank of CTC.
    pub phones: usize,
    /// Class directions that are measured against acoustic frames: three parts of each phone, and silence.
    pub classes: usize,
}

impl AcousticShape {
    /// What a file with tensors of these names and shapes holds.
    ///
    /// # Errors
    /// Names the tensor that is missing or does not fit, and why.
    pub fn of(tensors: &HashMap<String, Vec<usize>>) -> Result<Self, (String, String)> {
        let shape =
            |name: &str| tensors.get(name).map(Vec::as_slice).ok_or_else(|| (name.to_owned(), "is missing".to_owned()));
        let misshapen = |name: &str, found: &[usize]| (name.to_owned(), format!("has the shape {found:?}"));
        let matrix = |name: &str| match shape(name)? {
            &[rows, columns] if rows > 0 && columns > 0 => Ok((rows, columns)),
            found => Err(misshapen(name, found)),
        };
        let mut channels: Vec<usize> = Vec::new();
        let mut bands = 0;
        for number in 1.. {
            let name = format!("c{number}.weight");
            if number > HALVING && !tensors.contains_key(&name) {
                break;
            }
            match shape(&name)? {
                &[outputs, inputs, TAPS] if outputs > 0 && channels.last().is_none_or(|before| *before == inputs) => {
                    bands = if number == 1 { inputs } else { bands };
                    channels.push(outputs);
                }
                found => return Err(misshapen(&name, found)),
            }
        }
        let layers = (0..).take_while(|layer| tensors.contains_key(&format!("g.weight_ih_l{layer}"))).count();
        let (cell, width) = if layers == 0 {
            (None, 0)
        } else {
            let (rows, width) = matrix("g.weight_hh_l0")?;
            match rows / width {
                3 if rows == 3 * width => (Some(Cell::Gru), width),
                4 if rows == 4 * width => (Some(Cell::Lstm), width),
                _ => return Err(misshapen("g.weight_hh_l0", &[rows, width])),
            }
        };
        let (dimension, _) = matrix("o.weight")?;
        let (phones, _) = matrix("p.weight")?;
        let classes = if tensors.contains_key("d.weight") { matrix("d.weight")?.0 } else { 0 };
        Ok(Self { bands, channels, cell, layers, width, dimension, phones, classes })
    }

    /// Values that the recurrent layers give, or the convolutions where there are none.
    pub fn states(&self) -> usize {
        match self.cell {
            Some(_) => 2 * self.width,
            None => self.channels.last().copied().unwrap_or(self.bands),
        }
    }

    /// Name and shape of every tensor, in a fixed order.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let mut all = vec![("input_mean".to_owned(), vec![self.bands]), ("input_std".to_owned(), vec![self.bands])];
        let mut size = self.bands;
        for (at, &channels) in self.channels.iter().enumerate() {
            let number = at + 1;
            all.push((format!("c{number}.weight"), vec![channels, size, TAPS]));
            all.push((format!("c{number}.bias"), vec![channels]));
            for part in ["weight", "bias", "running_mean", "running_var"] {
                all.push((format!("b{number}.{part}"), vec![channels]));
            }
            size = channels;
        }
        if let Some(cell) = self.cell {
            let rows = cell.gates() as usize * self.width;
            for layer in 0..self.layers {
                let input = if layer == 0 { size } else { 2 * self.width };
                for way in ["", "_reverse"] {
                    all.push((format!("g.weight_ih_l{layer}{way}"), vec![rows, input]));
                    all.push((format!("g.weight_hh_l{layer}{way}"), vec![rows, self.width]));
                    all.push((format!("g.bias_ih_l{layer}{way}"), vec![rows]));
                    all.push((format!("g.bias_hh_l{layer}{way}"), vec![rows]));
                }
            }
        }
        for (name, outputs) in [("o", self.dimension), ("p", self.phones)] {
            all.push((format!("{name}.weight"), vec![outputs, self.states()]));
            all.push((format!("{name}.bias"), vec![outputs]));
        }
        if self.classes > 0 {
            all.push(("d.weight".to_owned(), vec![self.classes, self.dimension]));
        }
        all
    }

    /// Multiplications for one acoustic frame (40 ms of sound).
    pub fn multiplications(&self) -> usize {
        let mut size = self.bands;
        let mut sum = 0;
        for (at, &channels) in self.channels.iter().enumerate() {
            let a_frame = if at + 1 < HALVING { 2 } else { 1 };
            sum += a_frame * TAPS * size * channels;
            size = channels;
        }
        if let Some(cell) = self.cell {
            let rows = cell.gates() as usize * self.width;
            for layer in 0..self.layers {
                let input = if layer == 0 { size } else { 2 * self.width };
                sum += 2 * rows * (input + self.width);
            }
        }
        sum + self.states() * self.dimension + self.classes * self.dimension
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn shape(cell: Option<Cell>) -> AcousticShape {
        let (layers, width) = if cell.is_some() { (2, 192) } else { (0, 0) };
        let channels = if cell.is_some() { vec![128, 192] } else { vec![128, 192, 192] };
        AcousticShape { bands: 40, channels, cell, layers, width, dimension: 96, phones: 41, classes: 118 }
    }

    #[test]
    fn tensors_tell_the_shape() {
        for cell in [Some(Cell::Gru), Some(Cell::Lstm), None] {
            let shape = shape(cell);
            let tensors: HashMap<String, Vec<usize>> = shape.tensors().into_iter().collect();
            assert_eq!(AcousticShape::of(&tensors), Ok(shape));
        }
    }

    #[test]
    fn what_is_missing_or_misshapen_is_named() {
        let mut tensors: HashMap<String, Vec<usize>> = shape(Some(Cell::Gru)).tensors().into_iter().collect();
        tensors.insert("g.weight_hh_l0".into(), vec![100, 192]);
        assert_eq!(AcousticShape::of(&tensors).unwrap_err().0, "g.weight_hh_l0");
        tensors.remove("c2.weight");
        assert_eq!(AcousticShape::of(&tensors).unwrap_err().0, "c2.weight");
    }

    #[test]
    fn the_usual_size_takes_a_million_and_a_third() {
        assert_eq!(shape(Some(Cell::Gru)).multiplications(), 51_200 + 122_880 + 442_368 + 663_552 + 36_864 + 11_328);
    }
}
