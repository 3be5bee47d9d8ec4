//! Sample entries: how a track is coded.

use super::super::super::codec::{AacConfig, Adpcm, Coding, Config, OPUS_RATE, OpusHead, Pcm, Sample};
use super::super::super::source::Fields;

/// A box in memory: its kind and content.
fn boxes(mut bytes: &[u8]) -> Vec<([u8; 4], &[u8])> {
    let mut found = Vec::new();
    while bytes.len() >= 8 {
        let mut fields = Fields(bytes);
        let size = fields.u32_be() as usize;
        let kind = fields.array();
        let size = if size < 8 { bytes.len() } else { size.min(bytes.len()) };
        found.push((kind, &bytes[8..size]));
        bytes = &bytes[size..];
    }
    found
}

/// What a sample entry holds, that of QuickTime with its three versions included.
struct Entry<'a> {
    kind: [u8; 4],
    channels: usize,
    rate: u32,
    bits: usize,
    /// Of version 2: floating point, big-endian, signed.
    flags: Option<u32>,
    /// Little-endian by an `enda` box.
    little: bool,
    inner: Vec<([u8; 4], &'a [u8])>,
}

/// Reads the sound sample entry that `stsd` (its content) begins with.
pub(super) fn read(stsd: &[u8]) -> Option<Config> {
    let mut fields = Fields(stsd.get(8..)?);
    let size = fields.u32_be() as usize;
    let kind = fields.array();
    let content = fields.take(size.saturating_sub(8));
    if content.len() < 28 {
        return None;
    }
    let mut fields = Fields(&content[8..]);
    let version = fields.u16_be();
    fields.take(6);
    let mut channels = usize::from(fields.u16_be());
    let mut bits = usize::from(fields.u16_be());
    fields.take(4);
    let mut rate = u32::from(fields.u16_be());
    fields.take(2);
    let mut flags = None;
    match version {
        1 => drop(fields.take(16)),
        2 => {
            fields.take(4);
            rate = f64::from_bits(fields.u64_be()).round().clamp(0.0, f64::from(u32::MAX)) as u32;
            channels = fields.u32_be().min(1 << 16) as usize;
            fields.take(4);
            bits = fields.u32_be().min(1 << 16) as usize;
            flags = Some(fields.u32_be());
            fields.take(8);
        }
        _ => {}
    }
    let mut inner = boxes(fields.0);
    for index in 0..inner.len() {
        if &inner[index].0 == b"wave" {
            inner.extend(boxes(inner[index].1));
        }
    }
    let little = inner.iter().any(|(kind, content)| kind == b"enda" && content.get(1) == Some(&1));
    let entry = Entry { kind, channels, rate, bits, flags, little, inner };
    let (coding, rate, channels) = entry.coding();
    Some(Config { coding, rate, channels })
}

