//! What a format says of itself.

use super::Exporter;

/// What a user may say of how a map is to be written.
#[derive(Debug, Clone, Default)]
pub struct ExportOptions {
    /// Bytes of sound that the file may carry.
    pub audio_budget: u64,
    /// A font (ttf, otf) for letters that the one in the program lacks.
    pub font: Option<Vec<u8>>,
}

/// What of a map's layout a format shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// The vectors alone: no places are computed.
    Vectors,
    /// Places in numbers.
    Places,
    /// A picture, in which arrows can be drawn.
    Picture,
}

/// A form that a map can be written in.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// As `--format` takes it.
    pub name: &'static str,
    /// What names of such files end in, in lower case, without the dot, the usual one first; none where it is a folder.
    pub endings: &'static [&'static str],
    /// For people, in half a line.
    pub about: &'static str,
    /// What of the layout it shows.
    pub shows: Shows,
    /// Whether a font changes anything.
    pub font: bool,
    /// Makes what writes it.
    pub exporter: fn(ExportOptions) -> Box<dyn Exporter>,
}
