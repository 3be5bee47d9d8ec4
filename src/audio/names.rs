//! What the name of a file says about it.

use std::path::Path;

/// What a file is by the ending of its name. Its content may be another thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// A recording, or a film with sound, of a format that is read.
    Read,
    /// A recording of a format that is not read; its name.
    Unread(&'static str),
    /// No recording.
    Other,
}

/// WAVE and its kin; MPEG; Xiph's and Matroska.
const READ: [&[&str]; 3] = [
    &["wav", "wave", "bwf", "rf64", "bw64", "w64", "amb", "aif", "aiff", "aifc", "caf", "au", "snd", "sph", "nist"],
    &[
        "mp3", "mp2", "mp1", "mpa", "mpga", "aac", "adts", "mp4", "m4a", "m4b", "m4r", "m4v", "f4a", "f4v", "mov",
        "qt", "3gp", "3gpp", "3g2",
    ],
    &["flac", "ogg", "oga", "ogx", "ogv", "opus", "mka", "mkv", "mk3d", "webm", "weba"],
];

/// Endings that mean sound and nothing else; what also names other things (`.ts`, `.raw`, `.vox`) is not here.
const UNREAD: [(&str, &[&str]); 21] = [
    ("AMR", &["amr", "awb"]),
    ("Windows Media", &["wma", "wmv", "asf"]),
    ("AC-3", &["ac3", "eac3", "ec3"]),
    ("AC-4", &["ac4"]),
    ("DTS", &["dts", "dtshd"]),
    ("Monkey's Audio", &["ape"]),
    ("WavPack", &["wv"]),
    ("True Audio", &["tta"]),
    ("TAK", &["tak"]),
    ("Musepack", &["mpc", "mpp"]),
    ("DSD", &["dsf", "dff"]),
    ("GSM 06.10", &["gsm"]),
    ("Speex", &["spx"]),
    ("RealAudio", &["ra", "rm", "rmvb"]),
    ("Creative Voice", &["voc"]),
    ("AVI", &["avi"]),
    ("MPEG transport or programme stream", &["mts", "m2ts", "mpg", "mpeg", "vob"]),
    ("Flash Video", &["flv"]),
    ("ATRAC", &["oma", "aa3", "at3", "at9"]),
    ("Audible", &["aax", "aaxc"]),
    ("Digital Speech Standard", &["dss", "ds2"]),
];

/// Judges the name of a file.
pub fn kind_of_name(path: &Path) -> NameKind {
    let Some(ending) = path.extension() else { return NameKind::Other };
    let is = |known: &&str| ending.eq_ignore_ascii_case(known);
    if READ.iter().flat_map(|endings| endings.iter()).any(is) {
        return NameKind::Read;
    }
    match UNREAD.iter().find(|(_, endings)| endings.iter().any(is)) {
        Some((format, _)) => NameKind::Unread(format),
        None => NameKind::Other,
    }
}

/// Whether the name of a file ends as those of recordings that are read do. Says nothing about its content.
pub fn is_audio_path(path: &Path) -> bool {
    kind_of_name(path) == NameKind::Read
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_is_told_by_the_extension_in_any_case() {
        for name in
            ["a.wav", "b.FLAC", "dir.d/c.Mp3", "d e.ogg", "中文.m4a", "voice.OPUS", "film.MOV", "book.m4b", "x.mkv"]
        {
            assert!(is_audio_path(Path::new(name)), "{name}");
        }
        for name in ["wav", "a.txt", ".flac", "a.wav.txt", "a", "a.ts"] {
            assert_eq!(kind_of_name(Path::new(name)), NameKind::Other, "{name}");
        }
        assert_eq!(kind_of_name(Path::new("dictation.WMA")), NameKind::Unread("Windows Media"));
    }
}
