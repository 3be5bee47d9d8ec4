//! The many settings of a training run as options, in groups.

use std::{path::Path, str::FromStr, thread};

use anyhow::{Result, bail};
use clap::{ArgAction, Args};

use crate::{
    encoder::{
        AugmentConfig, BatchConfig, Budget, Cell, ConvConfig, DecoderConfig, EncoderConfig, Normalisation, Objective,
        Pooling, SpellingConfig,
    },
    features::FeatureConfig,
};

/// Refuses a model that would not be found again by its name.
///
/// # Errors
/// Says how it must end.
pub fn check(out: &Path) -> Result<()> {
    if out.extension().is_none_or(|extension| extension != "safetensors") {
        bail!("--out {}: name a file that ends in .safetensors", out.display());
    }
    Ok(())
}

/// Half an hour where nothing else was asked for.
pub fn budget(steps: Option<u64>, minutes: Option<f64>) -> Budget {
    steps.map_or_else(|| Budget::Minutes(minutes.unwrap_or(30.0)), Budget::Steps)
}

/// As asked, else one a core.
pub fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
}

/// `A,B`: two values of one option.
pub fn pair<A: FromStr, B: FromStr>(text: &str) -> Result<(A, B), String> {
    let parsed = text.split_once(',').and_then(|(a, b)| Some((a.trim().parse().ok()?, b.trim().parse().ok()?)));
    parsed.ok_or_else(|| format!("'{text}' is not two numbers with a comma between them"))
}

/// `A,B,C`: three values of one option.
fn triple(text: &str) -> Result<(f32, f32, f32), String> {
    let values: Vec<f32> = text.split(',').filter_map(|value| value.trim().parse().ok()).collect();
    match values[..] {
        [a, b, c] if text.split(',').count() == 3 => Ok((a, b, c)),
        _ => Err(format!("'{text}' is not three numbers with commas between them")),
    }
}

/// `CHANNELSxSTRIDE`.
fn convolution(text: &str) -> Result<ConvConfig, String> {
    let parsed = text.split_once('x').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    let (channels, stride) = parsed.ok_or_else(|| format!("'{text}' is not CHANNELSxSTRIDE, as 96x2"))?;
    Ok(ConvConfig { channels, stride })
}

/// The network.
#[derive(Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArgs {
    /// Bands of the log-mel filterbank [default: 40]
    #[arg(long, value_name = "N")]
    bands: Option<usize>,
    /// Lower end of the filterbank in hertz [default: 60]
    #[arg(long, value_name = "HZ")]
    low_hz: Option<f32>,
    /// Upper end of the filterbank in hertz [default: 7600]
    #[arg(long, value_name = "HZ")]
    high_hz: Option<f32>,
    /// A convolution over time before the recurrent stack; up to two, given once each
    #[arg(long = "convolution", value_name = "CHANNELSxSTRIDE", value_parser = convolution)]
    convolutions: Vec<ConvConfig>,
    /// Recurrent cell
    #[arg(long, value_enum, default_value_t = Cell::Gru)]
    cell: Cell,
    /// Recurrent layers, 1 to 3
    #[arg(long, default_value_t = 2, value_name = "N")]
    layers: i64,
    /// Width of each direction
    #[arg(long, default_value_t = 128, value_name = "N")]
    width: i64,
    /// Read forward alone, not both ways
    #[arg(long, action = ArgAction::SetTrue)]
    forward_only: bool,
    /// How the states of a span become one vector
    #[arg(long, value_enum, default_value_t = Pooling::MeanMax)]
    pooling: Pooling,
    /// Components of the embedding
    #[arg(long, default_value_t = 128, value_name = "N")]
    dimension: i64,
    /// Dropout between recurrent layers
    #[arg(long, default_value_t = 0.2, value_name = "P")]
    dropout: f64,
    /// Cell of the decoder
    #[arg(long, value_enum, default_value_t = Cell::Gru)]
    decoder_cell: Cell,
    /// Width of the decoder
    #[arg(long, default_value_t = 256, value_name = "N")]
    decoder_width: i64,
    /// Size of a character's vector in the written-word encoder
    #[arg(long, default_value_t = 32, value_name = "N")]
    character: i64,
    /// Width of each direction of the written-word encoder
    #[arg(long, default_value_t = 128, value_name = "N")]
    spelling_width: i64,
    /// What is done to the vector after training
    #[arg(long, value_enum, default_value_t = Normalisation::Standard)]
    normalisation: Normalisation,
}

