//! Telling what a file is by its first bytes.

/// What the first bytes of a file show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// RIFF/WAVE.
    Wav,
    /// Another container or stream that symphonia may know.
    Container,
    /// Audio that is known not to be readable, by name.
    Unsupported(&'static str),
    /// Something else; the text says what, as the end of "its content …".
    Other(&'static str),
}

impl Content {
    /// Judges by up to the first few hundred bytes of a file.
    pub(super) fn of(head: &[u8]) -> Self {
        let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
        if at(0, b"RIFF") && at(8, b"WAVE") {
            return Self::Wav;
        }
        if at(0, b"RF64") || at(0, b"BW64") || (at(0, b"riff") && at(24, b"wave")) {
            return Self::Unsupported("64-bit wav (RF64, BW64, Wave64)");
        }
        if at(0, b"RIFX") {
            return Self::Unsupported("big-endian wav (RIFX)");
        }
        if at(0, b"\x1a\x45\xdf\xa3") {
            return Self::Unsupported("Matroska or WebM");
        }
        if at(0, b"caff") {
            return Self::Unsupported("Core Audio Format");
        }
        if at(0, b"OggS") && (at(28, b"OpusHead") || at(28, b"Speex   ")) {
            return Self::Unsupported("Opus or Speex in Ogg");
        }
        let aiff = at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC"));
        let mp4 = [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"].iter().any(|kind| at(4, *kind));
        if at(0, b"fLaC") || at(0, b"OggS") || at(0, b"ID3") || aiff || mp4 || is_mpeg_header(head) {
            return Self::Container;
        }
        if is_text(head) || at(0, b"\xff\xfe") || at(0, b"\xfe\xff") {
            return Self::Other("is text");
        }
        if head.iter().all(|&byte| byte == 0) {
            return Self::Other("starts with nothing but zero bytes");
        }
        Self::Other("is of an unknown kind")
    }
}

/// An mp3 (MPEG audio layer 3) or ADTS frame header with no reserved value in it.
fn is_mpeg_header(head: &[u8]) -> bool {
    let &[0xff, b1, b2, ..] = head else { return false };
    let adts = b1 & 0xf6 == 0xf0 && (b2 >> 2) & 0x0f < 13;
    let mp3 = b1 & 0xe6 == 0xe2 && b1 & 0x18 != 0x08 && !matches!(b2 >> 4, 0 | 15) && b2 & 0x0c != 0x0c;
    adts || mp3
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
    use super::*;

    #[test]
    fn content_is_told_by_magic_numbers() {
        assert_eq!(Content::of(b"RIFF\0\0\0\0WAVEfmt "), Content::Wav);
        for head in
            [&b"fLaC\0\0"[..], b"OggS\0\x02", b"ID3\x04", b"\0\0\0\x20ftypM4A ", b"\xff\xfb\x90\0", b"\xff\xf1\x50\0"]
        {
            assert_eq!(Content::of(head), Content::Container, "{head:?}");
        }
        assert_eq!(Content::of("Grüße, 你好\n".as_bytes()), Content::Other("is text"));
        assert_eq!(Content::of(&"é".as_bytes()[..1]), Content::Other("is of an unknown kind"));
        assert_eq!(Content::of(b"\xff\xfeh\0i\0"), Content::Other("is text"));
        assert_eq!(Content::of(&[0; 64]), Content::Other("starts with nothing but zero bytes"));
        assert!(matches!(Content::of(b"RF64\0\0\0\0WAVE"), Content::Unsupported(_)));
    }
}
