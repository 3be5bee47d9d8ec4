//! Matroska and WebM (RFC 9559): clusters one after the other, found again after damage.

mod ebml;
mod track;

use std::collections::VecDeque;
use std::io;

use super::super::codec::Coding;
use super::super::source::{Fields, Source};
use super::super::track::{Demuxer, Event, Packet, Time, Timing};
use ebml::{Element, element, varint};
use track::Track;

/// Largest block that is read.
const MAX_BLOCK: u64 = 1 << 26;

/// Bytes looked at at once while searching.
const WINDOW: u64 = 1 << 16;

/// Most elements looked at before the first cluster.
const MAX_ELEMENTS: usize = 1 << 20;

const EBML: u32 = 0x1a45_dfa3;
const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_a966;
const TRACKS: u32 = 0x1654_ae6b;
const CLUSTER: u32 = 0x1f43_b675;
const TIMESTAMP: u32 = 0xe7;
const SIMPLE_BLOCK: u32 = 0xa3;
const BLOCK_GROUP: u32 = 0xa0;
const BLOCK: u32 = 0xa1;
const DISCARD_PADDING: u32 = 0x75a2;
const TIMESTAMP_SCALE: u32 = 0x2a_d7b1;
const TRACK_ENTRY: u32 = 0xae;

/// Nanoseconds a second.
const NANO: u32 = 1_000_000_000;

/// The chosen sound track of a file.
pub(in super::super) struct Matroska {
    source: Source,
    at: u64,
    track: Track,
    started: bool,
    /// Nanoseconds a tick.
    scale: i64,
    cluster: i64,
    /// When the first block of any track begins, in nanoseconds: that is where every player begins.
    base: Option<i64>,
    /// When the first block of the track is heard; what its codec needs before that is not.
    first: Option<i64>,
    queue: VecDeque<Packet>,
    damage: bool,
    cut: bool,
}

impl Matroska {
    /// Reads up to the tracks. Fails with what is wrong with the file.
    pub(in super::super) fn open(mut source: Source) -> io::Result<Result<Self, String>> {
        let (mut at, mut scale, mut tracks) = (0, 1_000_000, Vec::new());
        for _ in 0..MAX_ELEMENTS {
            let Some(found) = element(&mut source, at)? else { break };
            match found.id {
                // what lies in a segment comes next
                SEGMENT => {
                    at = found.start;
                    continue;
                }
                INFO => {
                    let content = source.bytes(found.start, found.length.min(1 << 20))?;
                    for (id, content) in ebml::children(&content) {
                        if id == TIMESTAMP_SCALE {
                            scale = i64::try_from(ebml::number(content)).unwrap_or(0).clamp(1, i64::from(NANO));
                        }
                    }
                }
                TRACKS => {
                    let content = source.bytes(found.start, found.length.min(1 << 24))?;
                    let entries = ebml::children(&content).filter(|(id, _)| *id == TRACK_ENTRY);
                    tracks = entries.filter_map(|(_, content)| Track::read(content)).collect();
                    break;
                }
                CLUSTER if found.open => break,
                _ => {}
            }
            at = found.end();
        }
        let known = |track: &&Track| !matches!(track.config.coding, Coding::Unknown(_));
        let default = |track: &&Track| known(track) && track.default;
        let chosen = tracks.iter().find(default).or_else(|| tracks.iter().find(known)).or(tracks.first()).cloned();
        Ok(match chosen {
            Some(track) => Ok(Self {
                source,
                at: 0,
                track,
                started: false,
                scale,
                cluster: 0,
                base: None,
                first: None,
                queue: VecDeque::new(),
                damage: false,
                cut: false,
            }),
            None => Err("it has no sound track".to_owned()),
        })
    }

    /// Reads one element of a cluster, or goes into one; false at the end.
    fn step(&mut self) -> io::Result<bool> {
        if self.at >= self.source.length() {
            return Ok(false);
        }
        let Some(found) = element(&mut self.source, self.at)? else {
            return self.search();
        };
        let beyond = found.end() > self.source.length();
        match found.id {
            SEGMENT | CLUSTER => self.at = found.start,
            TIMESTAMP if found.length <= 8 => {
                let content = self.source.bytes(found.start, found.length)?;
                self.cluster = i64::try_from(ebml::number(&content)).unwrap_or(0);
                self.at = found.end();
            }
            SIMPLE_BLOCK | BLOCK_GROUP if beyond || found.length > MAX_BLOCK => {
                // the file ends here, or the length is damaged
                self.cut = true;
                return self.search();
            }
            SIMPLE_BLOCK => {
                let block = self.source.bytes(found.start, found.length)?;
                self.block(&block, 0);
                self.at = found.end();
            }
            BLOCK_GROUP => {
                let content = self.source.bytes(found.start, found.length)?;
                let discard = ebml::children(&content).find(|(id, _)| *id == DISCARD_PADDING);
                let discard = discard.map_or(0, |(_, content)| ebml::signed(content));
                for (_, block) in ebml::children(&content).filter(|(id, _)| *id == BLOCK) {
                    self.block(block, discard);
                }
                self.at = found.end();
            }
            // cues, tags and the like, of a length that there is
            _ if found.known() && !beyond && !found.open => self.at = found.end(),
            _ => return self.search(),
        }
        Ok(true)
    }

