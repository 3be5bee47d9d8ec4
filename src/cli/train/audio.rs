//! `audiosearch train audio`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::settings::{NetworkArgs, budget, check, threads};
use crate::encoder::{AugmentConfig, BatchConfig, DataSource, Objective, OptimiserConfig, RunConfig, TrainConfig};

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
    /// Threads [default: one a core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    #[command(flatten)]
    run: RunConfig,
    #[command(flatten)]
    optimiser: OptimiserConfig,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    batch: BatchConfig,
    #[command(flatten)]
    augment: AugmentConfig,
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
            batch: self.batch,
            augment: self.augment,
            data: self.data,
            from: self.from,
            dev: self.dev,
            out: self.out,
            objective: self.objective,
            optimiser: self.optimiser,
            budget: budget(self.steps, self.minutes),
            epoch: self.epoch,
            patience: self.patience,
            threads: threads(self.threads),
            run: self.run,
        })
    }
}
