//! The model that users run: a checkpoint with its network on a device.

use std::path::Path;

use super::super::error::SentenceError;
use super::super::tokens::Tokens;
use super::checkpoint::Checkpoint;
use super::config::{Levels, ParagraphConfig};
use super::network::Network;
use super::{ParagraphModel, Rewritten, decode, layout};
use crate::encoder::parameters::Parameters;
use crate::encoder::{Device, EncoderError, Precision};
use crate::text::sentences;

/// Paragraphs in one pass of the network.
const BATCH: usize = 32;

/// The recurrent auto-encoder of paragraphs.
#[derive(Debug)]
pub struct ParagraphEncoder {
    config: ParagraphConfig,
    tokens: Tokens,
    parameters: Parameters,
    network: Network,
}

impl ParagraphEncoder {
    /// A model file, as `train text --paragraphs` writes it.
    pub fn open(path: &Path, device: Device) -> Result<ParagraphEncoder, SentenceError> {
        let Checkpoint { config, tokens, parameters, .. } = Checkpoint::read(path)?;
        ParagraphEncoder::new(config, tokens, parameters.on(device.torch()?)?)
    }

    /// What training begins with. A pure function of its arguments.
    pub fn untrained(config: ParagraphConfig, tokens: Tokens, seed: u64) -> Result<ParagraphEncoder, SentenceError> {
        config.check().map_err(|cause| EncoderError::Config { model: "untrained".into(), cause })?;
        let parameters = layout::fresh(&config, tokens.count(), seed)?;
        ParagraphEncoder::new(config, tokens, parameters)
    }

    fn new(config: ParagraphConfig, tokens: Tokens, parameters: Parameters) -> Result<ParagraphEncoder, SentenceError> {
        let network = Network::new(&config, &parameters)?;
        Ok(ParagraphEncoder { config, tokens, parameters, network })
    }

    /// Writes the model to a file that [`open`](Self::open) reads.
    pub fn save(&self, path: &Path, precision: Precision) -> Result<(), SentenceError> {
        let (config, tokens, parameters) = (self.config.clone(), self.tokens.clone(), self.parameters.share());
        Checkpoint { config, tokens, note: "saved".into(), parameters }.write(path, precision)
    }

    fn written(&self, rows: &[Vec<i64>]) -> String {
        let rows: Vec<String> = rows.iter().map(|row| self.tokens.decode(row)).collect();
        rows.join(" ")
    }
}

impl ParagraphModel for ParagraphEncoder {
    fn rewrite(&self, paragraphs: &[&str], beam: usize) -> Result<Vec<Rewritten>, SentenceError> {
        let _guard = tch::no_grad_guard();
        let mut out = Vec::with_capacity(paragraphs.len());
        for (number, chunk) in paragraphs.chunks(BATCH).enumerate() {
            let mut rows = Vec::with_capacity(chunk.len());
            for (at, paragraph) in chunk.iter().enumerate() {
                let ids = ids(paragraph, &self.tokens, &self.config);
                if ids.is_empty() {
                    return Err(SentenceError::Blank { number: number * BATCH + at + 1 });
                }
                rows.push(ids);
            }
            let read = self.network.read(&rows)?;
            let written = decode::decode(&self.network, &self.config, &read, beam)?;
            out.extend(rows.iter().zip(written).map(|(rows, written)| Rewritten {
                read: self.written(rows),
                sentences: rows.len(),
                written: self.written(&written),
                sentences_written: (self.config.levels != Levels::Flat).then_some(written.len()),
            }));
        }
        Ok(out)
    }

    fn config(&self) -> &ParagraphConfig {
        &self.config
    }

    fn parameter_count(&self) -> usize {
        self.parameters.trained().map(|(_, tensor)| tensor.numel()).sum()
    }
}

/// The sentences of a paragraph as ids, what is too long cut off; none where nothing is visible.
pub(crate) fn ids(paragraph: &str, tokens: &Tokens, config: &ParagraphConfig) -> Vec<Vec<i64>> {
    let (mut rows, mut left) = (Vec::new(), config.longest);
    for sentence in sentences(paragraph).iter().take(config.sentences) {
        let row = tokens.encode(sentence, left);
        left -= row.len();
        rows.push(row);
        if left == 0 {
            break;
        }
    }
    rows
}
