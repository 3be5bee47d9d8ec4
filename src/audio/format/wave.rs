//! WAVE in all its wrappers: RIFF, RIFX, RF64, BW64 and Wave64.
//!
//! After Microsoft's "Multimedia Programming Interface and Data Specifications 1.0", "Multiple channel audio data and WAVE files",
//! EBU Tech 3306, ITU-R BS.2088 and Sonic Foundry's Wave64. Nothing but the format, the sound and its length is read.

use std::io;

use super::super::codec::{Adpcm, Coding, Config, Pcm, Sample};
use super::super::source::{Fields, Source};
use super::raw::{Extent, open_length};

/// Largest format chunk that is believed; real ones have 14 to some hundred bytes.
const MAX_FORMAT: u64 = 1 << 16;

/// Most chunks looked at.
const MAX_CHUNKS: usize = 4_096;

/// What follows the sound is taken for more of it from this size on, where it is no chunk.
const MORE_SOUND: u64 = 65_536;

/// What a WAVE file holds.
pub(in super::super) struct Wave {
    pub(in super::super) config: Config,
    pub(in super::super) extent: Extent,
    /// Frames to be heard and frames a block, of ADPCM.
    pub(in super::super) frames: Option<(u64, u64)>,
    /// Another format inside of the data: MPEG audio or ADTS.
    pub(in super::super) inner: Option<Inner>,
}

/// Streams that stand whole in the data of a WAVE file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Inner {
    Mpeg,
    Adts,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapper {
    Riff { big: bool },
    Wave64,
}

/// A chunk: what it is called, where its content begins, how long it is said to be.
struct Chunk {
    name: [u8; 4],
    start: u64,
    length: u64,
}

impl Wrapper {
    fn first_chunk(self) -> u64 {
        match self {
            Self::Riff { .. } => 12,
            Self::Wave64 => 40,
        }
    }

    fn chunk(self, source: &mut Source, at: u64) -> io::Result<Option<Chunk>> {
        match self {
            Self::Riff { big } => Ok(source.array::<8>(at)?.map(|[a, b, c, d, length @ ..]| {
                let length = if big { u32::from_be_bytes(length) } else { u32::from_le_bytes(length) };
                Chunk { name: [a, b, c, d], start: at + 8, length: u64::from(length) }
            })),
            Self::Wave64 => Ok(source.array::<24>(at)?.map(|head| {
                let mut fields = Fields(&head);
                let name = fields.array();
                fields.take(12);
                Chunk { name, start: at + 24, length: fields.u64_le().saturating_sub(24) }
            })),
        }
    }

    /// Where the next chunk begins.
    fn after(self, chunk: &Chunk) -> u64 {
        let end = chunk.start.saturating_add(chunk.length);
        match self {
            Self::Riff { .. } => end.saturating_add(end % 2),
            Self::Wave64 => end.checked_next_multiple_of(8).unwrap_or(end),
        }
    }
}

fn is_name(name: &[u8]) -> bool {
    name.iter().all(|byte| (0x20..0x7f).contains(byte))
}

/// The contents of chunks of these names, before the sound or behind it, in their order; of each at most `most` bytes.
pub(in super::super) fn chunks(
    source: &mut Source,
    names: &[[u8; 4]],
    most: u64,
) -> io::Result<Vec<([u8; 4], Vec<u8>)>> {
    let wrapper = match &source.array::<4>(0)?.unwrap_or_default() {
        b"riff" => Wrapper::Wave64,
        magic => Wrapper::Riff { big: magic == b"RIFX" },
    };
    let (mut found, mut long_data, mut at) = (Vec::new(), None, wrapper.first_chunk());
    for _ in 0..MAX_CHUNKS {
        let Some(mut chunk) = wrapper.chunk(source, at)? else { break };
        match &chunk.name {
            b"ds64" => long_data = source.array::<16>(chunk.start)?.map(|sizes| Fields(&sizes[8..]).u64_le()),
            b"data" if chunk.length == u64::from(u32::MAX) => chunk.length = long_data.unwrap_or(chunk.length),
            name if names.contains(name) => {
                found.push((chunk.name, source.bytes(chunk.start, chunk.length.min(most))?));
            }
            _ => {}
        }
        at = wrapper.after(&chunk);
    }
    Ok(found)
}

