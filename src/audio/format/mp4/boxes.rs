//! Boxes: a length, a kind, and what is in them.

use std::io;

use super::super::super::source::{Fields, Source};

/// Most boxes looked at on one level; films in fragments have one a second.
const MAX_BOXES: usize = 1 << 20;

/// A box, as far as it lies within the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Box {
    pub(super) kind: [u8; 4],
    /// Where the box itself begins.
    pub(super) place: u64,
    /// Where its content begins and ends.
    pub(super) start: u64,
    pub(super) end: u64,
    /// It is longer than what it lies in.
    pub(super) beyond: bool,
}

/// Goes over the boxes between two places.
pub(super) struct Boxes {
    at: u64,
    end: u64,
    left: usize,
}

impl Boxes {
    pub(super) fn new(start: u64, end: u64) -> Self {
        Self { at: start, end, left: MAX_BOXES }
    }

    pub(super) fn next(&mut self, source: &mut Source) -> io::Result<Option<Box>> {
        if self.left == 0 || self.end.saturating_sub(self.at) < 8 {
            return Ok(None);
        }
        self.left -= 1;
        let head = source.bytes(self.at, 16)?;
        let mut fields = Fields(&head);
        let mut size = u64::from(fields.u32_be());
        let kind = fields.array();
        let mut header = 8;
        if size == 1 {
            (header, size) = (16, fields.u64_be());
        } else if size == 0 {
            size = self.end - self.at;
        }
        if size < header {
            return Ok(None);
        }
        let place = self.at;
        let next = place.saturating_add(size);
        self.at = next.min(self.end);
        let start = (place + header).min(self.end);
        Ok(Some(Box { kind, place, start, end: self.at, beyond: next > self.end }))
    }
}

impl Box {
    /// The boxes in it.
    pub(super) fn boxes(&self) -> Boxes {
        Boxes::new(self.start, self.end)
    }

    /// Its content, at most so many bytes.
    pub(super) fn content(&self, source: &mut Source, most: u64) -> io::Result<Vec<u8>> {
        source.bytes(self.start, (self.end - self.start).min(most))
    }
}
