//! The encoder that users run: a checkpoint with its network on a device.

use std::path::Path;

use audiosearch_index::{Embedding, Fingerprint};
use tch::Tensor;

use super::batch;
use super::checkpoint::{SHIPPED, SHIPPED_NAME};
use super::config::{DecodeOptions, SentenceConfig};
use super::decode;
use super::error::SentenceError;
use super::network::Network;
use super::start;
use super::tensors::Checkpoint;
use super::tokens::Tokens;
use super::{SentenceEncoder, SentenceModel, SentenceReader};
use crate::encoder::parameters::Parameters;
use crate::encoder::tensors::values;
use crate::encoder::{Device, EncoderError, Precision};

/// Sentences in one pass of the network.
const BATCH_SENTENCES: usize = 128;
/// Tokens in one pass, padding counted: bounds memory.
const BATCH_TOKENS: usize = 8192;

/// The recurrent sequence auto-encoder for sentences.
#[derive(Debug)]
pub struct TextEncoder {
    name: String,
    config: SentenceConfig,
    tokens: Tokens,
    fingerprint: Fingerprint,
    pub(crate) parameters: Parameters,
    network: Network,
}

impl TextEncoder {
    /// A model file, as `train text` writes it.
    pub fn open(path: &Path, device: Device) -> Result<TextEncoder, SentenceError> {
        let (checkpoint, fingerprint) = Checkpoint::read(path)?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        TextEncoder::new(name, checkpoint, fingerprint, device)
    }

    /// The model that is built into the program.
    pub fn shipped(device: Device) -> Result<TextEncoder, SentenceError> {
        let (checkpoint, fingerprint) = Checkpoint::parse(SHIPPED, "the built-in sentence model")?;
        TextEncoder::new(SHIPPED_NAME.into(), checkpoint, fingerprint, device)
    }

    /// What training begins with: a network that has seen nothing, but whose decoder already reads back much of what its
    /// encoder reads. A pure function of its arguments.
    pub fn untrained(config: SentenceConfig, tokens: Tokens, seed: u64) -> Result<TextEncoder, SentenceError> {
        let fault = |cause| EncoderError::Config { model: "untrained".into(), cause };
        config.check().map_err(fault)?;
        let parameters = start::fresh(&config, tokens.count(), seed, tch::Device::Cpu)?;
        let checkpoint = Checkpoint { config, tokens, note: "untrained".into(), parameters };
        let shape = serde_json::to_vec(&checkpoint.shape()).map_err(|e| fault(e.to_string()))?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"untrained\0").update(&seed.to_le_bytes()).update(&shape);
        let fingerprint = Fingerprint::new(*hasher.finalize().as_bytes());
        TextEncoder::new("untrained".into(), checkpoint, fingerprint, Device::Cpu)
    }

    fn new(
        name: String,
        checkpoint: Checkpoint,
        fingerprint: Fingerprint,
        device: Device,
    ) -> Result<TextEncoder, SentenceError> {
        let parameters = checkpoint.parameters.on(device.torch()?)?;
        let network = Network::new(&checkpoint.config, &parameters)?;
        let Checkpoint { config, tokens, .. } = checkpoint;
        Ok(TextEncoder { name, config, tokens, fingerprint, parameters, network })
    }

    /// The same encoder for another thread; weights are shared, not copied.
    pub fn try_clone(&self) -> Result<TextEncoder, SentenceError> {
        let parameters = self.parameters.share();
        Ok(TextEncoder {
            name: self.name.clone(),
            config: self.config.clone(),
            tokens: self.tokens.clone(),
            fingerprint: self.fingerprint,
            network: Network::new(&self.config, &parameters)?,
            parameters,
        })
    }

    /// Writes the model to a file that [`open`](Self::open) reads.
    pub fn save(&self, path: &Path, precision: Precision) -> Result<(), SentenceError> {
        let parameters = self.parameters.share();
        let (config, tokens) = (self.config.clone(), self.tokens.clone());
        Checkpoint { config, tokens, note: self.name.clone(), parameters }.write(path, precision)
    }

    /// What the model is called in a store: the file's stem, or `text` for the built-in one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The network's shape.
    pub fn config(&self) -> &SentenceConfig {
        &self.config
    }

    /// The tokens that it reads and writes.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Number of trained values, encoder and decoder together.
    pub fn parameter_count(&self) -> usize {
        self.parameters.trained().map(|(_, tensor)| tensor.numel()).sum()
    }

    /// Writes vectors out as sentences, one each, in the order given. A vector that lies between sentences gives what the
    /// decoder makes of it.
    pub fn decode(&self, vectors: &[Embedding], options: DecodeOptions) -> Result<Vec<String>, SentenceError> {
        let ids = self.decode_ids(vectors, options)?;
        Ok(ids.iter().map(|ids| self.tokens.decode(ids)).collect())
    }

    /// The same as token ids, the end symbol left out.
    pub fn decode_ids(&self, vectors: &[Embedding], options: DecodeOptions) -> Result<Vec<Vec<i64>>, SentenceError> {
        let _guard = tch::no_grad_guard();
        let expected = self.config.dimension();
        if let Some(other) = vectors.iter().find(|vector| vector.dimension() != expected) {
            return Err(SentenceError::Dimension { found: other.dimension(), expected });
        }
        let mut sentences = Vec::with_capacity(vectors.len());
        for batch in vectors.chunks(BATCH_SENTENCES) {
            let flat: Vec<f32> = batch.iter().flat_map(|vector| vector.as_slice()).copied().collect();
            let size = [batch.len() as i64, expected as i64];
            let rows = Tensor::f_from_slice(&flat)?.f_reshape(size)?.f_to_device(self.network.words.device)?;
            sentences.extend(decode::decode(&self.network.words, &self.network.restore(&rows)?, options)?);
        }
        Ok(sentences)
    }

    fn pass(&self, rows: &[&[i64]]) -> Result<Vec<Embedding>, SentenceError> {
        let order = self.network.order(rows)?;
        let vectors = values(&self.network.vector(&order, &self.network.meaning(rows)?)?)?;
        let checked = |row: &[f32]| {
            Embedding::new(row.to_vec())
                .map_err(|cause| EncoderError::Torch(format!("the network gave no vector: {cause}")).into())
        };
        vectors.chunks_exact(self.config.dimension()).map(checked).collect()
    }
}

impl SentenceEncoder for TextEncoder {
    fn dimension(&self) -> usize {
        self.config.dimension()
    }

    fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    fn encode(&self, sentences: &[&str]) -> Result<Vec<Embedding>, SentenceError> {
        let _guard = tch::no_grad_guard();
        batch::embedded(sentences, &self.tokens, self.config.longest, (BATCH_SENTENCES, BATCH_TOKENS), |rows| {
            self.pass(rows)
        })
    }
}

impl SentenceModel for TextEncoder {
    fn decode(&self, vectors: &[Embedding], options: DecodeOptions) -> Result<Vec<String>, SentenceError> {
        TextEncoder::decode(self, vectors, options)
    }

    fn decode_ids(&self, vectors: &[Embedding], options: DecodeOptions) -> Result<Vec<Vec<i64>>, SentenceError> {
        TextEncoder::decode_ids(self, vectors, options)
    }
}

impl SentenceReader for TextEncoder {
    fn tokens(&self) -> &Tokens {
        TextEncoder::tokens(self)
    }

    fn config(&self) -> &SentenceConfig {
        TextEncoder::config(self)
    }

    fn another(&self) -> Result<Box<dyn SentenceEncoder>, SentenceError> {
        Ok(Box::new(self.try_clone()?))
    }
}
