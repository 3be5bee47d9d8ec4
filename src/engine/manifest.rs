//! Manifests: tab-separated lists of clips.

use std::{
    borrow::Cow,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// Why a manifest could not be used. Every message names the file, and the line where there is one.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// The file itself could not be read.
    #[error("{}: cannot read the list: {cause}", path.display())]
    Read {
        /// The manifest.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Nothing in it.
    #[error("{}: the list is empty", path.display())]
    Empty {
        /// The manifest.
        path: PathBuf,
    },
    /// A row with no path.
    #[error("{}:{line}: no path in this row", path.display())]
    NoPath {
        /// The manifest.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// `start` or `end` is no number of seconds.
    #[error("{}:{line}: {column} is '{value}': write seconds, as 12.40, or leave it empty", path.display())]
    Seconds {
        /// The manifest.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// `start` or `end`.
        column: &'static str,
        /// As written.
        value: String,
    },
    /// The end is not after the start.
    #[error("{}:{line}: the end ({end} s) is not after the start ({start} s)", path.display())]
    Order {
        /// The manifest.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Seconds.
        start: f64,
        /// Seconds.
        end: f64,
    },
    /// A column that this command needs is missing.
    #[error("{}: no column '{column}' in the header", path.display())]
    Column {
        /// The manifest.
        path: PathBuf,
        /// What is missing.
        column: &'static str,
    },
}

/// One clip: a file, or a stretch of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The path as written in the list.
    pub written: PathBuf,
    /// Where the file is: relative paths are taken from the folder of the list.
    pub path: PathBuf,
    /// Seconds into the file; the beginning where the row has none.
    pub start: Option<f64>,
    /// Seconds into the file; the end where the row has none.
    pub end: Option<f64>,
    /// The word, the class or the transcript.
    pub label: Option<String>,
    /// Who speaks.
    pub speaker: Option<String>,
    /// `START-END` exactly as written, where the row has them.
    stretch: Option<String>,
}

impl Row {
    /// A whole file that no list named.
    pub fn of_path(path: &Path) -> Self {
        Self::plain(Path::new(""), path.to_owned())
    }

    fn plain(folder: &Path, written: PathBuf) -> Self {
        Self { path: folder.join(&written), written, start: None, end: None, label: None, speaker: None, stretch: None }
    }

    /// What hits and vectors of this clip are known by: the path as written, then `#START-END` as written.
    pub fn name(&self) -> String {
        let path = self.written.to_string_lossy();
        match &self.stretch {
            Some(stretch) => format!("{path}#{stretch}"),
            None => path.into_owned(),
        }
    }
}

/// A list of clips: TSV with a header, or a plain list of paths.
///
/// The first line is a header where one of its tab-separated fields is `path`; columns that are not known are passed over.
/// Otherwise every line is a path as it stands. Nothing is quoted: a path may hold quotes and spaces. Lines end in LF or CRLF.
#[derive(Clone, Debug)]
pub struct Manifest {
    path: PathBuf,
    columns: Option<Columns>,
    /// In the order of the file.
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug)]
struct Columns {
    path: usize,
    start: Option<usize>,
    end: Option<usize>,
    label: Option<usize>,
    speaker: Option<usize>,
}

impl Manifest {
    /// Reads a list.
    ///
    /// # Errors
    /// Where the file cannot be read, is empty, or a row is not as it should be.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let bytes = fs::read(path).map_err(|cause| ManifestError::Read { path: path.to_owned(), cause })?;
        Self::parse(path, &bytes)
    }

    /// Reads a list out of `bytes`, as if they stood in the file `path`.
    ///
    /// # Errors
    /// Where it is empty or a row is not as it should be.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, ManifestError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut lines = bytes
            .split(|&byte| byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .enumerate()
            .map(|(number, line)| (number + 1, line))
            .filter(|(_, line)| !line.is_empty())
            .peekable();
        let columns = lines.peek().and_then(|(_, line)| Columns::of_header(line));
        if columns.is_some() {
            lines.next();
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let rows = lines
            .map(|(number, line)| match &columns {
                Some(columns) => columns.row(path, folder, number, line),
                None => Ok(Row::plain(folder, path_of_bytes(line))),
            })
            .collect::<Result<Vec<_>, _>>()?;
        if rows.is_empty() {
            return Err(ManifestError::Empty { path: path.to_owned() });
        }
        Ok(Self { path: path.to_owned(), columns, rows })
    }

    /// The label and the speaker of every row.
    ///
    /// # Errors
    /// Where the list has no such columns; a row without a value has an empty one.
    pub fn labels_and_speakers(&self) -> Result<(Vec<String>, Vec<String>), ManifestError> {
        let missing = |column| ManifestError::Column { path: self.path.clone(), column };
        let columns = self.columns.as_ref().ok_or_else(|| missing("label"))?;
        columns.label.ok_or_else(|| missing("label"))?;
        columns.speaker.ok_or_else(|| missing("speaker"))?;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Ok(self.rows.iter().map(|row| (text(&row.label), text(&row.speaker))).unzip())
    }
}

