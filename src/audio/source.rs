//! The bytes of a recording, read at any place.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// What bytes come from: a file, or memory.
pub(super) trait Bytes: Read + Seek + Send + Sync {}

impl<T: Read + Seek + Send + Sync> Bytes for T {}

/// Bytes with a known end. Reading beyond it gives fewer bytes, never an error.
pub(super) struct Source {
    reader: BufReader<Box<dyn Bytes>>,
    at: u64,
    length: u64,
}

impl Source {
    /// Takes bytes from their beginning to their present end.
    pub(super) fn new(mut bytes: Box<dyn Bytes>) -> io::Result<Self> {
        let length = bytes.seek(SeekFrom::End(0))?;
        bytes.seek(SeekFrom::Start(0))?;
        Ok(Self { reader: BufReader::with_capacity(1 << 16, bytes), at: 0, length })
    }

    /// Bytes in all.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Fills `into` from `at` on as far as there are bytes, and says how many those are.
    pub(super) fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        if at >= self.length {
            return Ok(0);
        }
        if at != self.at {
            // keeps what is buffered where the place is near
            match i64::try_from(i128::from(at) - i128::from(self.at)) {
                Ok(offset) => self.reader.seek_relative(offset)?,
                Err(_) => drop(self.reader.seek(SeekFrom::Start(at))?),
            }
            self.at = at;
        }
        let mut filled = 0;
        while filled < into.len() {
            match self.reader.read(&mut into[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.at += filled as u64;
        Ok(filled)
    }

    /// Up to `count` bytes from `at` on, fewer where the end comes first.
    pub(super) fn bytes(&mut self, at: u64, count: u64) -> io::Result<Vec<u8>> {
        // what a header promises is not allocated unless it is there
        let there = self.length.saturating_sub(at).min(count);
        let mut bytes = vec![0; usize::try_from(there).unwrap_or(0)];
        let filled = self.read_at(at, &mut bytes)?;
        bytes.truncate(filled);
        Ok(bytes)
    }

    /// Exactly `N` bytes from `at` on; none where the end comes first.
    pub(super) fn array<const N: usize>(&mut self, at: u64) -> io::Result<Option<[u8; N]>> {
        let mut bytes = [0; N];
        Ok((self.read_at(at, &mut bytes)? == N).then_some(bytes))
    }
}

/// Reads numbers from the front of a slice; 0 beyond its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next `count` bytes, or what is left.
    pub(super) fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// The next `N` bytes, zeros beyond the end.
    pub(super) fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        let taken = self.take(N);
        bytes[..taken.len()].copy_from_slice(taken);
        bytes
    }

    pub(super) fn u8(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub(super) fn u16_be(&mut self) -> u16 {
        u16::from_be_bytes(self.array())
    }

    pub(super) fn u32_be(&mut self) -> u32 {
        u32::from_be_bytes(self.array())
    }

    pub(super) fn u64_be(&mut self) -> u64 {
        u64::from_be_bytes(self.array())
    }

    pub(super) fn u16_le(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    pub(super) fn u32_le(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub(super) fn u64_le(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }
}
