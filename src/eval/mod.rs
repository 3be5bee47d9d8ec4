//! Figures that say how good embeddings are, and how good a search is.

mod baseline;
mod detection;
mod qbe;
mod samediff;

pub use baseline::WarpedBaseline;
pub use detection::{Detecting, Detection, detecting};
pub use qbe::{QueryByExample, Utterance, query_by_example};
pub use samediff::{SameDifferent, Token, cross_view_ap, same_different};
