//! FLAC (RFC 9639): frames by their own headers and checksums, whatever the blocks of metadata before them say.

use std::io;

use super::super::codec::{Coding, Config, crc_16};
use super::super::source::Source;
use super::super::track::{Demuxer, Event, Packet, Time, Timing};

/// Most bytes of a frame: 65,535 samples of 8 channels of 32 bits, as they are.
const MAX_FRAME: usize = 65_535 * 8 * 4 + 1_024;

/// Bytes read at a time.
const WINDOW: u64 = 1 << 16;

/// Samples that a header may promise beyond what there is.
const WRITERS: u64 = 8_192;

/// Most blocks of metadata.
const MAX_BLOCKS: usize = 65_536;

/// Whether bytes begin like a frame whose header's checksum holds.
pub(in super::super) fn is_frame(bytes: &[u8]) -> bool {
    Head::parse(bytes).is_some_and(|head| head.rate.is_some() && head.bits.is_some())
}

/// Reads what comes before the frames: STREAMINFO, and where the frames begin. None where it is no FLAC.
fn metadata(source: &mut Source, start: u64) -> io::Result<Option<(Vec<u8>, u64)>> {
    let mut at = start;
    if is_frame(&source.bytes(at, 32)?) {
        return Ok(Some((Vec::new(), at)));
    }
    if source.array::<4>(at)? != Some(*b"fLaC") {
        return Ok(None);
    }
    at += 4;
    let mut info = None;
    for _ in 0..MAX_BLOCKS {
        let Some([kind, a, b, c]) = source.array::<4>(at)? else { break };
        let length = u64::from(a) << 16 | u64::from(b) << 8 | u64::from(c);
        // a length that is wrong leads to what is no block; frames are looked for from there on
        if kind & 0x7f > 6 || at + 4 + length > source.length() {
            break;
        }
        if kind & 0x7f == 0 && length >= 18 && info.is_none() {
            info = Some(source.bytes(at + 4, length.min(34))?);
        }
        at += 4 + length;
        if kind & 0x80 != 0 {
            break;
        }
    }
    Ok(Some((info.unwrap_or_default(), at)))
}

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    variable: bool,
    samples: u32,
    /// Where the frame says them.
    rate: Option<u32>,
    bits: Option<u8>,
    channels: usize,
    /// Of the first sample, or of the frame.
    number: u64,
}

impl Head {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let &[0xff, b1, b2, b3, ..] = bytes else { return None };
        if b1 & 0xfe != 0xf8 || b3 & 1 != 0 {
            return None;
        }
        let (size, rate_code) = (b2 >> 4, b2 & 15);
        let channels = match b3 >> 4 {
            code @ 0..=7 => usize::from(code) + 1,
            8..=10 => 2,
            _ => return None,
        };
        let bits = match (b3 >> 1) & 7 {
            0 => None,
            3 => return None,
            code => Some([0, 8, 12, 0, 16, 20, 24, 32][usize::from(code)]),
        };
        let first = *bytes.get(4)?;
        let more = match first.leading_ones() {
            0 => 0,
            ones @ 2..=7 => ones as usize - 1,
            _ => return None,
        };
        let mut number = u64::from(first) & (0x7f >> if more == 0 { 0 } else { more + 1 });
        for byte in bytes.get(5..5 + more)? {
            if byte & 0xc0 != 0x80 {
                return None;
            }
            number = number << 6 | u64::from(byte & 0x3f);
        }
        let mut at = 5 + more;
        let mut extra = |count: usize| {
            let value = bytes.get(at..at + count)?.iter().fold(0_u32, |value, &byte| value << 8 | u32::from(byte));
            at += count;
            Some(value)
        };
        let samples = match size {
            0 => return None,
            1 => 192,
            2..=5 => 576 << (size - 2),
            6 => extra(1)? + 1,
            7 => extra(2)? + 1,
            _ => 256 << (size - 8),
        };
        let rate = match rate_code {
            0 => None,
            12 => Some(1_000 * extra(1)?),
            13 => Some(extra(2)?),
            14 => Some(10 * extra(2)?),
            15 => return None,
            code => Some(
                [0, 88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]
                    [usize::from(code)],
            ),
        };
        let sum = bytes[..at].iter().fold(0, |sum, &byte| crc_8(sum ^ byte));
        let variable = b1 & 1 == 1;
        (sum == *bytes.get(at)?).then_some(Self { variable, samples, rate, bits, channels, number })
    }

    /// Whether it can come after another in one stream.
    fn follows(&self, other: &Self) -> bool {
        self.variable == other.variable && self.number > other.number && self.number - other.number < 1 << 24
    }

    /// Whether both are of the same format.
    fn is_like(&self, other: &Self) -> bool {
        (self.channels, self.rate, self.bits) == (other.channels, other.rate, other.bits)
    }
}