impl Entry<'_> {
    fn find(&self, kind: &[u8; 4]) -> Option<&[u8]> {
        self.inner.iter().find(|(found, _)| found == kind).map(|(_, content)| *content)
    }

    fn coding(&self) -> (Coding, u32, usize) {
        let plain = |coding| (coding, self.rate, self.channels);
        let unknown = |name: &str| plain(Coding::Unknown(name.to_owned()));
        let width = self.bits.div_ceil(8);
        let int = |bytes: usize, signed, big| {
            if (1..=8).contains(&bytes) {
                plain(Coding::Pcm(Pcm::packed(Sample::Int { bytes, signed, big }, self.channels)))
            } else {
                unknown("PCM of an impossible width")
            }
        };
        let pcm = |sample| plain(Coding::Pcm(Pcm::packed(sample, self.channels)));
        let big = !self.little;
        match &self.kind {
            b"mp4a" => self.mp4a(),
            b"alac" => match self.find(b"alac").filter(|cookie| cookie.len() >= 28) {
                Some(cookie) => {
                    let mut fields = Fields(&cookie[4 + 20..]);
                    let rate = fields.u32_be();
                    let channels = usize::from(cookie[4 + 9]);
                    (Coding::Alac(cookie[4..].to_vec()), if rate == 0 { self.rate } else { rate }, channels)
                }
                None => unknown("ALAC without its magic cookie"),
            },
            b"fLaC" => match self.find(b"dfLa").filter(|content| content.len() >= 4 + 4 + 34) {
                Some(content) => {
                    let info = &content[8..42];
                    let packed = u32::from_be_bytes([info[10], info[11], info[12], info[13]]);
                    (Coding::Flac(info.to_vec()), packed >> 12, (packed >> 9 & 7) as usize + 1)
                }
                None => unknown("FLAC without its header"),
            },
            b"Opus" => match self.find(b"dOps").and_then(OpusHead::read_mp4) {
                Some(mut head) => {
                    // the edit list says what is left out at the beginning
                    head.pre_skip = 0;
                    let channels = head.channels;
                    (Coding::Opus(head), OPUS_RATE, channels)
                }
                None => unknown("Opus without its header"),
            },
            b".mp3" | b"ms\0\x55" => plain(Coding::Mpeg(3)),
            b".mp2" | b"ms\0\x50" => plain(Coding::Mpeg(2)),
            b".mp1" => plain(Coding::Mpeg(1)),
            b"sowt" => int(width.max(1), true, false),
            b"twos" => int(width.max(1), true, big),
            b"in24" => int(3, true, big),
            b"in32" => int(4, true, big),
            b"raw " | b"NONE" => int(width.max(1), width > 1, true),
            b"fl32" => pcm(Sample::Float32 { big }),
            b"fl64" => pcm(Sample::Float64 { big }),
            b"alaw" | b"ms\0\x06" => pcm(Sample::ALaw),
            b"ulaw" | b"ms\0\x07" => pcm(Sample::MuLaw),
            b"ima4" if (1..=8).contains(&self.channels) => plain(Coding::Adpcm(Adpcm::ImaQuickTime)),
            b"lpcm" | b"ipcm" | b"fpcm" => {
                let (float, big, signed, bits) = match (self.flags, self.find(b"pcmC")) {
                    (_, Some(&[_, _, _, _, flags, bits, ..])) => {
                        (&self.kind == b"fpcm", flags & 1 == 0, true, usize::from(bits))
                    }
                    (Some(flags), _) => (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0, self.bits),
                    _ => (&self.kind == b"fpcm", true, true, self.bits),
                };
                match (float, bits) {
                    (true, 32) => pcm(Sample::Float32 { big }),
                    (true, 64) => pcm(Sample::Float64 { big }),
                    (true, _) => unknown("floating point of an unusual width"),
                    (false, bits) => int(bits.div_ceil(8), signed, big),
                }
            }
            b"samr" => unknown("AMR narrow-band"),
            b"sawb" => unknown("AMR wide-band"),
            b"sawp" => unknown("AMR wide-band plus"),
            b"ac-3" => unknown("AC-3"),
            b"ec-3" => unknown("E-AC-3"),
            b"ac-4" => unknown("AC-4"),
            b"mlpa" => unknown("TrueHD"),
            b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" => unknown("DTS"),
            b"mha1" | b"mhm1" => unknown("MPEG-H 3D audio"),
            b"enca" | b"drms" => unknown("encrypted"),
            b"QDM2" | b"QDMC" => unknown("QDesign Music"),
            b"Qclp" | b"sqcp" => unknown("QCELP"),
            b"sevc" => unknown("EVRC"),
            b"agsm" | b"ms\0\x31" => unknown("GSM 06.10"),
            b"MAC3" | b"MAC6" => unknown("MACE"),
            b"ms\0\x02" | b"ms\0\x11" => unknown("ADPCM in QuickTime"),
            b"spex" => unknown("Speex"),
            b"owma" | b"wma " => unknown("Windows Media Audio"),
            kind => plain(Coding::Unknown(format!("of an unknown kind, {:?}", String::from_utf8_lossy(kind)))),
        }
    }

    /// By the object type of its elementary stream descriptor.
    fn mp4a(&self) -> (Coding, u32, usize) {
        let plain = |coding| (coding, self.rate, self.channels);
        let unknown = |name: &str| plain(Coding::Unknown(name.to_owned()));
        let Some((object, specific)) = self.find(b"esds").and_then(descriptor) else {
            return unknown("AAC without its descriptor");
        };
        match object {
            0x40 | 0x66..=0x68 => match AacConfig::read(specific) {
                // layers 1 to 3 of MPEG audio, and lossless AAC, come by this way too
                Some(aac) if (32..=34).contains(&aac.object) => plain(Coding::Mpeg(aac.object - 31)),
                Some(aac) => {
                    let channels = if aac.layout == 0 { self.channels.max(1) } else { aac.channels() };
                    (Coding::Aac(aac), aac.rate, channels)
                }
                None => unknown("AAC without its configuration"),
            },
            0x69 | 0x6b => plain(Coding::Mpeg(3)),
            0xa5 => unknown("AC-3"),
            0xa6 => unknown("E-AC-3"),
            0xa9..=0xac => unknown("DTS"),
            0xdd => unknown("Vorbis in MP4"),
            0xe1 => unknown("QCELP"),
            object => plain(Coding::Unknown(format!("of an unknown MPEG-4 object type, 0x{object:02x}"))),
        }
    }
}

/// The object type and the specific configuration of an `esds` box.
fn descriptor(content: &[u8]) -> Option<(u8, &[u8])> {
    let mut fields = Fields(content.get(4..)?);
    let mut object = None;
    while !fields.0.is_empty() {
        let tag = fields.u8();
        let mut length = 0_usize;
        for _ in 0..4 {
            let byte = fields.u8();
            length = length << 7 | usize::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                break;
            }
        }
        match tag {
            // the elementary stream: an id and flags, which say what comes before the other descriptors
            3 => {
                fields.take(2);
                let flags = fields.u8();
                if flags & 0x80 != 0 {
                    fields.take(2);
                }
                if flags & 0x40 != 0 {
                    let url = usize::from(fields.u8());
                    fields.take(url);
                }
                if flags & 0x20 != 0 {
                    fields.take(2);
                }
            }
            4 => {
                object = Some(fields.u8());
                fields.take(12);
            }
            5 => return Some((object?, fields.take(length))),
            _ => drop(fields.take(length)),
        }
    }
    object.map(|object| (object, &[][..]))
}
