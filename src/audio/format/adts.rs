//! AAC in ADTS (ISO/IEC 14496-3, 1.A.2.2).

use std::io;

use super::super::codec::{AacConfig, Coding, Config};
use super::super::source::Source;
use super::super::track::{Demuxer, Event, Packet};
use super::frames::{Header, Next, Scanner};

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct AdtsHead {
    aac: AacConfig,
    length: u64,
    header: usize,
}

impl Header for AdtsHead {
    fn parse(head: &[u8]) -> Option<Self> {
        let &[0xff, b1, b2, b3, b4, b5, _, ..] = head else { return None };
        if b1 & 0xf6 != 0xf0 {
            return None;
        }
        let aac = AacConfig::of_adts(b2 >> 6, (b2 >> 2) & 15, (b2 & 1) << 2 | b3 >> 6)?;
        let length = u64::from(b3 & 3) << 11 | u64::from(b4) << 3 | u64::from(b5 >> 5);
        let header = if b1 & 1 == 1 { 7 } else { 9 };
        (length > header as u64).then_some(Self { aac, length, header })
    }

    fn length(&self) -> u64 {
        self.length
    }

    fn is_like(&self, other: &Self) -> bool {
        self.aac == other.aac
    }
}

/// A stream of such frames.
pub(in super::super) struct Adts {
    scanner: Scanner<AdtsHead>,
    /// How what comes is coded, and a frame that waits for that to be told.
    present: Option<AacConfig>,
    waiting: Option<Frame>,
    /// Frames and their bytes until now, by which those that are lost are estimated.
    frames: u64,
    bytes: u64,
}

struct Frame {
    head: AdtsHead,
    data: Vec<u8>,
    /// Samples that are lost before it.
    lost: u64,
}

/// Samples of a frame.
const SAMPLES: u64 = 1_024;

impl Adts {
    pub(in super::super) fn new(source: Source, start: u64, end: u64) -> Self {
        Self { scanner: Scanner::new(source, start, end), present: None, waiting: None, frames: 0, bytes: 0 }
    }
}

impl Adts {
    /// Samples where so many bytes are no frames: there is no clock, so they are as many as that many bytes hold on the average.
    fn lost(&self, skipped: u64) -> u64 {
        if self.frames == 0 {
            return 0;
        }
        let mean = self.bytes as f64 / self.frames as f64;
        (skipped as f64 / mean).round() as u64 * SAMPLES
    }
}

impl Demuxer for Adts {
    fn next(&mut self) -> io::Result<Event> {
        let frame = match self.waiting.take() {
            Some(waiting) => waiting,
            None => match self.scanner.next()? {
                Next::Frame { head, data, skipped } => Frame { head, data, lost: self.lost(skipped) },
                Next::End { cut, .. } => return Ok(if cut { Event::Cut } else { Event::End }),
            },
        };
        let aac = frame.head.aac;
        if self.present != Some(aac) {
            self.present = Some(aac);
            self.waiting = Some(frame);
            return Ok(Event::Start(Config { coding: Coding::Aac(aac), rate: aac.rate, channels: aac.channels() }));
        }
        let Frame { head, data, lost } = frame;
        self.frames += 1;
        self.bytes += head.length;
        Ok(Event::Packet(Packet {
            data: data[head.header.min(data.len())..].to_vec(),
            lost,
            damage: lost > 0,
            ..Packet::default()
        }))
    }
}
