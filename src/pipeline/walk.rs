//! Folders → recordings and texts.

use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use thiserror::Error;

use crate::{
    audio::{NameKind, holds_sound, is_audio_path, kind_of_name},
    text::is_text_path,
};

/// Something under a given path that could not be looked into.
#[derive(Debug, Error)]
pub enum WalkError {
    /// The path itself is not there.
    #[error("{}: {cause}; name a file or a folder that is there", path.display())]
    Missing {
        /// As it was given.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A folder or link below the path cannot be read.
    #[error("{cause}")]
    Unreadable {
        /// Names the path.
        cause: ignore::Error,
    },
    /// A folder that holds nothing to index.
    #[error("{}: no recordings and no texts in this folder", path.display())]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
}

/// What there is to index.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Files of sound.
    pub recordings: Vec<PathBuf>,
    /// Files to be read: `.txt`, `.md`, `.markdown`, `.srt`, `.vtt`.
    pub texts: Vec<PathBuf>,
    /// Files that hold sound, by their names, in formats that are not read.
    pub unread: Vec<Unread>,
}

/// A file that holds sound and is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The file.
    pub path: PathBuf,
    /// The name of its format.
    pub format: &'static str,
}

impl Inputs {
    /// Takes a file of a folder for what its name says, and where that says nothing for what it holds; whether it is of interest.
    fn take(&mut self, path: PathBuf, named: bool) -> bool {
        if is_text_path(&path) {
            self.texts.push(path);
            return true;
        }
        match kind_of_name(&path) {
            NameKind::Read => self.recordings.push(path),
            _ if named || holds_sound(&path) => self.recordings.push(path),
            NameKind::Unread(format) => self.unread.push(Unread { path, format }),
            NameKind::Other => return false,
        }
        true
    }
}

/// Adds to `found` what is at `path`, in the order of names: the file itself, whatever its name ends in, or what lies below the folder
/// and is named like audio or like text, or begins as recordings do. A file that is not named like text is taken for a recording.
///
/// Links are followed, and a loop of them is reported once. Hidden files and folders are passed over, but nothing else:
/// what a `.gitignore` leaves out of a repository (recordings, as a rule) is just what is to be found.
pub fn find(path: &Path, found: &mut Inputs, report: &mut dyn FnMut(WalkError)) {
    if let Err(cause) = path.metadata() {
        return report(WalkError::Missing { path: path.to_owned(), cause });
    }
    let mut nothing = true;
    let walk = WalkBuilder::new(path)
        .standard_filters(false)
        .hidden(true)
        .follow_links(true)
        .sort_by_file_name(|a, b| a.cmp(b))
        .build();
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_dir()) => {}
            // Pipes and sockets would be waited for; one that is named is read.
            Ok(entry) if entry.depth() > 0 && entry.file_type().is_some_and(|kind| !kind.is_file()) => {}
            Ok(entry) => {
                let named = entry.depth() == 0;
                nothing &= !found.take(entry.into_path(), named);
            }
            Err(cause) if is_of_interest(&cause) => {
                nothing = false;
                report(WalkError::Unreadable { cause });
            }
            Err(_) => {}
        }
    }
    if nothing {
        report(WalkError::Nothing { path: path.to_owned() });
    }
}

/// A dangling link matters where it is named like what is indexed, or was asked for; an editor's lock file does not.
fn is_of_interest(error: &ignore::Error) -> bool {
    use ignore::Error;
    match error {
        Error::WithDepth { depth: 0, .. } => true,
        Error::WithDepth { err, .. } => is_of_interest(err),
        Error::WithPath { path, err } => {
            let gone = err.io_error().is_some_and(|cause| cause.kind() == std::io::ErrorKind::NotFound);
            !gone || is_audio_path(path) || is_text_path(path)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;

    fn walk(path: &Path) -> (Inputs, Vec<String>) {
        let (mut found, mut errors) = (Inputs::default(), Vec::new());
        find(path, &mut found, &mut |error| errors.push(error.to_string()));
        (found, errors)
    }

    #[test]
    fn only_what_is_named_like_audio_or_text_is_taken_from_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.wav", "a.FLAC", "notes.txt", "README.MD", "LICENSE", "table.csv", ".hidden.wav", ".hidden.md"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        fs::write(dir.path().join(".gitignore"), "*.wav").unwrap();
        let (found, errors) = walk(dir.path());
        assert_eq!(found.recordings, [dir.path().join("a.FLAC"), dir.path().join("b.wav")]);
        assert_eq!(found.texts, [dir.path().join("README.MD"), dir.path().join("notes.txt")]);
        assert!(errors.is_empty());
    }

    #[test]
    fn what_holds_sound_is_taken_or_told_of() {
        let dir = tempfile::tempdir().unwrap();
        let wave = b"RIFF\0\0\0\0WAVEfmt ";
        for (name, bytes) in [
            ("a.wma", &b"0&\xb2u"[..]),
            ("b.MKA", b""),
            ("0500", wave),
            ("c.dat", wave),
            ("d.dat", b"nothing"),
            ("e.pdf", b"%PDF"),
        ] {
            fs::write(dir.path().join(name), bytes).unwrap();
        }
        let (found, errors) = walk(dir.path());
        assert_eq!(found.recordings.iter().filter(|path| !is_audio_path(path)).count(), 2, "{found:?}");
        let unread: Vec<_> = found.unread.iter().map(|one| one.path.file_name().unwrap().to_str().unwrap()).collect();
        assert!(unread.contains(&"a.wma") && errors.is_empty(), "{found:?} {errors:?}");
        assert!(!format!("{found:?}").contains("d.dat") && !format!("{found:?}").contains("e.pdf"));
    }

    #[test]
    fn a_file_that_is_named_is_taken_whatever_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let odd = dir.path().join("recording.bin");
        fs::write(&odd, "").unwrap();
        assert_eq!(walk(&odd).0.recordings, [odd]);
    }

    #[test]
    fn what_is_not_there_or_empty_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        let (_, errors) = walk(dir.path());
        assert!(errors[0].contains("no recordings"), "{errors:?}");
        for gone in ["gone.wav", "gone"] {
            let (_, errors) = walk(&dir.path().join(gone));
            assert!(errors.len() == 1 && errors[0].contains(gone) && errors[0].contains("No such file"), "{errors:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_loop_of_links_ends_and_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.wav"), "").unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("again")).unwrap();
        let (found, errors) = walk(dir.path());
        assert_eq!(found.recordings.len(), 1);
        assert!(errors.len() == 1 && errors[0].contains("again"), "{errors:?}");
    }
}
