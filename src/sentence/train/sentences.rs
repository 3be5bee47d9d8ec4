//! Sentences as the course of a run sees them.

use tch::{TchError, Tensor};

use super::super::checkpoint::Shape;
use super::super::config::SentenceConfig;
use super::super::network::Network;
use super::super::start;
use super::super::tensors::Checkpoint;
use super::super::tokens::Tokens;
use super::super::training::TextTrainConfig;
use super::corpus::{Batch, Corpus, Lines, Sampler};
use super::dev::{self, DevFigures};
use super::loss::{Losses, loss};
use super::session::Run;
use super::task::Task;
use super::{Progress, TrainReport};
use crate::encoder::Budget;
use crate::encoder::TrainError;
use crate::encoder::parameters::Parameters;

/// Weight of a word that stands in every sentence.
const LEAST_WEIGHT: f32 = 0.01;

pub(super) fn run(
    config: &TextTrainConfig,
    progress: &mut dyn FnMut(&Progress) -> bool,
) -> Result<TrainReport, TrainError> {
    config.check().and_then(|()| config.network.check()).map_err(TrainError::Config)?;
    tch::set_num_threads(config.threads.max(1) as i32);
    let lines = Lines::split(config)?;
    let tokens = Tokens::train(lines.trained.iter().map(String::as_str), config.vocabulary)?;
    let corpus = Corpus::new(&lines.trained, &tokens, config.network.longest);
    let held = Corpus::new(&lines.held, &tokens, config.network.longest);
    let batches = Sampler::new(&corpus, config).count();
    progress(&Progress::Loaded {
        lines: corpus.len(),
        tokens: corpus.ids().len() as u64,
        vocabulary: tokens.count(),
        held_out: held.len(),
        batches,
    });
    let mut config = config.clone();
    if let Some(epochs) = config.epochs {
        config.budget = Budget::Steps((epochs * batches as f64).ceil() as u64);
    }
    let task = Sentences { config: &config, corpus: &corpus, held: &held, tokens, left_out: lines.left_out };
    Run::new(&config, &task)?.go(progress)
}

struct Sentences<'a> {
    config: &'a TextTrainConfig,
    corpus: &'a Corpus,
    held: &'a Corpus,
    tokens: Tokens,
    left_out: usize,
}

impl Task for Sentences<'_> {
    const STATE: &'static str = "sentence-training";
    type Config = SentenceConfig;
    type Shape = Shape;
    type Network = Network;
    type Batch = Batch;

    fn shape(&self) -> Shape {
        Shape { network: self.config.network.clone(), merges: self.tokens.merges().to_vec() }
    }

    fn begin(&self) -> Result<Parameters, TrainError> {
        let fresh = start::fresh(&self.config.network, self.tokens.count(), self.config.run.seed, tch::Device::Cpu)?;
        begin_meaning(&fresh, self.corpus, &self.tokens)?;
        Ok(fresh)
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

    fn loss(&self, network: &Network, batch: &Batch, sampling: f32) -> Result<(Tensor, Losses), TchError> {
        loss(network, batch, &self.config.objective, sampling)
    }

    fn settle(&self, parameters: &Parameters) -> Result<(), TrainError> {
        dev::fit_means(&self.network(parameters)?, &self.config.network, parameters, self.corpus)
    }

    fn figures(&self, network: &Network) -> Result<DevFigures, TrainError> {
        dev::figures(network, &self.config.network, self.held)
    }

    fn write(&self, parameters: Parameters, note: String) -> Result<(), TrainError> {
        let (config, tokens) = (self.config.network.clone(), self.tokens.clone());
        Ok(Checkpoint { config, tokens, note, parameters }.write(&self.config.out, self.config.run.precision)?)
    }

    fn hash_data(&self, hasher: &mut blake3::Hasher) {
        for id in self.corpus.ids() {
            hasher.update(&id.to_le_bytes());
        }
    }

    fn left_out(&self) -> usize {
        self.left_out
    }
}

/// The meaning part's start: a bag of words, in which tokens that differ but in case and in the space before them are one
/// word with one random direction, weighted by its inverse document frequency.
fn begin_meaning(parameters: &Parameters, corpus: &Corpus, tokens: &Tokens) -> Result<(), TrainError> {
    let classes = tokens.classes();
    let mut holding = vec![0u32; classes.len()];
    let mut last_seen = vec![usize::MAX; classes.len()];
    for sentence in 0..corpus.len() {
        for id in corpus.sentence(sentence) {
            let class = classes[id as usize];
            if last_seen[class] != sentence {
                last_seen[class] = sentence;
                holding[class] += 1;
            }
        }
    }
    let all = corpus.len() as f32;
    let weight = |&class: &usize| ((1.0 + all) / (1.0 + holding[class] as f32)).ln().max(LEAST_WEIGHT).ln();
    let weights: Vec<f32> = classes.iter().map(weight).collect();
    parameters.assign("meaning.weight", &Tensor::f_from_slice(&weights)?)?;
    let table = parameters.get("meaning.table")?.f_detach()?;
    let rows: Vec<i64> = classes.iter().map(|&class| class as i64).collect();
    parameters.assign("meaning.table", &table.f_index_select(0, &Tensor::f_from_slice(&rows)?)?)?;
    Ok(())
}