impl NetworkArgs {
    /// The network for an objective: a decoder and a written-word encoder only where they learn something.
    pub fn config(&self, objective: &Objective) -> EncoderConfig {
        let usual = FeatureConfig::default();
        let features = FeatureConfig {
            bands: self.bands.unwrap_or(usual.bands),
            low_hz: self.low_hz.unwrap_or(usual.low_hz),
            high_hz: self.high_hz.unwrap_or(usual.high_hz),
        };
        let decoder = DecoderConfig { cell: self.decoder_cell, width: self.decoder_width };
        let spelling =
            SpellingConfig { alphabet: String::new(), character: self.character, width: self.spelling_width };
        EncoderConfig {
            features,
            convolutions: self.convolutions.clone(),
            cell: self.cell,
            layers: self.layers,
            width: self.width,
            bidirectional: !self.forward_only,
            pooling: self.pooling,
            dimension: self.dimension,
            dropout: self.dropout,
            decoder: objective.decodes().then_some(decoder),
            spelling: (objective.multiview > 0.0).then_some(spelling),
            normalisation: self.normalisation,
        }
    }
}

/// What a batch is made of.
#[derive(Args)]
#[command(next_help_heading = "Batches")]
pub struct BatchArgs {
    /// Words in a batch [default: 84]
    #[arg(long, value_name = "N")]
    words: Option<usize>,
    /// Tokens of each word [default: 2]
    #[arg(long, value_name = "N")]
    tokens: Option<usize>,
    /// Chance that a further token comes from another source than the first [default: 0.3]
    #[arg(long, value_name = "P")]
    across: Option<f32>,
    /// Random windows that are classes of their own [default: 40]
    #[arg(long, value_name = "N")]
    windows: Option<usize>,
    /// Further written words that speech is distinguished from, for multiview [default: 256]
    #[arg(long, value_name = "N")]
    decoys: Option<usize>,
    /// Chance that a word brings a span that overlaps it but misses it, to be distinguished from everything [default: 0.7]
    #[arg(long, value_name = "P")]
    fragments: Option<f32>,
    /// Shortest and longest random window, in frames of 10 ms [default: 18,90]
    #[arg(long, value_name = "MIN,MAX", value_parser = pair::<usize, usize>)]
    window_frames: Option<(usize, usize)>,
    /// Longest stretch, in frames of 10 ms [default: 240]
    #[arg(long, value_name = "N")]
    longest: Option<usize>,
}

impl BatchArgs {
    /// As asked, else as usual.
    pub fn config(&self) -> BatchConfig {
        let usual = BatchConfig::default();
        BatchConfig {
            words: self.words.unwrap_or(usual.words),
            tokens: self.tokens.unwrap_or(usual.tokens),
            across: self.across.unwrap_or(usual.across),
            windows: self.windows.unwrap_or(usual.windows),
            decoys: self.decoys.unwrap_or(usual.decoys),
            fragments: self.fragments.unwrap_or(usual.fragments),
            window_frames: self.window_frames.unwrap_or(usual.window_frames),
            longest: self.longest.unwrap_or(usual.longest),
        }
    }
}

