//! Standard output: tables for people, JSON Lines for programs.

use std::{
    borrow::Cow,
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use serde::Serialize;
use terminal_size::{Width, terminal_size_of};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Cells that the last column of a table keeps on a terminal, however narrow that is.
const NARROWEST: usize = 20;

/// Standard output of a command, as one of the two forms.
pub struct Output {
    out: BufWriter<Box<dyn Write>>,
    json: bool,
}

impl Output {
    /// JSON Lines where `json`, else text.
    pub fn new(json: bool) -> Self {
        Self { out: BufWriter::new(Box::new(io::stdout())), json }
    }

    /// JSON Lines in a file; one that is there is replaced.
    ///
    /// # Errors
    /// What the system says.
    pub fn file(path: &Path) -> io::Result<Self> {
        Ok(Self { out: BufWriter::new(Box::new(File::create(path)?)), json: true })
    }

    /// Whether JSON Lines are wanted.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// One JSON object on a line of its own.
    ///
    /// # Errors
    /// What the system says, a broken pipe above all.
    pub fn json(&mut self, object: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, object)?;
        self.out.write_all(b"\n")
    }

    /// For what writes by itself.
    pub fn writer(&mut self) -> &mut dyn Write {
        &mut self.out
    }

    /// One line of text.
    ///
    /// # Errors
    /// As [`Output::json`].
    pub fn text(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// A table, its columns as wide as they need.
    ///
    /// # Errors
    /// As [`Output::json`].
    pub fn table(&mut self, table: &Table) -> io::Result<()> {
        table.print(None, &mut self.out)
    }

    /// A table whose last column is cut to the width of the terminal, where there is one.
    ///
    /// # Errors
    /// As [`Output::json`].
    pub fn table_cut(&mut self, table: &Table) -> io::Result<()> {
        let width = terminal_size_of(io::stdout()).map(|(Width(width), _)| usize::from(width));
        table.print(width, &mut self.out)
    }

    /// Hands on what is buffered; dropping without it may lose the news of a full disk.
    ///
    /// # Errors
    /// As [`Output::json`].
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Which side the cells of a column keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows of text in aligned columns.
pub struct Table {
    columns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// With a line of headings.
    pub fn new(columns: &[(&str, Align)]) -> Self {
        let headings = columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
        Self { columns: columns.iter().map(|(_, align)| *align).collect(), rows: vec![headings] }
    }

    /// One row more, a cell a column; control characters are made visible.
    pub fn push(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells.into_iter().map(|cell| printable(&cell).into_owned()).collect());
    }

    /// `most`: the cells that a line may take; what goes beyond is cut from the last column.
    fn print(&self, most: Option<usize>, out: &mut impl Write) -> io::Result<()> {
        let width = |column: usize| self.rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let before: usize = widths.iter().rev().skip(1).map(|width| width + 2).sum();
        let last = most.map_or(usize::MAX, |most| most.saturating_sub(before).max(NARROWEST));
        for row in &self.rows {
            let mut line = String::new();
            for (at, ((cell, width), align)) in row.iter().zip(&widths).zip(&self.columns).enumerate() {
                let cell = if at + 1 == row.len() { cut(cell, last) } else { Cow::Borrowed(cell.as_str()) };
                let gap = " ".repeat(width.saturating_sub(cell.width()));
                match align {
                    Align::Left => line.extend([&cell, gap.as_str(), "  "]),
                    Align::Right => line.extend([gap.as_str(), &cell, "  "]),
                }
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Text of so many cells of a terminal, with an ellipsis where some of it is left out.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    if text.width() <= most {
        return Cow::Borrowed(text);
    }
    let (mut kept, mut cells) = (String::new(), 0);
    for letter in text.chars() {
        cells += letter.width().unwrap_or(0);
        if cells > most.saturating_sub(1) {
            break;
        }
        kept.push(letter);
    }
    kept.push('…');
    Cow::Owned(kept)
}

/// Text whose control characters (tabs, line ends, escapes) cannot upset a terminal, nor its marks of direction the rest of the line.
pub fn printable(text: &str) -> Cow<'_, str> {
    let upsets = |c: char| c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if text.chars().any(upsets) {
        let escaped = text.chars().flat_map(|c| if upsets(c) { c.escape_default().collect() } else { vec![c] });
        Cow::Owned(escaped.collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// A path as JSON and tables show it: bytes that are no text become U+FFFD.
pub fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Seconds as people read them: `4.20 s`, `12:04`, `3:00:00`.
pub fn duration(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.2} s");
    }
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// `1 file`, `2 files`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&[("path", Align::Left), ("score", Align::Right)]);
        table.push(vec!["北京.wav".into(), "0.9".into()]);
        table.push(vec!["a\tb".into(), "0.1234".into()]);
        let mut out = Vec::new();
        table.print(None, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "path       score\n北京.wav     0.9\na\\tb      0.1234\n");
    }

    #[test]
    fn the_last_column_is_cut_to_the_terminal() {
        let mut table = Table::new(&[("line", Align::Right), ("text", Align::Left)]);
        table.push(vec!["12".into(), "a sentence that is longer than the terminal is wide".into()]);
        table.push(vec!["3".into(), "我们昨天一起去了山上的老图书馆看书".into()]);
        let mut out = Vec::new();
        table.print(Some(30), &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out, "line  text\n  12  a sentence that is long…\n   3  我们昨天一起去了山上的…\n");
        assert!(out.lines().all(|line| line.width() <= 30));
    }

    #[test]
    fn durations_read_like_clocks() {
        assert_eq!(duration(4.2), "4.20 s");
        assert_eq!(duration(724.2), "12:04");
        assert_eq!(duration(10_800.0), "3:00:00");
    }

    #[test]
    fn escapes_cannot_reach_a_terminal() {
        assert_eq!(printable("a\x1b[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(printable("a\u{202e}b"), "a\\u{202e}b");
    }
}
