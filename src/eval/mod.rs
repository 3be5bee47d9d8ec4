//! Figures that say how good embeddings are.

mod samediff;

pub use samediff::{SameDifferent, Token, cross_view_ap, same_different};