fn crc_8(mut sum: u8) -> u8 {
    for _ in 0..8 {
        sum = sum << 1 ^ if sum & 0x80 != 0 { 0x07 } else { 0 };
    }
    sum
}

/// The frames of a file.
pub(in super::super) struct Flac {
    source: Source,
    /// What was read and not yet used, from `at` on.
    buffer: Vec<u8>,
    at: u64,
    info: Vec<u8>,
    config: Option<Config>,
    rate: u32,
    /// Samples a frame, where frames are numbered.
    fixed: u64,
    declared: u64,
    last: Option<Head>,
    /// The number of the first sample, which is heard at 0.
    first: Option<u64>,
    heard_to: u64,
    damage: bool,
}

impl Flac {
    /// Reads up to the first frame; none where it is no FLAC.
    pub(in super::super) fn open(mut source: Source, start: u64) -> io::Result<Option<Self>> {
        let Some((mut info, at)) = metadata(&mut source, start)? else { return Ok(None) };
        info.resize(34, 0);
        let mut flac = Self {
            source,
            buffer: Vec::new(),
            at,
            info: Vec::new(),
            config: None,
            rate: 0,
            fixed: 0,
            declared: u64::from(info[13] & 15) << 32
                | u64::from(u32::from_be_bytes([info[14], info[15], info[16], info[17]])),
            last: None,
            first: None,
            heard_to: 0,
            damage: false,
        };
        flac.info = info;
        let head = flac.seek_frame(true)?;
        flac.config = Some(flac.configure(head.as_ref()));
        Ok(Some(flac))
    }

    /// How what begins with a frame is coded: the frame knows better than a header that was not brought up to date.
    fn configure(&mut self, head: Option<&Head>) -> Config {
        let info = &self.info;
        let packed = u32::from_be_bytes([info[10], info[11], info[12], info[13]]);
        let (mut rate, mut channels, mut bits) = (packed >> 12, packed >> 9 & 7, packed >> 4 & 31);
        if let Some(head) = head {
            rate = head.rate.unwrap_or(if rate == 0 { 44_100 } else { rate });
            channels = head.channels as u32 - 1;
            bits = head.bits.map_or(if packed == 0 { 15 } else { bits }, |bits| u32::from(bits) - 1);
            // all but the last are as long
            self.fixed = u64::from(head.samples);
        }
        self.rate = rate;
        let mut info = self.info.clone();
        info[10..14].copy_from_slice(&((rate & 0xf_ffff) << 12 | channels << 9 | bits << 4).to_be_bytes());
        Config { coding: Coding::Flac(info), rate, channels: channels as usize + 1 }
    }

    /// Reads more behind what is in the buffer; false at the end.
    fn more(&mut self) -> io::Result<bool> {
        let bytes = self.source.bytes(self.at + self.buffer.len() as u64, WINDOW)?;
        self.buffer.extend_from_slice(&bytes);
        Ok(!bytes.is_empty())
    }

    fn drop_front(&mut self, count: usize) {
        self.buffer.drain(..count);
        self.at += count as u64;
    }

