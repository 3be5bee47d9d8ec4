//! The written-word encoder: characters to the same space as speech.

use super::affine::{Columns, affine};
use super::recurrent::{Direction, Room, States, state_columns};
use super::sequences::Sequences;
use super::weights::Weights;
use crate::encoder::{Cell, EncoderError, SpellingConfig, character_numbers};
use crate::kernels::Matrix;

/// Character vectors, a bidirectional GRU, mean and maximum, projection.
#[derive(Debug)]
pub struct Spelling {
    alphabet: Vec<char>,
    size: usize,
    characters: Vec<f32>,
    directions: [Direction; 2],
    projection: Matrix,
}

impl Spelling {
    /// Of a checkpoint whose embeddings have so many values.
    pub fn new(weights: &Weights, config: &SpellingConfig, dimension: usize) -> Result<Spelling, EncoderError> {
        let (size, width) = (config.character as usize, config.width as usize);
        let input = Columns::plain(size);
        let direction = |way: &str| Direction::new(weights, &format!("spelling.{way}"), Cell::Gru, width, &input);
        // Both directions' means, then both directions' maxima.
        let pooled = state_columns(width).repeated(4);
        Ok(Spelling {
            alphabet: config.alphabet.chars().collect(),
            size,
            characters: weights.get("spelling.characters")?.to_vec(),
            directions: [direction("forward")?, direction("backward")?],
            projection: affine(weights, "spelling.projection", &pooled, dimension)?,
        })
    }

    /// The vector of a word that is not empty, before unit length and normalisation: `dimension` values, then zeros.
    pub fn run(&self, word: &str) -> Vec<f32> {
        let ids = character_numbers(&self.alphabet, word);
        let vector = |&id: &i64| &self.characters[id as usize * self.size..][..self.size];
        let input: Vec<f32> = ids.iter().flat_map(vector).copied().collect();
        let sequences = Sequences::new(&[ids.len()]);
        let stride = 2 * self.directions[0].width();
        let mut rows = vec![0.0; ids.len() * stride];
        let mut room = Room::default();
        for (way, direction) in self.directions.iter().enumerate() {
            let states = States { rows: &mut rows, stride, column: way * direction.width() };
            direction.run(&sequences, &input, way == 1, states, &mut room);
        }
        let mut pooled = vec![0.0; stride];
        pooled.extend(vec![f32::NEG_INFINITY; stride]);
        let (mean, largest) = pooled.split_at_mut(stride);
        for row in rows.chunks_exact(stride) {
            for ((mean, largest), value) in mean.iter_mut().zip(largest.iter_mut()).zip(row) {
                *mean += value / ids.len() as f32;
                *largest = largest.max(*value);
            }
        }
        let mut vector = vec![0.0; self.projection.stride()];
        self.projection.run(&pooled, pooled.len(), 1, &mut vector);
        vector
    }
}
