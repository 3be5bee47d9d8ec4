//! The formats.

use std::{
    io::{self, Write},
    path::Path,
};

use super::{
    Annotation, AnnotationError, Imported, Recording, audacity, csv, decode::decode, eaf, error::Malformed, jsonl,
    raven,
};
use super::{srt, textgrid, vtt};

/// A form that annotations are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A JSON object a line, for programs.
    Jsonl,
    /// Comma-separated values with a header, for spreadsheets.
    Csv,
    /// Label tracks of Audacity.
    Audacity,
    /// Praat.
    TextGrid,
    /// ELAN.
    Eaf,
    /// Selection tables of Raven.
    Raven,
    /// SubRip subtitles.
    Srt,
    /// WebVTT subtitles.
    Vtt,
}

impl Format {
    /// All of them, in the order of help.
    pub const ALL: [Self; 8] =
        [Self::Jsonl, Self::Csv, Self::Audacity, Self::TextGrid, Self::Eaf, Self::Raven, Self::Srt, Self::Vtt];

    /// As `--format` takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Audacity => "audacity",
            Self::TextGrid => "textgrid",
            Self::Eaf => "eaf",
            Self::Raven => "raven",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
        }
    }

    /// What names of its files end in, behind the name of the recording.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            // As BirdNET and Raven themselves name them.
            Self::Audacity => "labels.txt",
            Self::TextGrid => "TextGrid",
            Self::Eaf => "eaf",
            Self::Raven => "selections.txt",
            Self::Srt => "srt",
            Self::Vtt => "vtt",
        }
    }

    /// Whether a file is of one recording, whose name stands in the name of the file alone.
    pub fn of_one_recording(self) -> bool {
        !matches!(self, Self::Jsonl | Self::Csv)
    }

    /// The format of a file, by its name and, of `.txt` files, by their content.
    pub fn of_file(path: &Path, content: &[u8]) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "csv" | "tsv" => Some(Self::Csv),
            "textgrid" => Some(Self::TextGrid),
            "eaf" => Some(Self::Eaf),
            "srt" => Some(Self::Srt),
            "vtt" => Some(Self::Vtt),
            "txt" => {
                let text = decode(content, "text").ok()?;
                let first = text.lines().next().unwrap_or_default();
                if raven::is_header(first) {
                    Some(Self::Raven)
                } else {
                    audacity::is_row(first).then_some(Self::Audacity)
                }
            }
            _ => None,
        }
    }

    /// Writes the annotations of one recording; csv and jsonl take those of many, each with its own name.
    ///
    /// # Errors
    /// What `out` says.
    pub fn write(self, out: &mut dyn Write, recording: &Recording, annotations: &[Annotation]) -> io::Result<()> {
        match self {
            Self::Jsonl => jsonl::write(out, annotations),
            Self::Csv => csv::write(out, annotations),
            Self::Audacity => audacity::write(out, annotations),
            Self::TextGrid => textgrid::write(out, recording, annotations),
            Self::Eaf => eaf::write(out, recording, annotations),
            Self::Raven => raven::write(out, annotations),
            Self::Srt => srt::write(out, annotations),
            Self::Vtt => vtt::write(out, annotations),
        }
    }

    /// Reads the content of a file. `recording` is the recording that its annotations belong to where the content names none.
    ///
    /// # Errors
    /// Where it is not of this format. Rows that cannot be used are no error; they are in [`Imported::skipped`].
    pub fn read(self, content: &[u8], recording: &Path) -> Result<Imported, Malformed> {
        let text = decode(content, self.name())?;
        match self {
            Self::Jsonl => Ok(jsonl::read(&text, recording)),
            Self::Csv => csv::read(&text, recording),
            Self::Audacity => audacity::read(&text, recording),
            Self::TextGrid => textgrid::read(&text, recording),
            Self::Eaf => eaf::read(&text, recording),
            Self::Raven => raven::read(&text, recording),
            Self::Srt => srt::read(&text, recording),
            Self::Vtt => vtt::read(&text, recording),
        }
    }

    /// Of which format a file is, or what to do.
    pub(super) fn require(path: &Path, content: &[u8]) -> Result<Self, AnnotationError> {
        Self::of_file(path, content).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|format| format.ending()).collect();
            AnnotationError::UnknownFormat { path: path.to_owned(), known: known.join(", ") }
        })
    }
}
