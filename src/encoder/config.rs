//! What a checkpoint says about its network.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::features::FeatureConfig;

/// The recurrent cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    /// The plain (Elman) cell with tanh.
    Rnn,
    /// The gated recurrent unit (Cho et al. 2014).
    Gru,
    /// Long short-term memory (Hochreiter and Schmidhuber 1997).
    Lstm,
}

impl Cell {
    /// Rows of the weight matrices for each unit of width.
    pub(crate) fn gates(self) -> i64 {
        match self {
            Cell::Rnn => 1,
            Cell::Gru => 3,
            Cell::Lstm => 4,
        }
    }
}

/// How the states of a span's frames become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The final state of each direction: the classical sequence auto-encoder (Chung et al. 2016).
    Last,
    /// Mean and maximum over the span's frames, side by side (acoustic span embeddings, Hu et al. 2021).
    MeanMax,
    /// Softmax-weighted mean over the span's frames, and their maximum, side by side.
    Attention,
}

/// One convolution over time: kernel 5, batch normalisation, ReLU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConvConfig {
    /// Output channels.
    pub channels: i64,
    /// Frames stepped over; 1 or 2.
    pub stride: i64,
}

impl FromStr for ConvConfig {
    type Err = String;

    /// `CHANNELSxSTRIDE`.
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once('x').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        let (channels, stride) = parsed.ok_or_else(|| format!("'{text}' is not CHANNELSxSTRIDE, as 96x2"))?;
        Ok(Self { channels, stride })
    }
}

/// The decoder: one recurrent layer that sees the embedding at every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecoderConfig {
    /// Its cell.
    pub cell: Cell,
    /// Its width.
    pub width: i64,
}

/// The encoder of written words (multi-view acoustic word embeddings, He et al. 2017).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpellingConfig {
    /// The characters that training saw, in ascending order; every other character is one unknown.
    pub alphabet: String,
    /// Size of a character's vector.
    pub character: i64,
    /// Width of each direction of its GRU.
    pub width: i64,
}

/// What is done to the vector after training has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Normalisation {
    /// Nothing.
    None,
    /// Each dimension to zero mean and unit variance.
    Standard,
    /// Zero mean and identity covariance, softened toward the mean variance (ZCA).
    Whitening,
}

/// The shape of the network, everything of it stored in the checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EncoderConfig {
    /// The log-mel filterbank that the network reads.
    pub features: FeatureConfig,
    /// Convolutions before the recurrent stack; none to two.
    pub convolutions: Vec<ConvConfig>,
    /// The recurrent cell.
    pub cell: Cell,
    /// Recurrent layers, 1 to 3.
    pub layers: i64,
    /// Width of each direction.
    pub width: i64,
    /// Both directions, or forward alone.
    pub bidirectional: bool,
    /// How states are pooled.
    pub pooling: Pooling,
    /// Dimension of the embedding.
    pub dimension: i64,
    /// Dropout between recurrent layers, in training alone.
    pub dropout: f64,
    /// The decoder, where one was trained.
    pub decoder: Option<DecoderConfig>,
    /// The written-word encoder, where one was trained.
    pub spelling: Option<SpellingConfig>,
    /// What happens to the vector last of all.
    pub normalisation: Normalisation,
}

impl EncoderConfig {
    /// Frames of 10 ms for one state of the recurrent stack.
    pub fn reduction(&self) -> usize {
        self.convolutions.iter().map(|c| c.stride.max(1) as usize).product()
    }

    /// Size of one frame's state, all directions together.
    pub fn state_size(&self) -> i64 {
        self.width * if self.bidirectional { 2 } else { 1 }
    }

    /// Size of the pooled vector before the projection to [`dimension`](Self::dimension).
    pub fn pooled_size(&self) -> i64 {
        match self.pooling {
            Pooling::Last => self.state_size(),
            Pooling::MeanMax | Pooling::Attention => 2 * self.state_size(),
        }
    }

    /// Says what is wrong with the values, if anything is. Also keeps a hostile checkpoint from asking for terabytes.
    pub fn check(&self) -> Result<(), String> {
        let within = |what: &str, value: i64, low: i64, high: i64| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(format!("{what} is {value}, but must be between {low} and {high}"))
            }
        };
        within("bands", self.features.bands as i64, 1, 512)?;
        within("number of convolutions", self.convolutions.len() as i64, 0, 2)?;
        for convolution in &self.convolutions {
            within("convolution channels", convolution.channels, 1, 4096)?;
            within("convolution stride", convolution.stride, 1, 2)?;
        }
        within("layers", self.layers, 1, 3)?;
        within("width", self.width, 1, 4096)?;
        within("dimension", self.dimension, 2, 4096)?;
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(format!("dropout is {}, but must be at least 0 and below 1", self.dropout));
        }
        if let Some(decoder) = &self.decoder {
            within("decoder width", decoder.width, 1, 4096)?;
        }
        if let Some(spelling) = &self.spelling {
            within("alphabet", spelling.alphabet.chars().count() as i64, 1, 100_000)?;
            within("character vector", spelling.character, 1, 4096)?;
            within("spelling width", spelling.width, 1, 4096)?;
        }
        Ok(())
    }
}
