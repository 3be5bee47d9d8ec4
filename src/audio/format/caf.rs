//! Apple's Core Audio Format.

use std::io;

use super::super::codec::{AacConfig, Adpcm, Coding, Config, OPUS_RATE, OpusHead, Pcm, Sample};
use super::super::source::{Fields, Source};
use super::super::track::{Demuxer, Event, Packet, Time, Timing};
use super::raw::Extent;

/// Most chunks looked at.
const MAX_CHUNKS: usize = 4_096;

/// Most bytes of the packet table.
const MAX_TABLE: u64 = 1 << 28;

/// What a CAF file holds.
pub(in super::super) enum Caf {
    /// Sound in one piece.
    Raw(Config, Extent),
    /// MPEG audio frames.
    Mpeg(Extent),
    /// Packets by a table.
    Packets(Box<Packets>),
}

#[derive(Default)]
struct Description {
    rate: u32,
    kind: [u8; 4],
    flags: u32,
    bytes: u32,
    frames: u32,
    channels: usize,
    bits: usize,
}

/// Reads the chunks that matter. Fails with what is missing.
pub(in super::super) fn read(mut source: Source) -> io::Result<Result<(Caf, Source), String>> {
    let (mut description, mut cookie, mut table, mut sound) = (None, Vec::new(), None, None);
    let mut at = 8_u64;
    for _ in 0..MAX_CHUNKS {
        let Some(head) = source.array::<12>(at)? else { break };
        let mut fields = Fields(&head);
        let kind: [u8; 4] = fields.array();
        let length = fields.u64_be() as i64;
        let start = at + 12;
        match &kind {
            b"desc" => {
                let content = source.bytes(start, 32)?;
                let mut fields = Fields(&content);
                description = Some(Description {
                    rate: f64::from_bits(fields.u64_be()).round().clamp(0.0, f64::from(u32::MAX)) as u32,
                    kind: fields.array(),
                    flags: fields.u32_be(),
                    bytes: fields.u32_be(),
                    frames: fields.u32_be(),
                    channels: fields.u32_be().min(1 << 16) as usize,
                    bits: fields.u32_be().min(1 << 16) as usize,
                });
            }
            b"kuki" => cookie = source.bytes(start, (length.max(0) as u64).min(1 << 20))?,
            b"pakt" => table = Some(source.bytes(start, (length.max(0) as u64).min(MAX_TABLE))?),
            b"data" => {
                let open = length < 4 || length as u64 >= 1 << 62;
                sound = Some((start + 4, (!open).then_some(length as u64 - 4)));
            }
            _ => {}
        }
        if length < 0 {
            break;
        }
        at = start.saturating_add(length as u64);
    }
    let Some(description) = description else { return Ok(Err("the file ends before its description".to_owned())) };
    let Some((start, declared)) = sound else { return Ok(Err("the file ends before its sound".to_owned())) };
    let config = description.config(&cookie);
    let bytes_per_second = match &config.coding {
        Coding::Pcm(pcm) => pcm.frame as u64 * u64::from(config.rate),
        _ => 0,
    };
    let extent = Extent::new(start, declared, source.length(), bytes_per_second);
    let caf = match &config.coding {
        Coding::Pcm(_) | Coding::Adpcm(_) => Caf::Raw(config, extent),
        Coding::Mpeg(_) => Caf::Mpeg(extent),
        Coding::Unknown(_) => Caf::Raw(config, extent),
        _ if table.is_none() && (description.bytes == 0 || description.frames == 0) => {
            return Ok(Err("the file ends before the table of its packets".to_owned()));
        }
        _ => Caf::Packets(Box::new(Packets::new(&description, config, &table.unwrap_or_default(), extent))),
    };
    Ok(Ok((caf, source)))
}

