//! Ogg (RFC 3533) with Vorbis, Opus (RFC 7845) or FLAC: pages by their checksums, times by their granule positions.

use std::collections::VecDeque;
use std::io;

use super::super::codec::{Coding, Config, OPUS_RATE, OpusHead};
use super::super::source::{Fields, Source};
use super::super::track::{Demuxer, Event, Packet, Time, Timing};

/// Most bytes of a packet that goes over many pages; headers with pictures are the largest.
const MAX_PACKET: usize = 1 << 26;

/// Most packets kept while the set-up header has not come.
const MAX_HEADERS: usize = 16;

/// Bytes looked at at once while searching.
const WINDOW: u64 = 1 << 16;

const CONTINUED: u8 = 1;
const FIRST: u8 = 2;
const LAST: u8 = 4;

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut sum = (index as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            sum = sum << 1 ^ if sum & 0x8000_0000 != 0 { 0x04c1_1db7 } else { 0 };
            bit += 1;
        }
        table[index] = sum;
        index += 1;
    }
    table
}

static CRC: [u32; 256] = crc_table();

/// A page whose checksum holds.
struct Page {
    flags: u8,
    granule: i64,
    serial: u32,
    number: u32,
    /// Lengths of the packets, or parts of packets, and whether the last one goes on.
    lengths: Vec<usize>,
    goes_on: bool,
    body: Vec<u8>,
}

/// What is known of the chosen stream.
struct Stream {
    serial: u32,
    coding: Mapping,
    /// Headers that are still to come, or were kept.
    headers: Vec<Vec<u8>>,
    started: bool,
    number: u32,
    partial: Option<Vec<u8>>,
    damage: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mapping {
    Vorbis,
    Opus,
    Flac,
}

/// The first audio stream of an Ogg file, links of a chained one after the other.
pub(in super::super) struct Ogg {
    source: Source,
    at: u64,
    stream: Option<Stream>,
    /// A stream that cannot be decoded, by name, where no other is found.
    other: Option<String>,
    rate: u32,
    pre_skip: i64,
    queue: VecDeque<Event>,
    /// Bytes were passed over since the last good page.
    damage: bool,
    cut: bool,
    started: bool,
}

impl Ogg {
    pub(in super::super) fn new(source: Source, start: u64) -> Self {
        Self {
            source,
            at: start,
            stream: None,
            other: None,
            rate: 0,
            pre_skip: 0,
            queue: VecDeque::new(),
            damage: false,
            cut: false,
            started: false,
        }
    }

    /// The next page with a checksum that holds.
    fn page(&mut self) -> io::Result<Option<Page>> {
        loop {
            let Some(head) = self.source.array::<27>(self.at)? else {
                self.cut |= self.at < self.source.length();
                return Ok(None);
            };
            if head.starts_with(b"OggS") {
                match self.whole_page(&head)? {
                    Parsed::Page(page) => return Ok(Some(page)),
                    Parsed::Beyond => self.cut = true,
                    Parsed::Damaged => {}
                }
                self.damage = true;
                self.at += 4;
            }
            if !self.search()? {
                return Ok(None);
            }
        }
    }

    fn whole_page(&mut self, head: &[u8; 27]) -> io::Result<Parsed> {
        let mut fields = Fields(&head[5..]);
        let flags = fields.u8();
        let granule = fields.u64_le() as i64;
        let (serial, number, sum) = (fields.u32_le(), fields.u32_le(), fields.u32_le());
        let table = self.source.bytes(self.at + 27, u64::from(head[26]))?;
        let size = table.iter().map(|&part| usize::from(part)).sum::<usize>();
        let body = self.source.bytes(self.at + 27 + table.len() as u64, size as u64)?;
        if table.len() < usize::from(head[26]) || body.len() < size {
            return Ok(Parsed::Beyond);
        }
        let mut zeroed = *head;
        zeroed[22..26].fill(0);
        let bytes = zeroed.iter().chain(&table).chain(&body);
        let found = bytes.fold(0_u32, |crc, &byte| crc << 8 ^ CRC[usize::from((crc >> 24) as u8 ^ byte)]);
        if found != sum {
            return Ok(Parsed::Damaged);
        }
        self.at += 27 + table.len() as u64 + size as u64;
        self.cut = false;
        let mut lengths = Vec::new();
        let mut length = 0;
        for &part in &table {
            length += usize::from(part);
            if part < 255 {
                lengths.push(std::mem::take(&mut length));
            }
        }
        let goes_on = table.last() == Some(&255);
        if goes_on {
            lengths.push(length);
        }
        Ok(Parsed::Page(Page { flags, granule, serial, number, lengths, goes_on, body }))
    }

    /// Goes on to the next capture pattern.
    fn search(&mut self) -> io::Result<bool> {
        loop {
            let window = self.source.bytes(self.at, WINDOW)?;
            if let Some(found) = window.windows(4).position(|four| four == b"OggS") {
                self.damage |= found > 0;
                self.at += found as u64;
                return Ok(true);
            }
            if (window.len() as u64) < WINDOW {
                return Ok(false);
            }
            self.at += WINDOW - 3;
        }
    }

