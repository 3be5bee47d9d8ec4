//! Files of annotations, and the recordings that they are of.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use ignore::WalkBuilder;

use super::{Annotation, AnnotationError, Format, Imported, Recording};
use crate::export::whole;

/// Files of annotations are no larger.
const LARGEST: u64 = 64 << 20;

/// Writes annotations, grouped by recording, to `out`; returns the files that were written.
///
/// A format of many recordings, and the annotations of a single recording, make the file `out`; one that is there is replaced. Of several
/// recordings `out` is a folder, made where it is missing, and each has a file named after it: `day 1.TextGrid` for `day 1.wav`, with the
/// names of the folders above it where two have the same name. There nothing is ever replaced. `out` is a folder also where it is one
/// already, ends in a separator, or does not end as files of the format do.
///
/// # Errors
/// What the system says, a file that would be lost, and several recordings for one file. Nothing is written before all names are free.
pub fn write_files(
    format: Format,
    out: &Path,
    recordings: &[(Recording, Vec<Annotation>)],
) -> Result<Vec<PathBuf>, AnnotationError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| AnnotationError::Write { path, cause }
    };
    if !format.of_one_recording() {
        let all: Vec<Annotation> = recordings.iter().flat_map(|(_, annotations)| annotations).cloned().collect();
        let none = Recording { path: PathBuf::new(), seconds: None };
        whole(out, |file| format.write(file, &none, &all)).map_err(failed(out))?;
        return Ok(vec![out.to_owned()]);
    }
    if !is_folder(out, format) {
        let [(recording, annotations)] = recordings else {
            let (path, format, recordings) = (out.to_owned(), format.name(), recordings.len());
            return Err(AnnotationError::OneRecording { path, format, recordings });
        };
        whole(out, |file| format.write(file, recording, annotations)).map_err(failed(out))?;
        return Ok(vec![out.to_owned()]);
    }
    fs::create_dir_all(out).map_err(failed(out))?;
    let paths: Vec<&Path> = recordings.iter().map(|(recording, _)| recording.path.as_path()).collect();
    let files: Vec<PathBuf> =
        names(&paths).into_iter().map(|name| out.join(format!("{name}.{}", format.ending()))).collect();
    if let Some(there) = files.iter().find(|file| file.symlink_metadata().is_ok()) {
        return Err(AnnotationError::Exists { path: there.clone() });
    }
    for (file, (recording, annotations)) in files.iter().zip(recordings) {
        let mut content = Vec::new();
        format.write(&mut content, recording, annotations).map_err(failed(file))?;
        // What came into being since the names were looked at is not replaced either.
        let written = File::create_new(file).and_then(|mut file| file.write_all(&content));
        written.map_err(failed(file))?;
    }
    Ok(files)
}

fn is_folder(out: &Path, format: Format) -> bool {
    let text = out.to_string_lossy();
    let ending = format.ending().rsplit('.').next().unwrap_or_default();
    out.is_dir()
        || text.ends_with(std::path::is_separator)
        || !out.extension().is_some_and(|own| own.to_string_lossy().eq_ignore_ascii_case(ending))
}

/// What files of a recording may be called, the usual one first: its name without the ending, its name, and then with the folders above it.
fn candidates(path: &Path) -> impl Iterator<Item = String> + '_ {
    let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
    let name = path.file_name().map(text).unwrap_or_default();
    let folders = path.parent().into_iter().flat_map(Path::ancestors).filter_map(Path::file_name).map(text);
    let longer = folders.scan(name.clone(), |name, folder| {
        *name = format!("{folder}_{name}");
        Some(name.clone())
    });
    path.file_stem().map(text).into_iter().chain([name]).chain(longer)
}

