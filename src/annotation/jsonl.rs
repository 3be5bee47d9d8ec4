//! JSON Lines, for programs.

use std::{
    io::{self, Write},
    path::Path,
};

use serde::Deserialize;

use super::{Annotation, Imported, row::Row};

/// A row of this program, or a hit of `query --json`, whose label may be null.
#[derive(Deserialize)]
struct Line {
    #[serde(flatten)]
    row: Row,
    text: Option<String>,
    query: Option<String>,
}

/// An object an annotation.
pub(super) fn write(out: &mut dyn Write, annotations: &[Annotation]) -> io::Result<()> {
    for annotation in annotations {
        serde_json::to_writer(&mut *out, &Row::from(annotation))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// Fields that are not known are passed over. Without a label its text counts, or the query that found it.
pub(super) fn read(text: &str, recording: &Path) -> Imported {
    let mut imported = Imported::default();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("line {}", number + 1);
        match serde_json::from_str::<Line>(line) {
            Ok(Line { row, text, query }) => {
                let label = row.label.clone().or(text).or(query);
                imported.take(place, Row { label, ..row }.annotation(recording));
            }
            Err(cause) => imported.skip(place(), &cause),
        }
    }
    imported
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn hits_are_labels_named_by_what_found_them() {
        let hit = r#"{"query":"bell.wav","rank":1,"score":0.9,"path":"a.wav","start":1.0,"end":2.5,"label":null,"text":null,"confidence":0.5}"#;
        let read = read(&format!("{hit}\n\nno json\n"), Path::new("b.wav"));
        let expected = Annotation::new("a.wav", 1.0, 2.5, "bell.wav").unwrap().with_score(0.9).unwrap();
        assert_eq!(read.annotations, [expected.with_confidence(0.5).unwrap()]);
        assert_eq!(read.skipped[0].place, "line 3");
    }
}