impl Wave {
    /// Reads the header. Fails with what is wrong with it, or with the codec that is not known.
    pub(in super::super) fn read(source: &mut Source) -> io::Result<Result<Self, String>> {
        let magic = source.array::<4>(0)?.unwrap_or_default();
        let wrapper = match &magic {
            b"riff" => Wrapper::Wave64,
            magic => Wrapper::Riff { big: magic == b"RIFX" },
        };
        let (mut format, mut long_data, mut fact) = (None, None, None);
        let mut at = wrapper.first_chunk();
        for _ in 0..MAX_CHUNKS {
            let Some(mut chunk) = wrapper.chunk(source, at)? else { break };
            // some writers leave out the byte that makes the length even
            if !is_name(&chunk.name) && at % 2 == 0 && matches!(wrapper, Wrapper::Riff { .. }) {
                match wrapper.chunk(source, at - 1)? {
                    Some(odd) if is_name(&odd.name) => chunk = odd,
                    _ => {}
                }
            }
            match &chunk.name {
                b"fmt " => {
                    if !(14..=MAX_FORMAT).contains(&chunk.length) {
                        return Ok(Err("the format chunk of its wav header has an impossible size".to_owned()));
                    }
                    format = Some(source.bytes(chunk.start, chunk.length)?);
                }
                b"ds64" => {
                    let content = source.bytes(chunk.start, 24)?;
                    let mut fields = Fields(&content);
                    fields.take(8);
                    long_data = Some(fields.u64_le());
                }
                b"fact" => {
                    let content = source.array::<4>(chunk.start)?;
                    fact = content.map(u32::from_le_bytes).filter(|&frames| frames != 0 && frames != u32::MAX);
                }
                b"data" => {
                    let Some(format) = format else {
                        return Ok(Err("its wav header has no format chunk before the data".to_owned()));
                    };
                    return Self::new(source, wrapper, &chunk, &format, long_data, fact);
                }
                _ => {}
            }
            at = wrapper.after(&chunk);
        }
        Ok(Err("the file ends inside its wav header".to_owned()))
    }

    fn new(
        source: &mut Source,
        wrapper: Wrapper,
        data: &Chunk,
        format: &[u8],
        long_data: Option<u64>,
        fact: Option<u32>,
    ) -> io::Result<Result<Self, String>> {
        let format = match Format::read(format, wrapper) {
            Ok(format) => format,
            Err(what) => return Ok(Err(what)),
        };
        let length = source.length();
        let declared = match (wrapper, long_data, u32::try_from(data.length)) {
            (Wrapper::Riff { .. }, Some(long), Ok(u32::MAX)) => Some(long).filter(|&long| long != 0),
            (Wrapper::Riff { .. }, _, Ok(short)) => open_length(short, data.start, length),
            _ => Some(data.length).filter(|&long| long < 1 << 62),
        };
        let declared = match declared {
            Some(declared) if continues(source, wrapper, data.start, declared)? => None,
            declared => declared,
        };
        let extent = Extent::new(data.start, declared, length, format.bytes_per_second);
        let frames = match format.config.coding {
            // the last block is filled up; a number of frames that is not within the last block is not believed
            Coding::Adpcm(_) => fact.map(u64::from).zip(format.frames_per_block).filter(|&(frames, block)| {
                let blocks = (extent.end - extent.start).div_ceil(format.block.max(1));
                frames <= blocks * block && frames + block > blocks.saturating_sub(1) * block
            }),
            _ => None,
        };
        Ok(Ok(Self { config: format.config, extent, frames, inner: format.inner }))
    }
}

/// Whether the sound goes on beyond what the header declares: it was not brought up to date when the recorder lost power, or its 32 bits
/// are too few. What follows the sound of a whole file is a chunk, a tag or padding.
fn continues(source: &mut Source, wrapper: Wrapper, start: u64, declared: u64) -> io::Result<bool> {
    let length = source.length();
    let end = start.saturating_add(declared);
    let rest = length.saturating_sub(end);
    let least = if declared == 0 { 1 } else { MORE_SOUND };
    if rest < least {
        return Ok(false);
    }
    // a length of 32 bits in a file that is longer than they can say
    if rest >= (1 << 32) - MORE_SOUND {
        return Ok(true);
    }
    for at in [end, end + end % 2] {
        let Some(chunk) = wrapper.chunk(source, at)? else { continue };
        if is_name(&chunk.name) && chunk.start.saturating_add(chunk.length) <= length.saturating_add(8) {
            return Ok(false);
        }
    }
    let head = source.bytes(end, MORE_SOUND)?;
    let tag = [&b"TAG"[..], b"ID3", b"APETAGEX", b"LYRICS"].iter().any(|tag| head.starts_with(tag));
    Ok(!tag && (declared == 0 || head.iter().any(|&byte| byte != 0)))
}

