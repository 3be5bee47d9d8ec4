//! Manifests: lists of clips, as tables of this program and of others write them.
//!
//! `table` makes lines and fields of bytes, `columns` says what the fields are and makes rows of them, `plain` of lines that
//! are paths.

mod columns;
mod error;
mod plain;
mod row;
mod table;

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

pub use error::ManifestError;
pub use row::Row;

use columns::{Columns, read_labels};
use plain::read_plain;
use row::path_of_bytes;

/// What stands for standard input in the place of a list.
const STDIN: &str = "-";

/// A list of clips: a table with a header, labels of Audacity, or a plain list of paths.
///
/// The first line is a header where one of its fields is `path`, or what other programs call it: `file`, `Begin Path` (Raven), `sound.files`
/// (warbleR) and the like, in any case; fields are separated by tabs, semicolons or commas, and columns that are not known are passed over. A
/// field that is quoted whole is what stands in the quotes. Without a header, lines that begin with two numbers are labels of the recording
/// that is called as the list is; otherwise every line is a path as it stands, which may hold quotes and spaces. Lines end in LF, CRLF or
/// CR; UTF-16 is read, by its byte order mark or by its zero bytes.
#[derive(Clone, Debug)]
pub struct Manifest {
    path: PathBuf,
    columns: Option<Columns>,
    /// In the order of the file.
    pub rows: Vec<Row>,
}

impl Manifest {
    /// Reads a list; `-` is standard input, whose paths are relative to the current folder and may be separated by zero bytes, as
    /// `find -print0` writes them.
    ///
    /// # Errors
    /// Where the file cannot be read, is empty, or a row is not as it should be.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let read = |cause| ManifestError::Read { path: path.to_owned(), cause };
        if path != Path::new(STDIN) {
            return Self::parse(path, &fs::read(path).map_err(read)?, &crate::audio::is_audio_path);
        }
        let (name, mut bytes) = (Path::new("standard input"), Vec::new());
        io::stdin().lock().read_to_end(&mut bytes).map_err(read)?;
        match between_zeros(&bytes) {
            Some(rows) => Ok(Self { path: name.to_owned(), columns: None, rows }),
            None => Self::parse(name, &bytes, &crate::audio::is_audio_path),
        }
    }

    /// Reads a list out of `bytes`, as if they stood in the file `path`; `is_audio` tells by its name what may be the recording of a list
    /// that names none.
    ///
    /// # Errors
    /// Where it is empty or a row is not as it should be.
    pub fn parse(path: &Path, bytes: &[u8], is_audio: &dyn Fn(&Path) -> bool) -> Result<Self, ManifestError> {
        let no_list = |what| ManifestError::NoList { path: path.to_owned(), line: 1, what };
        let bytes = table::decode(bytes).map_err(no_list)?;
        let lines = table::lines(&bytes);
        let folder = path.parent().unwrap_or(Path::new(""));
        let recording = || recording_of(path, is_audio);
        let columns = lines.first().and_then(|first| Columns::of_header(first, lines.get(1)));
        // A file that is called as the line reads is no header.
        let columns =
            columns.filter(|_| lines.first().is_some_and(|first| !folder.join(path_of_bytes(first.bytes)).is_file()));
        let rows = match &columns {
            Some(columns) => columns.rows(path, folder, &lines[1..], &recording)?,
            None => match read_labels(path, folder, &lines, &recording)? {
                Some(rows) => rows,
                None => read_plain(path, folder, &lines)?,
            },
        };
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
        if !columns.has_label() {
            return Err(missing("label"));
        }
        if !columns.has_speaker() {
            return Err(missing("speaker"));
        }
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Ok(self.rows.iter().map(|row| (text(&row.label), text(&row.speaker))).unzip())
    }
}

/// The paths that zero bytes end or separate; none in text, of which UTF-16 has zero bytes among its first two.
fn between_zeros(bytes: &[u8]) -> Option<Vec<Row>> {
    bytes.iter().position(|byte| *byte == 0).filter(|at| *at > 1)?;
    let paths = bytes.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    Some(paths.map(|path| Row::plain(Path::new(""), path_of_bytes(path))).collect())
}

/// The recording beside a list that is called as the list is: `tape.wav` beside `tape.txt` or `tape.Table.1.selections.txt`.
fn recording_of(list: &Path, is_audio: &dyn Fn(&Path) -> bool) -> Option<PathBuf> {
    let folder = list.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside: Vec<PathBuf> = folder.read_dir().ok()?.flatten().map(|entry| entry.path()).collect();
    beside.retain(|path| is_audio(path));
    beside.sort();
    let mut name = list.file_stem()?.to_string_lossy().into_owned();
    loop {
        let trimmed = ["_labels", "-labels", " labels"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
        let called = |path: &&PathBuf| path.file_stem().is_some_and(|stem| stem == trimmed || stem == name.as_str());
        // `tape.wav.txt` too.
        let whole = |path: &&PathBuf| path.file_name().is_some_and(|own| own == name.as_str());
        let found = beside.iter().find(whole).or_else(|| beside.iter().find(called));
        if let Some(found) = found {
            return found.file_name().map(PathBuf::from);
        }
        name = name.rsplit_once('.')?.0.to_owned();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(text: &str) -> Result<Manifest, ManifestError> {
        Manifest::parse(Path::new("lists/words.tsv"), text.as_bytes(), &|_| false)
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
        let list = Manifest::parse(Path::new("l"), b"caf\xe9.wav\n", &|_| false).unwrap();
        assert_eq!(list.rows[0].path.as_os_str().as_bytes(), b"caf\xe9.wav");
    }
}
