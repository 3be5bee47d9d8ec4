//! `audiosearch train text`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::settings::{budget, check, threads};
use crate::{
    encoder::{Cell, Device, Precision},
    sentence::{
        Noise, Objective, SentenceConfig, Shares, TextTrainConfig,
        paragraph::{Levels, ParagraphConfig},
    },
};

/// Weight of contrast in a run that does not say.
const CONTRAST: f64 = 0.02;

/// What is trained: sentences, or paragraphs.
pub enum Run {
    Sentences(TextTrainConfig),
    Paragraphs(TextTrainConfig<ParagraphConfig>),
}

/// Train a sentence model on text
///
/// Writes the best model so far to M.safetensors whenever it gets better, the course of the run to M.safetensors.csv, and what
/// --resume needs to M.safetensors.state. Ctrl-C ends the run in good order.
///
/// With --paragraphs, what is trained is a model of paragraphs, for `eval paragraphs`: flat, or of two levels. The same options, data and
/// seed give all of them the same text in the same order.
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch train text sentences.txt --minutes 60 --out mine.safetensors")]
pub struct TextArgs {
    /// Text files, one sentence a line, or one paragraph
    #[arg(required = true, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// The model to write
    #[arg(long, short, value_name = "M.safetensors")]
    out: PathBuf,
    /// Text file that early stopping looks at; may be given several times [default: one line of a hundred, held out]
    #[arg(long, value_name = "FILE")]
    dev: Vec<PathBuf>,
    /// Every line is a paragraph
    #[arg(long)]
    paragraphs: bool,
    /// Read words into sentences, sentences into a paragraph, and write it in the same way
    #[arg(long, requires = "paragraphs")]
    hierarchical: bool,
    /// Let the decoder look at the sentences that were read
    #[arg(long, requires = "hierarchical")]
    attention: bool,
    /// End after so many steps
    #[arg(long, value_name = "N", conflicts_with_all = ["minutes", "epochs"])]
    steps: Option<u64>,
    /// End after so many minutes [default: 30]
    #[arg(long, value_name = "X", conflicts_with = "epochs")]
    minutes: Option<f64>,
    /// End after all lines have been read so many times
    #[arg(long, value_name = "X")]
    epochs: Option<f64>,
    /// Steps between evaluations
    #[arg(long, default_value_t = 500, value_name = "N")]
    epoch: u64,
    /// Evaluations without a better held-out loss before it stops; 0: never
    #[arg(long, default_value_t = 0, value_name = "N")]
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
    objective: ObjectiveArgs,
    #[command(flatten)]
    noise: NoiseArgs,
}

/// How the weights move.
#[derive(Args)]
#[command(next_help_heading = "Optimisation")]
struct OptimiserArgs {
    /// Tokens of a batch, ends and padding included
    #[arg(long, default_value_t = 2048, value_name = "N")]
    batch: usize,
    /// Highest learning rate
    #[arg(long, default_value_t = 2.5e-4, value_name = "X")]
    learning_rate: f64,
    /// Decoupled weight decay
    #[arg(long, default_value_t = 0.0, value_name = "X")]
    weight_decay: f64,
    /// Longest gradient, by its norm
    #[arg(long, default_value_t = 1.0, value_name = "X")]
    clip: f64,
    /// Steps of linear warm-up
    #[arg(long, default_value_t = 200, value_name = "N")]
    warm_up: u64,
    /// Decay of the running mean of the weights that is evaluated and written; 0: none
    #[arg(long, default_value_t = 0.0, value_name = "X")]
    average: f64,
}

/// The shape of the network.
#[derive(Args)]
#[command(next_help_heading = "Network")]
struct NetworkArgs {
    /// Most different tokens, the 256 bytes included
    #[arg(long, default_value_t = 8192, value_name = "N")]
    vocabulary: usize,
    /// Most tokens of a line that are read [default: 128, of paragraphs 320]
    #[arg(long, value_name = "N")]
    longest: Option<usize>,
    /// Recurrent cell: gru or lstm
    #[arg(long, value_enum, default_value_t = Cell::Gru)]
    cell: Cell,
    /// Values of a token's vector
    #[arg(long, default_value_t = 256, value_name = "N")]
    token: i64,
    /// Width of encoder and decoder: values of the part that keeps the order [default: 512, of paragraphs 768]
    #[arg(long, value_name = "N")]
    width: Option<i64>,
    /// Values of the part that keeps the meaning
    #[arg(long, default_value_t = 254, value_name = "N")]
    meaning: i64,
    /// How much order, meaning and length count in the vector
    #[arg(long, default_value = "0.2,0.95,0.15", value_name = "X,X,X", value_parser = shares)]
    shares: Shares,
}