/// What the format chunk says.
struct Format {
    config: Config,
    bytes_per_second: u64,
    block: u64,
    frames_per_block: Option<u64>,
    inner: Option<Inner>,
}

impl Format {
    fn read(chunk: &[u8], wrapper: Wrapper) -> Result<Self, String> {
        let big = wrapper == Wrapper::Riff { big: true };
        let mut fields = Fields(chunk);
        let u16 = |fields: &mut Fields<'_>| if big { fields.u16_be() } else { fields.u16_le() };
        let mut tag = u16(&mut fields);
        let channels = usize::from(u16(&mut fields));
        let rate = if big { fields.u32_be() } else { fields.u32_le() };
        let _bytes_per_second = fields.array::<4>();
        let align = usize::from(u16(&mut fields));
        let bits = match chunk.len() {
            // the first form of the chunk ends before it
            14 | 15 if channels > 0 => (8 * align / channels) as u16,
            _ => u16(&mut fields),
        };
        let _size = u16(&mut fields);
        let mut extra = fields;
        let extensible = tag == 0xfffe;
        if extensible {
            // valid bits and speaker positions, then the tag as a GUID; without it, PCM
            let rest = extra.take(6);
            let id = extra.u16_le();
            tag = if rest.len() == 6 && id != 0 { id } else { 1 };
        }
        let mut inner = None;
        let mut frames_per_block = None;
        let coding = match tag {
            1 | 3 => Coding::Pcm(pcm(tag == 3, extensible, usize::from(bits), align, channels, big)?),
            6 => Coding::Pcm(Pcm::packed(Sample::ALaw, channels)),
            7 => Coding::Pcm(Pcm::packed(Sample::MuLaw, channels)),
            2 | 0x11 | 0x69 if align > 0 && (1..=8).contains(&channels) => {
                let adpcm = if tag == 2 { Adpcm::Microsoft { block: align } } else { Adpcm::ImaWave { block: align } };
                let head = if tag == 2 { 7 } else { 4 } * channels;
                frames_per_block = (align > head).then(|| {
                    let rest = 2 * (align - head) / channels;
                    (if tag == 2 { rest + 2 } else { rest / 8 * 8 + 1 }) as u64
                });
                Coding::Adpcm(adpcm)
            }
            0x50 | 0x55 => {
                inner = Some(Inner::Mpeg);
                Coding::Mpeg(3)
            }
            0xff | 0x1600 | 0x1610 | 0x706d | 0x4143 => {
                inner = Some(Inner::Adts);
                Coding::Unknown("AAC".to_owned())
            }
            tag => Coding::Unknown(codec_name(tag)),
        };
        let frame = match &coding {
            Coding::Pcm(pcm) => pcm.frame as u64,
            _ => 0,
        };
        let config = Config { coding, rate, channels };
        let bytes_per_second = frame * u64::from(rate);
        Ok(Self { config, bytes_per_second, block: align as u64, frames_per_block, inner })
    }
}

/// How PCM stands in its frames.
///
/// The bits of WAVEFORMATEXTENSIBLE are those of the container, of which the valid ones are the upper. Without it, bits that do not fill their
/// bytes are the upper ones too; but a block that is wider than they need holds them in its first bytes (hound writes such files).
fn pcm(float: bool, extensible: bool, bits: usize, align: usize, channels: usize, big: bool) -> Result<Pcm, String> {
    let container = if channels > 0 && align.is_multiple_of(channels) { align / channels } else { 0 };
    let needed = bits.div_ceil(8);
    let width = match (needed, container) {
        (0, container) => container,
        (needed, _) if extensible || needed <= 8 => needed,
        (_, container) => container,
    };
    let sample = match (float, width) {
        (true, 4) => Sample::Float32 { big },
        (true, 8) => Sample::Float64 { big },
        (false, 1..=8) => Sample::Int { bytes: width, signed: width > 1, big },
        (true, _) => return Err(format!("its sound is floating point of {bits} bits, which is not read here")),
        (false, _) => {
            return Err(format!("the format chunk of its wav header has an impossible number of bits, {bits}"));
        }
    };
    let stride = container.max(width);
    Ok(Pcm { sample, channels, stride, frame: if container >= width { align } else { width * channels } })
}

