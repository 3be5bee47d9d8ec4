//! `audiosearch train acoustic`

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use super::settings::{budget, check, pair};
use crate::{
    acoustic::{AcousticObjective, AcousticShape, AcousticTrainConfig, CLASSES, CropConfig, OUTPUTS, disturbances},
    encoder::{Cell, Device, Precision},
    features::FeatureConfig,
};

/// Train the acoustic network, which says what is heard every 40 ms
///
/// Learns from targets that a larger network gave (--targets), from the times of phones (--phones) or transcripts, and from agreement
/// of a crop with its surroundings, which needs nothing but recordings. With --from it goes on from trained weights and reports what
/// was gained on recordings held out. Writes the best network so far to M.safetensors, the course of the run to M.safetensors.csv,
/// and what --resume needs to M.safetensors.state. Ctrl-C ends the run in good order.
#[derive(Args)]
#[command(after_help = "Examples:\n\
    \x20 audiosearch train acoustic train.tsv --targets targets -o acoustic.safetensors\n\
    \x20 audiosearch train acoustic ~/recordings --from recurrent -o mine.safetensors --minutes 20")]
pub struct AcousticArgs {
    /// Manifests (columns path, and where they apply start, end, label, speaker, split, lang), or folders of recordings; rows whose
    /// split is dev are measured on, not trained on
    #[arg(required = true, value_name = "DATA")]
    data: Vec<PathBuf>,
    /// Folder of targets: safetensors files with a tensor [time, values] a recording, under its path in the manifest
    #[arg(long, value_name = "DIR")]
    targets: Option<PathBuf>,
    /// Times of phones: tab-separated columns path, start, end, phone
    #[arg(long, value_name = "FILE")]
    phones: Option<PathBuf>,
    /// Queries for a look at query by example after each epoch, as `eval qbe` reads them
    #[arg(long, value_name = "FILE", requires = "utts")]
    queries: Option<PathBuf>,
    /// The recordings that these queries are put to
    #[arg(long, value_name = "FILE", requires = "queries")]
    utts: Option<PathBuf>,
    /// The network to write
    #[arg(long, short, value_name = "M.safetensors")]
    out: PathBuf,
    /// Begin with the weights of this network, whose shape it has then: recurrent (comes with the program), or a file
    #[arg(long, value_name = "NAME|FILE")]
    from: Option<PathBuf>,
    /// What is minimised: teacher, phones, thirds, agreement, own, each with a weight; none: fit directions of phones alone
    /// [default: what the data allow]
    #[arg(long, value_name = "NAME:WEIGHT,…")]
    objective: Option<String>,
    /// End after so many steps
    #[arg(long, value_name = "N", conflicts_with_all = ["minutes", "epochs"])]
    steps: Option<u64>,
    /// End after so many minutes [default: 30]
    #[arg(long, value_name = "X", conflicts_with = "epochs")]
    minutes: Option<f64>,
    /// End after so many epochs
    #[arg(long, value_name = "N")]
    epochs: Option<u64>,
    /// Steps of an epoch, after which is evaluated
    #[arg(long, default_value_t = 200, value_name = "N")]
    epoch: u64,
    /// Go on where an interrupted run stopped
    #[arg(long)]
    resume: bool,
    /// Seed of everything random
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Where the network is trained: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: Device,
    /// How the weights are stored
    #[arg(long, value_enum, default_value_t = Precision::F16)]
    precision: Precision,
    #[command(flatten)]
    network: ShapeArgs,
    #[command(flatten)]
    crops: CropArgs,
    #[command(flatten)]
    optimiser: OptimiserArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CellArg {
    /// Gated recurrent unit
    Gru,
    /// Long short-term memory
    Lstm,
    /// Convolutions alone
    None,
}

/// The network, where it does not begin with another's weights.
#[derive(Args)]
#[command(next_help_heading = "Network")]
struct ShapeArgs {
    /// Width of each direction of the recurrent layers, and channels of the convolutions after the first
    #[arg(long, default_value_t = 192, value_name = "N")]
    hidden: usize,
    /// Recurrent layers; of convolutions alone so many more of them
    #[arg(long, default_value_t = 2, value_name = "N")]
    layers: usize,
    /// Recurrent cell
    #[arg(long, value_enum, default_value_t = CellArg::Gru)]
    cell: CellArg,
    /// Values of an acoustic frame; with --targets that of the targets
    #[arg(long, default_value_t = 96, value_name = "N")]
    dimension: usize,
}

/// What a batch is made of.
#[derive(Args)]
#[command(next_help_heading = "Crops")]
struct CropArgs {
    /// Shortest and longest crop, in frames of 10 ms
    #[arg(long, default_value = "32,600", value_name = "MIN,MAX", value_parser = pair::<usize, usize>)]
    crops: (usize, usize),
    /// Frames of 10 ms of a batch
    #[arg(long, default_value_t = 14_400, value_name = "N")]
    batch: usize,
    /// Share of a batch from other languages than the most frequent one
    #[arg(long, default_value_t = 0.5, value_name = "P")]
    other_languages: f32,
    /// Least and greatest factor on the speed
    #[arg(long, default_value = "0.9,1.12", value_name = "MIN,MAX", value_parser = pair::<f32, f32>)]
    speed: (f32, f32),
}

/// How the weights move.
#[derive(Args)]
#[command(next_help_heading = "Optimisation")]
struct OptimiserArgs {
    /// Highest learning rate [default: 2e-3; with --from 5e-4]
    #[arg(long, value_name = "X")]
    learning_rate: Option<f64>,
    /// Decoupled weight decay
    #[arg(long, default_value_t = 1e-3, value_name = "X")]
    weight_decay: f64,
    /// Longest gradient, by its norm
    #[arg(long, default_value_t = 2.0, value_name = "X")]
    clip: f64,
    /// Steps of linear warm-up
    #[arg(long, default_value_t = 100, value_name = "N")]
    warm_up: u64,
    /// Decay of the running mean of the weights, which is evaluated and written
    #[arg(long, default_value_t = 0.99, value_name = "X")]
    average: f64,
}

impl ShapeArgs {
    fn shape(&self) -> AcousticShape {
        let mut channels = vec![128, self.hidden];
        let cell = match self.cell {
            CellArg::Gru => Some(Cell::Gru),
            CellArg::Lstm => Some(Cell::Lstm),
            CellArg::None => None,
        };
        if cell.is_none() {
            channels.extend(vec![self.hidden; self.layers]);
        }
        let (layers, width) = if cell.is_some() { (self.layers, self.hidden) } else { (0, 0) };
        let (bands, dimension) = (FeatureConfig::default().bands, self.dimension);
        AcousticShape { bands, channels, cell, layers, width, dimension, phones: OUTPUTS, classes: CLASSES }
    }
}

impl AcousticArgs {
    /// What is minimised, where that is not said: all that the data allow.
    fn objective(&self) -> Result<AcousticObjective> {
        if let Some(text) = &self.objective {
            if text == "none" {
                return Ok(AcousticObjective::default());
            }
            return text.parse().map_err(anyhow::Error::msg);
        }
        let teacher = if self.targets.is_some() { 1.0 } else { 0.0 };
        let phones = if self.phones.is_some() { 0.3 } else { 0.0 };
        // Of recordings alone agreement is learnt; what the network knew is held on to.
        let alone = teacher == 0.0 && phones == 0.0;
        if alone && self.from.is_none() {
            bail!("from recordings alone a network goes on, but does not begin: name --targets, --phones or --from");
        }
        let (agreement, own) = if alone { (1.0, 0.5) } else { (0.0, 0.0) };
        Ok(AcousticObjective { teacher, phones, thirds: 0.0, agreement, own })
    }

