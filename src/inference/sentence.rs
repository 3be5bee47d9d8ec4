//! The encoder of sentences without LibTorch.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use audiosearch_index::{Embedding, Fingerprint};

use super::affine::Columns;
use super::recurrent::{Direction, Room};
use super::sequences::Sequences;
use super::weights::Weights;
use crate::encoder::EncoderError;
use crate::sentence::tokens::END;
use crate::sentence::{
    Plain, SHIPPED, SHIPPED_NAME, SentenceConfig, SentenceEncoder, SentenceError, SentenceReader, Tokens, embedded,
};

/// Sentences in one pass, and tokens: enough rows for a step's product to be a fast one, and few enough that states stay near.
const BATCH: (usize, usize) = (192, 16_384);
/// Where a mean of nothing but unknown directions has no length, as LibTorch's pass has it.
const TINY: f32 = 1e-12;

/// The encoder of sentences. A clone shares the weights.
#[derive(Debug, Clone)]
pub struct InferenceTextEncoder(Arc<Network>);

#[derive(Debug)]
struct Network {
    name: String,
    config: SentenceConfig,
    tokens: Tokens,
    fingerprint: Fingerprint,
    /// Token vectors [tokens, token].
    table: Vec<f32>,
    encoder: Direction,
    /// Vectors of meaning [tokens, meaning], and their weights in the mean.
    meaning: Vec<f32>,
    weight: Vec<f32>,
    means: Option<[Vec<f32>; 2]>,
}

impl InferenceTextEncoder {
    /// The model that is built into the program.
    ///
    /// # Errors
    /// Where that is damaged, which a test rules out.
    pub fn shipped() -> Result<InferenceTextEncoder, SentenceError> {
        InferenceTextEncoder::parse(SHIPPED, "the built-in sentence model", SHIPPED_NAME)
    }

    /// A model file of one's own, as `train text` writes it.
    ///
    /// # Errors
    /// Where it cannot be read, or is no model; the file is named.
    pub fn load(path: &Path) -> Result<InferenceTextEncoder, SentenceError> {
        let bytes = fs::read(path).map_err(|source| EncoderError::Io { path: path.into(), source })?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        InferenceTextEncoder::parse(&bytes, &path.display().to_string(), &name)
    }

    fn parse(bytes: &[u8], model: &str, name: &str) -> Result<InferenceTextEncoder, SentenceError> {
        let Plain { config, tokens, fingerprint, tensors } = Plain::parse(bytes, model)?;
        let weights = Weights::new(tensors);
        let columns = Columns::plain(config.token as usize);
        let encoder = Direction::new(&weights, "encoder", config.cell, config.width as usize, &columns)?;
        let means = match config.centred {
            true => Some([weights.get("mean.order")?.to_vec(), weights.get("mean.meaning")?.to_vec()]),
            false => None,
        };
        Ok(InferenceTextEncoder(Arc::new(Network {
            name: name.to_owned(),
            table: weights.get("token.table")?.to_vec(),
            encoder,
            meaning: weights.get("meaning.table")?.to_vec(),
            weight: weights.get("meaning.weight")?.iter().map(|weight| weight.exp()).collect(),
            means,
            config,
            tokens,
            fingerprint,
        })))
    }

    /// What the model is called in a store: the file's stem, or `text` for the built-in one.
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

impl Network {
    /// Embeddings of sentences of ids, the longest first.
    fn pass(&self, rows: &[&[i64]]) -> Result<Vec<Embedding>, SentenceError> {
        let width = self.encoder.width();
        let mut room = Room::default();
        let states = self.states(rows, &mut room);
        let vectors = states.chunks_exact(width).zip(rows).map(|(state, row)| self.vector(state, row));
        vectors.map(|vector| Ok(Embedding::new(vector).map_err(EncoderError::from)?)).collect()
    }

    /// The encoder's last states [rows, width], having read an end and then each row from its end to its beginning.
    fn states<'a>(&self, rows: &[&[i64]], room: &'a mut Room) -> &'a [f32] {
        let lengths: Vec<usize> = rows.iter().map(|row| row.len() + 1).collect();
        let sequences = Sequences::new(&lengths);
        let size = self.config.token as usize;
        // A text has few different tokens: each goes through the input's weights once.
        let (mut input, mut known) = (Vec::new(), HashMap::new());
        let mut place = vec![0u32; sequences.rows()];
        for (number, row) in rows.iter().enumerate() {
            for (step, &id) in std::iter::once(&END).chain(row.iter().rev()).enumerate() {
                let next = known.len() as u32;
                place[sequences.row(number, step)] = *known.entry(id).or_insert_with(|| {
                    input.extend_from_slice(&self.table[id as usize * size..][..size]);
                    next
                });
            }
        }
        let products = self.encoder.products(&input, known.len());
        self.encoder.end(&sequences, &products, &place, room)
    }

    /// The vector of a sentence with this state: order, meaning, and the angle that tells how long the state was.
    fn vector(&self, state: &[f32], ids: &[i64]) -> Vec<f32> {
        let (width, size) = (self.config.width as usize, self.config.meaning as usize);
        let (low, high) = (self.config.lengths.0 as f32, self.config.lengths.1 as f32);
        let mut order = state[..width].to_vec();
        let length = unit(&mut order).clamp(low.exp(), high.exp());
        let mut meaning = vec![0.0f32; size];
        for &id in ids {
            let weight = self.weight[id as usize];
            let vector = &self.meaning[id as usize * size..][..size];
            meaning.iter_mut().zip(vector).for_each(|(sum, value)| *sum += weight * value);
        }
        unit(&mut meaning);
        if let Some([order_mean, meaning_mean]) = &self.means {
            for (part, mean) in [(&mut order, order_mean), (&mut meaning, meaning_mean)] {
                part.iter_mut().zip(mean).for_each(|(value, mean)| *value -= mean);
                unit(part);
            }
        }
        let right = std::f32::consts::FRAC_PI_2;
        let angle = ((length.ln() - low) * (right / (high - low))).clamp(0.0, right);
        let [share, sense, size] = self.config.shares.factors().map(|factor| factor as f32);
        let order = order.iter().map(|value| value * share);
        let meaning = meaning.iter().map(|value| value * sense);
        order.chain(meaning).chain([angle.cos() * size, angle.sin() * size]).collect()
    }
}

/// Makes a vector one of unit length; the length that it had.
fn unit(vector: &mut [f32]) -> f32 {
    let length = vector.iter().map(|value| value * value).sum::<f32>().max(TINY * TINY).sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
    length
}

impl SentenceEncoder for InferenceTextEncoder {
    fn dimension(&self) -> usize {
        self.0.config.dimension()
    }

    fn fingerprint(&self) -> Fingerprint {
        self.0.fingerprint
    }

    fn encode(&self, sentences: &[&str]) -> Result<Vec<Embedding>, SentenceError> {
        embedded(sentences, &self.0.tokens, self.0.config.longest, BATCH, |rows| self.0.pass(rows))
    }
}

impl SentenceReader for InferenceTextEncoder {
    fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    fn config(&self) -> &SentenceConfig {
        &self.0.config
    }

    fn another(&self) -> Result<Box<dyn SentenceEncoder>, SentenceError> {
        Ok(Box::new(self.clone()))
    }
}
