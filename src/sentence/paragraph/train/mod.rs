//! Trains the auto-encoder of paragraphs: `audiosearch train text --paragraphs`.

mod corpus;
mod loss;
#[cfg(test)]
mod tests;

use tch::{TchError, Tensor};

use super::super::tokens::Tokens;
use super::super::train::corpus::Lines;
use super::super::train::session::Run;
use super::super::train::task::Task;
use super::super::train::{DevFigures, Losses, Progress, TrainReport};
use super::super::training::TextTrainConfig;
use super::checkpoint::{Checkpoint, Shape};
use super::config::ParagraphConfig;
use super::layout;
use super::network::Network;
use crate::encoder::Budget;
use crate::encoder::TrainError;
use crate::encoder::parameters::Parameters;
use corpus::{Batch, Corpus, Sampler};

/// Trains a model and writes it to `config.out`, as [`train`](super::super::train::train) does one of sentences; each line of the data is
/// a paragraph. The same settings, data and seed give networks of all levels the same batches in the same order.
///
/// # Errors
/// As there; and where denoising, contrast or scheduled sampling are asked for, which are not there for paragraphs.
pub fn train(
    config: &TextTrainConfig<ParagraphConfig>,
    progress: &mut dyn FnMut(&Progress) -> bool,
) -> Result<TrainReport, TrainError> {
    config.check().and_then(|()| config.network.check()).map_err(TrainError::Config)?;
    let objective = &config.objective;
    if config.noise.share > 0.0 || objective.contrast > 0.0 || objective.sampling > 0.0 {
        return Err(TrainError::Config("paragraphs are trained without noise, contrast and sampling".into()));
    }
    tch::set_num_threads(config.threads.max(1) as i32);
    let lines = Lines::split(config)?;
    let tokens = Tokens::train(lines.trained.iter().map(String::as_str), config.vocabulary)?;
    let corpus = Corpus::new(&lines.trained, &tokens, &config.network);
    let held = Corpus::new(&lines.held, &tokens, &config.network);
    if corpus.len() == 0 || held.len() == 0 {
        return Err(TrainError::TooLittle("no paragraph holds a visible character".into()));
    }
    let batches = Sampler::new(&corpus, config).count();
    progress(&Progress::Loaded {
        lines: corpus.len(),
        tokens: corpus.tokens(),
        vocabulary: tokens.count(),
        held_out: held.len(),
        batches,
    });
    let mut config = config.clone();
    if let Some(epochs) = config.epochs {
        config.budget = Budget::Steps((epochs * batches as f64).ceil() as u64);
    }
    let task = Paragraphs { config: &config, corpus: &corpus, held: &held, tokens, left_out: lines.left_out };
    Run::new(&config, &task)?.go(progress)
}

struct Paragraphs<'a> {
    config: &'a TextTrainConfig<ParagraphConfig>,
    corpus: &'a Corpus,
    held: &'a Corpus,
    tokens: Tokens,
    left_out: usize,
}

impl Task for Paragraphs<'_> {
    const STATE: &'static str = "paragraph-training";
    type Config = ParagraphConfig;
    type Shape = Shape;
    type Network = Network;
    type Batch = Batch;

    fn shape(&self) -> Shape {
        Shape { network: self.config.network.clone(), merges: self.tokens.merges().to_vec() }
    }

    fn begin(&self) -> Result<Parameters, TrainError> {
        Ok(layout::fresh(&self.config.network, self.tokens.count(), self.config.run.seed)?)
    }

    fn network(&self, parameters: &Parameters) -> Result<Network, TchError> {
        Network::new(&self.config.network, parameters)
    }

    fn batches(&self) -> impl FnMut(u64) -> Batch + Send {
        let mut sampler = Sampler::new(self.corpus, self.config);
        move |number| sampler.batch(number)
    }

    fn tokens(batch: &Batch) -> u64 {
        batch.tokens()
    }

    fn loss(&self, network: &Network, batch: &Batch, _: f32) -> Result<(Tensor, Losses), TchError> {
        loss::loss(network, batch, &self.config.objective)
    }

    fn settle(&self, _: &Parameters) -> Result<(), TrainError> {
        Ok(())
    }

    fn figures(&self, network: &Network) -> Result<DevFigures, TrainError> {
        loss::figures(network, &self.config.network, self.held)
    }

    fn write(&self, parameters: Parameters, note: String) -> Result<(), TrainError> {
        let (config, tokens) = (self.config.network.clone(), self.tokens.clone());
        Ok(Checkpoint { config, tokens, note, parameters }.write(&self.config.out, self.config.run.precision)?)
    }

    fn hash_data(&self, hasher: &mut blake3::Hasher) {
        for paragraph in self.corpus.paragraphs() {
            for row in paragraph {
                row.iter().for_each(|id| {
                    hasher.update(&id.to_le_bytes());
                });
                hasher.update(b"\0");
            }
        }
    }

    fn left_out(&self) -> usize {
        self.left_out
    }
}
