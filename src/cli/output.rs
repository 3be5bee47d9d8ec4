//! Standard output: tables for people, JSON Lines for programs.

use std::{
    borrow::Cow,
    io::{self, BufWriter, Stdout, Write},
    path::Path,
};

use serde::Serialize;

/// Standard output of a command, as one of the two forms.
pub struct Output {
    out: BufWriter<Stdout>,
    json: bool,
}

impl Output {
    /// JSON Lines where `json`, else text.
    pub fn new(json: bool) -> Self {
        Self { out: BufWriter::new(io::stdout()), json }
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
        table.print(&mut self.out)
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

    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        for row in &self.rows {
            let mut line = String::new();
            for ((cell, width), align) in row.iter().zip(&widths).zip(&self.columns) {
                let gap = " ".repeat(width - cell.chars().count());
                match align {
                    Align::Left => line.extend([cell, gap.as_str(), "  "]),
                    Align::Right => line.extend([gap.as_str(), cell, "  "]),
                }
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Text whose control characters (tabs, line ends, escapes) cannot upset a terminal.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_control) {
        let escaped = text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] });
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
        table.print(&mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "path     score\n北京.wav     0.9\na\\tb    0.1234\n");
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
    }
}
