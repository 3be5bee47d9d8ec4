//! A [`Map`] becomes files: a page to look at and listen to, a picture, or rows for other tools. One file a format.

mod adpcm;
mod csv;
mod error;
mod files;
mod format;
mod html;
mod jsonl;
mod map;
mod mulaw;
mod npy;
mod picture;
mod projector;
mod registry;
mod sound;
mod wav;

use std::path::Path;

pub use csv::Csv;
pub use error::ExportError;
pub(crate) use files::whole;
pub use files::{link, relative};
pub use format::{ExportOptions, Format, Shows};
pub use html::Html;
pub use jsonl::Jsonl;
pub use map::{Arrow, Layout, Map, MapFile, Point};
pub use npy::{Npy, write_npy};
pub use picture::{Panel, Png, Svg, write_spectrograms};
pub use projector::Projector;
pub use registry::FORMATS;
pub use wav::write_wav;

/// A form that a map can be written in.
pub trait Exporter {
    /// Writes `map` to `out`; returns what a user should know of what is not in it.
    ///
    /// # Errors
    /// What the system says, and what the format cannot hold.
    fn export(&self, map: &Map, out: &Path) -> Result<Vec<String>, ExportError>;
}
