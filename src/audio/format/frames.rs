//! Streams of frames that say their own length, as MPEG audio and ADTS are: found among tags, padding and junk.

use std::io;

use super::super::source::Source;

/// Bytes that a header is judged by.
pub(super) const HEAD: usize = 10;

/// Bytes looked at at once while searching.
const WINDOW: u64 = 1 << 16;

/// Frames that must follow one that is found behind junk.
const CONFIRMED_BY: usize = 2;

/// The header of a frame.
pub(in super::super) trait Header: Copy + Send {
    /// Reads [`HEAD`] bytes, or fewer at the end.
    fn parse(head: &[u8]) -> Option<Self>;
    /// Bytes of the frame, header included.
    fn length(&self) -> u64;
    /// Whether both can belong to one stream.
    fn is_like(&self, other: &Self) -> bool;
}

/// What comes next in a stream.
pub(super) enum Next<H> {
    /// A frame, and how many bytes before it are neither frame nor tag.
    Frame { head: H, data: Vec<u8>, skipped: u64 },
    /// The end; `clean` where the last frame is whole and nothing but tags follows it, `cut` where the last frame is not whole.
    End { clean: bool, cut: bool },
}

/// Finds frames in a part of a file.
pub(in super::super) struct Scanner<H> {
    source: Source,
    at: u64,
    end: u64,
    last: Option<H>,
}

impl<H: Header> Scanner<H> {
    pub(in super::super) fn new(source: Source, start: u64, end: u64) -> Self {
        Self { source, at: start, end, last: None }
    }

    /// The first frame among the first `within` bytes; where it is found, its place. Does not move.
    pub(in super::super) fn find(source: &mut Source, start: u64, within: u64) -> io::Result<Option<u64>> {
        let length = source.length();
        let mut at = start;
        while let Some(found) = search::<H>(source, at, start.saturating_add(within).min(length))? {
            if let Some(head) = head::<H>(source, found)?
                && confirmed(source, found, &head, length)?
            {
                return Ok(Some(found));
            }
            at = found + 1;
        }
        Ok(None)
    }

    /// Where reading has got to.
    pub(super) fn place(&self) -> u64 {
        self.at
    }

    pub(super) fn next(&mut self) -> io::Result<Next<H>> {
        let mut skipped = 0;
        loop {
            if self.at >= self.end {
                return Ok(Next::End { clean: skipped == 0, cut: false });
            }
            if let Some(head) = head::<H>(&mut self.source, self.at)? {
                let expected = skipped == 0 && self.last.is_some_and(|last| last.is_like(&head));
                let whole = self.at + head.length() <= self.end;
                if !whole && expected {
                    self.at = self.end;
                    return Ok(Next::End { clean: false, cut: true });
                }
                if whole && (expected || confirmed(&mut self.source, self.at, &head, self.end)?) {
                    let data = self.source.bytes(self.at, head.length())?;
                    self.at += head.length();
                    self.last = Some(head);
                    return Ok(Next::Frame { head, data, skipped });
                }
            }
            let tag = tag_length(&mut self.source, self.at)?;
            if tag > 0 {
                self.at += tag;
                continue;
            }
            let next = search::<H>(&mut self.source, self.at + 1, self.end)?.unwrap_or(self.end);
            skipped += next - self.at;
            self.at = next;
        }
    }
}

fn head<H: Header>(source: &mut Source, at: u64) -> io::Result<Option<H>> {
    let mut bytes = [0; HEAD];
    let count = source.read_at(at, &mut bytes)?;
    Ok(H::parse(&bytes[..count]))
}

/// Whether like frames, a tag or the end follow.
fn confirmed<H: Header>(source: &mut Source, at: u64, first: &H, end: u64) -> io::Result<bool> {
    let mut next = at + first.length();
    for _ in 0..CONFIRMED_BY {
        if next >= end {
            return Ok(next == end);
        }
        match head::<H>(source, next)? {
            Some(head) if head.is_like(first) => next += head.length(),
            _ => return Ok(tag_length(source, next)? > 0),
        }
    }
    Ok(true)
}

/// The next place that begins like a header, a tag included, before `end`.
fn search<H: Header>(source: &mut Source, mut at: u64, end: u64) -> io::Result<Option<u64>> {
    while at < end {
        let window = source.bytes(at, WINDOW.min(end - at))?;
        let found = (0..window.len()).find(|&index| match window[index] {
            0xff => window.len() - index < HEAD || H::parse(&window[index..]).is_some(),
            b'I' | b'T' | b'A' | b'L' => is_tag(&window[index..]),
            _ => false,
        });
        match found {
            // at the end of the window there is too little to judge by: once more from there
            Some(index) if window.len() - index < HEAD && index > 0 && at + (window.len() as u64) < end => {
                at += index as u64;
            }
            Some(index) => return Ok(Some(at + index as u64)),
            None if window.is_empty() => break,
            None => at += window.len() as u64,
        }
    }
    Ok(None)
}

fn is_tag(bytes: &[u8]) -> bool {
    [&b"ID3"[..], b"TAG", b"APETAGEX", b"LYRICSBEGIN"].iter().any(|tag| bytes.starts_with(tag))
}

/// The length of the tag at a place; 0 where there is none.
pub(in super::super) fn tag_length(source: &mut Source, at: u64) -> io::Result<u64> {
    let mut head = [0; 32];
    let count = source.read_at(at, &mut head)?;
    let head = &head[..count];
    if head.starts_with(b"ID3") && count >= 10 {
        let size = head[6..10].iter().fold(0_u64, |size, byte| size << 7 | u64::from(byte & 0x7f));
        let footer = if head[5] & 0x10 != 0 { 10 } else { 0 };
        // a version that there is; the letters alone stand in much else
        return Ok(if (2..=4).contains(&head[3]) { 10 + size + footer } else { 0 });
    }
    if head.starts_with(b"TAG") && source.length() - at <= 128 + 227 {
        return Ok(source.length() - at);
    }
    if head.starts_with(b"TAG") {
        // of a file that others were joined to: behind it the next one begins
        let behind = source.array::<3>(at + 128)?.unwrap_or_default();
        let next = behind[0] == 0xff || behind.starts_with(b"ID3");
        return Ok(if next { 128 } else { 0 });
    }
    if head.starts_with(b"APETAGEX") && count >= 24 {
        let size = u64::from(u32::from_le_bytes([head[12], head[13], head[14], head[15]]));
        let flags = u32::from_le_bytes([head[20], head[21], head[22], head[23]]);
        // a header says how long what follows is, a footer stands behind it
        return Ok(if flags & 1 << 29 != 0 { 32 + size } else { 32 });
    }
    if head.starts_with(b"LYRICSBEGIN") {
        let body = source.bytes(at, 1 << 16)?;
        let end = body.windows(9).position(|part| part == b"LYRICS200" || part == b"LYRICSEND");
        return Ok(end.map_or(0, |end| end as u64 + 9));
    }
    Ok(0)
}
