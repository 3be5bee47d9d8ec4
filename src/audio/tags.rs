//! What a recorder wrote into a WAVE file beside the sound: GUANO and the broadcast extension (BWF).
//!
//! After the GUANO specification 1.0 (a chunk `guan` of UTF-8 lines `Field: value`) and EBU Tech 3285 (a chunk `bext`).

use std::{fs::File, io, path::Path};

use super::{
    format::wave::chunks,
    source::{Fields, Source},
};

/// Bytes of a chunk that are read: descriptions are as long as somebody likes.
const MOST: u64 = 1 << 20;

/// Fields and their values, in the order of the file, GUANO's first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecorderTags(Vec<(String, String)>);

impl RecorderTags {
    /// Each field, as it is written, with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, value)| (field.as_str(), value.as_str()))
    }

    /// The first value of a field of this very name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(field, _)| *field == name).map(|(_, value)| value)
    }
}

/// What the recorder wrote into the file at `path`; nothing of a file that is no WAVE file or has no such chunks. Only headers of chunks are
/// read beside these.
///
/// # Errors
/// What the system says.
pub fn recorder_tags(path: &Path) -> io::Result<RecorderTags> {
    let mut source = Source::new(Box::new(File::open(path)?))?;
    if !matches!(&source.array::<4>(0)?.unwrap_or_default(), b"RIFF" | b"RIFX" | b"RF64" | b"BW64" | b"riff") {
        return Ok(RecorderTags::default());
    }
    let found = chunks(&mut source, &[*b"guan", *b"bext"], MOST)?;
    let of = |name: [u8; 4]| found.iter().filter(move |(own, _)| *own == name).map(|(_, content)| content.as_slice());
    let mut tags: Vec<(String, String)> = of(*b"guan").flat_map(guano).collect();
    tags.extend(of(*b"bext").flat_map(broadcast));
    Ok(RecorderTags(tags))
}

/// `Field: value`, a line each; fields of a maker are `MAKER|Field`.
fn guano(content: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(content);
    let field = |line: &str| {
        let (field, value) = line.trim_matches('\0').split_once(':')?;
        let both = (field.trim().to_owned(), value.trim().to_owned());
        (!both.0.is_empty() && !both.1.is_empty()).then_some(both)
    };
    text.lines().filter_map(field).collect()
}

fn broadcast(content: &[u8]) -> Vec<(String, String)> {
    let mut fields = Fields(content);
    let sized = [
        ("Description", 256),
        ("Originator", 32),
        ("Originator Reference", 32),
        ("Origination Date", 10),
        ("Origination Time", 8),
    ];
    let text = |(name, length): (&str, usize)| {
        let bytes = fields.take(length);
        let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        (name.to_owned(), String::from_utf8_lossy(bytes).trim().to_owned())
    };
    sized.map(text).into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let mut chunk = name.to_vec();
        chunk.extend((content.len() as u32).to_le_bytes());
        chunk.extend(content);
        chunk.extend(vec![0; content.len() % 2]);
        chunk
    }

    fn tags_of(chunks: &[Vec<u8>]) -> RecorderTags {
        let file = tempfile::NamedTempFile::new().unwrap();
        let content = [&b"RIFF\0\0\0\0WAVE"[..], &chunks.concat()].concat();
        std::fs::write(file.path(), content).unwrap();
        recorder_tags(file.path()).unwrap()
    }

    #[test]
    fn guano_behind_the_sound_and_the_broadcast_extension_before_it_are_read() {
        let mut bext = vec![0; 602];
        bext[..7].copy_from_slice(b"Evening");
        bext[256..260].copy_from_slice(b"Zoom");
        bext[320..338].copy_from_slice(b"2024-05-0121:30:05");
        let guano = "GUANO|Version: 1.0\nTimestamp: 2024-05-01T21:30:00+02:00\nLoc Position: 47.1 9.2\nNote:\n";
        let tags = tags_of(&[chunk(b"bext", &bext), chunk(b"data", &[1; 7]), chunk(b"guan", guano.as_bytes())]);
        assert_eq!(tags.get("Timestamp"), Some("2024-05-01T21:30:00+02:00"));
        assert_eq!((tags.get("Loc Position"), tags.get("Note")), (Some("47.1 9.2"), None));
        assert_eq!((tags.get("Description"), tags.get("Originator")), (Some("Evening"), Some("Zoom")));
        assert_eq!(tags.get("Origination Date").zip(tags.get("Origination Time")), Some(("2024-05-01", "21:30:05")));
    }

    #[test]
    fn files_without_and_files_that_end_early_have_none() {
        assert_eq!(tags_of(&[chunk(b"data", &[0; 4])]), RecorderTags::default());
        assert_eq!(tags_of(&[b"guan\xff\xff\xff\x7fTimestamp".to_vec()]), RecorderTags::default());
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "fLaC").unwrap();
        assert_eq!(recorder_tags(file.path()).unwrap(), RecorderTags::default());
        assert!(recorder_tags(std::path::Path::new("gone.wav")).is_err());
    }
}