impl Description {
    fn config(&self, cookie: &[u8]) -> Config {
        let channels = self.channels;
        let pcm = |sample| Coding::Pcm(Pcm::packed(sample, channels));
        let big = self.flags & 2 == 0;
        let mut rate = self.rate;
        let unknown = |name: &str| Coding::Unknown(name.to_owned());
        // wider containers hold the bits in their upper ones
        let width = if channels > 0 && (self.bytes as usize).is_multiple_of(channels) && self.bytes > 0 {
            self.bytes as usize / channels
        } else {
            self.bits.div_ceil(8)
        };
        let coding = match &self.kind {
            b"lpcm" if self.flags & 1 != 0 && width == 4 => pcm(Sample::Float32 { big }),
            b"lpcm" if self.flags & 1 != 0 && width == 8 => pcm(Sample::Float64 { big }),
            b"lpcm" if self.flags & 1 == 0 && (1..=8).contains(&width) => {
                pcm(Sample::Int { bytes: width, signed: true, big })
            }
            b"lpcm" => unknown("PCM of an unusual width"),
            b"alaw" => pcm(Sample::ALaw),
            b"ulaw" => pcm(Sample::MuLaw),
            b"ima4" if (1..=8).contains(&channels) => Coding::Adpcm(Adpcm::ImaQuickTime),
            b".mp1" | b".mp2" | b".mp3" => Coding::Mpeg(self.kind[3] - b'0'),
            b"aac " | b"aach" | b"aacp" => {
                let specific = cookie.windows(2).position(|tag| tag[0] == 5).and_then(|tag| specific(&cookie[tag..]));
                match specific.and_then(AacConfig::read) {
                    Some(aac) => {
                        rate = aac.rate;
                        Coding::Aac(aac)
                    }
                    None => unknown("AAC without its configuration"),
                }
            }
            // an older form wraps it into atoms
            b"alac" => match cookie.len() {
                48.. if cookie.get(4..8) == Some(b"frma") => Coding::Alac(cookie[24..48].to_vec()),
                24.. => Coding::Alac(cookie[..24].to_vec()),
                _ => unknown("ALAC without its magic cookie"),
            },
            b"opus" => match OpusHead::plain(channels) {
                Some(head) => {
                    rate = OPUS_RATE;
                    Coding::Opus(head)
                }
                None => unknown("Opus of more than two channels in CAF"),
            },
            b"flac" => match cookie.windows(4).position(|tag| tag == b"fLaC" || tag == b"dfLa") {
                Some(at) if cookie.len() >= at + 8 + 34 => Coding::Flac(cookie[at + 8..at + 42].to_vec()),
                _ => unknown("FLAC without its header"),
            },
            kind => Coding::Unknown(format!("{:?} in CAF", String::from_utf8_lossy(kind).trim())),
        };
        Config { coding, rate, channels }
    }
}

/// The content of the descriptor with tag 5 that a slice begins with.
fn specific(bytes: &[u8]) -> Option<&[u8]> {
    let mut fields = Fields(bytes.get(1..)?);
    let mut length = 0_usize;
    for _ in 0..4 {
        let byte = fields.u8();
        length = length << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    (2..=64).contains(&length).then(|| fields.take(length)).filter(|content| content.len() == length)
}

/// Packets of unequal size.
pub(in super::super) struct Packets {
    config: Option<Config>,
    /// Samples a second that packets are counted in.
    scale: u32,
    extent: Extent,
    at: u64,
    time: u64,
    /// Bytes and frames of each packet where they are the same.
    bytes: u64,
    frames: u64,
    table: Vec<u8>,
    left: u64,
    priming: u64,
    valid: u64,
    source: Option<Source>,
}

impl Packets {
    fn new(description: &Description, config: Config, table: &[u8], extent: Extent) -> Self {
        let mut fields = Fields(table);
        let count = fields.u64_be();
        let valid = fields.u64_be();
        let priming = u64::from(fields.u32_be());
        fields.take(4);
        Self {
            config: Some(config),
            scale: description.rate,
            extent,
            at: extent.start,
            time: 0,
            bytes: u64::from(description.bytes),
            frames: u64::from(description.frames),
            table: fields.0.to_vec(),
            left: if table.is_empty() { u64::MAX } else { count },
            priming,
            valid,
            source: None,
        }
    }

    pub(in super::super) fn with(mut self, source: Source) -> Self {
        self.table.reverse();
        self.source = Some(source);
        self
    }

    /// The next number of the table.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for _ in 0..9 {
            let byte = self.table.pop()?;
            number = number << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

impl Demuxer for Packets {
    fn next(&mut self) -> io::Result<Event> {
        if let Some(config) = self.config.take() {
            return Ok(Event::Start(config));
        }
        let whole = if self.extent.cut { Event::Cut } else { Event::End };
        if self.left == 0 || self.at >= self.extent.end {
            return Ok(if self.left > 0 && self.left != u64::MAX { Event::Cut } else { whole });
        }
        let bytes = if self.bytes == 0 { self.number() } else { Some(self.bytes) };
        let frames = if self.frames == 0 { self.number() } else { Some(self.frames) };
        let (Some(bytes), Some(frames), Some(source)) = (bytes.filter(|&bytes| bytes > 0), frames, &mut self.source)
        else {
            return Ok(whole);
        };
        let data = source.bytes(self.at, bytes)?;
        if (data.len() as u64) < bytes {
            return Ok(Event::Cut);
        }
        self.at += bytes;
        self.left = self.left.saturating_sub(1);
        let time = |frames: u64| Time::new(i64::try_from(frames).unwrap_or(i64::MAX), self.scale);
        let begins = Time::new(self.time as i64 - self.priming as i64, self.scale);
        let until = (self.valid > 0).then(|| time(self.valid));
        let packet = Packet { data, timing: Timing::Begins(begins), until, ..Packet::default() };
        self.time = self.time.saturating_add(frames).min(1 << 62);
        Ok(Event::Packet(packet))
    }
}
