//! The list of formats. A new one is a file with an [`Exporter`](super::Exporter) and a [`Format`], and a line in [`FORMATS`].

use super::{Format, csv, html, jsonl, npy, picture, projector};

/// Every format that `export` offers, in the order of its help.
pub const FORMATS: &[Format] =
    &[html::FORMAT, picture::SVG, picture::PNG, projector::FORMAT, jsonl::FORMAT, npy::FORMAT, csv::FORMAT];

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