/// A name for each recording, unlike all others also where case does not count.
fn names(paths: &[&Path]) -> Vec<String> {
    let mut chosen: Vec<String> = Vec::new();
    let mut choices: Vec<_> = paths.iter().map(|path| candidates(path)).collect();
    for choice in &mut choices {
        chosen.push(choice.next().unwrap_or_default());
    }
    loop {
        let mut count: HashMap<String, usize> = HashMap::new();
        for name in &chosen {
            *count.entry(name.to_lowercase()).or_default() += 1;
        }
        let mut changed = false;
        for (name, choice) in chosen.iter_mut().zip(&mut choices) {
            if count[&name.to_lowercase()] > 1
                && let Some(longer) = choice.next()
            {
                (*name, changed) = (longer, true);
            }
        }
        if !changed {
            break;
        }
    }
    // Names that differ in case alone, or a path that stands here twice.
    let mut taken = HashSet::new();
    for name in &mut chosen {
        let plain = name.clone();
        let mut number = 2_u64;
        while !taken.insert(name.to_lowercase()) {
            *name = format!("{plain} ({number})");
            number += 1;
        }
    }
    chosen
}

/// A file, and what it holds or why it cannot be read.
pub type FileRead = (PathBuf, Result<Imported, AnnotationError>);

/// Reads a file of annotations, or all of them below a folder. Each comes with its path; files of other kinds in a folder are passed over.
///
/// Where the content names no recording, an annotation's path is that of the file without its ending: `folder/day 1` for
/// `folder/day 1.TextGrid`. [`RecordingNames::find`] tells which recording that is.
///
/// # Errors
/// Where `path` itself cannot be read. What is wrong with one file of a folder stands in its place.
pub fn read_files(path: &Path) -> Result<Vec<FileRead>, AnnotationError> {
    let refused = |cause| AnnotationError::Read { path: path.to_owned(), cause };
    if !fs::metadata(path).map_err(refused)?.is_dir() {
        return Ok(vec![(path.to_owned(), read_file(path))]);
    }
    let mut files = Vec::new();
    for entry in WalkBuilder::new(path).standard_filters(false).sort_by_file_path(Ord::cmp).build() {
        match entry {
            Ok(entry) if entry.path().is_file() => match read_file(entry.path()) {
                Err(AnnotationError::UnknownFormat { .. }) => {}
                read => files.push((entry.path().to_owned(), read)),
            },
            Ok(_) => {}
            Err(cause) => {
                let cause = cause.into_io_error().unwrap_or_else(|| io::ErrorKind::Other.into());
                files.push((path.to_owned(), Err(refused(cause))));
            }
        }
    }
    Ok(files)
}

fn read_file(path: &Path) -> Result<Imported, AnnotationError> {
    let refused = |cause| AnnotationError::Read { path: path.to_owned(), cause };
    // Recordings beside annotations are not read to be told apart.
    let text = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("txt"));
    if !text {
        Format::require(path, &[])?;
    }
    let mut content = Vec::new();
    let mut file = File::open(path).map_err(refused)?.take(LARGEST + 1);
    file.read_to_end(&mut content).map_err(refused)?;
    if content.len() as u64 > LARGEST {
        return Err(refused(io::Error::other(format!("it is larger than {} MiB", LARGEST >> 20))));
    }
    let format = Format::require(path, &content)?;
    let stem = stem(path, format);
    format.read(&content, &stem).map_err(|cause| AnnotationError::Malformed { path: path.to_owned(), cause })
}

/// The path without what files of the format end in.
fn stem(path: &Path, format: Format) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let ends = |ending: &str| {
        let at = name.len().checked_sub(ending.len())?;
        let (stem, own) = name.split_at_checked(at)?;
        Some(stem).filter(|stem| !stem.is_empty() && own.eq_ignore_ascii_case(ending))
    };
    // `x.Table.1.selections.txt` is how Raven itself names them.
    let endings = [".Table.1.selections.txt".to_owned(), format!(".{}", format.ending())];
    match endings.iter().find_map(|ending| ends(ending)) {
        Some(stem) => path.with_file_name(stem),
        None => path.with_extension(""),
    }
}

