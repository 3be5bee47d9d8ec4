//! What the acoustic frames of written words are expected to be.

use ndarray::Array2;
use safetensors::SafeTensors;

use super::{
    NetworkError,
    layer::{self, Layer, misshapen},
    phones::PARTS,
};

/// What its tensors are called: `expected.N.weight` and `expected.N.bias`.
const PREFIX: &str = "expected";

/// Convolutions over the phones of a word: for each part of each phone they give the acoustic frame that is to be expected there.
///
/// A frame knows more than its own phone: what comes before and after has left its marks. So what is expected hangs on the phones around.
/// They were trained on aligned speech, by squared error against the frames that the network of the same file gives, on pieces of 2 to 14
/// phones whose surroundings are unknown, as those of a query are.
#[derive(Debug, Clone)]
pub struct ExpectedFrames {
    layers: Vec<Layer>,
    phones: usize,
    dimension: usize,
}

impl ExpectedFrames {
    /// Reads them from the file of an acoustic network whose frames have so many values; `None` where it has none.
    ///
    /// # Errors
    /// Names the tensor that does not fit.
    pub fn read(file: &SafeTensors<'_>, phones: usize, dimension: usize) -> Result<Option<Self>, NetworkError> {
        let mut layers: Vec<Layer> = Vec::new();
        let mut size = phones;
        while let Some(layer) = Layer::read(file, PREFIX, layers.len(), size, 1)? {
            size = layer.outputs();
            layers.push(layer);
        }
        match (layers.is_empty(), size == PARTS * dimension) {
            (true, _) => Ok(None),
            (false, true) => Ok(Some(Self { layers, phones, dimension })),
            (false, false) => Err(misshapen(PREFIX, &[size])),
        }
    }

    /// The frames of each part of these phones, one after the other, `[phones × parts, dimension]`; of a phone that is not known, what is
    /// expected where nothing is known.
    pub fn of_phones(&self, phones: &[usize]) -> Array2<f32> {
        let fill = |at: usize, row: &mut [f32]| {
            if let Some(cell) = row[..self.phones].get_mut(phones[at]) {
                *cell = 1.0;
            }
        };
        let rows = layer::run(&self.layers, phones.len(), self.phones, fill);
        let width = PARTS * self.dimension;
        let values: Vec<f32> = rows.iter().flat_map(|row| row[..width].iter().copied()).collect();
        Array2::from_shape_vec((phones.len() * PARTS, self.dimension), values)
            .unwrap_or_else(|_| Array2::zeros((0, self.dimension)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const RECURRENT: &[u8] = include_bytes!("weights/acoustic.safetensors");
    const CONVOLUTIONAL: &[u8] = include_bytes!("weights/frames.safetensors");
    const PHONES: usize = 39;
    const DIMENSION: usize = 96;

    #[test]
    fn a_frame_hangs_on_the_phones_around() {
        let file = SafeTensors::deserialize(RECURRENT).unwrap();
        let expected = ExpectedFrames::read(&file, PHONES, DIMENSION).unwrap().unwrap();
        let first = |phones: &[usize]| expected.of_phones(phones).row(0).to_owned();
        assert_eq!(expected.of_phones(&[3, 5, 3]).dim(), (3 * PARTS, DIMENSION));
        let cosine = |a: &[usize], b: &[usize]| {
            let (a, b) = (first(a), first(b));
            a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt()
        };
        let (near, far) = (cosine(&[3, 5], &[3, 20]), cosine(&[3, 5], &[30, 5]));
        assert!(near < 0.99 && near > far + 0.2, "{near} {far}");
        // What lies beyond a phone's reach changes nothing, and a phone that is not known is none of the others.
        let long: Vec<usize> = (0..20).collect();
        assert!(cosine(&long, &long[..10]) > 0.9999 && cosine(&[3, PHONES], &[3, PHONES + 7]) > 0.9999);
    }

    #[test]
    fn another_network_has_none_and_other_sizes_do_not_fit() {
        let none = SafeTensors::deserialize(CONVOLUTIONAL).unwrap();
        assert!(ExpectedFrames::read(&none, PHONES, 64).unwrap().is_none());
        let file = SafeTensors::deserialize(RECURRENT).unwrap();
        assert!(ExpectedFrames::read(&file, PHONES, DIMENSION + 1).is_err());
        assert!(ExpectedFrames::read(&file, PHONES - 1, DIMENSION).is_err());
    }
}
