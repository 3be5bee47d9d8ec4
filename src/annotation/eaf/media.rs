//! Recordings as addresses, and back.

use std::path::{Path, PathBuf, absolute};

use crate::export::link;

const SCHEME: &str = "file://";

/// `file:///…` of a recording.
pub fn url(path: &Path) -> String {
    let whole = absolute(path).unwrap_or_else(|_| path.to_owned());
    let parts = whole.strip_prefix("/").unwrap_or(&whole);
    format!("{SCHEME}/{}", link(parts))
}

/// The recording that an address means; none where it is no file.
pub fn path(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix(SCHEME).or_else(|| url.strip_prefix("file:"))?;
    let decoded = decoded(path);
    (!decoded.is_empty()).then(|| decoded.into())
}

/// What ELAN calls the kind of a recording.
pub fn mime_type(path: &Path) -> &'static str {
    match path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("wav" | "wave") => "audio/x-wav",
        Some("mp3") => "audio/mpeg",
        Some("mp4" | "m4a") => "audio/mp4",
        _ => "unknown",
    }
}

/// `%XX` as the byte that it stands for. What is no text then stays as it is written.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_kinds_come_back() {
        for name in ["/a/b.wav", "/a b/c#1?.wav", "/100 %/%41.wav", "/北/\"x\" & <y>.wav"] {
            assert_eq!(path(&url(Path::new(name))).as_deref(), Some(Path::new(name)), "{}", url(Path::new(name)));
        }
        assert_eq!(path("file:/old/a.wav").as_deref(), Some(Path::new("/old/a.wav")));
        assert_eq!(path("https://example.org/a.wav"), None);
    }
}