    /// Goes on to the next cluster after damage.
    fn search(&mut self) -> io::Result<bool> {
        self.damage = true;
        let mark = CLUSTER.to_be_bytes();
        let mut at = self.at + 1;
        loop {
            let window = self.source.bytes(at, WINDOW)?;
            if let Some(found) = window.windows(4).position(|four| four == mark) {
                self.at = at + found as u64;
                self.cut = false;
                return Ok(true);
            }
            if (window.len() as u64) < WINDOW {
                self.at = self.source.length();
                self.cut = true;
                return Ok(false);
            }
            at += WINDOW - 3;
        }
    }

    /// Takes the frames of a block.
    fn block(&mut self, block: &[u8], discard: i64) {
        let mut fields = Fields(block);
        let Some(number) = varint(&mut fields) else { return };
        let offset = i64::from(fields.u16_be() as i16);
        let flags = fields.u8();
        let begins = self.cluster.saturating_add(offset).saturating_mul(self.scale);
        let base = *self.base.get_or_insert(begins);
        if number != self.track.number {
            return;
        }
        let presented = begins.saturating_sub(base);
        let begins = presented.saturating_sub(self.track.delay);
        let first = *self.first.get_or_insert(begins.saturating_add(self.track.priming));
        let from = Some(Time::new(first, NANO));
        let Some(frames) = laces(flags >> 1 & 3, fields) else {
            self.damage = true;
            return;
        };
        let last = frames.len().saturating_sub(1);
        for (index, frame) in frames.into_iter().enumerate() {
            let timing = match index {
                0 => Timing::Begins(Time::new(begins, NANO)),
                _ => Timing::Follows,
            };
            let rate = i128::from(self.track.config.rate);
            let cut =
                if index == last && discard > 0 { (i128::from(discard) * rate / i128::from(NANO)) as u64 } else { 0 };
            let damage = index == 0 && std::mem::take(&mut self.damage);
            let data = [self.track.stripped.as_slice(), frame].concat();
            self.queue.push_back(Packet { data, timing, from, cut, damage, ..Packet::default() });
        }
    }
}

/// The frames that are laced into one block.
fn laces(kind: u8, mut fields: Fields<'_>) -> Option<Vec<&[u8]>> {
    if kind == 0 {
        return Some(vec![fields.0]);
    }
    let count = usize::from(fields.u8()) + 1;
    let mut sizes = Vec::with_capacity(count);
    match kind {
        1 => {
            for _ in 1..count {
                let mut size = 0;
                loop {
                    let byte = fields.u8();
                    size += usize::from(byte);
                    if byte < 255 {
                        break;
                    }
                }
                sizes.push(size);
            }
        }
        2 => sizes = vec![fields.0.len() / count; count - 1],
        _ => {
            let mut size = 0_i64;
            for index in 1..count {
                let length = fields.0.first()?.leading_zeros() + 1;
                let number = i64::try_from(varint(&mut fields)?).ok()?;
                // the first is a size, the others are differences
                size = if index == 1 { number } else { size + number - ((1 << (7 * length - 1)) - 1) };
                sizes.push(usize::try_from(size).ok()?);
            }
        }
    }
    let mut frames = Vec::with_capacity(count);
    for size in sizes {
        (size <= fields.0.len()).then_some(())?;
        frames.push(fields.take(size));
    }
    frames.push(fields.0);
    Some(frames)
}

impl Demuxer for Matroska {
    fn next(&mut self) -> io::Result<Event> {
        if !self.started {
            self.started = true;
            return Ok(Event::Start(self.track.config.clone()));
        }
        loop {
            if let Some(packet) = self.queue.pop_front() {
                return Ok(Event::Packet(packet));
            }
            if !self.step()? {
                return Ok(if self.cut { Event::Cut } else { Event::End });
            }
        }
    }
}

impl Element {
    /// Whether it is one that may stand beside clusters or in them.
    fn known(&self) -> bool {
        const OTHERS: [u32; 19] = [
            EBML,
            INFO,
            TRACKS,
            0x114d_9b74,
            0x1c53_bb6b,
            0x1941_a469,
            0x1043_a770,
            0x1254_c367,
            0xec,
            0xbf,
            0xa7,
            0xab,
            0x58_54,
            0x58_d7,
            0xaf,
            0xa5,
            0xa2,
            0x9b,
            0xfb,
        ];
        OTHERS.contains(&self.id)
    }
}
