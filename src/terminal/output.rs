//! Standard output: tables for people, JSON Lines for programs.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use serde::Serialize;
use terminal_size::{Width, terminal_size_of};

pub use crate::table::{Align, Table, printable};

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

/// A path as JSON and tables show it: bytes that are no text become U+FFFD.
pub fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A path with the channel of the recording, where that is one of its own.
pub fn of_channel(path: String, channel: Option<u16>) -> String {
    match channel {
        Some(channel) => format!("{path} (channel {channel})"),
        None => path,
    }
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

/// Writes JSON Lines.
pub fn write_lines(path: &Path, lines: &[impl Serialize]) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for line in lines {
        serde_json::to_writer(&mut out, line)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn durations_read_like_clocks() {
        assert_eq!(duration(4.2), "4.20 s");
        assert_eq!(duration(724.2), "12:04");
        assert_eq!(duration(10_800.0), "3:00:00");
    }
}