    /// Brings the next header to the front of the buffer; none at the end.
    fn seek_frame(&mut self, first: bool) -> io::Result<Option<Head>> {
        loop {
            while self.buffer.len() < 32 && self.more()? {}
            if self.buffer.is_empty() {
                return Ok(None);
            }
            let found = (0..self.buffer.len()).find_map(|at| {
                let head = Head::parse(&self.buffer[at..])?;
                let fits = self.last.is_none_or(|last| head.follows(&last) && (at == 0 || head.is_like(&last)));
                fits.then_some((at, head))
            });
            match found {
                Some((at, head)) => {
                    self.damage |= at > 0 && !first;
                    self.drop_front(at);
                    // behind metadata that is wrong, what looks like a header may be part of a picture
                    if at > 0 && first && !self.frame_end(&head)?.1 {
                        self.drop_front(1);
                        continue;
                    }
                    return Ok(Some(head));
                }
                None => {
                    // a header may lie across the end of what was read
                    let kept = self.buffer.len().min(16);
                    let dropped = self.buffer.len() - kept;
                    self.drop_front(dropped);
                    if !self.more()? {
                        self.buffer.clear();
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// The end of the frame at the front: where the next header is and the checksum holds; where only the next header is, the frame is damaged.
    fn frame_end(&mut self, head: &Head) -> io::Result<(usize, bool)> {
        let (mut sum, mut at, mut fallback, mut whole) = (0_u16, 0, None, None);
        loop {
            while at + 32 > self.buffer.len() && self.buffer.len() < MAX_FRAME && self.more()? {}
            if at >= self.buffer.len() || at >= MAX_FRAME {
                if sum == 0 && at > 8 {
                    whole = Some(at);
                }
                // the last frame ends where the checksum held last; what lies behind it is no sound
                return Ok(match (fallback, whole) {
                    (Some(end), _) => (end, false),
                    (None, Some(end)) => (end, true),
                    (None, None) => (self.buffer.len(), false),
                });
            }
            if sum == 0 && at > 8 {
                whole = Some(at);
            }
            if at > 0
                && self.buffer[at] == 0xff
                && let Some(next) = Head::parse(&self.buffer[at..])
                && next.follows(head)
            {
                if sum == 0 {
                    return Ok((at, true));
                }
                if !next.is_like(head) {
                    // another format in the middle of a frame is no header
                    sum = crc_16(sum, 0xff);
                    at += 1;
                    continue;
                }
                let step = if head.variable { u64::from(head.samples) } else { 1 };
                if next.number - head.number == step {
                    return Ok((at, false));
                }
                fallback = fallback.or(Some(at));
            }
            let byte = self.buffer[at];
            sum = crc_16(sum, byte);
            at += 1;
        }
    }
}

impl Demuxer for Flac {
    fn next(&mut self) -> io::Result<Event> {
        if let Some(config) = self.config.take() {
            return Ok(Event::Start(config));
        }
        loop {
            let Some(head) = self.seek_frame(self.last.is_none())? else {
                // a block too many is the writer's, and a hundred times what is there cannot be
                let plausible = self.declared / 100 <= self.heard_to;
                let short = match self.damage {
                    // the last frame is not whole
                    true => self.declared == 0 || self.declared > self.heard_to,
                    false => plausible && self.declared > self.heard_to + WRITERS,
                };
                return Ok(if short { Event::Cut } else { Event::End });
            };
            if self.last.is_some_and(|last| !head.is_like(&last)) {
                // the rest is of another format: its own stream, from here on
                self.last = None;
                self.first = None;
                self.config = Some(self.configure(Some(&head)));
                return self.next();
            }
            let (end, whole) = self.frame_end(&head)?;
            let data = self.buffer[..end].to_vec();
            self.drop_front(end);
            let begins = if head.variable { head.number } else { head.number * self.fixed };
            self.last = Some(head);
            if !whole {
                self.damage = true;
                continue;
            }
            // a stream that was cut out of another keeps its numbers; one that lost its beginning is late
            let first = *self.first.get_or_insert(if self.damage { 0 } else { begins });
            let begins = begins.saturating_sub(first);
            self.heard_to = begins + u64::from(head.samples);
            let packet = Packet {
                data,
                timing: Timing::Begins(Time::new(begins as i64, self.rate)),
                damage: std::mem::take(&mut self.damage),
                ..Packet::default()
            };
            return Ok(Event::Packet(packet));
        }
    }
}
