//! MPEG audio, layers 1 to 3, frame by frame to the last one, whatever a tag or a guess says about their number.
//!
//! Headers after ISO/IEC 11172-3 and 13818-3; the tags of Xing, Fraunhofer (VBRI) and LAME as their authors describe them. A frame with such
//! a tag is no sound; it begins a part of the file (several are joined in one), whose encoder delay and padding it tells.

use std::collections::VecDeque;
use std::io;

use super::super::codec::{Coding, Config};
use super::super::source::{Fields, Source};
use super::super::track::{Demuxer, Event, Packet};
use super::frames::{Header, Next, Scanner};

/// Frames that are read ahead, so that the padding can be taken from the end: it is at most 4,095 samples.
const AHEAD: usize = 8;

/// Samples by which every decoder is late.
const DECODER_DELAY: u64 = 529;

/// The header of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct MpegHead {
    /// 1, 2, or 3 for 2.5.
    version: u8,
    layer: u8,
    rate: u32,
    channels: usize,
    /// Bits a second.
    bit_rate: u32,
    length: u64,
}

const LAYER_1: [u32; 15] = [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];
const LAYER_2: [u32; 15] = [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const LAYER_3: [u32; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const LOW_1: [u32; 15] = [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
const LOW_2_3: [u32; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

impl Header for MpegHead {
    fn parse(head: &[u8]) -> Option<Self> {
        let &[0xff, b1, b2, b3, ..] = head else { return None };
        let version = match (b1 >> 3) & 3 {
            0 => 3,
            2 => 2,
            3 => 1,
            _ => return None,
        };
        let layer = match (b1 >> 1) & 3 {
            0 => return None,
            bits => 4 - bits,
        };
        let rates = match (version, layer) {
            _ if b1 & 0xe0 != 0xe0 => return None,
            (1, 1) => LAYER_1,
            (1, 2) => LAYER_2,
            (1, _) => LAYER_3,
            (_, 1) => LOW_1,
            _ => LOW_2_3,
        };
        let bit_rate = 1_000 * rates.get(usize::from(b2 >> 4)).copied().filter(|&rate| rate > 0)?;
        let rate = [44_100, 48_000, 32_000].get(usize::from((b2 >> 2) & 3)).copied()? >> (version - 1);
        let padding = u64::from((b2 >> 1) & 1);
        let slots = |factor: u64| factor * u64::from(bit_rate) / u64::from(rate) + padding;
        let length = match (version, layer) {
            (_, 1) => 4 * slots(12),
            (2 | 3, 3) => slots(72),
            _ => slots(144),
        };
        let channels = if b3 >> 6 == 3 { 1 } else { 2 };
        Some(Self { version, layer, rate, channels, bit_rate, length })
    }

    fn length(&self) -> u64 {
        self.length
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.version, self.layer, self.rate) == (other.version, other.layer, other.rate)
    }
}

impl MpegHead {
    /// Samples of a frame.
    fn samples(&self) -> u64 {
        match (self.version, self.layer) {
            (_, 1) => 384,
            (2 | 3, 3) => 576,
            _ => 1_152,
        }
    }

    fn config(&self) -> Config {
        Config { coding: Coding::Mpeg(self.layer), rate: self.rate, channels: self.channels }
    }
}

/// What a tag frame says of the frames that follow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tag {
    frames: Option<u64>,
    bytes: Option<u64>,
    /// Samples of delay and of padding.
    trims: Option<(u64, u64)>,
}

impl Tag {
    fn read(head: &MpegHead, data: &[u8]) -> Option<Self> {
        if head.layer != 3 {
            return None;
        }
        let side = match (head.version, head.channels) {
            (1, 1) => 17,
            (1, _) => 32,
            (_, 1) => 9,
            _ => 17,
        };
        // with a checksum, some writers put the tag two bytes further on
        let with_checksum = data.get(1).is_some_and(|byte| byte & 1 == 0);
        for place in [4 + side, 4 + side + 2] {
            let found = data.get(place..).is_some_and(|rest| rest.starts_with(b"Xing") || rest.starts_with(b"Info"));
            if found && (place == 4 + side || with_checksum) {
                return Some(Self::xing(Fields(&data[place + 4..])));
            }
        }
        let vbri = data.get(36..).filter(|rest| rest.starts_with(b"VBRI") && rest.len() >= 18)?;
        let mut fields = Fields(&vbri[10..]);
        let (bytes, frames) = (fields.u32_be(), fields.u32_be());
        Some(Self { frames: Some(u64::from(frames)), bytes: Some(u64::from(bytes)), trims: None })
    }

    fn xing(mut fields: Fields<'_>) -> Self {
        let flags = fields.u32_be();
        let mut number = |wanted: bool| wanted.then(|| u64::from(fields.u32_be()));
        let (frames, bytes) = (number(flags & 1 != 0), number(flags & 2 != 0));
        if flags & 4 != 0 {
            fields.take(100);
        }
        if flags & 8 != 0 {
            fields.take(4);
        }
        let encoder = fields.take(9);
        let known = [&b"LAME"[..], b"Lavf", b"Lavc", b"L3.9", b"GOGO"].iter().any(|name| encoder.starts_with(name));
        fields.take(12);
        let trims = Fields(fields.take(3)).array::<3>();
        let [a, b, c] = trims.map(u64::from);
        let trims = (a << 4 | b >> 4, (b & 15) << 8 | c);
        Self {
            frames: frames.filter(|&frames| frames > 0),
            bytes: bytes.filter(|&bytes| bytes > 0),
            trims: known.then_some(trims),
        }
    }
}

/// What was read ahead.
enum Ahead {
    Frame { head: MpegHead, data: Vec<u8>, skipped: u64, place: u64 },
    Tag { tag: Tag, place: u64 },
    End { clean: bool },
}

/// MPEG audio in a file, or in a part of one.
pub(in super::super) struct Mpeg {
    scanner: Scanner<MpegHead>,
    ahead: VecDeque<Ahead>,
    present: Option<Config>,
    part: Part,
}

/// A file within the file.
#[derive(Default)]
struct Part {
    start: u64,
    tag: Tag,
    /// Samples at its beginning that are still to be left out.
    skip: u64,
    frames: u64,
    bytes: u64,
    /// The bit rate of all its frames, while it is the same.
    constant: Option<u32>,
}

impl Mpeg {
    pub(in super::super) fn new(source: Source, start: u64, end: u64) -> Self {
        Self {
            scanner: Scanner::new(source, start, end),
            ahead: VecDeque::new(),
            present: None,
            part: Part { start, ..Part::default() },
        }
    }

    fn look_ahead(&mut self) -> io::Result<()> {
        while self.ahead.len() < AHEAD && !matches!(self.ahead.back(), Some(Ahead::End { .. })) {
            let next = match self.scanner.next()? {
                Next::Frame { head, data, skipped } => {
                    let place = self.scanner.place() - data.len() as u64;
                    match Tag::read(&head, &data) {
                        Some(tag) => Ahead::Tag { tag, place },
                        None => Ahead::Frame { head, data, skipped, place },
                    }
                }
                Next::End { clean, .. } => Ahead::End { clean },
            };
            self.ahead.push_back(next);
        }
        Ok(())
    }

    /// Samples at the end of this frame that are padding, `following` frames of its part coming after it.
    fn padding(&self, head: &MpegHead, following: u64) -> u64 {
        let Some((_, padding)) = self.part.tag.trims else { return 0 };
        let cut_short = self.part.tag.frames.is_some_and(|frames| self.part.frames + following < frames);
        if cut_short {
            return 0;
        }
        let padding = padding.saturating_sub(DECODER_DELAY);
        padding.saturating_sub(following * head.samples()).min(head.samples())
    }
}

impl Part {
    /// Frames that are lost where so many bytes are no frames: as many as they would hold, if they lie within what the tag declares,
    /// or are a whole number of frames of a constant bit rate. Other junk was put in between.
    fn lost(&self, head: &MpegHead, skipped: u64, place: u64) -> u64 {
        if skipped == 0 || self.frames == 0 {
            return 0;
        }
        let mean = self.bytes as f64 / self.frames as f64;
        let count = (skipped as f64 / mean).round();
        let declared = self.tag.bytes.is_some_and(|bytes| place < self.start + bytes);
        let exact = head.samples() as f64 / 8.0 * f64::from(head.bit_rate) / f64::from(head.rate);
        let whole = self.constant.is_some() && (skipped as f64 - count * exact).abs() <= 1.5;
        if declared || whole { count as u64 * head.samples() } else { 0 }
    }
}

impl Demuxer for Mpeg {
    fn next(&mut self) -> io::Result<Event> {
        loop {
            self.look_ahead()?;
            if let Some(Ahead::Frame { head, .. }) = self.ahead.front() {
                let config = head.config();
                if self.present.as_ref() != Some(&config) {
                    self.present = Some(config.clone());
                    return Ok(Event::Start(config));
                }
            }
            match self.ahead.pop_front() {
                Some(Ahead::Tag { tag, place }) => {
                    // a new part of the file; its first frame needs nothing of what was before
                    let skip = tag.trims.map_or(0, |(delay, _)| delay + DECODER_DELAY);
                    self.part = Part { start: place, tag, skip, ..Part::default() };
                    self.present = None;
                }
                Some(Ahead::Frame { head, data, skipped, place }) => {
                    let lost = self.part.lost(&head, skipped, place);
                    let constant = self.part.frames == 0 || self.part.constant == Some(head.bit_rate);
                    self.part.constant = constant.then_some(head.bit_rate);
                    self.part.frames += 1 + lost / head.samples();
                    self.part.bytes += data.len() as u64 + if lost > 0 { skipped } else { 0 };
                    let following = self.ahead.iter().take_while(|ahead| matches!(ahead, Ahead::Frame { .. })).count();
                    let ends = following < self.ahead.len();
                    let cut = if ends { self.padding(&head, following as u64) } else { 0 };
                    let skip = self.part.skip.min(head.samples());
                    self.part.skip -= skip;
                    return Ok(Event::Packet(Packet { data, skip, cut, lost, ..Packet::default() }));
                }
                Some(Ahead::End { clean }) => {
                    let frames = self.part.frames;
                    // a frame or two too many are the writer's
                    let slack = if clean { 2 } else { 0 };
                    let more = self.part.tag.frames.is_some_and(|declared| declared > frames + slack);
                    self.ahead.push_back(Ahead::End { clean });
                    return Ok(if more { Event::Cut } else { Event::End });
                }
                None => return Ok(Event::End),
            }
        }
    }
}
