//! What somebody wrote down about recordings, in a table.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

use csv::{ReaderBuilder, StringRecord};
use thiserror::Error;

use super::field::field_name;

/// What the column of recordings may be called, the surest name first.
const PATHS: [&str; 8] = ["path", "file", "filename", "file name", "recording", "audio", "sound file", "begin file"];

/// A table with a row a recording: the columns of each by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataTable {
    columns: Vec<String>,
    rows: Vec<(PathBuf, HashMap<String, String>)>,
}

/// Why a table cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The system refused.
    #[error("{}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// It is no table, or one row does not fit the header.
    #[error("{}: {cause}", path.display())]
    Rows {
        /// The file.
        path: PathBuf,
        /// What is wrong, and in which line.
        #[source]
        cause: csv::Error,
    },
    /// No column says which recording a row is of.
    #[error("{}: the header has no column path, only {found}", path.display())]
    NoPath {
        /// The file.
        path: PathBuf,
        /// The columns that there are.
        found: String,
    },
}

impl MetadataTable {
    /// Reads columns with a header, separated by tabs or, in a file named `.csv`, by commas or semicolons. One is `path`; paths are relative to
    /// the table.
    ///
    /// # Errors
    /// Where the file cannot be read, or is no such table.
    pub fn read(path: &Path) -> Result<Self, MetadataError> {
        let bytes = fs::read(path).map_err(|cause| MetadataError::Io { path: path.to_owned(), cause })?;
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes));
        let header = text.lines().next().unwrap_or_default();
        let commas =
            path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) && !header.contains('\t');
        let separator = match commas {
            true if header.contains(';') && !header.contains(',') => b';',
            true => b',',
            false => b'\t',
        };
        let rows = |cause| MetadataError::Rows { path: path.to_owned(), cause };
        let mut reader = ReaderBuilder::new().delimiter(separator).from_reader(text.as_bytes());
        let columns: Vec<String> = reader.headers().map_err(rows)?.iter().map(field_name).collect();
        let named = PATHS.iter().find_map(|name| columns.iter().position(|column| column == name));
        let named = named.ok_or_else(|| MetadataError::NoPath { path: path.to_owned(), found: columns.join(", ") })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let row = |record: StringRecord| {
            let own = folder.join(record.get(named).unwrap_or_default().trim());
            let values = columns.iter().cloned().zip(record.iter().map(str::to_owned));
            (own, values.filter(|(_, value)| !value.trim().is_empty()).collect())
        };
        let rows = reader.records().map(|record| record.map(row).map_err(rows)).collect::<Result<_, _>>()?;
        Ok(Self { columns: columns.into_iter().filter(|column| column != PATHS[0]).collect(), rows })
    }

    /// The names of its columns, as [`field_name`] makes them.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Each row: which recording it is of, and its values by their columns.
    pub fn rows(&self) -> impl Iterator<Item = (&Path, &HashMap<String, String>)> {
        self.rows.iter().map(|(path, values)| (path.as_path(), values))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn tables_are_read_with_their_columns_or_refused_with_what_is_wrong() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            fs::write(dir.path().join(name), text).unwrap();
            MetadataTable::read(&dir.path().join(name))
        };
        let table =
            write("a.tsv", "\u{feff}path\tSite\tLoc_Position\nrec/a.wav\tNorth\t1, 2\nrec/b.wav\t\t3\n").unwrap();
        assert_eq!(table.columns(), ["site", "loc position"]);
        let rows: Vec<_> = table.rows().collect();
        assert_eq!((rows[0].0, rows[0].1["site"].as_str()), (&*dir.path().join("rec/a.wav"), "North"));
        assert!(!rows[1].1.contains_key("site"));
        assert_eq!(write("b.csv", "File,Site\na.wav,x\n").unwrap().rows().count(), 1);
        assert_eq!(write("c.csv", "file;site\na.wav;x\n").unwrap().rows().count(), 1);
        assert!(write("d.tsv", "site\tdepth\nx\t1\n").unwrap_err().to_string().contains("only site, depth"));
        assert!(write("e.tsv", "path\tsite\na.wav\n").unwrap_err().to_string().contains("e.tsv"));
        assert!(MetadataTable::read(&dir.path().join("none.tsv")).is_err());
    }
}
