//! Does a file hold sound, whatever it is called?

use std::{fs::File, io::Read as _, path::Path};

/// Bytes of a file that are looked at.
const HEAD: usize = 400;
/// Kinds of MP4 that hold sound or film; pictures (HEIF, AVIF) are of the same make.
const BRANDS: [&[u8]; 14] = [
    b"M4A ", b"M4B ", b"M4P ", b"M4V ", b"mp41", b"mp42", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"qt  ", b"3gp",
    b"dash",
];

/// Whether a file begins as recordings do that can be told from everything else by that: with a magic number of their own. Frames of MPEG and
/// other streams without one cannot. A file that cannot be looked at holds none.
pub fn holds_sound(path: &Path) -> bool {
    let mut head = [0; HEAD];
    let mut read = 0;
    let Ok(mut file) = File::open(path) else { return false };
    while read < HEAD {
        match file.read(&mut head[read..]) {
            Ok(0) | Err(_) => break,
            Ok(more) => read += more,
        }
    }
    is_sound(&head[..read])
}

fn is_sound(head: &[u8]) -> bool {
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    let riff = [&b"RIFF"[..], b"RF64", b"BW64", b"RIFX"].iter().any(|kind| at(0, kind)) && at(8, b"WAVE");
    let wave64 = at(0, b"riff") && at(24, b"wave");
    let aiff = at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC") || at(8, b"8SVX"));
    let mp4 = at(4, b"ftyp") && BRANDS.iter().any(|brand| at(8, brand));
    let ogg =
        at(0, b"OggS") && [&b"\x01vorbis"[..], b"OpusHead", b"Speex   ", b"\x7fFLAC"].iter().any(|codec| at(28, codec));
    let own: [&[u8]; 14] = [
        b"fLaC",
        b"ID3\x02",
        b"ID3\x03",
        b"ID3\x04",
        b"caff\0\x01",
        b"#!AMR",
        b"NIST_1A",
        b".snd\0\0",
        b"wvpk",
        b"MAC ",
        b"MPCK",
        b"TTA1",
        b"Creative Voice File",
        b"0&\xb2u\x8e\x66\xcf\x11",
    ];
    // packets of 188 bytes, or of 192 with a time before each
    let packets = |first: usize, length: usize| (0..3).all(|packet| head.get(first + packet * length) == Some(&0x47));
    let transport = packets(0, 188) || packets(4, 192);
    riff || wave64
        || transport
        || aiff
        || mp4
        || ogg
        || own.iter().any(|magic| at(0, magic))
        || (at(0, b"\x1a\x45\xdf\xa3") && is_webm(head))
}

/// Matroska and WebM say what they are within their first element.
fn is_webm(head: &[u8]) -> bool {
    head.windows(4).any(|name| name == b"webm") || head.windows(8).any(|name| name == b"matroska")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_is_told_from_everything_else() {
        for head in [
            &b"RIFF\0\0\0\0WAVEfmt "[..],
            b"RF64\xff\xff\xff\xffWAVEds64",
            b"fLaC\0\0",
            b"ID3\x04\0",
            b"\0\0\0\x20ftypM4B \0\0",
            b"\0\0\0\x20ftypqt  \0\0",
            b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x84webm",
            b".snd\0\0\0\x18",
        ] {
            assert!(is_sound(head), "{head:?}");
        }
        let mut packet = vec![0; 188];
        packet[0] = 0x47;
        assert!(is_sound(&packet.repeat(3)) && !is_sound(&packet));
        for head in [
            &b""[..],
            b"RIFF\0\0\0\0WEBP",
            b"\0\0\0\x20ftypheic",
            b"%PDF-1.7",
            b"\x89PNG",
            b"\xff\xfb\x90\0",
            b"ID3",
            b"hello",
        ] {
            assert!(!is_sound(head), "{head:?}");
        }
    }
}