/// Recordings by everything that a file of annotations may call them.
pub struct RecordingNames<'a> {
    recordings: &'a [PathBuf],
    exact: HashMap<&'a Path, usize>,
    named: HashMap<String, Vec<usize>>,
}

/// Which recording a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// This one.
    One(&'a Path),
    /// So many, and it does not say which.
    Several(usize),
    /// None of them.
    None,
}

impl<'a> RecordingNames<'a> {
    /// Of these recordings.
    pub fn new(recordings: &'a [PathBuf]) -> Self {
        let exact = recordings.iter().enumerate().map(|(at, path)| (path.as_path(), at)).collect();
        let mut named: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, path) in recordings.iter().enumerate() {
            for name in candidates(path) {
                let all = named.entry(name).or_default();
                if all.last() != Some(&at) {
                    all.push(at);
                }
            }
        }
        Self { recordings, exact, named }
    }

    /// Which recording `path` means: the very path; else the one whose path ends so; else the one of this name; else the one that
    /// [`write_files`] would name a file so.
    pub fn find(&self, path: &Path) -> Named<'a> {
        if let Some(&at) = self.exact.get(path) {
            return Named::One(&self.recordings[at]);
        }
        let text =
            |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned()).unwrap_or_default();
        let mut several = 0;
        for name in [text(path.file_name()), text(path.file_stem())] {
            let Some(all) = self.named.get(&name) else { continue };
            let deepest = all.iter().map(|&at| shared(path, &self.recordings[at])).max().unwrap_or(0);
            let mut nearest = all.iter().filter(|&&at| shared(path, &self.recordings[at]) == deepest);
            match (nearest.next(), nearest.count()) {
                (Some(&at), 0) => return Named::One(&self.recordings[at]),
                (_, more) => several = more + 1,
            }
            break;
        }
        if several == 0 { Named::None } else { Named::Several(several) }
    }
}

