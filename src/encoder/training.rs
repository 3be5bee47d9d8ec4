//! The configuration of a training run. What stands with a setting is its help on the command line.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::checkpoint::Precision;
use super::config::EncoderConfig;
use super::device::Device;
use super::numbers::{pair, triple};

/// Where training data lie and how often they are drawn: `PATH[:WORDS[:WINDOWS]]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataSource {
    /// A manifest (TSV), or a folder or file of unlabelled sound.
    pub path: PathBuf,
    /// Share of the batch's words drawn from here, against the other sources' shares.
    pub words: f64,
    /// Share of the batch's random windows drawn from here.
    pub windows: f64,
}

impl FromStr for DataSource {
    type Err = String;

    fn from_str(text: &str) -> Result<DataSource, String> {
        let mut shares: Vec<f64> = Vec::new();
        let mut path = text;
        while let Some((head, tail)) = path.rsplit_once(':') {
            match tail.parse::<f64>() {
                Ok(share) if share >= 0.0 && share.is_finite() && shares.len() < 2 => shares.insert(0, share),
                _ => break,
            }
            path = head;
        }
        if path.is_empty() {
            return Err("a data source needs a path: PATH[:WORDS[:WINDOWS]]".into());
        }
        let words = shares.first().copied().unwrap_or(1.0);
        Ok(DataSource { path: path.into(), words, windows: shares.get(1).copied().unwrap_or(words) })
    }
}

/// Weights of the objectives in the sum that is minimised: `contrastive:1,cae:0.1`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Objective {
    /// Reconstruct the frames that were read (sequence auto-encoder).
    pub sa: f64,
    /// Reconstruct the clean frames behind the distorted ones (denoising).
    pub dsa: f64,
    /// Reconstruct another token of the same word (correspondence).
    pub cae: f64,
    /// Tell words apart: supervised contrastive loss.
    pub contrastive: f64,
    /// Draw speech to the written word and away from others.
    pub multiview: f64,
    /// Make a span inside its surroundings and the same span cut out agree: one less their cosine.
    pub agreement: f64,
}

impl Objective {
    /// Whether a decoder is needed.
    pub fn decodes(&self) -> bool {
        self.sa > 0.0 || self.dsa > 0.0 || self.cae > 0.0
    }

    /// Whether spans are distinguished.
    pub fn tells_apart(&self) -> bool {
        self.contrastive > 0.0 || self.multiview > 0.0
    }

    /// Whether the plain reconstruction is all there is: nothing is distorted then.
    pub fn plain(&self) -> bool {
        self.dsa == 0.0 && self.cae == 0.0 && self.contrastive == 0.0 && self.multiview == 0.0 && self.agreement == 0.0
    }
}

impl FromStr for Objective {
    type Err = String;

    fn from_str(text: &str) -> Result<Objective, String> {
        let mut objective = Objective::default();
        for part in text.split([',', '+']) {
            let (name, weight) = part.trim().split_once(':').unwrap_or((part.trim(), "1"));
            let weight: f64 = weight.parse().map_err(|_| format!("{weight} is no weight for {name}"))?;
            if !(weight >= 0.0 && weight.is_finite()) {
                return Err(format!("the weight of {name} must be finite and not negative"));
            }
            match name {
                "sa" => objective.sa = weight,
                "dsa" => objective.dsa = weight,
                "cae" => objective.cae = weight,
                "contrastive" => objective.contrastive = weight,
                "multiview" => objective.multiview = weight,
                "agreement" => objective.agreement = weight,
                _ => {
                    return Err(format!("{name} is no objective; sa, dsa, cae, contrastive, multiview, agreement"));
                }
            }
        }
        if objective == Objective::default() {
            return Err("no objective has a weight above 0".into());
        }
        Ok(objective)
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("sa", self.sa),
            ("dsa", self.dsa),
            ("cae", self.cae),
            ("contrastive", self.contrastive),
            ("multiview", self.multiview),
            ("agreement", self.agreement),
        ];
        let named = parts.iter().filter(|(_, w)| *w > 0.0).map(|(n, w)| format!("{n}:{w}"));
        f.write_str(&named.collect::<Vec<_>>().join(","))
    }
}