/// What is minimised.
#[derive(Args)]
#[command(next_help_heading = "Objective")]
struct ObjectiveArgs {
    /// Weight of writing the sentence again
    #[arg(long, default_value_t = 1.0, value_name = "X")]
    reconstruction: f64,
    /// Weight of telling sentences apart by their meaning [default: 0.02; paragraphs have none]
    #[arg(long, value_name = "X")]
    contrast: Option<f64>,
    /// Chance that a view of a sentence lacks a token, for --contrast
    #[arg(long, default_value_t = 0.3, value_name = "P")]
    view_drop: f32,
    /// Similarities are divided by this, for --contrast
    #[arg(long, default_value_t = 0.05, value_name = "X")]
    temperature: f64,
    /// Probability that is spread over all tokens instead of the true one
    #[arg(long, default_value_t = 0.05, value_name = "P")]
    smoothing: f64,
    /// Noise on the vector before it is decoded, as a share of its length
    #[arg(long, default_value_t = 0.05, value_name = "X")]
    jitter: f32,
    /// Chance, by the end, that the decoder is given its own guess instead of the true token
    #[arg(long, default_value_t = 0.0, value_name = "P")]
    sampling: f32,
}

/// How the encoder's input is spoilt.
#[derive(Args)]
#[command(next_help_heading = "Denoising")]
struct NoiseArgs {
    /// Chance that a sentence is spoilt at all
    #[arg(long, default_value_t = 0.0, value_name = "P")]
    noise: f32,
    /// Chance that a token is left out
    #[arg(long, default_value_t = 0.05, value_name = "P")]
    drop: f32,
    /// Chance that a token changes places with the next
    #[arg(long, default_value_t = 0.05, value_name = "P")]
    swap: f32,
    /// Chance that a token is hidden
    #[arg(long, default_value_t = 0.05, value_name = "P")]
    mask: f32,
}

/// `ORDER,MEANING,LENGTH`.
fn shares(text: &str) -> Result<Shares, String> {
    let values: Vec<f64> = text.split(',').filter_map(|value| value.trim().parse().ok()).collect();
    match values[..] {
        [order, meaning, length] if text.split(',').count() == 3 => Ok(Shares { order, meaning, length }),
        _ => Err(format!("'{text}' is not three numbers with commas between them")),
    }
}

impl TextArgs {
    /// The run that is asked for.
    ///
    /// # Errors
    /// A name for the model that cannot be one.
    pub fn run(self) -> Result<Run> {
        check(&self.out)?;
        Ok(match self.levels() {
            None => {
                let network = self.sentences();
                Run::Sentences(self.config(network, CONTRAST))
            }
            Some(levels) => {
                let network = self.paragraphs(levels);
                Run::Paragraphs(self.config(network, 0.0))
            }
        })
    }

    fn levels(&self) -> Option<Levels> {
        self.paragraphs.then_some(match (self.hierarchical, self.attention) {
            (_, true) => Levels::Attention,
            (true, _) => Levels::Hierarchical,
            _ => Levels::Flat,
        })
    }

    fn sentences(&self) -> SentenceConfig {
        let (network, default) = (&self.network, SentenceConfig::default());
        SentenceConfig {
            longest: network.longest.unwrap_or(default.longest),
            cell: network.cell,
            token: network.token,
            width: network.width.unwrap_or(default.width),
            meaning: network.meaning,
            shares: network.shares,
            ..default
        }
    }

    fn paragraphs(&self, levels: Levels) -> ParagraphConfig {
        let (network, default) = (&self.network, ParagraphConfig::default());
        ParagraphConfig {
            levels,
            longest: network.longest.unwrap_or(default.longest),
            cell: network.cell,
            token: network.token,
            width: network.width.unwrap_or(default.width),
            ..default
        }
    }

    /// The run, of a network of this shape; `contrast` is what is not asked for otherwise.
    fn config<N>(self, network: N, contrast: f64) -> TextTrainConfig<N> {
        let (objective, noise, optimiser) = (self.objective, self.noise, self.optimiser);
        TextTrainConfig {
            network,
            vocabulary: self.network.vocabulary,
            objective: Objective {
                reconstruction: objective.reconstruction,
                contrast: objective.contrast.unwrap_or(contrast),
                view_drop: objective.view_drop,
                temperature: objective.temperature,
                smoothing: objective.smoothing,
                jitter: objective.jitter,
                sampling: objective.sampling,
            },
            noise: Noise { share: noise.noise, drop: noise.drop, swap: noise.swap, mask: noise.mask },
            batch: optimiser.batch,
            learning_rate: optimiser.learning_rate,
            weight_decay: optimiser.weight_decay,
            clip: optimiser.clip,
            warm_up: optimiser.warm_up,
            average: optimiser.average,
            data: self.data,
            dev: self.dev,
            out: self.out,
            budget: budget(self.steps, self.minutes),
            epochs: self.epochs,
            epoch: self.epoch,
            patience: self.patience,
            seed: self.seed,
            threads: threads(self.threads),
            device: self.device,
            precision: self.precision,
            resume: self.resume,
        }
    }
}
