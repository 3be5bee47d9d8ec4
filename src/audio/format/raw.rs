//! Sound that lies in one piece: PCM, and ADPCM in blocks.

use std::io;

use super::super::codec::{Coding, Config};
use super::super::source::Source;
use super::super::track::{Demuxer, Event, Packet};

/// Frames of PCM, or blocks of ADPCM, that are read at a time.
const STEP: u64 = 4_096;

/// Largest header that is taken for the reason of a length that is too large.
const LARGEST_HEADER: u64 = 4_096;

/// Where the sound of a file lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Extent {
    pub(in super::super) start: u64,
    pub(in super::super) end: u64,
    /// The file should be longer.
    pub(in super::super) cut: bool,
}

impl Extent {
    /// From `start` on, `declared` bytes where the header says how many, in a file of `length` bytes.
    ///
    /// Writers count their header in, or a buffer that they did not write: up to that much more than there is, is no loss.
    pub(in super::super) fn new(start: u64, declared: Option<u64>, length: u64, bytes_per_second: u64) -> Self {
        let length = length.max(start);
        let Some(declared) = declared else { return Self { start, end: length, cut: false } };
        let end = start.saturating_add(declared);
        let slack = start.min(LARGEST_HEADER).max(bytes_per_second * 3 / 100);
        Self { start, end: end.min(length), cut: end > length.saturating_add(slack) }
    }
}

/// A number of bytes in 32 bits that can only mean "until the end": what programs declare that write into a pipe or are
/// cut off, from 2 GB less 64 kB on, where the file does not hold that much.
pub(in super::super) fn open_length(declared: u32, start: u64, length: u64) -> Option<u64> {
    let beyond = start.saturating_add(u64::from(declared)) > length;
    let open = declared == u32::MAX || (beyond && declared >= 0x7fff_0000);
    (!open).then_some(u64::from(declared))
}

/// Sound in one piece.
pub(in super::super) struct Raw {
    source: Source,
    config: Option<Config>,
    extent: Extent,
    at: u64,
    block: u64,
    step: u64,
    /// Frames that are left to be heard, and frames of a full block, where the header says them.
    left: Option<(u64, u64)>,
}

impl Raw {
    /// `frames`: how many are to be heard of ADPCM, whose last block is filled up, and how many a block has.
    pub(in super::super) fn new(source: Source, config: Config, extent: Extent, frames: Option<(u64, u64)>) -> Self {
        let block = match &config.coding {
            Coding::Pcm(pcm) => pcm.frame,
            Coding::Adpcm(adpcm) => adpcm.block(config.channels),
            _ => 1,
        };
        let block = block.max(1) as u64;
        let step = if matches!(config.coding, Coding::Pcm(_)) { STEP * block } else { block };
        Self { source, config: Some(config), extent, at: extent.start, block, step, left: frames }
    }
}

impl Demuxer for Raw {
    fn next(&mut self) -> io::Result<Event> {
        if let Some(config) = self.config.take() {
            return Ok(Event::Start(config));
        }
        let there = self.extent.end.saturating_sub(self.at);
        if there == 0 || self.left.is_some_and(|(left, _)| left == 0) {
            return Ok(if self.extent.cut { Event::Cut } else { Event::End });
        }
        let wanted = there.min(self.step);
        let mut data = self.source.bytes(self.at, wanted)?;
        if (data.len() as u64) < wanted {
            // it became shorter while it was read
            self.extent.cut = true;
            self.extent.end = self.at + data.len() as u64;
        }
        self.at += wanted;
        if self.step != self.block {
            data.truncate(data.len() - data.len() % self.block as usize);
        }
        let mut packet = Packet { data, ..Packet::default() };
        if let Some((left, block)) = &mut self.left {
            packet.cut = block.saturating_sub(*left);
            *left = left.saturating_sub(*block);
        }
        Ok(Event::Packet(packet))
    }
}
