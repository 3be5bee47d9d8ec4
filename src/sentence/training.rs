//! The configuration of a training run.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::config::SentenceConfig;
use crate::encoder::{Budget, Device, Precision};

/// How what the encoder reads is spoilt, while the decoder is to write the sentence as it was (denoising, Hill et al.
/// 2016). Chances a token.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// Chance that a sentence is spoilt at all.
    pub share: f32,
    /// Chance that a token is left out.
    pub drop: f32,
    /// Chance that a token changes places with the next.
    pub swap: f32,
    /// Chance that a token is hidden behind the mask symbol.
    pub mask: f32,
}

/// What is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// Weight of writing the sentence again: cross-entropy a token, in nats.
    pub reconstruction: f64,
    /// Weight of telling two spoilt views of one sentence from those of the others in the batch, by the meaning part alone
    /// (SimCSE, Gao et al. 2021).
    pub contrast: f64,
    /// Chance that a view lacks a token.
    pub view_drop: f32,
    /// Similarities are divided by this.
    pub temperature: f64,
    /// Probability that is spread over all tokens instead of the true one.
    pub smoothing: f64,
    /// Deviation of the noise that is added to the order state before it is decoded, as a share of its length: the decoder
    /// learns to read what it does not read exactly.
    pub jitter: f32,
    /// Chance, by the end of the run, that the decoder is given its own guess instead of the true token (scheduled
    /// sampling, Bengio et al. 2015); it grows linearly.
    pub sampling: f32,
}

/// A training run, of a network that `N` says the shape of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextTrainConfig<N = SentenceConfig> {
    /// Text files, one sentence or paragraph a line.
    pub data: Vec<PathBuf>,
    /// Text files that the figures are made on; without any, one line of a hundred is held out of `data`.
    pub dev: Vec<PathBuf>,
    /// The model to write; its state is kept beside it as `OUT.state`, its log as `OUT.csv`.
    pub out: PathBuf,
    /// The network.
    pub network: N,
    /// Most different tokens.
    pub vocabulary: usize,
    /// How the encoder's input is spoilt.
    pub noise: Noise,
    /// What is minimised.
    pub objective: Objective,
    /// Tokens of a batch, end symbols and padding included; a batch holds lines of like length.
    pub batch: usize,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
    /// Longest gradient, by its norm.
    pub clip: f64,
    /// Steps of linear warm-up; the rate falls linearly to zero from there.
    pub warm_up: u64,
    /// When it ends.
    pub budget: Budget,
    /// Times that all lines are gone through; sets the budget where it is given.
    pub epochs: Option<f64>,
    /// Steps between evaluations.
    pub epoch: u64,
    /// Evaluations without a better held-out loss before it stops; 0 never stops.
    pub patience: u32,
    /// Decay of the running mean of the weights that is evaluated and written; 0 takes the weights as they are.
    pub average: f64,
    /// Seed of everything random.
    pub seed: u64,
    /// Threads of LibTorch.
    pub threads: usize,
    /// Where it computes.
    #[serde(skip)]
    pub device: Device,
    /// How the model is stored.
    #[serde(skip, default = "half")]
    pub precision: Precision,
    /// Go on from `OUT.state` where there is one.
    #[serde(skip)]
    pub resume: bool,
}

fn half() -> Precision {
    Precision::F16
}

impl<N> TextTrainConfig<N> {
    /// Says what is wrong with the values, those of the network aside, if anything is.
    pub fn check(&self) -> Result<(), String> {
        if self.data.is_empty() {
            return Err("no data to train on".into());
        }
        if self.vocabulary < 259 {
            return Err(format!("{} tokens are too few: the bytes and symbols alone are 259", self.vocabulary));
        }
        if self.vocabulary > 65_536 {
            return Err(format!("{} tokens are too many; 65,536 is the most", self.vocabulary));
        }
        let noise = [self.noise.share, self.noise.drop, self.noise.swap, self.noise.mask];
        let chances = [self.objective.view_drop, self.objective.sampling];
        if noise.iter().chain(&chances).any(|chance| !(0.0..=1.0).contains(chance)) {
            return Err("noise, view drop and sampling are chances between 0 and 1".into());
        }
        if ![self.objective.smoothing, f64::from(self.objective.jitter)].iter().all(|x| (0.0..1.0).contains(x)) {
            return Err("label smoothing and jitter must be at least 0 and below 1".into());
        }
        let weights = [self.objective.reconstruction, self.objective.contrast];
        if weights.iter().any(|weight| !(weight.is_finite() && *weight >= 0.0)) || weights == [0.0, 0.0] {
            return Err("the weights of the objectives must not be negative, and not all of them zero".into());
        }
        if self.epoch == 0 || self.batch == 0 || self.objective.temperature <= 0.0 || self.learning_rate <= 0.0 {
            return Err("epoch, batch, temperature and learning rate must be above 0".into());
        }
        Ok(())
    }
}
