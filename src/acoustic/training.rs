//! Everything that a run of `train acoustic` is told. What stands with a setting is its help on the command line.

use std::{fmt, path::PathBuf, str::FromStr};

use clap::{Args, builder::ArgPredicate};
use serde::{Deserialize, Serialize};

use crate::{
    encoder::{AugmentConfig, Budget, Cell, RunConfig, pair},
    features::FeatureConfig,
};

use super::{AcousticShape, phones::PARTS};

/// Phones that the phone head tells, and those of English in the order of its outputs: ARPAbet without stress.
pub(super) const PHONES: [&str; 39] = [
    "AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH", "IH", "IY", "JH", "K",
    "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH", "UH", "UW", "V", "W", "Y", "Z", "ZH",
];
/// How many outputs the phone head has: phones, silence, and the blank of CTC.
pub const OUTPUTS: usize = PHONES.len() + 2;
/// How many classes directions tell apart: three parts of each phone, and silence.
pub const CLASSES: usize = PHONES.len() * PARTS + 1;

impl AcousticShape {
    /// The usual network of a size: `hidden` is the width of each direction, and the channels of the convolutions after the first.
    /// Without a cell there are `layers` convolutions more.
    pub fn of_size(cell: Option<Cell>, hidden: usize, layers: usize, dimension: usize) -> Self {
        let mut channels = vec![128, hidden];
        if cell.is_none() {
            channels.extend(vec![hidden; layers]);
        }
        let (layers, width) = if cell.is_some() { (layers, hidden) } else { (0, 0) };
        let bands = FeatureConfig::default().bands;
        Self { bands, channels, cell, layers, width, dimension, phones: OUTPUTS, classes: CLASSES }
    }
}

/// Weights of the objectives in the sum that is minimised: `teacher:1,phones:0.3`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct AcousticObjective {
    /// Give what a larger network gave: one less the cosine, and a share of the squared error (knowledge distillation, Hinton et al. 2015).
    pub teacher: f64,
    /// Tell phones: cross-entropy where their times are known, CTC (Graves et al. 2006) where there is a transcript alone.
    pub phones: f64,
    /// Tell the thirds of phones by the cosine of the acoustic frame with a direction a class.
    pub thirds: f64,
    /// Hear a disturbed crop as the running mean of the weights hears it undisturbed and in its surroundings.
    pub agreement: f64,
    /// Hear a disturbed crop as the weights that the run began with hear it undisturbed and in its surroundings.
    pub own: f64,
}

impl AcousticObjective {
    fn named(&self) -> [(&'static str, f64); 5] {
        [
            ("teacher", self.teacher),
            ("phones", self.phones),
            ("thirds", self.thirds),
            ("agreement", self.agreement),
            ("own", self.own),
        ]
    }

    /// All that the data allow: the targets of a larger network, times of phones. Of recordings alone agreement is learnt, and what the
    /// network knew is held on to; none where they have nothing to begin with.
    pub fn of_data(targets: bool, phones: bool, begun: bool) -> Option<Self> {
        match (targets, phones) {
            (false, false) => begun.then_some(Self { agreement: 1.0, own: 0.5, ..Self::default() }),
            (targets, phones) => {
                let weight = |there: bool, weight: f64| if there { weight } else { 0.0 };
                Some(Self { teacher: weight(targets, 1.0), phones: weight(phones, 0.3), ..Self::default() })
            }
        }
    }

    /// Whether crops are compared with their undisturbed surroundings.
    pub fn compares(&self) -> bool {
        self.agreement > 0.0 || self.own > 0.0
    }
}

impl FromStr for AcousticObjective {
    type Err = String;

    /// `NAME:WEIGHT,…`, or `none`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut objective = Self::default();
        if text == "none" {
            return Ok(objective);
        }
        for part in text.split([',', '+']) {
            let (name, weight) = part.trim().split_once(':').unwrap_or((part.trim(), "1"));
            let weight: f64 = weight.parse().map_err(|_| format!("{weight} is no weight for {name}"))?;
            if !(weight >= 0.0 && weight.is_finite()) {
                return Err(format!("the weight of {name} must be finite and not negative"));
            }
            match name {
                "teacher" => objective.teacher = weight,
                "phones" => objective.phones = weight,
                "thirds" => objective.thirds = weight,
                "agreement" => objective.agreement = weight,
                "own" => objective.own = weight,
                _ => return Err(format!("{name} is no objective; teacher, phones, thirds, agreement, own")),
            }
        }
        Ok(objective)
    }
}

impl fmt::Display for AcousticObjective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = self.named().into_iter().filter(|(_, weight)| *weight > 0.0);
        f.write_str(&named.map(|(name, weight)| format!("{name}:{weight}")).collect::<Vec<_>>().join(","))
    }
}

