//! Figures that say how good embeddings are, and how good a search is: scores and labels in, and neither sound nor a model.

mod bag;
mod bleu;
mod detection;
mod edit_distance;
mod logistic;
mod qbe;
mod rank;
mod reconstruction;
mod samediff;
mod spoiled;

pub use bag::BagOfWords;
pub use bleu::{bleu, rouge, words};
pub use detection::{Detecting, Detection, detecting};
pub use edit_distance::{AtDistance, by_edit_distance, edit_distance};
pub use logistic::{Bin, Goodness, Row, Weights, goodness, reliability};
pub use qbe::{QueryByExample, Utterance, query_by_example};
pub use rank::spearman;
pub use reconstruction::{Reconstructed, Reconstruction, reconstruction};
pub(crate) use samediff::dot;
pub use samediff::{SameDifferent, Token, cross_view_ap, same_different, same_different_by_likeness};
pub use spoiled::Spoiler;
