//! A plain list: a path a line.

use std::path::Path;

use super::{
    columns::{Columns, separators},
    error::ManifestError,
    row::{Row, path_of_bytes},
    table::{Field, Line, fields},
};

/// A line a path; what looks like another kind of file is told of.
pub(super) fn read_plain(list: &Path, folder: &Path, lines: &[Line<'_>]) -> Result<Vec<Row>, ManifestError> {
    if let Some(first) = lines.first()
        && !folder.join(path_of_bytes(first.bytes)).exists()
    {
        let (path, line) = (list.to_owned(), first.number);
        if let Some(what) = other_kind(first.bytes) {
            return Err(ManifestError::NoList { path, line, what });
        }
        if let Some(found) = columns_without_path(first.bytes) {
            return Err(ManifestError::Header { path, line, found });
        }
        if let Some(columns) = Columns::without_header(lines) {
            return columns.rows(list, folder, lines, &|| None);
        }
    }
    let row = |line: &Line<'_>| {
        let whole = path_of_bytes(line.bytes);
        // "Copy as path" puts quotes around it.
        let bare = line.bytes.strip_prefix(b"\"").and_then(|inner| inner.strip_suffix(b"\""));
        match bare.map(path_of_bytes).filter(|_| !folder.join(&whole).exists()) {
            Some(bare) => Row::plain(folder, bare),
            None => Row::plain(folder, whole),
        }
    };
    Ok(lines.iter().map(row).collect())
}

/// Another kind of file than a list, by its first line.
fn other_kind(line: &[u8]) -> Option<&'static str> {
    match line.trim_ascii_start() {
        [b'{' | b'[', ..] => Some("looks like JSON"),
        [b'<', ..] => Some("looks like XML or HTML"),
        text if text.starts_with(b"File type = \"ooTextFile") => Some("is a TextGrid of Praat"),
        text if text.starts_with(b"%PDF") => Some("is a PDF"),
        text if text.iter().any(|byte| *byte < 0x20 && *byte != b'\t') => {
            Some("holds control characters, so it is no text")
        }
        _ => None,
    }
}

/// The names of columns, where a line has several and all look like names: none is a number or ends as files do.
fn columns_without_path(line: &[u8]) -> Option<String> {
    let is_name = |field: &Field<'_>| {
        let text = String::from_utf8_lossy(&field.0).into_owned();
        let ending = text
            .rsplit_once('.')
            .is_some_and(|(_, end)| (2..=4).contains(&end.len()) && end.chars().all(char::is_alphanumeric));
        !ending && !text.contains(['/', '\\']) && text.trim().parse::<f64>().is_err()
    };
    let separator = separators(line).find(|separator| fields(line, *separator).len() > 1)?;
    let fields = fields(line, separator);
    fields.iter().all(is_name).then(|| {
        let names: Vec<String> =
            fields.iter().map(|(name, _)| String::from_utf8_lossy(name).trim().to_owned()).collect();
        names.join(", ")
    })
}
