//! SubRip subtitles.

use std::{
    io::{self, Write},
    path::Path,
};

use super::{Annotation, Imported, error::Malformed, timestamp};

/// A numbered cue an annotation, by time. What overlaps is shown together.
pub(super) fn write(out: &mut dyn Write, annotations: &[Annotation]) -> io::Result<()> {
    for (number, annotation) in by_time(annotations).into_iter().enumerate() {
        let (start, end) = timestamp::stretch(annotation.start(), annotation.end());
        let (start, end) = (timestamp::written(start, ','), timestamp::written(end, ','));
        write!(out, "{}\r\n{start} --> {end}\r\n{}\r\n\r\n", number + 1, annotation.label())?;
    }
    Ok(())
}

/// As players want them.
pub(super) fn by_time(annotations: &[Annotation]) -> Vec<&Annotation> {
    let mut sorted: Vec<&Annotation> = annotations.iter().collect();
    sorted.sort_by(|a, b| a.start().total_cmp(&b.start()).then(a.end().total_cmp(&b.end())));
    sorted
}

/// Cues are parted by empty lines; of a cue with several lines the label is all of them.
///
/// # Errors
/// Where no line has two times.
pub(super) fn read(text: &str, recording: &Path) -> Result<Imported, Malformed> {
    let imported = cues(text, recording, |text| text.to_owned());
    if imported.annotations.is_empty() && imported.skipped.is_empty() && !text.trim().is_empty() {
        return Err(Malformed {
            format: "srt",
            what: "no line with two times, as 00:00:01,000 --> 00:00:02,500".into(),
        });
    }
    Ok(imported)
}

/// All blocks that have a line with times; the lines behind it are the text.
pub(super) fn cues(text: &str, recording: &Path, plain: impl Fn(&str) -> String) -> Imported {
    let mut imported = Imported::default();
    let mut lines = text.lines().enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let Some(times) = timestamp::times(line) else { continue };
        let mut said = Vec::new();
        while let Some((_, line)) = lines.next_if(|(_, line)| !line.trim().is_empty()) {
            said.push(plain(line));
        }
        let read = times.and_then(|(start, end)| Annotation::new(recording, start, end, &said.join(" ")));
        imported.take(|| format!("line {}", number + 1), read);
    }
    imported
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn cues_of_other_programs_are_read() {
        let text = "1\r\n00:00:01,000 --> 00:00:02,500\r\nGood\r\nmorning\r\n\r\n00:00:03.5 --> 00:00:04.0\nagain\n\n3\n00:00:09,000 --> 00:00:08,000\nback\n";
        let read = read(text, Path::new("a.wav")).unwrap();
        let found: Vec<_> = read.annotations.iter().map(|a| (a.start(), a.end(), a.label())).collect();
        assert_eq!(found, [(1.0, 2.5, "Good morning"), (3.5, 4.0, "again")]);
        assert_eq!(read.skipped[0].place, "line 10");
        assert!(super::read("Dear all,\n", Path::new("a.wav")).is_err());
    }
}
