//! The list of formats in README.md is what is read, and what `--decoder ffmpeg` is for is named.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use audiosearch::audio::{AudioError, Clip, NameKind, kind_of_name};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(root().join("tests/fixtures").join(name)).unwrap()
}

/// The words between two phrases of README.md, without brackets and commas.
fn words(from: &str, to: &str) -> BTreeSet<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let rest = &readme[readme.find(from).expect(from) + from.len()..];
    let list = &rest[..rest.find(to).expect(to)];
    let words = list.split(|c: char| c.is_whitespace() || "(),`".contains(c)).filter(|word| !word.is_empty());
    words.filter(|word| *word != "and").map(str::to_owned).collect()
}

/// A second of 16-bit sound at 16 kHz, little-endian or big-endian.
fn samples(big: bool) -> Vec<u8> {
    let tone = (0..16_000).map(|n| (8_000.0 * (f64::from(n) * 0.2).sin()) as i16);
    tone.flat_map(|sample| if big { sample.to_be_bytes() } else { sample.to_le_bytes() }).collect()
}

fn wave(magic: &[u8; 4]) -> Vec<u8> {
    let long = magic != b"RIFF";
    let ds64 = [&b"ds64\x1c\0\0\0"[..], &[32_080_u64, 32_000, 16_000].map(u64::to_le_bytes).concat(), &[0; 4]].concat();
    let length = if long { u32::MAX } else { 32_000 };
    let format = b"fmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data";
    let before = if long { ds64 } else { Vec::new() };
    [&magic[..], &u32::MAX.to_le_bytes(), b"WAVE", &before, format, &length.to_le_bytes(), &samples(false)].concat()
}

fn wave64() -> Vec<u8> {
    let rest = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a";
    let format = b"\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0";
    let (fmt, data) = (40_u64.to_le_bytes(), 32_024_u64.to_le_bytes());
    let head = [&b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0"[..], &[0; 8], b"wave", rest].concat();
    [&head[..], b"fmt ", rest, &fmt, format, b"data", rest, &data, &samples(false)].concat()
}

fn sphere() -> Vec<u8> {
    let mut bytes =
        b"NIST_1A\n   1024\nchannel_count -i 1\nsample_rate -i 16000\nsample_n_bytes -i 2\nsample_count -i 16000\n\
        sample_byte_format -s2 01\nsample_coding -s3 pcm\nend_head\n"
            .to_vec();
    bytes.resize(1_024, b' ');
    [bytes, samples(false)].concat()
}

/// A second of sound for each word, and the ending of a name, where the word is one.
fn example(word: &str) -> Option<Vec<u8>> {
    Some(match word {
        "wav" => wave(b"RIFF"),
        "RF64" => wave(b"RF64"),
        "BW64" => wave(b"BW64"),
        "W64" => wave64(),
        "ADPCM" => fixture("ms.wav"),
        "flac" => fixture("tone.flac"),
        "ogg" => fixture("tone.ogg"),
        "opus" => fixture("tone.opus"),
        "mp3" => fixture("tone.mp3"),
        "mp2" => fixture("tone.mp2"),
        "m4a" => fixture("tone.m4a"),
        "mp4" => fixture("fragments.mp4"),
        "mov" => fixture("ima.mov"),
        "3gp" => {
            let mut bytes = fixture("tone.m4a");
            bytes[8..12].copy_from_slice(b"3gp4");
            bytes
        }
        "AAC" => fixture("moov-last.m4a"),
        "ALAC" => fixture("alac.m4a"),
        "Opus" => fixture("opus.mp4"),
        "PCM" => fixture("ulaw.mov"),
        "mkv" => fixture("aac.mkv"),
        "webm" => fixture("tone.webm"),
        "aiff" => fixture("tone.aiff"),
        "caf" => fixture("alac.caf"),
        "au" => [&b".snd"[..], &[24, 32_000, 3, 16_000, 1].map(u32::to_be_bytes).concat(), &samples(true)].concat(),
        "SPHERE" => sphere(),
        _ => return None,
    })
}

#[test]
fn every_format_of_the_list_is_read() {
    let listed = words("It reads ", " of any rate");
    assert!(listed.len() > 20, "{listed:?}");
    for word in &listed {
        let bytes = example(word).unwrap_or_else(|| panic!("README.md says that {word} is read, and no test reads it"));
        let clip = Clip::from_bytes(bytes, Path::new("example")).unwrap_or_else(|error| panic!("{word}: {error}"));
        assert!((0.9..1.2).contains(&clip.duration()), "{word}: {} s", clip.duration());
        if word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()) {
            assert_eq!(kind_of_name(Path::new(&format!("a.{word}"))), NameKind::Read, "{word}");
        }
    }
}

#[test]
fn what_goes_to_ffmpeg_is_named() {
    for word in words("`--decoder ffmpeg` hands ", " to an") {
        let (ending, bytes) = match word.as_str() {
            "AMR" => ("amr", &b"#!AMR\n<"[..]),
            "WMA" => ("wma", &b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c"[..]),
            "AC-3" => ("ac3", &b"\x0b\x77\x12\x34\x40\x40\x40\x40\x40"[..]),
            word => panic!("README.md says that {word} is for ffmpeg, and no test knows it"),
        };
        assert!(matches!(kind_of_name(Path::new(&format!("a.{ending}"))), NameKind::Unread(_)), "{word}");
        let error = Clip::from_bytes(bytes.to_vec(), Path::new("example")).unwrap_err();
        assert!(matches!(error, AudioError::Unsupported { .. }), "{word}: {error}");
    }
}
