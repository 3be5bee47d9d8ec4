//! Bytes → text.

use std::io::Read as _;

use encoding_rs_io::DecodeReaderBytesBuilder;

use super::error::Malformed;

/// The text of a file: UTF-8, with or without byte order mark, or UTF-16 with one.
///
/// # Errors
/// Where it is neither.
pub(super) fn decode(bytes: &[u8], format: &'static str) -> Result<String, Malformed> {
    let malformed = |what: &str| Malformed { format, what: what.to_owned() };
    let mut decoded = Vec::new();
    let mut reader = DecodeReaderBytesBuilder::new().utf8_passthru(true).strip_bom(true).build(bytes);
    reader.read_to_end(&mut decoded).map_err(|cause| malformed(&cause.to_string()))?;
    let text = String::from_utf8(decoded).map_err(|error| {
        let line =
            bytes[..error.utf8_error().valid_up_to().min(bytes.len())].iter().filter(|&&b| b == b'\n').count() + 1;
        malformed(&format!("line {line} is not UTF-8; save it as UTF-8, or as UTF-16 with a byte order mark"))
    })?;
    if text.contains('\0') {
        return Err(malformed("it holds binary data; save it as text"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn utf8_and_utf16_are_told_by_their_mark() {
        let utf16 = |order: fn(u16) -> [u8; 2]| "\u{feff}Größe 北".encode_utf16().flat_map(order).collect::<Vec<u8>>();
        for bytes in [
            "Größe 北".as_bytes().to_vec(),
            "\u{feff}Größe 北".as_bytes().to_vec(),
            utf16(u16::to_le_bytes),
            utf16(u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes, "csv").unwrap(), "Größe 北");
        }
        let message = decode(b"a\nGr\xf6\xdfe", "csv").unwrap_err().to_string();
        assert!(message.contains("line 2 is not UTF-8"), "{message}");
        assert!(decode(b"ooBinaryFile\0\0", "TextGrid").unwrap_err().to_string().contains("binary"));
    }
}
