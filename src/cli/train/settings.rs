//! What training runs of all kinds are told, and the shape of the speech model, as options.

use std::{path::Path, thread};

use anyhow::{Result, bail};
use clap::{ArgAction, Args};

use crate::{
    encoder::{
        Budget, Cell, ConvConfig, DecoderConfig, EncoderConfig, Normalisation, Objective, Pooling, SpellingConfig,
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

/// The network.
#[derive(Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArgs {
    #[command(flatten)]
    features: FeatureConfig,
    /// A convolution over time before the recurrent stack; up to two, given once each
    #[arg(long = "convolution", value_name = "CHANNELSxSTRIDE")]
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
        let decoder = DecoderConfig { cell: self.decoder_cell, width: self.decoder_width };
        let spelling =
            SpellingConfig { alphabet: String::new(), character: self.character, width: self.spelling_width };
        EncoderConfig {
            features: self.features,
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use clap::Parser;

    use super::{
        super::{
            acoustic::AcousticArgs,
            text::{Run, TextArgs},
        },
        *,
    };
    use crate::{
        acoustic::CropConfig,
        encoder::{AugmentConfig, BatchConfig},
    };

    #[derive(Parser)]
    struct Options<T: Args> {
        #[command(flatten)]
        options: T,
    }

    fn read<T: Args>(words: &[&str]) -> T {
        Options::parse_from([&["train"], words].concat()).options
    }

    #[test]
    fn what_help_names_as_default_is_what_is_used() {
        assert_eq!(read::<FeatureConfig>(&[]), FeatureConfig::default());
        assert_eq!(read::<BatchConfig>(&[]), BatchConfig::default());
        assert_eq!(read::<AugmentConfig>(&[]), AugmentConfig::default());
        assert_eq!(read::<CropConfig>(&[]), CropConfig::default());
    }

    #[test]
    fn a_default_goes_by_what_is_trained() {
        let contrast = |more: &[&str]| match read::<TextArgs>(&[&["a.txt", "-o", "m.safetensors"], more].concat())
            .run()
            .unwrap()
        {
            Run::Sentences(config) => config.objective.contrast,
            Run::Paragraphs(config) => config.objective.contrast,
        };
        assert_eq!([contrast(&[]), contrast(&["--paragraphs"]), contrast(&["--contrast", "0.5"])], [0.02, 0.0, 0.5]);
        let rate = |more: &[&str]| {
            let config = read::<AcousticArgs>(&[&["folder", "-o", "m.safetensors"], more].concat()).config().unwrap();
            config.optimiser.learning_rate
        };
        assert_eq!(rate(&["--targets", "t"]), 2e-3);
        assert_eq!([rate(&["--from", "f"]), rate(&["--from", "f", "--learning-rate", "0.1"])], [5e-4, 0.1]);
    }

    #[test]
    fn a_convolution_is_written_in_short() {
        assert_eq!("96x2".parse(), Ok(ConvConfig { channels: 96, stride: 2 }));
        assert!("96".parse::<ConvConfig>().is_err());
    }
}