/// What one batch is made of. Of a random window it has two views; a stretch that is too long loses its surroundings first, then the
/// span's end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Args)]
#[command(next_help_heading = "Batches")]
pub struct BatchConfig {
    /// Words in a batch.
    #[arg(long, default_value_t = 84, value_name = "N")]
    pub words: usize,
    /// Tokens of each word.
    #[arg(long, default_value_t = 2, value_name = "N")]
    pub tokens: usize,
    /// Chance that a further token comes from another source than the first.
    #[arg(long, default_value_t = 0.3, value_name = "P")]
    pub across: f32,
    /// Random windows that are classes of their own.
    #[arg(long, default_value_t = 40, value_name = "N")]
    pub windows: usize,
    /// Further written words that speech is distinguished from, for multiview.
    #[arg(long, default_value_t = 256, value_name = "N")]
    pub decoys: usize,
    /// Chance that a word brings a span that overlaps it but misses it, to be distinguished from everything.
    #[arg(long, default_value_t = 0.7, value_name = "P")]
    pub fragments: f32,
    /// Shortest and longest random window, in frames of 10 ms.
    #[arg(long, default_value = "18,90", value_name = "MIN,MAX", value_parser = pair::<usize, usize>)]
    pub window_frames: (usize, usize),
    /// Longest stretch, in frames of 10 ms.
    #[arg(long, default_value_t = 240, value_name = "N")]
    pub longest: usize,
}

impl Default for BatchConfig {
    fn default() -> Self {
        BatchConfig {
            words: 84,
            tokens: 2,
            across: 0.3,
            windows: 40,
            decoys: 256,
            fragments: 0.7,
            window_frames: (18, 90),
            longest: 240,
        }
    }
}

/// How tokens are varied. Lengths in frames of 10 ms, levels in nepers of energy (1 is 4.3 dB).
///
/// The factor on the mel axis stands for the length of the vocal tract, tilt and random walk for the colour of microphones and rooms,
/// a band limit for telephones and low-passes, quiet noise in place of the surroundings for clips of one spoken word.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Args)]
#[command(next_help_heading = "Variation of tokens")]
pub struct AugmentConfig {
    /// Most that a boundary moves, in frames of 10 ms.
    #[arg(long, default_value_t = 4, value_name = "N")]
    pub jitter: usize,
    /// Chance that the true surroundings come along, and the most frames of them on each side.
    #[arg(long, default_value = "0.6,40", value_name = "P,N", value_parser = pair::<f32, usize>)]
    pub context: (f32, usize),
    /// Chance that quiet noise stands in for the surroundings and counts as part of the span, and its most frames.
    #[arg(long, default_value = "0.3,45", value_name = "P,N", value_parser = pair::<f32, usize>)]
    pub padding: (f32, usize),
    /// Least and greatest factor on the mel axis.
    #[arg(long, default_value = "0.87,1.15", value_name = "MIN,MAX", value_parser = pair::<f32, f32>)]
    pub warp: (f32, f32),
    /// Least and greatest factor on the duration.
    #[arg(long, default_value = "0.72,1.38", value_name = "MIN,MAX", value_parser = pair::<f32, f32>)]
    pub tempo: (f32, f32),
    /// Most tilt over a band, and step of the random walk over bands, in nepers.
    #[arg(long, default_value = "0.06,0.1", value_name = "TILT,STEP", value_parser = pair::<f32, f32>)]
    pub colour: (f32, f32),
    /// Least and greatest distance of the noise floor below the loudest, in nepers.
    #[arg(long, default_value = "3,11", value_name = "MIN,MAX", value_parser = pair::<f32, f32>)]
    pub floor: (f32, f32),
    /// Chance of another utterance mixed in, and how far below, in nepers.
    #[arg(long, default_value = "0.15,2,6", value_name = "P,MIN,MAX", value_parser = triple::<f32>)]
    pub babble: (f32, f32, f32),
    /// Chance of reverberation.
    #[arg(long, default_value_t = 0.2, value_name = "P")]
    pub reverberation: f32,
    /// Chance of a band limit.
    #[arg(long, default_value_t = 0.25, value_name = "P")]
    pub band_limit: f32,
    /// Chance of a masked stripe of bands, and its most bands.
    #[arg(long, default_value = "0.5,5", value_name = "P,N", value_parser = pair::<f32, usize>)]
    pub mask: (f32, usize),
    /// Most gain up or down, in nepers of energy (1 is 4.3 dB).
    #[arg(long, default_value_t = 3.0, value_name = "X")]
    pub gain: f32,
}