/// How many folders above two files have the same names.
fn shared(a: &Path, b: &Path) -> usize {
    let folders = |path: &Path| -> Vec<PathBuf> {
        path.parent().into_iter().flat_map(Path::components).rev().map(|part| part.as_os_str().into()).collect()
    };
    folders(a).iter().zip(&folders(b)).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn one(path: &str) -> (Recording, Vec<Annotation>) {
        (Recording { path: path.into(), seconds: None }, vec![Annotation::new(path, 0.5, 1.0, "x").unwrap()])
    }

    #[test]
    fn names_are_as_short_as_they_can_be_and_lead_back() {
        let paths = ["a/x.wav", "b/x.wav", "b/y.wav", "b/y.flac", "z.wav", "c/d/w.wav", "e/d/w.wav", "e/d/W.wav"];
        let recordings: Vec<PathBuf> = paths.iter().map(Into::into).collect();
        let named = names(&recordings.iter().map(PathBuf::as_path).collect::<Vec<_>>());
        assert_eq!(named, ["a_x.wav", "b_x.wav", "y.wav", "y.flac", "z", "c_d_w.wav", "e_d_w.wav", "e_d_W.wav (2)"]);
        let known = RecordingNames::new(&recordings);
        for (name, recording) in named.iter().zip(&recordings).take(7) {
            assert_eq!(known.find(&Path::new("out").join(name)), Named::One(recording), "{name}");
        }
    }

    #[test]
    fn a_recording_is_found_by_as_much_of_its_path_as_is_known() {
        let recordings: Vec<PathBuf> = ["rec/a/x.wav", "rec/b/x.wav", "rec/b/y.wav"].iter().map(Into::into).collect();
        let known = RecordingNames::new(&recordings);
        assert_eq!(known.find(Path::new("rec/a/x.wav")), Named::One(&recordings[0]));
        assert_eq!(known.find(Path::new("/home/ann/b/x.wav")), Named::One(&recordings[1]));
        assert_eq!(known.find(Path::new("labels/y")), Named::One(&recordings[2]));
        assert_eq!(known.find(Path::new("x.wav")), Named::Several(2));
        assert_eq!(known.find(Path::new("z.wav")), Named::None);
    }

    #[test]
    fn a_folder_has_a_file_a_recording_and_nothing_there_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("grids");
        let all = [one("rec/a.wav"), one("rec/b.c.wav")];
        let files = write_files(Format::TextGrid, &out, &all).unwrap();
        assert_eq!(files, [out.join("a.TextGrid"), out.join("b.c.TextGrid")]);
        fs::write(out.join("notes.md"), "none").unwrap();
        fs::write(out.join("a.wav"), [0; 9]).unwrap();
        let read = read_files(&out).unwrap();
        let stems: Vec<_> =
            read.iter().map(|(_, read)| read.as_ref().unwrap().annotations[0].path().to_owned()).collect();
        assert_eq!(stems, [out.join("a"), out.join("b.c")]);
        fs::remove_file(&files[0]).unwrap();
        fs::write(&files[1], "corrected by hand").unwrap();
        let message = write_files(Format::TextGrid, &out, &all).unwrap_err().to_string();
        assert!(
            message.ends_with("b.c.TextGrid: this file is there already; remove it or choose another folder"),
            "{message}"
        );
        assert!(!files[0].exists(), "nothing is written before all names are free");
        assert_eq!(fs::read_to_string(&files[1]).unwrap(), "corrected by hand");
    }

    #[test]
    fn one_file_is_of_one_recording_or_of_a_format_that_names_them() {
        let dir = tempfile::tempdir().unwrap();
        let all = [one("a.wav"), one("b.wav")];
        let file = dir.path().join("all.srt");
        let message = write_files(Format::Srt, &file, &all).unwrap_err().to_string();
        assert!(
            message.contains("a srt file holds the annotations of one recording and these are of 2; name a folder"),
            "{message}"
        );
        assert_eq!(write_files(Format::Srt, &file, &all[..1]).unwrap(), std::slice::from_ref(&file));
        let table = dir.path().join("all.csv");
        write_files(Format::Csv, &table, &all).unwrap();
        let read = read_files(&table).unwrap().remove(0).1.unwrap();
        assert_eq!(
            read.annotations.iter().map(|one| one.path().to_owned()).collect::<Vec<_>>(),
            [Path::new("a.wav"), Path::new("b.wav")]
        );
    }

    #[test]
    fn the_kind_of_a_text_file_is_told_by_its_content_and_a_bad_file_does_not_hide_others() {
        let dir = tempfile::tempdir().unwrap();
        for (format, name) in [
            (Format::Raven, "a.Table.1.selections.txt"),
            (Format::Audacity, "b.labels.txt"),
            (Format::Audacity, "c.txt"),
        ] {
            let (recording, annotations) = one("rec/a.wav");
            let mut content = Vec::new();
            format.write(&mut content, &recording, &annotations).unwrap();
            fs::write(dir.path().join(name), content).unwrap();
        }
        fs::write(dir.path().join("d.eaf"), "<html/>").unwrap();
        fs::write(dir.path().join("e.txt"), "Dear all,\nit rains.\n").unwrap();
        let read = read_files(dir.path()).unwrap();
        let paths: Vec<_> =
            read.iter().map(|(_, read)| read.as_ref().map(|read| read.annotations[0].path().to_owned()).ok()).collect();
        let beside = |name: &str| Some(dir.path().join(name));
        assert_eq!(paths, [Some("rec/a.wav".into()), beside("b"), beside("c"), None]);
        assert!(matches!(
            read_files(&dir.path().join("e.txt")).unwrap()[0].1,
            Err(AnnotationError::UnknownFormat { .. })
        ));
        assert!(matches!(read_files(&dir.path().join("f.srt")), Err(AnnotationError::Read { .. })));
    }
}
