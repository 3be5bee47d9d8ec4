//! What a checkpoint says about its network, and how a vector is decoded.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::encoder::{Cell, triple};

/// How much each part of the vector counts; the vector as a whole has unit length.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// The order part: which tokens, and where.
    pub order: f64,
    /// The meaning part.
    pub meaning: f64,
    /// The angle that tells how long the order state was.
    pub length: f64,
}

impl Default for Shares {
    fn default() -> Self {
        Shares { order: 0.2, meaning: 0.95, length: 0.15 }
    }
}

impl FromStr for Shares {
    type Err = String;

    /// `ORDER,MEANING,LENGTH`.
    fn from_str(text: &str) -> Result<Self, String> {
        triple(text).map(|(order, meaning, length)| Self { order, meaning, length })
    }
}

impl Shares {
    /// The factors of the three unit vectors, their squares adding up to 1.
    pub(crate) fn factors(&self) -> [f64; 3] {
        let norm = (self.order.powi(2) + self.meaning.powi(2) + self.length.powi(2)).sqrt();
        [self.order / norm, self.meaning / norm, self.length / norm]
    }
}

/// The shape of the network, everything of it stored in the checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SentenceConfig {
    /// Most tokens of a sentence that are read; the rest is cut off.
    pub longest: usize,
    /// The recurrent cell of encoder and decoder.
    pub cell: Cell,
    /// Values of a token's vector.
    pub token: i64,
    /// Width of encoder and decoder: values of the order part.
    pub width: i64,
    /// Values of the meaning part.
    pub meaning: i64,
    /// How much each part counts.
    pub shares: Shares,
    /// Natural logarithms of the order state's length between which the angle tells it.
    pub lengths: (f64, f64),
    /// Whether the mean of each part is taken out, as fitted after training.
    pub centred: bool,
}

impl Default for SentenceConfig {
    fn default() -> Self {
        SentenceConfig {
            longest: 128,
            cell: Cell::Gru,
            token: 256,
            width: 512,
            meaning: 254,
            shares: Shares::default(),
            // A quarter, and more than the square root of the default width: no state is longer.
            lengths: (-1.4, 3.4),
            centred: true,
        }
    }
}

impl SentenceConfig {
    /// Values of an embedding: order, meaning, and the two of the angle.
    pub fn dimension(&self) -> usize {
        (self.width + self.meaning + 2) as usize
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
        within("longest sentence", self.longest as i64, 1, 1024)?;
        within("token vector", self.token, 1, 4096)?;
        // The start is built on orthonormal columns, one for each value of a token's vector.
        within("width", self.width, self.token, 4096)?;
        within("meaning", self.meaning, 1, 4096)?;
        if self.cell == Cell::Rnn {
            return Err("the cell of a sentence model is gru or lstm".into());
        }
        let shares = [self.shares.order, self.shares.meaning, self.shares.length];
        if !shares.iter().all(|share| share.is_finite() && *share > 0.0) {
            return Err("the shares of order, meaning and length must be above 0".into());
        }
        let (low, high) = self.lengths;
        if !(low.is_finite() && high.is_finite() && low < high && high < 20.0 && low > -20.0) {
            return Err(format!("lengths are {low} to {high}, but must ascend between -20 and 20"));
        }
        Ok(())
    }
}

/// How a vector is written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeOptions {
    /// Beginnings that are followed at the same time; 1 is greedy.
    pub beam: usize,
    /// Most tokens that are written, should no end come before.
    pub longest: usize,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        DecodeOptions { beam: 1, longest: 128 }
    }
}
