//! Bytes → lines → fields.

use std::{borrow::Cow, io::Read as _};

use encoding_rs_io::DecodeReaderBytesBuilder;

/// A line that holds something, without its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub number: usize,
    pub bytes: &'a [u8],
}

/// The bytes of a list as UTF-8, or as they are where they are some other text of single bytes.
///
/// # Errors
/// What they are, where they are no list.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, [u8]>, &'static str> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err("is a spreadsheet; save it as text (tab-separated) or CSV");
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || bytes.starts_with(b"\xef\xbb\xbf") {
        let mut text = Vec::new();
        let decoder = DecodeReaderBytesBuilder::new().utf8_passthru(true).strip_bom(true).build(bytes);
        let read = std::io::BufReader::new(decoder).read_to_end(&mut text);
        read.map_err(|_| "begins with a byte order mark, but cannot be decoded")?;
        return no_zeros(Cow::Owned(text));
    }
    // UTF-16 without a mark: every other byte of Latin letters is zero.
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    if (even + odd) * 3 > bytes.len() && (even == 0 || odd == 0) && bytes.len().is_multiple_of(2) {
        let unit = |pair: &[u8; 2]| if odd > 0 { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) };
        let units: Vec<u16> = bytes.as_chunks().0.iter().map(unit).collect();
        return no_zeros(Cow::Owned(String::from_utf16_lossy(&units).into_bytes()));
    }
    no_zeros(Cow::Borrowed(bytes))
}

fn no_zeros(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, [u8]>, &'static str> {
    if bytes.contains(&0) { Err("holds zero bytes, so it is no text") } else { Ok(bytes) }
}

/// The lines that hold something; each ends at LF, CRLF or CR. `sep=;`, by which Excel learns the separator, is none.
pub(super) fn lines(bytes: &[u8]) -> Vec<Line<'_>> {
    let (mut lines, mut rest, mut number) = (Vec::new(), bytes, 0);
    while !rest.is_empty() {
        number += 1;
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let bytes = &rest[..end];
        let both = rest[end..].starts_with(b"\r\n");
        rest = rest.get(end + 1 + usize::from(both)..).unwrap_or_default();
        let separator_line = number == 1 && bytes.len() == 5 && bytes.starts_with(b"sep=");
        if !bytes.is_empty() && !separator_line {
            lines.push(Line { number, bytes });
        }
    }
    lines
}

/// A field, and whether it stood in quotes.
pub(super) type Field<'a> = (Cow<'a, [u8]>, bool);

/// The fields of a line. One that is quoted whole is what stands in the quotes, with `""` and `\"` for a quote; other quotes are letters.
pub(super) fn fields(line: &[u8], separator: u8) -> Vec<Field<'_>> {
    let (mut fields, mut rest) = (Vec::new(), Some(line));
    while let Some(text) = rest {
        if let Some((field, end)) = quoted(text, separator) {
            fields.push((Cow::Owned(field), true));
            rest = text.get(end + 1..).filter(|_| end < text.len());
            continue;
        }
        let end = text.iter().position(|byte| *byte == separator);
        fields.push((Cow::Borrowed(&text[..end.unwrap_or(text.len())]), false));
        rest = end.map(|end| &text[end + 1..]);
    }
    fields
}

/// What stands in the quotes that a text begins with, and where the separator behind them is; nothing where the quotes do not end a field.
fn quoted(text: &[u8], separator: u8) -> Option<(Vec<u8>, usize)> {
    let mut inner = text.strip_prefix(b"\"")?.iter().enumerate().peekable();
    let mut field = Vec::new();
    while let Some((at, &byte)) = inner.next() {
        let behind = inner.peek().map(|(_, byte)| **byte);
        match byte {
            b'"' if behind.is_none() || behind == Some(separator) => return Some((field, at + 2)),
            b'"' if field.last() == Some(&b'\\') => {
                field.pop();
                field.push(b'"');
            }
            b'"' if behind == Some(b'"') => {
                inner.next();
                field.push(b'"');
            }
            b'"' => return None,
            _ => field.push(byte),
        }
    }
    None
}
