//! Labelled stretches of recordings, as files of the tools that people work with: Praat, ELAN, Raven, Audacity, subtitles, spreadsheets.
//!
//! An [`Annotation`] says what is heard from when to when in which recording. A [`Format`] writes annotations to a file and reads them
//! again. Formats of one recording ([`Format::of_one_recording`]) do not hold its name; [`write_files`] makes a file a recording of them,
//! [`read_files`] finds out which recording a file is of.
//!
//! ```
//! use audiosearch::annotation::{Annotation, Format, Recording};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let recording = Recording { path: "field/day 1.wav".into(), seconds: Some(60.0) };
//! let hit = Annotation::new(&recording.path, 12.4, 13.2, "umbrella")?.with_confidence(0.87)?;
//! let mut file = Vec::new();
//! Format::TextGrid.write(&mut file, &recording, &[hit])?;
//! let read = Format::TextGrid.read(&file, &recording.path)?;
//! assert_eq!((read.annotations[0].start(), read.annotations[0].label()), (12.4, "umbrella"));
//! # Ok(())
//! # }
//! ```
//!
//! Times are seconds from the beginning of the recording. Reading never stops at a bad row: what cannot be used is named in
//! [`Imported::skipped`].

mod audacity;
mod clips;
mod csv;
mod decode;
mod eaf;
mod error;
mod files;
mod format;
mod imported;
mod jsonl;
mod raven;
mod row;
mod srt;
mod textgrid;
mod tiers;
mod timestamp;
mod types;
mod vtt;

#[cfg(test)]
mod tests;

pub use clips::{ClipsError, Margin, write_clips};
pub use error::{AnnotationError, InvalidAnnotation, Malformed};
pub use files::{FileRead, Named, RecordingNames, read_files, write_files};
pub use format::Format;
pub use imported::{Imported, Skipped};
pub use types::{Annotation, Origin, Recording};