impl Default for AugmentConfig {
    fn default() -> Self {
        AugmentConfig {
            jitter: 4,
            context: (0.6, 40),
            padding: (0.3, 45),
            warp: (0.87, 1.15),
            tempo: (0.72, 1.38),
            colour: (0.06, 0.1),
            floor: (3.0, 11.0),
            babble: (0.15, 2.0, 6.0),
            reverberation: 0.2,
            band_limit: 0.25,
            mask: (0.5, 5),
            gain: 3.0,
        }
    }
}

/// When a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Budget {
    /// After this many steps: resumed runs are exact.
    Steps(u64),
    /// After this much time spent in training, summed over resumed runs.
    Minutes(f64),
}

impl Budget {
    /// How much of it is spent, 0 to 1.
    pub fn spent(self, step: u64, seconds: f64) -> f64 {
        let spent = match self {
            Budget::Steps(steps) => step as f64 / steps.max(1) as f64,
            Budget::Minutes(minutes) => seconds / (minutes * 60.0).max(1e-9),
        };
        spent.min(1.0)
    }
}

/// How the weights move: AdamW with a warm-up, from the end of which the rate falls to zero as a cosine.
///
/// The contrastive loss weighs near negatives more by the hardness (Robinson et al. 2021); it and multiview divide by the temperature.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Args)]
#[command(next_help_heading = "Optimisation")]
pub struct OptimiserConfig {
    /// Highest learning rate.
    #[arg(long, default_value_t = 1e-3, value_name = "X")]
    pub learning_rate: f64,
    /// Decoupled weight decay.
    #[arg(long, default_value_t = 1e-4, value_name = "X")]
    pub weight_decay: f64,
    /// Longest gradient, by its norm.
    #[arg(long, default_value_t = 5.0, value_name = "X")]
    pub clip: f64,
    /// Steps of linear warm-up.
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub warm_up: u64,
    /// Decay of the running mean of the weights that is evaluated and written; 0: none.
    #[arg(long, default_value_t = 0.998, value_name = "X")]
    pub average: f64,
    /// Similarities are divided by this.
    #[arg(long, default_value_t = 0.1, value_name = "X")]
    pub temperature: f64,
    /// Taken off the similarity of a word's own tokens.
    #[arg(long, default_value_t = 0.0, value_name = "X")]
    pub margin: f64,
    /// How much more near negatives weigh.
    #[arg(long, default_value_t = 0.0, value_name = "X")]
    pub hardness: f64,
}

/// What every run is told, whatever it trains. It goes on from `OUT.state`, where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Args)]
pub struct RunConfig {
    /// Go on where an interrupted run stopped.
    #[arg(long)]
    #[serde(skip)]
    pub resume: bool,
    /// Seed of everything random.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Where the network is trained: cpu, cuda or cuda:N.
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    #[serde(skip)]
    pub device: Device,
    /// How the weights are stored.
    #[arg(long, value_enum, default_value_t = Precision::F16)]
    #[serde(skip, default = "half")]
    pub precision: Precision,
}

fn half() -> Precision {
    Precision::F16
}

/// A training run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainConfig {
    /// Training data.
    pub data: Vec<DataSource>,
    /// Manifests of labelled tokens that early stopping looks at (mean SWDP AP). Without any, some files are held out
    /// of `data` and their loss is looked at.
    pub dev: Vec<PathBuf>,
    /// The model to write; its state is kept beside it as `OUT.state`, its log as `OUT.csv`.
    pub out: PathBuf,
    /// A model whose weights the run begins with: its encoder's shape, filterbank and statistics of the input take the place of
    /// `network`'s, and so do its decoder's and written-word encoder's, where the objective trains one.
    pub from: Option<PathBuf>,
    /// The network; the alphabet is filled in from the labels.
    pub network: EncoderConfig,
    /// What is minimised.
    pub objective: Objective,
    /// What a batch is made of.
    pub batch: BatchConfig,
    /// How tokens are varied.
    pub augment: AugmentConfig,
    /// How the weights move.
    #[serde(flatten)]
    pub optimiser: OptimiserConfig,
    /// When it ends.
    pub budget: Budget,
    /// Steps between evaluations.
    pub epoch: u64,
    /// Epochs without a better held-out figure before it stops; 0 never stops.
    pub patience: u32,
    /// Threads of LibTorch.
    pub threads: usize,
    /// What every run is told.
    #[serde(flatten)]
    pub run: RunConfig,
}
