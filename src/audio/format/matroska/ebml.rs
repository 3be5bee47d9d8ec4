//! EBML (RFC 8794): elements with an id and a length.

use std::io;

use super::super::super::source::{Fields, Source};

/// An element in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element {
    pub(super) id: u32,
    pub(super) start: u64,
    pub(super) length: u64,
    /// The length is not told: it goes on to the next of its kind.
    pub(super) open: bool,
}

impl Element {
    pub(super) fn end(&self) -> u64 {
        self.start.saturating_add(self.length)
    }
}

/// Reads the head of the element at a place; none where there is no such thing.
pub(super) fn element(source: &mut Source, at: u64) -> io::Result<Option<Element>> {
    let head = source.bytes(at, 12)?;
    Ok(head_of(&head).map(|(id, length, size, open)| Element { id, start: at + size as u64, length, open }))
}

/// Id, length of the content, size of the head, and whether the length is not told.
fn head_of(bytes: &[u8]) -> Option<(u32, u64, usize, bool)> {
    let mut fields = Fields(bytes);
    let width = bytes.first()?.leading_zeros() as usize + 1;
    if width > 4 || bytes.len() <= width {
        return None;
    }
    let id = fields.take(width).iter().fold(0_u32, |id, &byte| id << 8 | u32::from(byte));
    let length_width = fields.0.first()?.leading_zeros() as usize + 1;
    if length_width > 8 || fields.0.len() < length_width {
        return None;
    }
    let length = varint(&mut fields)?;
    let open = length == (1 << (7 * length_width)) - 1;
    Some((id, if open { 0 } else { length }, width + length_width, open))
}

/// A number whose first bits tell its width.
pub(super) fn varint(fields: &mut Fields<'_>) -> Option<u64> {
    let width = fields.0.first()?.leading_zeros() as usize + 1;
    if width > 8 || fields.0.len() < width {
        return None;
    }
    let bytes = fields.take(width);
    let first = u64::from(bytes[0]) & ((1_u64 << (8 - width)) - 1);
    Some(bytes[1..].iter().fold(first, |number, &byte| number << 8 | u64::from(byte)))
}

/// The elements in the content of another.
pub(super) fn children(mut bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let (id, length, size, open) = head_of(bytes)?;
        let rest = &bytes[size..];
        let length = if open { rest.len() } else { usize::try_from(length).unwrap_or(usize::MAX).min(rest.len()) };
        let (content, after) = rest.split_at(length);
        bytes = after;
        Some((id, content))
    })
}

/// An unsigned number.
pub(super) fn number(content: &[u8]) -> u64 {
    content.iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// A signed number.
pub(super) fn signed(content: &[u8]) -> i64 {
    let first = content.first().map_or(0, |&byte| if byte & 0x80 != 0 { -1 } else { 0 });
    content.iter().take(8).fold(first, |number, &byte| number << 8 | i64::from(byte))
}

/// A floating-point number.
pub(super) fn float(content: &[u8]) -> f64 {
    match *content {
        [a, b, c, d] => f64::from(f32::from_be_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => f64::from_be_bytes([a, b, c, d, e, f, g, h]),
        _ => 0.0,
    }
}
