//! The configuration of a training run. What stands with a setting is its help on the command line.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::config::SentenceConfig;
use crate::encoder::{Budget, RunConfig};

/// How what the encoder reads is spoilt, while the decoder is to write the sentence as it was (denoising, Hill et al.
/// 2016). Chances a token.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Args)]
#[command(next_help_heading = "Denoising")]
pub struct Noise {
    /// Chance that a sentence is spoilt at all.
    #[arg(id = "noise", long = "noise", default_value_t = 0.0, value_name = "P")]
    pub share: f32,
    /// Chance that a token is left out.
    #[arg(long, default_value_t = 0.05, value_name = "P")]
    pub drop: f32,
    /// Chance that a token changes places with the next.
    #[arg(long, default_value_t = 0.05, value_name = "P")]
    pub swap: f32,
    /// Chance that a token is hidden.
    #[arg(long, default_value_t = 0.05, value_name = "P")]
    pub mask: f32,
}

/// What is minimised.
///
/// Writing the sentence again costs the cross-entropy a token, in nats. Contrast tells two spoilt views of one sentence from those of the
/// others in the batch, by the meaning part alone (SimCSE, Gao et al. 2021). The noise is added to the order state, so that the decoder
/// learns to read what it does not read exactly. The chance of its own guess (scheduled sampling, Bengio et al. 2015) grows linearly.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Args)]
#[command(next_help_heading = "Objective")]
pub struct Objective {
    /// Weight of writing the sentence again.
    #[arg(long, default_value_t = 1.0, value_name = "X")]
    pub reconstruction: f64,
    /// Weight of telling sentences apart by their meaning [default: 0.02; paragraphs have none].
    #[arg(long, default_value_t = 0.02, default_value_if("paragraphs", "true", "0"), hide_default_value = true)]
    #[arg(value_name = "X")]
    pub contrast: f64,
    /// Chance that a view of a sentence lacks a token, for --contrast.
    #[arg(long, default_value_t = 0.3, value_name = "P")]
    pub view_drop: f32,
    /// Similarities are divided by this, for --contrast.
    #[arg(long, default_value_t = 0.05, value_name = "X")]
    pub temperature: f64,
    /// Probability that is spread over all tokens instead of the true one.
    #[arg(long, default_value_t = 0.05, value_name = "P")]
    pub smoothing: f64,
    /// Noise on the vector before it is decoded, as a share of its length.
    #[arg(long, default_value_t = 0.05, value_name = "X")]
    pub jitter: f32,
    /// Chance, by the end, that the decoder is given its own guess instead of the true token.
    #[arg(long, default_value_t = 0.0, value_name = "P")]
    pub sampling: f32,
}

/// How the weights move: AdamW with a warm-up, from the end of which the rate falls linearly to zero. A batch holds lines of like length.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Args)]
#[command(next_help_heading = "Optimisation")]
pub struct TextOptimiserConfig {
    /// Tokens of a batch, ends and padding included.
    #[arg(long, default_value_t = 2048, value_name = "N")]
    pub batch: usize,
    /// Highest learning rate.
    #[arg(long, default_value_t = 2.5e-4, value_name = "X")]
    pub learning_rate: f64,
    /// Decoupled weight decay.
    #[arg(long, default_value_t = 0.0, value_name = "X")]
    pub weight_decay: f64,
    /// Longest gradient, by its norm.
    #[arg(long, default_value_t = 1.0, value_name = "X")]
    pub clip: f64,
    /// Steps of linear warm-up.
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub warm_up: u64,
    /// Decay of the running mean of the weights that is evaluated and written; 0: none.
    #[arg(long, default_value_t = 0.0, value_name = "X")]
    pub average: f64,
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
    /// How the weights move.
    #[serde(flatten)]
    pub optimiser: TextOptimiserConfig,
    /// When it ends.
    pub budget: Budget,
    /// Times that all lines are gone through; sets the budget where it is given.
    pub epochs: Option<f64>,
    /// Steps between evaluations.
    pub epoch: u64,
    /// Evaluations without a better held-out loss before it stops; 0 never stops.
    pub patience: u32,
    /// Threads of LibTorch.
    pub threads: usize,
    /// What every run is told.
    #[serde(flatten)]
    pub run: RunConfig,
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
        let (batch, rate) = (self.optimiser.batch, self.optimiser.learning_rate);
        if self.epoch == 0 || batch == 0 || self.objective.temperature <= 0.0 || rate <= 0.0 {
            return Err("epoch, batch, temperature and learning rate must be above 0".into());
        }
        Ok(())
    }
}
