//! Tables of text for a terminal.

use std::{
    borrow::Cow,
    io::{self, Write},
    iter,
};

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Cells that the last column of a table keeps on a terminal, however narrow that is.
const NARROWEST: usize = 20;

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

    /// A name a row and figures of it.
    pub fn of_figures(name: &str, figures: &[&str]) -> Self {
        let figures = figures.iter().map(|figure| (*figure, Align::Right));
        Self::new(&iter::once((name, Align::Left)).chain(figures).collect::<Vec<_>>())
    }

    /// One row more, a cell a column; control characters are made visible.
    pub fn push(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells.into_iter().map(|cell| printable(&cell).into_owned()).collect());
    }

    /// `most`: the cells that a line may take; what goes beyond is cut from the last column.
    ///
    /// # Errors
    /// What `out` says.
    pub fn print(&self, most: Option<usize>, out: &mut impl Write) -> io::Result<()> {
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
    fn escapes_cannot_reach_a_terminal() {
        assert_eq!(printable("a\x1b[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(printable("a\u{202e}b"), "a\\u{202e}b");
    }
}
