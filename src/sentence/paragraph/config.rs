//! What a checkpoint says about a network of paragraphs.

use serde::{Deserialize, Serialize};

use crate::encoder::Cell;

/// What a paragraph is to the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Levels {
    /// One long sequence of tokens.
    Flat,
    /// Sentences, and tokens in them.
    Hierarchical,
    /// The same, with a decoder that attends to the sentences that were read.
    Attention,
}

/// The shape of the network, everything of it stored in the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParagraphConfig {
    /// What a paragraph is.
    pub levels: Levels,
    /// Most tokens of a paragraph that are read; the rest is cut off.
    pub longest: usize,
    /// Most sentences of a paragraph that are read; the rest is cut off.
    pub sentences: usize,
    /// The recurrent cell of all encoders and decoders.
    pub cell: Cell,
    /// Values of a token's vector.
    pub token: i64,
    /// Values of a sentence's vector, and of a paragraph's.
    pub width: i64,
}

impl Default for ParagraphConfig {
    fn default() -> Self {
        ParagraphConfig {
            levels: Levels::Hierarchical,
            longest: 320,
            sentences: 24,
            cell: Cell::Gru,
            token: 256,
            width: 768,
        }
    }
}

impl ParagraphConfig {
    /// Says what is wrong with the values, if anything is. Also keeps a hostile checkpoint from asking for terabytes.
    pub fn check(&self) -> Result<(), String> {
        let within = |what: &str, value: i64, low: i64, high: i64| match (low..=high).contains(&value) {
            true => Ok(()),
            false => Err(format!("{what} is {value}, but must be between {low} and {high}")),
        };
        within("longest paragraph", self.longest as i64, 1, 4096)?;
        within("most sentences", self.sentences as i64, 1, 1024)?;
        within("token vector", self.token, 1, 4096)?;
        // The start is built on orthonormal columns, one for each value of a token's vector.
        within("width", self.width, self.token, 4096)?;
        match self.cell {
            Cell::Rnn => Err("the cell of a paragraph model is gru or lstm".into()),
            Cell::Gru | Cell::Lstm => Ok(()),
        }
    }
}
