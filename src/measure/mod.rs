//! How good models and searches are on labelled sets: recordings, texts and lists in, figures out. What the figures mean is in
//! [`eval`](crate::eval); this runs the engine over the sets.

mod calibrate;
mod paragraphs;
mod qbe;
mod recall;
mod reconstruct;
mod samediff;
mod sts;
mod temporary;

pub use calibrate::{CalibrateOptions, CalibrationFigures, calibrate, negatives};
pub use paragraphs::{ParagraphExample, ParagraphFigures, measure_paragraphs};
pub use qbe::{QbeFigures, QbeOptions, measure_qbe};
pub use recall::{RecallFigures, RecallOptions, measure_recall};
pub use reconstruct::measure_reconstruction;
pub use samediff::{MethodFigures, SamediffFigures, SamediffOptions, measure_samediff};
pub use sts::{StsCorrelations, StsLine, measure_sts};
pub use temporary::Temporary;
