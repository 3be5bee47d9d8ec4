//! `audiosearch train text`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::settings::{budget, check, threads};
use crate::{
    encoder::{Cell, RunConfig},
    sentence::{
        Noise, Objective, SentenceConfig, Shares, TextOptimiserConfig, TextTrainConfig,
        paragraph::{Levels, ParagraphConfig},
    },
};

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
    /// Threads [default: one a core]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    #[command(flatten)]
    run: RunConfig,
    #[command(flatten)]
    optimiser: TextOptimiserConfig,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    objective: Objective,
    #[command(flatten)]
    noise: Noise,
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
    #[arg(long, default_value = "0.2,0.95,0.15", value_name = "X,X,X")]
    shares: Shares,
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
                Run::Sentences(self.config(network))
            }
            Some(levels) => {
                let network = self.paragraphs(levels);
                Run::Paragraphs(self.config(network))
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

    /// The run, of a network of this shape.
    fn config<N>(self, network: N) -> TextTrainConfig<N> {
        TextTrainConfig {
            network,
            vocabulary: self.network.vocabulary,
            objective: self.objective,
            noise: self.noise,
            optimiser: self.optimiser,
            data: self.data,
            dev: self.dev,
            out: self.out,
            budget: budget(self.steps, self.minutes),
            epochs: self.epochs,
            epoch: self.epoch,
            patience: self.patience,
            threads: threads(self.threads),
            run: self.run,
        }
    }
}