/// What a format tag stands for.
fn codec_name(tag: u16) -> String {
    let name = match tag {
        0x02 | 0x11 => "ADPCM with an impossible block size",
        0x10 | 0x20 | 0x17 => "OKI or Dialogic ADPCM",
        0x22 => "TrueSpeech",
        0x31 | 0x32 => "GSM 06.10",
        0x40 | 0x45 | 0x64 | 0x85 => "G.721 or G.726 ADPCM",
        0x42 | 0x43 | 0x14 => "G.723",
        0x65 | 0x28f => "G.722 ADPCM",
        0x83 => "G.729",
        0x92 | 0x2000 | 0x2002 => "AC-3",
        0x2001 | 0x08 => "DTS",
        0x38 | 0x57 | 0x136 => "AMR",
        0x130 => "Sipro ACELP",
        0x160..=0x164 => "Windows Media Audio",
        0x200 | 0x202 => "Creative ADPCM",
        0x270 => "ATRAC3",
        0x566f | 0x674f..=0x6751 | 0x676f..=0x6771 => "Vorbis in WAVE",
        0x5756 => "WavPack",
        0xa109 => "Speex",
        0xf1ac => "FLAC in WAVE",
        0x1602 => "AAC in LATM",
        tag => return format!("of an unknown WAVE format tag, 0x{tag:04x}"),
    };
    name.to_owned()
}

/// Reads a format chunk that stands elsewhere. Fails with what is wrong with it.
pub(in super::super) fn read_format(chunk: &[u8]) -> Result<Config, String> {
    if chunk.len() < 14 {
        return Err("of a WAVE format that is cut short".to_owned());
    }
    Format::read(chunk, Wrapper::Riff { big: false }).map(|format| format.config)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{Read, Seek, SeekFrom};

    use super::*;

    /// A file of many gigabytes: a header, then zeros.
    struct Long {
        head: Vec<u8>,
        length: u64,
        at: u64,
    }

    impl Read for Long {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = into.len().min((self.length - self.at.min(self.length)) as usize);
            for (index, byte) in into[..count].iter_mut().enumerate() {
                *byte = self.head.get(self.at as usize + index).copied().unwrap_or(0);
            }
            self.at += count as u64;
            Ok(count)
        }
    }

    impl Seek for Long {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.at = match to {
                SeekFrom::Start(at) => at,
                SeekFrom::End(offset) => self.length.saturating_add_signed(offset),
                SeekFrom::Current(offset) => self.at.saturating_add_signed(offset),
            };
            Ok(self.at)
        }
    }

    fn extent(head: Vec<u8>, length: u64) -> (u64, bool) {
        let mut source = Source::new(Box::new(Long { head, length, at: 0 })).unwrap();
        let wave = Wave::read(&mut source).unwrap().unwrap();
        (wave.extent.end - wave.extent.start, wave.extent.cut)
    }

    fn format() -> Vec<u8> {
        [&b"fmt \x10\0\0\0\x01\0\x02\0"[..], &48_000_u32.to_le_bytes(), &288_000_u32.to_le_bytes(), b"\x06\0\x18\0"]
            .concat()
    }

    #[test]
    fn sound_beyond_four_gigabytes_is_read() {
        let long = 6_000_000_000_u64;
        let ds64 = [&b"ds64\x1c\0\0\0"[..], &[0; 8], &long.to_le_bytes(), &[0; 12]].concat();
        let rf64 = [&b"RF64\xff\xff\xff\xffWAVE"[..], &ds64, &format(), b"data\xff\xff\xff\xff"].concat();
        assert_eq!(extent(rf64.clone(), rf64.len() as u64 + long), (long, false));
        assert_eq!(extent(rf64.clone(), rf64.len() as u64 + long + 5_000), (long, false));
        assert!(extent(rf64, 5_000_000_000).1);
        // the size was not brought up to date, or its 32 bits were too few
        let riff = |size: u32| [&b"RIFF\0\0\0\0WAVE"[..], &format(), b"data", &size.to_le_bytes()].concat();
        for size in [0xffff_ffff, 0, (long - (1 << 32)) as u32] {
            assert_eq!(extent(riff(size), 44 + long), (long, false), "{size:#x}");
        }
        let guid = |name: &[u8], rest: &[u8]| [name, rest].concat();
        let acf = b"\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a";
        let mut w64 = guid(b"riff", b"\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00");
        w64.extend([&[0; 8], &b"wave"[..], acf, b"fmt ", acf, &40_u64.to_le_bytes(), &format()[8..]].concat());
        w64.extend([b"data", &acf[..], &(long + 24).to_le_bytes()].concat());
        assert_eq!(extent(w64.clone(), w64.len() as u64 + long), (long, false));
    }
}
