//! Telling what a file is by its bytes.

use std::io;

use super::format::adts::AdtsHead;
use super::format::flac::is_frame;
use super::format::frames::{Scanner, tag_length};
use super::format::mpeg::MpegHead;
use super::source::Source;

/// How far MPEG audio and ADTS are looked for behind what is neither.
const SEARCHED: u64 = 1 << 20;

/// What the bytes of a file show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// RIFF, RIFX, RF64, BW64 or Wave64.
    Wave,
    /// AIFF or AIFF-C.
    Aiff,
    /// Sun audio.
    Sun,
    /// Core Audio Format.
    Caf,
    /// NIST SPHERE.
    Sphere,
    /// FLAC, from this place on.
    Flac(u64),
    /// Ogg, from this place on.
    Ogg(u64),
    /// MP4, QuickTime, 3GPP.
    Mp4,
    /// Matroska or WebM.
    Matroska,
    /// MPEG audio, from this place on.
    Mpeg(u64),
    /// AAC in ADTS, from this place on.
    Adts(u64),
    /// Sound that is known not to be read, by name.
    Unsupported(&'static str),
    /// Something else; the text says what, as the end of "its content …".
    Other(&'static str),
}

impl Content {
    /// Judges a file.
    pub(super) fn of(source: &mut Source) -> io::Result<Self> {
        let head = source.bytes(0, 512)?;
        if let Some(known) = Self::by_magic(&head) {
            return Ok(known);
        }
        // tags may stand before FLAC and Ogg as before mp3
        let mut behind = 0;
        loop {
            match tag_length(source, behind)? {
                0 => break,
                length => behind += length,
            }
        }
        if behind > 0 {
            let head = source.bytes(behind, 512)?;
            if head.starts_with(b"fLaC") {
                return Ok(Self::Flac(behind));
            }
            if head.starts_with(b"OggS") {
                return Ok(Self::Ogg(behind));
            }
            if let Some(name) = unread(&head) {
                return Ok(Self::Unsupported(name));
            }
        }
        if is_text(&head) && behind == 0 {
            return Ok(Self::Other("is text"));
        }
        if is_frame(&head) {
            return Ok(Self::Flac(0));
        }
        let mpeg = Scanner::<MpegHead>::find(source, behind, SEARCHED)?;
        let adts = Scanner::<AdtsHead>::find(source, behind, SEARCHED)?;
        let flac = if mpeg.is_none() && adts.is_none() { find(source, b"fLaC\0\0\0\x22")? } else { None };
        Ok(match (mpeg, adts) {
            (Some(mpeg), adts) if adts.is_none_or(|adts| mpeg <= adts) => Self::Mpeg(mpeg),
            (_, Some(adts)) => Self::Adts(adts),
            _ if behind > 0 => Self::Other("is a tag without sound"),
            // the mark of UTF-16 is that of a layer of MPEG audio, too
            _ if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") => Self::Other("is text"),
            _ if flac.is_some() => Self::Flac(flac.unwrap_or(0)),
            _ if head.iter().all(|&byte| byte == 0) => Self::Other("starts with nothing but zero bytes"),
            _ => Self::Other("is of an unknown kind"),
        })
    }

    /// Judges by magic numbers.
    fn by_magic(head: &[u8]) -> Option<Self> {
        let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
        let any = |offset: usize, magics: &[&[u8]]| magics.iter().any(|magic| at(offset, magic));
        let riff = any(0, &[b"RIFF", b"RIFX", b"RF64", b"BW64"]);
        Some(if riff && at(8, b"WAVE") || at(0, b"riff\x2e\x91\xcf\x11") {
            Self::Wave
        } else if at(0, b"FORM") && any(8, &[b"AIFF", b"AIFC"]) {
            Self::Aiff
        } else if at(0, b".snd") || (at(0, b"dns.") && head.get(7) == Some(&0)) {
            Self::Sun
        } else if at(0, b"caff") {
            Self::Caf
        } else if at(0, b"NIST_1A") {
            Self::Sphere
        } else if at(0, b"fLaC") {
            Self::Flac(0)
        } else if at(0, b"OggS") {
            Self::Ogg(0)
        } else if at(0, b"\x1a\x45\xdf\xa3") {
            Self::Matroska
        } else if any(4, &[b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"sidx"]) {
            Self::Mp4
        } else {
            Self::Unsupported(unread(head)?)
        })
    }
}

/// The first place of a mark behind junk.
fn find(source: &mut Source, mark: &[u8]) -> io::Result<Option<u64>> {
    let bytes = source.bytes(0, SEARCHED)?;
    Ok(bytes.windows(mark.len()).position(|part| part == mark).map(|at| at as u64))
}

/// The name of a format that holds sound and is not read.
fn unread(head: &[u8]) -> Option<&'static str> {
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    let transport = |first: usize, length: usize| (0..3).all(|packet| head.get(first + packet * length) == Some(&0x47));
    Some(match () {
        () if at(0, b"#!AMR-WB") => "AMR wide-band",
        () if at(0, b"#!AMR") => "AMR narrow-band",
        () if at(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11") => "Windows Media (ASF, WMA)",
        () if at(0, b"\x0b\x77") && head.len() > 8 => "AC-3",
        () if at(0, b"\x7f\xfe\x80\x01") || at(0, b"\xfe\x7f\x01\x80") => "DTS",
        () if at(0, b"\xac\x40") || at(0, b"\xac\x41") => "AC-4",
        () if at(0, b"MAC ") => "Monkey's Audio (APE)",
        () if at(0, b"wvpk") => "WavPack",
        () if at(0, b"TTA1") || at(0, b"TTA2") => "True Audio (TTA)",
        () if at(0, b"tBaK") => "TAK",
        () if at(0, b"MPCK") || at(0, b"MP+") => "Musepack",
        () if at(0, b"DSD ") => "DSD (DSF)",
        () if at(0, b"FRM8") => "DSD (DSDIFF)",
        () if at(0, b"OFR ") => "OptimFROG",
        () if at(0, b"ajkg") => "Shorten",
        () if at(0, b"Creative Voice File") => "Creative Voice (VOC)",
        () if at(0, b".RMF") || at(0, b".ra\xfd") => "RealAudio",
        () if at(0, b"FLV\x01") => "Flash Video",
        () if at(0, b"RIFF") && at(8, b"AVI ") => "AVI",
        () if at(0, b"FORM") && (at(8, b"8SVX") || at(8, b"16SV")) => "IFF 8SVX",
        () if at(0, b"\x02dss") || at(0, b"\x03dss") || at(0, b"\x03ds2") => "Digital Speech Standard (DSS)",
        () if at(0, b"ea3\x03") || at(0, b"EA3\x01") => "ATRAC (OpenMG)",
        () if at(0, b"\x64\xa3") || at(0, b"\x00\x00\x00\x00\x64\xa3") => "IRCAM",
        () if at(0, b"\0\0\x01\xba") || at(0, b"\0\0\x01\xb3") => "MPEG programme stream",
        () if transport(0, 188) || transport(4, 192) => "MPEG transport stream",
        () if at(4, b"\x57\x90\x75\x36") => "Audible",
        () => return None,
    })
}

fn is_text(head: &[u8]) -> bool {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // the head may end in the middle of a character
        Err(error) if error.error_len().is_none() => match std::str::from_utf8(&head[..error.valid_up_to()]) {
            Ok(text) => text,
            Err(_) => return false,
        },
        Err(_) => return false,
    };
    !text.is_empty() && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\x0c'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Cursor;

    use super::*;

    fn of(bytes: &[u8]) -> Content {
        Content::of(&mut Source::new(Box::new(Cursor::new(bytes.to_vec()))).unwrap()).unwrap()
    }

    #[test]
    fn content_is_told_by_magic_numbers() {
        assert_eq!(of(b"RIFF\0\0\0\0WAVEfmt "), Content::Wave);
        assert_eq!(of(b"RF64\0\0\0\0WAVE"), Content::Wave);
        assert_eq!(of(b"fLaC\0\0"), Content::Flac(0));
        assert_eq!(of(b"OggS\0\x02"), Content::Ogg(0));
        assert_eq!(of(b"\0\0\0\x20ftypM4A "), Content::Mp4);
        assert_eq!(of(b"ID3\x03\0\0\0\0\0\x02abfLaC"), Content::Flac(12));
        assert_eq!(of("Grüße, 你好\n".as_bytes()), Content::Other("is text"));
        assert_eq!(of(&"é".as_bytes()[..1]), Content::Other("is of an unknown kind"));
        assert_eq!(of(b"\xff\xfeh\0i\0"), Content::Other("is text"));
        assert_eq!(of(&[0; 64]), Content::Other("starts with nothing but zero bytes"));
        assert_eq!(of(b"#!AMR\n<"), Content::Unsupported("AMR narrow-band"));
        assert_eq!(of(b"ID3\x04\0\0\0\0\0\0"), Content::Other("is a tag without sound"));
    }

    #[test]
    fn mpeg_audio_is_found_behind_junk() {
        let mut frame = vec![0; 417];
        frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90, 0x00]);
        let three = frame.repeat(3);
        assert_eq!(of(&three), Content::Mpeg(0));
        for junk in [vec![0; 1_000], vec![0xff; 77], vec![0x81; 70_000]] {
            assert_eq!(of(&[junk.clone(), three.clone()].concat()), Content::Mpeg(junk.len() as u64));
        }
    }
}
