//! `audiosearch train audio`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::settings::{AugmentArgs, BatchArgs, NetworkArgs, budget, check, threads};
use crate::encoder::{DataSource, Device, Objective, Precision, TrainConfig};

/// Train a speech model on recordings
///
/// Writes the best model so far to M.safetensors whenever it gets better, the course of the run to M.safetensors.csv, and what
/// --resume needs to M.safetensors.state. Ctrl-C ends the run in good order.
#[derive(Args)]
#[command(after_help = "Examples:\n\
    \x20 audiosearch train audio words.tsv --dev dev.tsv --objective dsa:1,contrastive:1 -o m.safetensors\n\n\
    A language without labels, from what `audiosearch discover --min-confidence 0.2 --out groups.tsv` finds in it:\n\
    \x20 audiosearch train audio groups.tsv:1:0 recordings:0:1 --from speech -o m.safetensors")]
pub struct AudioArgs {
    /// Manifests of labelled words, or folders of unlabelled sound; shares of words and of random windows may follow
    #[arg(required = true, value_name = "DATA[:WORDS[:WINDOWS]]")]
    data: Vec<DataSource>,
    /// The model to write
    #[arg(long, short, value_name = "M.safetensors")]
    out: PathBuf,
    /// Manifest of labelled words that early stopping looks at; may be given several times
    #[arg(long, value_name = "MANIFEST")]
    dev: Vec<PathBuf>,
    /// Begin with the weights of this model, whose shape the network has then: a file, or speech (the one that comes with the program)
    #[arg(long, value_name = "NAME|FILE")]
    from: Option<PathBuf>,
    /// What is minimised: sa, dsa, cae, contrastive, multiview, agreement, each with a weight
    #[arg(long, default_value = "dsa:1", value_name = "NAME:WEIGHT,…")]
    objective: Objective,
    /// End after so many steps
    #[arg(long, value_name = "N", conflicts_with = "minutes")]
    steps: Option<u64>,
    /// End after so many minutes [default: 30]
    #[arg(long, value_name = "X")]
    minutes: Option<f64>,
    /// Steps between evaluations
    #[arg(long, default_value_t = 200, value_name = "N")]
    epoch: u64,
    /// Evaluations without a better figure before it stops; 0: never
    #[arg(long, default_value_t = 10, value_name = "N")]
    patience: u32,
    /// Go on where an interrupted run stopped
    #[arg(long)]
    resume: bool,
    /// Seed of everything random
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Threads [default: one a core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Where the network is trained: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: Device,
    /// How the weights are stored
    #[arg(long, value_enum, default_value_t = Precision::F16)]
    precision: Precision,
    #[command(flatten)]
    optimiser: OptimiserArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    batch: BatchArgs,
    #[command(flatten)]
    augment: AugmentArgs,
}

/// How the weights move.
#[derive(Args)]
#[command(next_help_heading = "Optimisation")]
struct OptimiserArgs {
    /// Highest learning rate
    #[arg(long, default_value_t = 1e-3, value_name = "X")]
    learning_rate: f64,
    /// Decoupled weight decay
    #[arg(long, default_value_t = 1e-4, value_name = "X")]
    weight_decay: f64,
    /// Longest gradient, by its norm
    #[arg(long, default_value_t = 5.0, value_name = "X")]
    clip: f64,
    /// Steps of linear warm-up
    #[arg(long, default_value_t = 200, value_name = "N")]
    warm_up: u64,
    /// Decay of the running mean of the weights that is evaluated and written; 0: none
    #[arg(long, default_value_t = 0.998, value_name = "X")]
    average: f64,
    /// Similarities are divided by this
    #[arg(long, default_value_t = 0.1, value_name = "X")]
    temperature: f64,
    /// Taken off the similarity of a word's own tokens
    #[arg(long, default_value_t = 0.0, value_name = "X")]
    margin: f64,
    /// How much more near negatives weigh
    #[arg(long, default_value_t = 0.0, value_name = "X")]
    hardness: f64,
}

impl AudioArgs {
    /// The run that is asked for.
    ///
    /// # Errors
    /// A name for the model that cannot be one.
    pub fn config(self) -> Result<TrainConfig> {
        check(&self.out)?;
        Ok(TrainConfig {
            network: self.network.config(&self.objective),
            batch: self.batch.config(),
            augment: self.augment.config(),
            data: self.data,
            from: self.from,
            dev: self.dev,
            out: self.out,
            objective: self.objective,
            temperature: self.optimiser.temperature,
            margin: self.optimiser.margin,
            hardness: self.optimiser.hardness,
            learning_rate: self.optimiser.learning_rate,
            weight_decay: self.optimiser.weight_decay,
            clip: self.optimiser.clip,
            warm_up: self.optimiser.warm_up,
            budget: budget(self.steps, self.minutes),
            epoch: self.epoch,
            patience: self.patience,
            average: self.optimiser.average,
            seed: self.seed,
            threads: threads(self.threads),
            device: self.device,
            precision: self.precision,
            resume: self.resume,
        })
    }
}
