//! `audiosearch train acoustic`

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use super::settings::{budget, check};
use crate::{
    acoustic::{
        AcousticObjective, AcousticOptimiserConfig, AcousticShape, AcousticTrainConfig, CropConfig, disturbances,
    },
    encoder::{Cell, RunConfig},
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
    objective: Option<AcousticObjective>,
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
    #[command(flatten)]
    run: RunConfig,
    #[command(flatten)]
    network: ShapeArgs,
    #[command(flatten)]
    crops: CropConfig,
    #[command(flatten)]
    optimiser: AcousticOptimiserConfig,
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

impl ShapeArgs {
    fn shape(&self) -> AcousticShape {
        let cell = match self.cell {
            CellArg::Gru => Some(Cell::Gru),
            CellArg::Lstm => Some(Cell::Lstm),
            CellArg::None => None,
        };
        AcousticShape::of_size(cell, self.hidden, self.layers, self.dimension)
    }
}

impl AcousticArgs {
    /// What a run is told.
    ///
    /// # Errors
    /// A name for the network that cannot be one, or an objective that the data do not allow.
    pub fn config(self) -> Result<AcousticTrainConfig> {
        check(&self.out)?;
        let of_data = || AcousticObjective::of_data(self.targets.is_some(), self.phones.is_some(), self.from.is_some());
        let Some(objective) = self.objective.or_else(of_data) else {
            bail!("from recordings alone a network goes on, but does not begin: name --targets, --phones or --from")
        };
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
            crops: self.crops,
            augment: disturbances(),
            optimiser: self.optimiser,
            budget: budget(steps, self.minutes),
            epoch: self.epoch,
            run: self.run,
        })
    }
}
