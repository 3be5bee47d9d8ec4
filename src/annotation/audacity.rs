//! Label tracks of Audacity: start, end and label, parted by tabs.

use std::{
    io::{self, Write},
    path::Path,
};

use super::{Annotation, Imported, InvalidAnnotation, error::Malformed, timestamp::decimal};

/// A line an annotation. Audacity itself writes six decimals; more are read by it.
pub(super) fn write(out: &mut dyn Write, annotations: &[Annotation]) -> io::Result<()> {
    for annotation in annotations {
        writeln!(out, "{}\t{}\t{}", decimal(annotation.start()), decimal(annotation.end()), annotation.label())?;
    }
    Ok(())
}

/// Whether a line could be one of such a file.
pub(super) fn is_row(line: &str) -> bool {
    let mut fields = line.split('\t').map(|field| field.trim().parse::<f64>().is_ok());
    fields.next() == Some(true) && fields.next() == Some(true)
}

/// Lines that begin with a backslash hold the frequencies of the label before them, which are passed over.
///
/// # Errors
/// Where not a single line is a label.
pub(super) fn read(text: &str, recording: &Path) -> Result<Imported, Malformed> {
    let mut imported = Imported::default();
    for (number, line) in
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('\\'))
    {
        imported.take(|| format!("line {}", number + 1), row(line, recording));
    }
    if imported.annotations.is_empty() && !imported.skipped.is_empty() && !text.lines().any(is_row) {
        return Err(Malformed {
            format: "audacity",
            what: "no line is a start, an end and a label, parted by tabs".into(),
        });
    }
    Ok(imported)
}

fn row(line: &str, recording: &Path) -> Result<Annotation, InvalidAnnotation> {
    let mut fields = line.splitn(3, '\t');
    let mut seconds = |column: &'static str| -> Result<f64, InvalidAnnotation> {
        let text = fields.next().ok_or(InvalidAnnotation::Missing { column })?;
        let wrong = |_| InvalidAnnotation::Column { column, value: text.to_owned(), expected: "and not a number" };
        text.trim().parse().map_err(wrong)
    };
    let (start, end) = (seconds("start")?, seconds("end")?);
    Annotation::new(recording, start, end, fields.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn frequencies_are_passed_over_and_labels_without_words_are_named() {
        let read =
            read("1.000000\t2.500000\tbell\n\\\t100.0\t4000.0\n3.0\t3.0\tpoint\n4.0\t5.0\t\n", Path::new("a.wav"))
                .unwrap();
        let labels: Vec<&str> = read.annotations.iter().map(Annotation::label).collect();
        assert_eq!(labels, ["bell", "point"]);
        assert_eq!((read.skipped[0].place.as_str(), read.skipped[0].reason.as_str()), ("line 4", "no label"));
    }

    #[test]
    fn other_text_is_refused() {
        assert!(read("Dear all,\n\nit rains.\n", Path::new("a.wav")).is_err());
    }

    #[test]
    fn times_have_six_decimals_as_audacity_writes_them() {
        let mut out = Vec::new();
        write(&mut out, &[Annotation::new("a.wav", 1.5, 2.123_456_789, "x").unwrap()]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "1.500000\t2.123456789\tx\n");
    }
}
