//! Paragraphs through one vector and back: the hierarchical auto-encoder of Li, Luong and Jurafsky (2015, "A hierarchical
//! neural autoencoder for paragraphs and documents"), and the flat one that it is measured against.
//!
//! The flat model reads a paragraph's tokens as one long sentence. The hierarchical one reads every sentence into a vector, and
//! these vectors into that of the paragraph; its decoder unrolls the paragraph's vector into states, one a sentence, and each of them
//! into tokens. A sentence of no token is the end symbol among sentences: it is read behind the last one, and where the
//! decoder writes it, the paragraph ends. With attention the decoder also looks at the vectors of the sentences that were read.

mod checkpoint;
mod config;
mod decode;
mod layout;
mod model;
mod network;
#[cfg(test)]
mod tests;
mod train;

pub use config::{Levels, ParagraphConfig};
pub use model::{ParagraphEncoder, ParagraphModel, Rewritten};
pub use train::train;