/// How tokens are varied. Lengths in frames of 10 ms, levels in nepers of energy (1 is 4.3 dB).
#[derive(Args)]
#[command(next_help_heading = "Variation of tokens")]
pub struct AugmentArgs {
    /// Most that a boundary moves, in frames of 10 ms [default: 4]
    #[arg(long, value_name = "N")]
    jitter: Option<usize>,
    /// Chance that the true surroundings come along, and the most frames of them on each side [default: 0.6,40]
    #[arg(long, value_name = "P,N", value_parser = pair::<f32, usize>)]
    context: Option<(f32, usize)>,
    /// Chance that quiet noise stands in for the surroundings and counts as part of the span, and its most frames [default: 0.3,45]
    #[arg(long, value_name = "P,N", value_parser = pair::<f32, usize>)]
    padding: Option<(f32, usize)>,
    /// Least and greatest factor on the mel axis [default: 0.87,1.15]
    #[arg(long, value_name = "MIN,MAX", value_parser = pair::<f32, f32>)]
    warp: Option<(f32, f32)>,
    /// Least and greatest factor on the duration [default: 0.72,1.38]
    #[arg(long, value_name = "MIN,MAX", value_parser = pair::<f32, f32>)]
    tempo: Option<(f32, f32)>,
    /// Most tilt over a band, and step of the random walk over bands, in nepers [default: 0.06,0.1]
    #[arg(long, value_name = "TILT,STEP", value_parser = pair::<f32, f32>)]
    colour: Option<(f32, f32)>,
    /// Least and greatest distance of the noise floor below the loudest, in nepers [default: 3,11]
    #[arg(long, value_name = "MIN,MAX", value_parser = pair::<f32, f32>)]
    floor: Option<(f32, f32)>,
    /// Chance of another utterance mixed in, and how far below, in nepers [default: 0.15,2,6]
    #[arg(long, value_name = "P,MIN,MAX", value_parser = triple)]
    babble: Option<(f32, f32, f32)>,
    /// Chance of reverberation [default: 0.2]
    #[arg(long, value_name = "P")]
    reverberation: Option<f32>,
    /// Chance of a band limit [default: 0.25]
    #[arg(long, value_name = "P")]
    band_limit: Option<f32>,
    /// Chance of a masked stripe of bands, and its most bands [default: 0.5,5]
    #[arg(long, value_name = "P,N", value_parser = pair::<f32, usize>)]
    mask: Option<(f32, usize)>,
    /// Most gain up or down, in nepers of energy (1 is 4.3 dB) [default: 3]
    #[arg(long, value_name = "X")]
    gain: Option<f32>,
}

impl AugmentArgs {
    /// As asked, else as usual.
    pub fn config(&self) -> AugmentConfig {
        let usual = AugmentConfig::default();
        AugmentConfig {
            jitter: self.jitter.unwrap_or(usual.jitter),
            context: self.context.unwrap_or(usual.context),
            padding: self.padding.unwrap_or(usual.padding),
            warp: self.warp.unwrap_or(usual.warp),
            tempo: self.tempo.unwrap_or(usual.tempo),
            colour: self.colour.unwrap_or(usual.colour),
            floor: self.floor.unwrap_or(usual.floor),
            babble: self.babble.unwrap_or(usual.babble),
            reverberation: self.reverberation.unwrap_or(usual.reverberation),
            band_limit: self.band_limit.unwrap_or(usual.band_limit),
            mask: self.mask.unwrap_or(usual.mask),
            gain: self.gain.unwrap_or(usual.gain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Settings {
        #[command(flatten)]
        network: NetworkArgs,
        #[command(flatten)]
        batch: BatchArgs,
        #[command(flatten)]
        augment: AugmentArgs,
    }

    impl Settings {
        fn configs(&self) -> String {
            let network = self.network.config(&Objective::default()).features;
            format!("{network:?} {:?} {:?}", self.batch.config(), self.augment.config())
        }
    }

    #[test]
    fn what_help_names_as_default_is_what_is_used() {
        use clap::{CommandFactory as _, Parser as _};
        let command = Settings::command();
        let mut asked = vec!["settings".to_owned()];
        for argument in command.get_arguments().filter(|argument| argument.get_default_values().is_empty()) {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            if let (Some(long), Some((_, value))) = (argument.get_long(), help.split_once("[default: ")) {
                asked.push(format!("--{long}={}", value.trim_end_matches(']')));
            }
        }
        assert!(asked.len() > 20, "{asked:?}");
        assert_eq!(Settings::parse_from(&asked).configs(), Settings::parse_from(["settings"]).configs());
    }

    #[test]
    fn several_values_of_one_option() {
        assert_eq!(pair::<f32, usize>("0.6, 40"), Ok((0.6, 40)));
        assert!(pair::<f32, usize>("0.6").is_err());
        assert_eq!(triple("0.15,2,6"), Ok((0.15, 2.0, 6.0)));
        assert!(triple("0.15,2,6,7").is_err() && triple("0.15,x,6").is_err());
        assert_eq!(convolution("96x2"), Ok(ConvConfig { channels: 96, stride: 2 }));
        assert!(convolution("96").is_err());
    }
}
