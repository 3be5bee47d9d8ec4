//! Comma-separated values (RFC 4180), for spreadsheets; read also with tabs.

use std::{
    io::{self, Write},
    path::Path,
    str::FromStr,
};

use csv::{ReaderBuilder, StringRecord, Terminator, WriterBuilder};

use super::{
    Annotation, Imported, InvalidAnnotation,
    error::Malformed,
    row::{COLUMNS, Row},
};

/// A row an annotation, with a header; lines end in CRLF.
pub(super) fn write(out: &mut dyn Write, annotations: &[Annotation]) -> io::Result<()> {
    let mut rows = WriterBuilder::new().has_headers(false).terminator(Terminator::CRLF).from_writer(out);
    rows.write_record(COLUMNS).map_err(io::Error::other)?;
    for annotation in annotations {
        rows.serialize(Row::from(annotation)).map_err(io::Error::other)?;
    }
    rows.flush()
}

/// Columns by name, in any order and case; those that are not known are passed over. The label may also be called `text`.
///
/// # Errors
/// Where the header lacks `start`, `end` or the label.
pub(super) fn read(text: &str, recording: &Path) -> Result<Imported, Malformed> {
    let header = text.lines().next().unwrap_or_default();
    let tabs = header.contains('\t');
    // Where tabs part fields nothing is quoted, as in other lists of this program.
    let mut builder = ReaderBuilder::new();
    builder.delimiter(if tabs { b'\t' } else { b',' }).quoting(!tabs).flexible(true);
    let mut rows = builder.from_reader(text.as_bytes());
    let malformed = |what: String| Malformed { format: "csv", what };
    let header = rows.headers().map_err(|cause| malformed(cause.to_string()))?.clone();
    let columns = Columns::of(&header).map_err(|missing| {
        malformed(format!("no column '{missing}' in its first line; it needs start, end, label, and path where it is of several recordings"))
    })?;
    let mut imported = Imported::default();
    let mut row = StringRecord::new();
    loop {
        let before = rows.position().byte();
        match rows.read_record(&mut row) {
            Ok(false) => return Ok(imported),
            Ok(true) => {
                let byte = row.position().map_or(before, csv::Position::byte);
                imported.take(|| place(text, byte), columns.row(&row).and_then(|row| row.annotation(recording)));
            }
            Err(cause) => imported.skip(place(text, before), &cause),
        }
    }
}

/// The line that a row begins in. Rows are told to begin between the two characters that end the line before.
pub(super) fn place(text: &str, byte: u64) -> String {
    let (before, after) = text.as_bytes().split_at(text.len().min(byte as usize));
    let skipped = after.iter().take_while(|byte| byte.is_ascii_whitespace());
    let ends = before.iter().chain(skipped).filter(|&&byte| byte == b'\n').count();
    format!("line {}", ends + 1)
}

/// Where each field of [`Row`] stands.
struct Columns([Option<usize>; COLUMNS.len()]);

impl Columns {
    /// Or the name of a column that must be there and is not.
    fn of(header: &StringRecord) -> Result<Self, &'static str> {
        let position = |name: &str| header.iter().position(|field| field.trim().eq_ignore_ascii_case(name));
        let mut at = COLUMNS.map(position);
        at[3] = at[3].or_else(|| position("text"));
        match (1..=3).find(|&column| at[column].is_none()) {
            Some(missing) => Err(COLUMNS[missing]),
            None => Ok(Self(at)),
        }
    }

    fn row(&self, record: &StringRecord) -> Result<Row, InvalidAnnotation> {
        let text = |column: usize| self.0[column].and_then(|at| record.get(at)).filter(|value| !value.is_empty());
        Ok(Row {
            path: text(0).map(str::to_owned),
            start: number(1, text(1))?,
            end: number(2, text(2))?,
            label: text(3).map(str::to_owned),
            tier: text(4).map(str::to_owned),
            score: number(5, text(5))?,
            confidence: number(6, text(6))?,
            channel: number(7, text(7))?,
            origin: text(8).map(str::to_owned),
            created: text(9).map(str::to_owned),
        })
    }
}

fn number<T: FromStr>(column: usize, text: Option<&str>) -> Result<Option<T>, InvalidAnnotation> {
    let Some(text) = text else { return Ok(None) };
    text.trim().parse().map(Some).map_err(|_| InvalidAnnotation::Column {
        column: COLUMNS[column],
        value: text.to_owned(),
        expected: "and not a number",
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn columns_stand_in_any_order_and_bad_rows_are_named() {
        let text = "Label,foo,END,start\r\n\"a, \"\"b\"\"\",?,2,1\r\nx,?,1,2\r\ny,?,soon,1\r\n,?,2,1\r\nz,?,2\r\n";
        let read = read(text, Path::new("a.wav")).unwrap();
        assert_eq!(read.annotations, [Annotation::new("a.wav", 1.0, 2.0, "a, \"b\"").unwrap()]);
        let reasons: Vec<String> = read.skipped.iter().map(|s| format!("{}: {}", s.place, s.reason)).collect();
        assert_eq!(
            reasons,
            [
                "line 3: from 2 s to 1 s is no stretch of time",
                "line 4: end is 'soon', and not a number",
                "line 5: no label",
                "line 6: no start"
            ]
        );
    }

    #[test]
    fn a_list_with_tabs_is_read_and_quotes_in_it_are_letters() {
        let read = read("path\tstart\tend\ttext\nb.wav\t1\t2\t\"so\" he said\n", Path::new("a.wav")).unwrap();
        assert_eq!(read.annotations, [Annotation::new("b.wav", 1.0, 2.0, "\"so\" he said").unwrap()]);
    }

    #[test]
    fn a_table_of_something_else_says_what_is_missing() {
        let message = read("name,price\nx,1\n", Path::new("a.wav")).unwrap_err().to_string();
        assert!(message.contains("no column 'start'"), "{message}");
    }
}
