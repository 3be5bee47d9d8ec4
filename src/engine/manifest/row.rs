//! A row of a list.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

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
    pub(super) stretch: Option<String>,
}

impl Row {
    /// A whole file that no list named.
    pub fn of_path(path: &Path) -> Self {
        Self::plain(Path::new(""), path.to_owned())
    }

    pub(super) fn plain(folder: &Path, written: PathBuf) -> Self {
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

/// On Unix a path is bytes, and need not be text.
#[cfg(unix)]
pub(super) fn path_of_bytes(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    PathBuf::from(OsString::from_vec(bytes.to_vec()))
}

#[cfg(not(unix))]
pub(super) fn path_of_bytes(bytes: &[u8]) -> PathBuf {
    PathBuf::from(OsString::from(String::from_utf8_lossy(bytes).into_owned()))
}
