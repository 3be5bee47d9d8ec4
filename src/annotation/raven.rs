//! Selection tables of Raven: tab-separated columns by name.

use std::{
    collections::HashSet,
    io::{self, Write},
    path::Path,
};

use csv::{QuoteStyle, ReaderBuilder, StringRecord, WriterBuilder};

use super::{Annotation, Imported, InvalidAnnotation, error::Malformed, timestamp::decimal};

const BEGIN: &str = "Begin Time (s)";
const END: &str = "End Time (s)";
/// What a table of this program has. Raven wants the frequencies; these are the ones that the models hear.
const COLUMNS: [&str; 11] = [
    "Selection",
    "View",
    "Channel",
    BEGIN,
    END,
    "Low Freq (Hz)",
    "High Freq (Hz)",
    "Begin Path",
    "Annotation",
    "Tier",
    "Confidence",
];
const FREQUENCIES: [&str; 2] = ["0.0", "8000.0"];
/// What a label may be called, the likeliest first.
const LABELS: [&str; 7] = ["Annotation", "Label", "Common Name", "Species", "Tags", "Class", "Notes"];

/// A row an annotation.
pub(super) fn write(out: &mut dyn Write, annotations: &[Annotation]) -> io::Result<()> {
    let mut builder = WriterBuilder::new();
    let mut rows = builder.delimiter(b'\t').quote_style(QuoteStyle::Never).from_writer(out);
    rows.write_record(COLUMNS).map_err(io::Error::other)?;
    for (number, annotation) in annotations.iter().enumerate() {
        // A selection has a length; a point in time gets a millisecond.
        let end = if annotation.end() > annotation.start() { annotation.end() } else { annotation.start() + 0.001 };
        let channel = annotation.channel().unwrap_or(1).to_string();
        let confidence = annotation.confidence().map(|confidence| confidence.to_string()).unwrap_or_default();
        let path = super::types::one_line(&annotation.path().to_string_lossy());
        rows.write_record([
            &(number + 1).to_string(),
            "Spectrogram 1",
            &channel,
            &decimal(annotation.start()),
            &decimal(end),
            FREQUENCIES[0],
            FREQUENCIES[1],
            &path,
            annotation.label(),
            annotation.tier().unwrap_or_default(),
            &confidence,
        ])
        .map_err(io::Error::other)?;
    }
    rows.flush()
}

/// Whether a line is the header of such a table.
pub(super) fn is_header(line: &str) -> bool {
    let fields = || line.split('\t').map(str::trim);
    fields().any(|field| field == BEGIN) && fields().any(|field| field == END)
}

/// A selection that is listed for several views counts once. Of a table over several files, `File Offset (s)` is the time within its file.
///
/// # Errors
/// Where the header lacks the times.
pub(super) fn read(text: &str, recording: &Path) -> Result<Imported, Malformed> {
    let malformed = |what: String| Malformed { format: "raven", what };
    if !is_header(text.lines().next().unwrap_or_default()) {
        return Err(malformed(format!("no columns '{BEGIN}' and '{END}' in its first line")));
    }
    let mut rows = ReaderBuilder::new().delimiter(b'\t').quoting(false).flexible(true).from_reader(text.as_bytes());
    let header = rows.headers().map_err(|cause| malformed(cause.to_string()))?.clone();
    let columns = Columns(header);
    let mut imported = Imported::default();
    let mut seen = HashSet::new();
    let mut row = StringRecord::new();
    loop {
        match rows.read_record(&mut row) {
            Ok(false) => return Ok(imported),
            Ok(true) => {
                let byte = row.position().map_or(0, csv::Position::byte);
                let selection = columns.get(&row, "Selection").map(str::to_owned);
                if selection.is_some_and(|selection| !seen.insert(selection)) {
                    continue;
                }
                imported.take(|| super::csv::place(text, byte), columns.annotation(&row, recording));
            }
            Err(cause) => imported.skip(super::csv::place(text, rows.position().byte()), &cause),
        }
    }
}

/// The header.
struct Columns(StringRecord);

impl Columns {
    fn get<'r>(&self, row: &'r StringRecord, name: &str) -> Option<&'r str> {
        let at = self.0.iter().position(|field| field.trim().eq_ignore_ascii_case(name))?;
        row.get(at).map(str::trim).filter(|value| !value.is_empty())
    }

    fn number(&self, row: &StringRecord, name: &'static str) -> Result<Option<f64>, InvalidAnnotation> {
        let Some(text) = self.get(row, name) else { return Ok(None) };
        let wrong =
            |_| InvalidAnnotation::Column { column: name, value: text.to_owned(), expected: "and not a number" };
        text.parse().map(Some).map_err(wrong)
    }

    fn annotation(&self, row: &StringRecord, recording: &Path) -> Result<Annotation, InvalidAnnotation> {
        let begin = self.number(row, BEGIN)?.ok_or(InvalidAnnotation::Missing { column: BEGIN })?;
        let end = self.number(row, END)?.ok_or(InvalidAnnotation::Missing { column: END })?;
        let file = self.get(row, "Begin Path").or_else(|| self.get(row, "Begin File"));
        // Without the offset the times of a table of several files count from the first of them.
        let (begin, end) = match self.number(row, "File Offset (s)")? {
            Some(offset) => (offset, offset + end - begin),
            None => (begin, end),
        };
        let label = LABELS.iter().find_map(|name| self.get(row, name)).unwrap_or_default();
        let path = file.map_or(recording, Path::new);
        let mut annotation = Annotation::new(path, begin, end, label)?;
        if let Some(tier) = self.get(row, "Tier") {
            annotation = annotation.with_tier(tier);
        }
        if let Some(confidence) = self.number(row, "Confidence")? {
            annotation = annotation.with_confidence(confidence as f32)?;
        }
        match self.number(row, "Channel")? {
            Some(channel) if channel > 1.0 => annotation.with_channel(channel as u16),
            _ => Ok(annotation),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_selection_of_two_views_counts_once_and_offsets_are_of_the_file() {
        let table = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tBegin File\tFile Offset (s)\tSpecies\n\
            1\tWaveform 1\t1\t61\t62.5\t100\t4000\tb.wav\t1\towl\n\
            1\tSpectrogram 1\t1\t61\t62.5\t100\t4000\tb.wav\t1\towl\n\
            2\tSpectrogram 1\t2\t70\t71\t100\t4000\tb.wav\t10\t\n";
        let read = read(table, Path::new("a.wav")).unwrap();
        assert_eq!(read.annotations, [Annotation::new("b.wav", 1.0, 2.5, "owl").unwrap()]);
        assert_eq!((read.skipped[0].place.as_str(), read.skipped[0].reason.as_str()), ("line 4", "no label"));
    }

    #[test]
    fn a_table_without_times_is_refused() {
        assert!(read("Selection\tView\n1\tx\n", Path::new("a.wav")).is_err());
    }
}
