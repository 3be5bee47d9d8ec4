//! The written-word encoder: characters to the same space as speech.

use tch::{Device, Kind, TchError, Tensor};

use super::characters::character_numbers;
use super::config::{Cell, SpellingConfig};
use super::network::{Linear, unit};
use super::parameters::Parameters;
use super::recurrent::{Direction, Lengths};

const PADDING: i64 = 0;

/// Character vectors, a bidirectional GRU, mean and maximum, projection.
#[derive(Debug)]
pub(crate) struct SpellingNetwork {
    alphabet: Vec<char>,
    characters: Tensor,
    forward: Direction,
    backward: Direction,
    projection: Linear,
}

impl SpellingNetwork {
    pub fn new(config: &SpellingConfig, parameters: &Parameters) -> Result<SpellingNetwork, TchError> {
        Ok(SpellingNetwork {
            alphabet: config.alphabet.chars().collect(),
            characters: parameters.get("spelling.characters")?,
            forward: Direction::new(parameters, "spelling.forward", Cell::Gru)?,
            backward: Direction::new(parameters, "spelling.backward", Cell::Gru)?,
            projection: Linear::new(parameters, "spelling.projection")?,
        })
    }

    /// Unit vectors [words, dimension], before the normalisation. No word may be empty.
    pub fn run<S: AsRef<str>>(&self, words: &[S], device: Device) -> Result<Tensor, TchError> {
        let ids: Vec<Vec<i64>> = words.iter().map(|word| character_numbers(&self.alphabet, word.as_ref())).collect();
        let longest = ids.iter().map(Vec::len).max().unwrap_or(0);
        let mut padded = vec![PADDING; ids.len() * longest];
        for (row, word) in padded.chunks_mut(longest.max(1)).zip(&ids) {
            row[..word.len()].copy_from_slice(word);
        }
        let size = [ids.len() as i64, longest as i64];
        let padded = Tensor::f_from_slice(&padded)?.f_reshape(size)?.f_to_device(device)?;
        let input = self.characters.f_index_select(0, &padded.f_reshape([-1])?)?;
        let input = input.f_reshape([size[0], size[1], -1])?;
        let lengths = Lengths::new(ids.iter().map(|word| word.len() as i64).collect(), &input)?;
        let ahead = self.forward.run(&input, None)?;
        let back = lengths.reverse(&self.backward.run(&lengths.reverse(&input)?, None)?)?;
        let states = Tensor::f_cat(&[ahead, back], 2)?;
        let (sum, largest) = match lengths.mask() {
            None => (states.f_sum_dim_intlist(1, false, Kind::Float)?, states.f_amax([1], false)?),
            Some(mask) => {
                let outside = mask.f_eq(0.0)?.f_unsqueeze(2)?;
                let sum = states.f_masked_fill(&outside, 0.0)?.f_sum_dim_intlist(1, false, Kind::Float)?;
                (sum, states.f_masked_fill(&outside, -9.0)?.f_amax([1], false)?)
            }
        };
        let count = Tensor::f_from_slice(lengths.values())?.f_to_device(device)?.f_to_kind(Kind::Float)?;
        let mean = sum.f_div(&count.f_unsqueeze(1)?)?;
        unit(&self.projection.run(&Tensor::f_cat(&[mean, largest], 1)?)?)
    }
}
