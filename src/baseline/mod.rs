//! What one would use without a trained model, to measure a model and a search against: means over pieces, statistics of bands, and
//! dynamic time warping, all over MFCC or log-mel bands.

mod untrained;
mod warped;

pub use untrained::Untrained;
pub use warped::WarpedBaseline;
