//! A map as a picture for a paper: points, names that do not overlap, a legend, a title. The same [`Scene`] is written as svg and
//! painted as png.

mod colours;
mod font;
mod names;
mod png;
mod scene;
mod spectrogram;
mod svg;

pub(super) use png::PNG;
pub use png::Png;
pub use spectrogram::{Panel, write_spectrograms};
pub(super) use svg::SVG;
pub use svg::Svg;

use self::scene::Scene;