/// What one batch is made of.
///
/// All crops of a batch are of one length, drawn evenly by its logarithm: the longer they are, the fewer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Args)]
#[command(next_help_heading = "Crops")]
pub struct CropConfig {
    /// Shortest and longest crop, in frames of 10 ms.
    #[arg(id = "crops", long = "crops", default_value = "32,600", value_name = "MIN,MAX", value_parser = pair::<usize, usize>)]
    pub length: (usize, usize),
    /// Frames of 10 ms of a batch.
    #[arg(id = "batch", long = "batch", default_value_t = 14_400, value_name = "N")]
    pub frames: usize,
    /// Share of a batch from other languages than the most frequent one.
    #[arg(long, default_value_t = 0.5, value_name = "P")]
    pub other_languages: f32,
    /// Least and greatest factor on the speed.
    #[arg(long, default_value = "0.9,1.12", value_name = "MIN,MAX", value_parser = pair::<f32, f32>)]
    pub speed: (f32, f32),
    /// Log-mel frames of the undisturbed surroundings that `agreement` and `own` compare a crop with.
    #[arg(skip = Self::default().surroundings)]
    pub surroundings: usize,
    /// Chance that a few frames are hidden, and the most of them.
    #[arg(skip = Self::default().hidden)]
    pub hidden: (f32, usize),
}

impl Default for CropConfig {
    fn default() -> Self {
        Self {
            length: (32, 600),
            frames: 14_400,
            other_languages: 0.5,
            speed: (0.9, 1.12),
            surroundings: 400,
            hidden: (0.3, 12),
        }
    }
}

/// Disturbances that suit whole sentences: milder than those of single words. Speed is the crop's own.
pub fn disturbances() -> AugmentConfig {
    AugmentConfig {
        jitter: 0,
        context: (0.0, 0),
        padding: (0.0, 0),
        warp: (0.9, 1.12),
        tempo: (1.0, 1.0),
        colour: (0.05, 0.09),
        floor: (4.5, 14.0),
        babble: (0.1, 2.5, 7.0),
        reverberation: 0.15,
        band_limit: 0.15,
        mask: (0.5, 6),
        gain: 2.5,
    }
}

/// How the weights move: AdamW with a warm-up, from the end of which the rate falls to zero as a cosine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Args)]
#[command(next_help_heading = "Optimisation")]
pub struct AcousticOptimiserConfig {
    /// Highest learning rate [default: 2e-3; with --from 5e-4].
    #[arg(
        long,
        default_value = "2e-3",
        default_value_if("from", ArgPredicate::IsPresent, "5e-4"),
        hide_default_value = true
    )]
    #[arg(value_name = "X")]
    pub learning_rate: f64,
    /// Decoupled weight decay.
    #[arg(long, default_value_t = 1e-3, value_name = "X")]
    pub weight_decay: f64,
    /// Longest gradient, by its norm.
    #[arg(long, default_value_t = 2.0, value_name = "X")]
    pub clip: f64,
    /// Steps of linear warm-up.
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub warm_up: u64,
    /// Decay of the running mean of the weights, which is evaluated and written.
    #[arg(long, default_value_t = 0.99, value_name = "X")]
    pub average: f64,
}

/// A run of `train acoustic`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AcousticTrainConfig {
    /// Manifests (columns path, and where they apply start, end, label, speaker, split, lang), or folders of recordings.
    pub data: Vec<PathBuf>,
    /// Folder of the teacher's targets: safetensors files with a tensor a recording, under its path in the manifest.
    pub targets: Option<PathBuf>,
    /// Times of phones: tab-separated columns path, start, end, phone.
    pub phones: Option<PathBuf>,
    /// Query by example, looked at after each epoch: manifests of queries and of recordings.
    pub queries: Option<(PathBuf, PathBuf)>,
    /// The network to write; its state is kept beside it as `OUT.state`, its log as `OUT.csv`.
    pub out: PathBuf,
    /// A network whose weights the run begins with: its shape takes the place of `shape`.
    pub from: Option<PathBuf>,
    /// The network; its dimension is that of the targets where there are any.
    pub shape: AcousticShape,
    /// What is minimised.
    pub objective: AcousticObjective,
    /// What a batch is made of.
    pub crops: CropConfig,
    /// How crops are disturbed.
    pub augment: AugmentConfig,
    /// How the weights move.
    #[serde(flatten)]
    pub optimiser: AcousticOptimiserConfig,
    /// When it ends.
    pub budget: Budget,
    /// Steps between evaluations.
    pub epoch: u64,
    /// What every run is told.
    #[serde(flatten)]
    pub run: RunConfig,
}
