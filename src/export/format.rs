//! What a format says of itself, and the list of them. A new one is a file with an [`Exporter`] and a [`Format`], and a line in [`FORMATS`].

use super::{Exporter, csv, html, jsonl, npy, picture, projector};

/// Every format that `export` offers, in the order of its help.
pub const FORMATS: &[Format] =
    &[html::FORMAT, picture::SVG, picture::PNG, projector::FORMAT, jsonl::FORMAT, npy::FORMAT, csv::FORMAT];

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

impl Format {
    /// The format of files that end so, in any case.
    pub fn of_ending(ending: &str) -> Option<&'static Self> {
        let ending = ending.to_ascii_lowercase();
        FORMATS.iter().find(|format| format.endings.contains(&ending.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_endings_are_each_of_one_format() {
        let (mut names, mut endings) = (HashSet::new(), HashSet::new());
        for format in FORMATS {
            assert!(names.insert(format.name), "{}", format.name);
            assert!(format.endings.iter().all(|ending| endings.insert(ending)), "{}", format.name);
        }
        assert_eq!(Format::of_ending("HTM").map(|format| format.name), Some("html"));
        assert!(Format::of_ending("doc").is_none());
    }
}