    /// Takes the packets out of a page.
    fn take(&mut self, page: Page) {
        if page.flags & FIRST != 0 {
            return self.begin(&page);
        }
        let broken = std::mem::take(&mut self.damage);
        let Some(stream) = self.stream.as_mut().filter(|stream| stream.serial == page.serial) else {
            self.damage = broken;
            return;
        };
        let expected = stream.number.wrapping_add(1);
        if page.number != expected {
            // pages are missing, or came out of order
            stream.damage = true;
            stream.partial = None;
        }
        stream.number = page.number;
        let mut at = 0;
        let mut packets = Vec::new();
        let count = page.lengths.len();
        for (index, &length) in page.lengths.iter().enumerate() {
            let part = &page.body[at..at + length];
            at += length;
            let mut packet = match (index, page.flags & CONTINUED != 0) {
                (0, true) => match stream.partial.take() {
                    Some(begun) => begun,
                    // its beginning is lost
                    None => continue,
                },
                _ => Vec::new(),
            };
            if packet.len() + part.len() > MAX_PACKET {
                stream.damage = true;
                continue;
            }
            packet.extend_from_slice(part);
            if index + 1 == count && page.goes_on {
                stream.partial = Some(packet);
            } else {
                packets.push(packet);
            }
        }
        let last = packets.len();
        for (index, data) in packets.into_iter().enumerate() {
            if !stream.started {
                if stream.headers.len() < MAX_HEADERS {
                    stream.headers.push(data);
                }
                if let Some(event) = stream.start() {
                    if let Event::Start(config) = &event {
                        self.rate = config.rate;
                        self.pre_skip = match &config.coding {
                            Coding::Opus(head) => i64::from(head.pre_skip),
                            _ => 0,
                        };
                    }
                    stream.started = true;
                    self.started = true;
                    self.queue.push_back(event);
                }
                continue;
            }
            let header = match stream.coding {
                Mapping::Vorbis => data.first().is_some_and(|byte| byte & 1 == 1),
                Mapping::Opus => data.starts_with(b"OpusTags"),
                Mapping::Flac => data.first() != Some(&0xff),
            };
            if header || data.is_empty() {
                continue;
            }
            let timing = match (index + 1 == last, page.granule) {
                (true, granule @ 0..) => Timing::Ends(Time::new(granule - self.pre_skip, self.rate)),
                _ => Timing::Waits,
            };
            let damage = std::mem::take(&mut stream.damage);
            let last = page.flags & LAST != 0;
            self.queue.push_back(Event::Packet(Packet { data, timing, damage, last, ..Packet::default() }));
        }
    }

    /// A stream begins: the first one that can be decoded is taken, and the next after that has ended.
    fn begin(&mut self, page: &Page) {
        let packet = &page.body[..page.lengths.first().copied().unwrap_or(0)];
        let coding = if packet.starts_with(b"\x01vorbis") {
            Mapping::Vorbis
        } else if packet.starts_with(b"OpusHead") {
            Mapping::Opus
        } else if packet.starts_with(b"\x7fFLAC") {
            Mapping::Flac
        } else {
            let name = match packet {
                [b'S', b'p', b'e', b'e', b'x', ..] => "Speex",
                [b'C', b'E', b'L', b'T', ..] => "CELT",
                [b'P', b'C', b'M', b' ', ..] => "PCM in Ogg",
                _ => return,
            };
            self.other = Some(name.to_owned());
            return;
        };
        // a second stream of the same link is another track
        if self.stream.as_ref().is_some_and(|stream| !stream.started) {
            return;
        }
        self.stream = Some(Stream {
            serial: page.serial,
            coding,
            headers: vec![packet.to_vec()],
            started: false,
            number: page.number,
            partial: None,
            damage: false,
        });
    }
}

enum Parsed {
    Page(Page),
    Beyond,
    Damaged,
}

impl Stream {
    /// How it is coded, once its headers are there.
    fn start(&mut self) -> Option<Event> {
        let first = self.headers.first()?;
        let config = match self.coding {
            Mapping::Vorbis => {
                let setup = self.headers.iter().find(|header| header.starts_with(b"\x05vorbis"))?;
                let mut fields = Fields(&first[7..]);
                let _version = fields.u32_le();
                let channels = usize::from(fields.u8());
                let rate = fields.u32_le();
                let extra = [first.as_slice(), setup].concat();
                Config { coding: Coding::Vorbis(extra), rate, channels }
            }
            Mapping::Opus => {
                // the tags follow; what is wrong with them does no harm
                (self.headers.len() > 1).then_some(())?;
                match OpusHead::read(first) {
                    Some(head) => Config { rate: OPUS_RATE, channels: head.channels, coding: Coding::Opus(head) },
                    None => {
                        let coding = Coding::Unknown("Opus with a header that contradicts itself".to_owned());
                        Config { coding, rate: OPUS_RATE, channels: 1 }
                    }
                }
            }
            Mapping::Flac => {
                (self.headers.len() > 1).then_some(())?;
                let info = first.get(17..51)?.to_vec();
                let packed = u32::from_be_bytes([info[10], info[11], info[12], info[13]]);
                let (rate, channels) = (packed >> 12, (packed >> 9 & 7) as usize + 1);
                Config { coding: Coding::Flac(info), rate, channels }
            }
        };
        Some(Event::Start(config))
    }
}

impl Demuxer for Ogg {
    fn next(&mut self) -> io::Result<Event> {
        loop {
            if let Some(event) = self.queue.pop_front() {
                return Ok(event);
            }
            match self.page()? {
                Some(page) => self.take(page),
                None => {
                    let partial = self.stream.as_ref().is_some_and(|stream| stream.started && stream.partial.is_some());
                    if let (false, Some(name)) = (self.started, self.other.take()) {
                        self.started = true;
                        return Ok(Event::Start(Config { coding: Coding::Unknown(name), rate: 0, channels: 1 }));
                    }
                    // pages behind the last good one are damaged, or the last one is not whole
                    return Ok(if self.cut || partial || self.damage { Event::Cut } else { Event::End });
                }
            }
        }
    }
}