impl Columns {
    /// `None` where the line is no header.
    fn of_header(line: &[u8]) -> Option<Self> {
        let position = |name: &str| line.split(|&byte| byte == b'\t').position(|field| field == name.as_bytes());
        Some(Self {
            path: position("path")?,
            start: position("start"),
            end: position("end"),
            label: position("label"),
            speaker: position("speaker"),
        })
    }

    fn row(&self, manifest: &Path, folder: &Path, line: usize, text: &[u8]) -> Result<Row, ManifestError> {
        let fields: Vec<&[u8]> = text.split(|&byte| byte == b'\t').collect();
        let field = |column: Option<usize>| {
            column.and_then(|at| fields.get(at).copied()).filter(|value| !value.is_empty()).map(String::from_utf8_lossy)
        };
        let written = fields.get(self.path).filter(|value| !value.is_empty()).map(|value| path_of_bytes(value));
        let written = written.ok_or_else(|| ManifestError::NoPath { path: manifest.to_owned(), line })?;
        let seconds = |column: &'static str, value: &Option<Cow<'_, str>>| match value {
            None => Ok(None),
            Some(text) => match text.trim().parse::<f64>() {
                Ok(value) if value.is_finite() && value >= 0.0 => Ok(Some(value)),
                _ => {
                    let value = text.clone().into_owned();
                    Err(ManifestError::Seconds { path: manifest.to_owned(), line, column, value })
                }
            },
        };
        let (start_text, end_text) = (field(self.start), field(self.end));
        let (start, end) = (seconds("start", &start_text)?, seconds("end", &end_text)?);
        if let Some(end) = end.filter(|&end| end <= start.unwrap_or(0.0)) {
            let start = start.unwrap_or(0.0);
            return Err(ManifestError::Order { path: manifest.to_owned(), line, start, end });
        }
        let stretch = (start_text.is_some() || end_text.is_some())
            .then(|| format!("{}-{}", start_text.unwrap_or_default(), end_text.unwrap_or_default()));
        Ok(Row {
            path: folder.join(&written),
            written,
            start,
            end,
            label: field(self.label).map(Cow::into_owned),
            speaker: field(self.speaker).map(Cow::into_owned),
            stretch,
        })
    }
}

/// On Unix a path is bytes, and need not be text.
#[cfg(unix)]
fn path_of_bytes(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    PathBuf::from(OsString::from_vec(bytes.to_vec()))
}

#[cfg(not(unix))]
fn path_of_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsString::from(String::from_utf8_lossy(bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(text: &str) -> Result<Manifest, ManifestError> {
        Manifest::parse(Path::new("lists/words.tsv"), text.as_bytes())
    }

    #[test]
    fn header_columns_may_stand_in_any_order_and_unknown_ones_are_passed_over() {
        let list = parse("label\tfoo\tpath\tend\tstart\nafter\t?\tx/a.wav\t9.90\t9.60\n").unwrap();
        let row = &list.rows[0];
        assert_eq!(row.path, Path::new("lists/x/a.wav"));
        assert_eq!((row.start, row.end), (Some(9.6), Some(9.9)));
        assert_eq!(row.name(), "x/a.wav#9.60-9.90");
        assert_eq!(row.label.as_deref(), Some("after"));
        assert!(row.speaker.is_none());
    }

    #[test]
    fn plain_list_takes_each_line_whole() {
        let list = parse("a \"b\".wav\r\n\r\n/abs/c.wav").unwrap();
        assert_eq!(list.rows[0].written, Path::new("a \"b\".wav"));
        assert_eq!(list.rows[1].path, Path::new("/abs/c.wav"));
        assert_eq!(list.rows[1].name(), "/abs/c.wav");
    }

    #[test]
    fn quotes_are_letters() {
        let list = parse("path\tlabel\na.wav\t\"so\" he said\n").unwrap();
        assert_eq!(list.rows[0].label.as_deref(), Some("\"so\" he said"));
    }

    #[test]
    fn bad_rows_name_their_line() {
        let message = parse("path\tstart\na.wav\t1\nb.wav\tsoon\n").unwrap_err().to_string();
        assert_eq!(message, "lists/words.tsv:3: start is 'soon': write seconds, as 12.40, or leave it empty");
        assert!(matches!(parse("path\tstart\tend\na.wav\t2\t1\n"), Err(ManifestError::Order { line: 2, .. })));
        assert!(matches!(parse("path\tlabel\n\tx\n"), Err(ManifestError::NoPath { line: 2, .. })));
        assert!(matches!(parse("path\tlabel\n"), Err(ManifestError::Empty { .. })));
        assert!(matches!(parse(""), Err(ManifestError::Empty { .. })));
    }

    #[test]
    fn rows_without_a_stretch_have_no_suffix() {
        let list = parse("path\tstart\tend\na.wav\t\t\n").unwrap();
        assert_eq!(list.rows[0].name(), "a.wav");
        assert_eq!(list.rows[0].start, None);
    }

    #[cfg(unix)]
    #[test]
    fn paths_need_not_be_text() {
        use std::os::unix::ffi::OsStrExt as _;
        let list = Manifest::parse(Path::new("l"), b"caf\xe9.wav\n").unwrap();
        assert_eq!(list.rows[0].path.as_os_str().as_bytes(), b"caf\xe9.wav");
    }
}