    /// What a run is told.
    ///
    /// # Errors
    /// A name for the network that cannot be one, or an objective that the data do not allow.
    pub fn config(self) -> Result<AcousticTrainConfig> {
        check(&self.out)?;
        let objective = self.objective()?;
        let usual = CropConfig::default();
        let rate = if self.from.is_some() { 5e-4 } else { 2e-3 };
        let steps = self.steps.or(self.epochs.map(|epochs| epochs.saturating_mul(self.epoch)));
        Ok(AcousticTrainConfig {
            data: self.data,
            targets: self.targets,
            phones: self.phones,
            queries: self.queries.zip(self.utts),
            out: self.out,
            from: self.from,
            shape: self.network.shape(),
            objective,
            crops: CropConfig {
                length: self.crops.crops,
                frames: self.crops.batch,
                other_languages: self.crops.other_languages,
                speed: self.crops.speed,
                ..usual
            },
            augment: disturbances(),
            learning_rate: self.optimiser.learning_rate.unwrap_or(rate),
            weight_decay: self.optimiser.weight_decay,
            clip: self.optimiser.clip,
            warm_up: self.optimiser.warm_up,
            budget: budget(steps, self.minutes),
            epoch: self.epoch,
            average: self.optimiser.average,
            seed: self.seed,
            device: self.device,
            precision: self.precision,
            resume: self.resume,
        })
    }
}
