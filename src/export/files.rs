//! Addresses of files as seen from a folder, and files that are there whole or not at all.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Component, Path, PathBuf},
};

/// The way from `folder` to `file`, both absolute and without links: up as far as needed, then down.
pub fn relative(folder: &Path, file: &Path) -> PathBuf {
    let (from, to): (Vec<_>, Vec<_>) = (folder.components().collect(), file.components().collect());
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[common..].iter().map(|_| Component::ParentDir);
    up.chain(to[common..].iter().copied()).collect()
}

/// A relative path as the address that a browser wants: every byte but letters, digits and `-._~` as `%XX`.
pub fn link(path: &Path) -> String {
    let part = |component: Component<'_>| -> String {
        let bytes = component.as_os_str().as_encoded_bytes();
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        bytes.iter().map(|&b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
    };
    let parts: Vec<String> = path.components().map(part).collect();
    parts.join("/")
}

/// Writes a file beside `path` and then puts it in its place, so that an old one is whole until a new one is. A link stays one: what
/// it points to is written. A device or a pipe (`/dev/null`) is written to, never replaced by a file.
pub(crate) fn whole(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let path = target.as_path();
    if fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let mut out = BufWriter::new(File::options().write(true).open(path)?);
        fill(&mut out)?;
        return out.flush();
    }
    let mut name = OsString::from(".");
    name.push(path.file_name().ok_or(io::ErrorKind::InvalidFilename)?);
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = File::create(&part).and_then(|file| {
        let mut out = BufWriter::new(file);
        fill(&mut out)?;
        out.flush()?;
        out.get_ref().sync_all()
    });
    let placed = written.and_then(|()| fs::rename(&part, path));
    if placed.is_err() {
        let _ = fs::remove_file(&part);
    }
    placed
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_way_goes_up_and_down_and_is_spelled_for_a_browser() {
        let way = |folder: &str, file: &str| link(&relative(Path::new(folder), Path::new(file)));
        assert_eq!(way("/a/maps", "/a/rec/x y.wav"), "../rec/x%20y.wav");
        assert_eq!(way("/a", "/a/b/c.flac"), "b/c.flac");
        assert_eq!(way("/a/b/c", "/d/#1?.wav"), "../../../d/%231%3F.wav");
        assert_eq!(way("/a", "/a/北\".wav"), "%E5%8C%97%22.wav");
    }

    #[test]
    fn a_file_that_fails_leaves_the_old_one_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("map.csv");
        fs::write(&path, "old").unwrap();
        assert!(whole(&path, |_| Err(io::ErrorKind::StorageFull.into())).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        whole(&path, |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_device_a_device() {
        use std::os::unix::fs::{FileTypeExt as _, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (file, link, null) = (dir.path().join("a.csv"), dir.path().join("b.csv"), dir.path().join("null"));
        fs::write(&file, "old").unwrap();
        symlink("a.csv", &link).unwrap();
        whole(&link, |out| out.write_all(b"new")).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        symlink("/dev/null", &null).unwrap();
        whole(&null, |out| out.write_all(b"gone")).unwrap();
        assert!(null.is_symlink() && fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }
}
