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
    waiting: Option<(AdtsHead, Vec<u8>)>,
}

impl Adts {
    pub(in super::super) fn new(source: Source, start: u64, end: u64) -> Self {
        Self { scanner: Scanner::new(source, start, end), present: None, waiting: None }
    }
}

impl Demuxer for Adts {
    fn next(&mut self) -> io::Result<Event> {
        let (head, data) = match self.waiting.take() {
            Some(waiting) => waiting,
            None => match self.scanner.next()? {
                Next::Frame { head, data, .. } => (head, data),
                Next::End { .. } => return Ok(Event::End),
            },
        };
        if self.present != Some(head.aac) {
            self.present = Some(head.aac);
            self.waiting = Some((head, data));
            let aac = head.aac;
            return Ok(Event::Start(Config { coding: Coding::Aac(aac), rate: aac.rate, channels: aac.channels() }));
        }
        Ok(Event::Packet(Packet { data: data[head.header.min(data.len())..].to_vec(), ..Packet::default() }))
    }
}
