//! Text files → sentences, each with the lines that it stands on. Knows neither vectors nor the index.
//!
//! [`read`] goes through a file in bounded memory, whatever its size; only Markdown is held whole, up to 64 MB. Bytes become lines
//! (`decode`), lines become blocks between which no sentence goes on (`plain`, `markdown`), blocks become sentences by the boundaries
//! of UAX #29 and what readers see besides (`block`, `split`, `abbreviations`, `language`, `style`). Whether a line end inside a paragraph
//! ends a sentence is decided from the lines themselves (`wrap`), and so is what a hyphen there is (`hyphen`). What is shown stays as written;
//! what a model reads is the [`normal_form`].

mod abbreviations;
mod block;
mod decode;
mod error;
mod hyphen;
mod language;
mod markdown;
mod normal;
mod plain;
mod position;
mod speaker;
mod split;
mod style;
mod subtitles;
mod wrap;

use std::{fs::File, ops::ControlFlow, path::Path};

pub use decode::Damage;
pub use error::TextError;
pub use normal::{casings, fold, normal_form};
pub use position::Position;

use decode::Lines;
use style::Style;

/// Bytes of one sentence, at most; a longer one becomes several, between words where there are any.
pub const LONGEST_SENTENCE: usize = 4096;
/// Names that are taken for Markdown, and for text at all.
const MARKDOWN: [&str; 2] = ["md", "markdown"];
const PLAIN: &str = "txt";
/// Subtitles: text with times.
const SUBTITLES: [&str; 2] = ["srt", "vtt"];

/// How text files are cut into sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum SentenceMode {
    /// Each file as its lines look: where they are wrapped they are joined, else a line end ends a sentence
    #[default]
    Auto,
    /// Every line is one sentence, whatever stands in it
    Lines,
    /// Only a blank line or a list item ends a paragraph; its lines are joined
    Prose,
}

impl SentenceMode {
    /// What is stored with a source, so that another way of cutting reads it anew. The number counts the rules' versions.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Auto => "sentences auto 2",
            Self::Lines => "sentences lines 2",
            Self::Prose => "sentences prose 2",
        }
    }
}

/// A sentence of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// On one line: white space is single spaces, control characters are gone. Holds a letter or a digit.
    pub text: String,
    /// The line that it begins on, counted from 1 as `grep -n` counts.
    pub first: u64,
    /// The line that it ends on.
    pub last: u64,
    /// When it is said, from and to, in milliseconds; of subtitles alone.
    pub time: Option<(u64, u64)>,
}

impl Sentence {
    /// Where it begins and ends: its lines, of subtitles seconds.
    pub fn positions(&self) -> (Position, Position) {
        match self.time {
            Some((from, to)) => (Position::Seconds(from as f64 / 1e3), Position::Seconds(to as f64 / 1e3)),
            None => (Position::Line(self.first), Position::Line(self.last)),
        }
    }
}

/// What was seen of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outline {
    /// Lines.
    pub lines: u64,
    /// Bytes that are no UTF-8, if any.
    pub damage: Option<Damage>,
    /// The first line of subtitles whose times cannot be read, if any.
    pub untimed: Option<u64>,
    /// Whether the caller broke off.
    pub stopped: bool,
}

/// Whether a path is named like text: `.txt`, `.md`, `.markdown`, `.srt`, `.vtt`.
pub fn is_text_path(path: &Path) -> bool {
    is_markdown(path) || has_ending(path, PLAIN) || is_subtitle_path(path)
}

/// Whether a path is named like subtitles, whose sentences have times instead of lines: `.srt`, `.vtt`.
pub fn is_subtitle_path(path: &Path) -> bool {
    SUBTITLES.iter().any(|ending| has_ending(path, ending))
}

/// Hands the sentences of a file to `each` in their order, until that breaks off.
///
/// UTF-8, and UTF-16 with a byte order mark. Bytes that are no UTF-8 become U+FFFD and are counted in the [`Outline`]. Markdown is
/// read as its text: code blocks, HTML, images and front matter are left out; headings, list items and table cells are blocks. Subtitles
/// (SubRip, WebVTT) are read as what is said: numbers, times, settings and tags are left out, and each sentence has its time.
///
/// # Errors
/// Where the file cannot be read, is no text, or is Markdown beyond 64 MB. Sentences may have been handed on before.
pub fn read(
    path: &Path,
    mode: SentenceMode,
    each: &mut dyn FnMut(Sentence) -> ControlFlow<()>,
) -> Result<Outline, TextError> {
    let io = |cause| TextError::Io { path: path.to_owned(), cause };
    if path.is_dir() {
        return Err(TextError::Folder { path: path.to_owned() });
    }
    let mut lines = Lines::new(path, File::open(path).map_err(io)?);
    let mut untimed = None;
    let flow = if is_markdown(path) {
        markdown::read(&mut lines, each)?
    } else if is_subtitle_path(path) {
        let (flow, line) = subtitles::read(&mut lines, each)?;
        untimed = line;
        flow
    } else {
        plain::read(&mut lines, mode, each)?
    };
    Ok(Outline { lines: lines.count(), damage: lines.damage(), untimed, stopped: flow.is_break() })
}

/// Text on one line, as a [`Sentence`] holds it; may be blank, or longer than a sentence of a file.
pub fn one_line(text: &str) -> String {
    let mut block = block::Block::default();
    block.push(text, 1);
    block.into_text()
}

/// The sentences of a text of any number of lines, each on one line, in their order.
pub fn sentences(text: &str) -> Vec<String> {
    let line = one_line(text);
    let style = Style::of(text.lines());
    let pieces = split::sentences(&line, style).into_iter().map(|range| line[range].trim());
    pieces.filter(|sentence| !sentence.is_empty()).map(str::to_owned).collect()
}

fn is_markdown(path: &Path) -> bool {
    MARKDOWN.iter().any(|ending| has_ending(path, ending))
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending))
}

#[cfg(test)]
mod tests;
