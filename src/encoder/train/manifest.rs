//! Rows of labelled tokens: TSV with a header, or a plain list of paths.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::TrainError;

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub path: PathBuf,
    /// The path as it stands in the manifest.
    pub name: String,
    /// Seconds; none for the whole file.
    pub range: Option<(f64, f64)>,
    pub label: Option<String>,
    pub speaker: Option<String>,
    /// `train`, `dev` and the like.
    pub split: Option<String>,
    /// The language that is spoken.
    pub language: Option<String>,
    pub line: usize,
}

/// Reads a manifest; paths come back relative to the same folder as the manifest's own path. `word` is another name of
/// the column `label`, as forced aligners write it.
pub(crate) fn read(path: &Path) -> Result<Vec<Row>, TrainError> {
    let text = fs::read_to_string(path).map_err(|source| TrainError::Io { path: path.into(), source })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).peekable();
    let header: Vec<&str> = match lines.peek() {
        Some((_, first)) if first.split('\t').any(|name| name == "path") => {
            let names = first.split('\t').collect();
            lines.next();
            names
        }
        Some((_, first)) if first.contains('\t') => {
            let cause = format!("no column named path among {:?}", first.split('\t').collect::<Vec<_>>());
            return Err(TrainError::Manifest { path: path.into(), line: 1, cause });
        }
        _ => vec!["path"],
    };
    let column = |names: &[&str]| header.iter().position(|h| names.contains(h));
    let (split, language) = (column(&["split"]), column(&["lang", "language"]));
    let at =
        (column(&["path"]), column(&["start"]), column(&["end"]), column(&["label", "word"]), column(&["speaker"]));
    let mut rows = Vec::new();
    for (i, line) in lines {
        let fail = |cause: String| TrainError::Manifest { path: path.into(), line: i + 1, cause };
        let cells: Vec<&str> = line.split('\t').collect();
        if cells.len() != header.len() {
            return Err(fail(format!("{} columns, the header has {}", cells.len(), header.len())));
        }
        let cell = |at: Option<usize>| at.map(|at| cells[at].trim()).filter(|c| !c.is_empty());
        let seconds = |at: Option<usize>, name: &str| match cell(at) {
            None => Ok(None),
            Some(text) => match text.parse::<f64>() {
                Ok(value) if value.is_finite() && value >= 0.0 => Ok(Some(value)),
                _ => Err(fail(format!("{name} {text:?} is no time in seconds"))),
            },
        };
        let range = match (seconds(at.1, "start")?, seconds(at.2, "end")?) {
            (None, None) => None,
            (Some(start), Some(end)) if end > start => Some((start, end)),
            (Some(start), Some(end)) => return Err(fail(format!("end {end} is not after start {start}"))),
            _ => return Err(fail("start and end come together".into())),
        };
        let name = cell(at.0).ok_or_else(|| fail("the path is empty".into()))?;
        rows.push(Row {
            path: folder.join(name),
            name: name.to_owned(),
            range,
            label: cell(at.3).map(str::to_lowercase),
            speaker: cell(at.4).map(str::to_string),
            split: cell(split).map(str::to_string),
            language: cell(language).map(str::to_string),
            line: i + 1,
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(text: &str) -> Result<Vec<Row>, TrainError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.tsv");
        fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn columns_come_in_any_order() {
        let rows = parse("word\tspeaker\tend\tstart\tpath\nBed\ta\t1.5\t0.5\tx.wav\n").unwrap();
        assert_eq!(rows[0].range, Some((0.5, 1.5)));
        assert_eq!(rows[0].label.as_deref(), Some("bed"));
        assert!(rows[0].path.ends_with("x.wav"));
    }

    #[test]
    fn a_plain_list_is_a_manifest() {
        assert_eq!(parse("a.wav\nb.wav\n").unwrap().len(), 2);
    }

    #[test]
    fn errors_name_line_and_cause() {
        let message = |text: &str| parse(text).unwrap_err().to_string();
        assert!(message("file\tlabel\nx\ty\n").contains("no column named path"));
        assert!(message("path\tlabel\nx.wav\n").contains(":2: 1 columns, the header has 2"));
        assert!(message("path\tstart\tend\nx.wav\t2\t1\n").contains("not after"));
        assert!(message("path\tstart\tend\nx.wav\tnan\t1\n").contains("no time"));
    }
}
