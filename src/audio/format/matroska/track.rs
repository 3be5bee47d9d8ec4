//! Track entries: how a track is coded.

use super::super::super::codec::{AacConfig, Coding, Config, OPUS_RATE, OpusHead, Pcm, Sample};
use super::super::super::source::Fields;
use super::super::wave;
use super::ebml::{children, float, number};

/// A sound track.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pub(super) number: u64,
    /// It is the one to be heard where nobody chooses; of films in several languages, one is.
    pub(super) default: bool,
    pub(super) config: Config,
    /// Nanoseconds that the times of blocks are late by.
    pub(super) delay: i64,
    /// Nanoseconds at the beginning that are decoded and not heard; some writers get `delay` wrong.
    pub(super) priming: i64,
    /// What every frame begins with and was stripped of.
    pub(super) stripped: Vec<u8>,
}

impl Track {
    /// Reads a track entry; none where it is no sound.
    pub(super) fn read(entry: &[u8]) -> Option<Self> {
        let (mut track, mut kind, mut delay, mut default) = (0, 0, 0, true);
        let (mut codec, mut private, mut encodings) = (String::new(), &[][..], &[][..]);
        let (mut rate, mut channels, mut bits) = (8_000.0, 1, 16);
        for (id, content) in children(entry) {
            match id {
                0xd7 => track = number(content),
                0x83 => kind = number(content),
                0x88 => default = number(content) != 0,
                0x86 => codec = String::from_utf8_lossy(content).trim_end_matches('\0').to_owned(),
                0x63a2 => private = content,
                0x56aa => delay = i64::try_from(number(content)).unwrap_or(0),
                0x6d80 => encodings = content,
                0xe1 => {
                    for (id, content) in children(content) {
                        match id {
                            0xb5 => rate = float(content),
                            0x9f => channels = number(content).min(1 << 16) as usize,
                            0x6264 => bits = number(content).min(1 << 16) as usize,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        if kind != 2 {
            return None;
        }
        let rate = rate.round().clamp(0.0, f64::from(u32::MAX)) as u32;
        let mut config = coding(&codec, private, rate, channels, bits);
        let mut stripped = Vec::new();
        match stripping(encodings) {
            Ok(bytes) => stripped = bytes,
            Err(name) => config.coding = Coding::Unknown(format!("{} {name}", codec.trim_start_matches("A_"))),
        }
        let pre_skip = match &config.coding {
            Coding::Opus(_) => OpusHead::read(private).map_or(0, |head| i64::from(head.pre_skip)),
            _ => 0,
        };
        let priming = delay.max(pre_skip * 1_000_000 / 48);
        Some(Self { number: track, default, config, delay, priming, stripped })
    }
}

/// The bytes that frames were stripped of; an error where they are coded in another way.
fn stripping(encodings: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut stripped = Vec::new();
    for (_, encoding) in children(encodings).filter(|(id, _)| *id == 0x6240) {
        for (id, content) in children(encoding) {
            match id {
                0x5035 => return Err("encrypted"),
                0x5034 => {
                    let method =
                        children(content).find(|(id, _)| *id == 0x4254).map_or(0, |(_, content)| number(content));
                    if method != 3 {
                        return Err("compressed once more (zlib)");
                    }
                    if let Some((_, bytes)) = children(content).find(|(id, _)| *id == 0x4255) {
                        stripped = bytes.to_vec();
                    }
                }
                _ => {}
            }
        }
    }
    Ok(stripped)
}

fn coding(codec: &str, private: &[u8], rate: u32, channels: usize, bits: usize) -> Config {
    let plain = |coding| Config { coding, rate, channels };
    let unknown = |name: &str| plain(Coding::Unknown(name.to_owned()));
    let pcm = |sample| plain(Coding::Pcm(Pcm::packed(sample, channels)));
    let width = bits.div_ceil(8).clamp(1, 8);
    match codec {
        "A_OPUS" => match OpusHead::read(private).or_else(|| OpusHead::plain(channels)) {
            Some(mut head) => {
                // the delay of the track says what is left out at the beginning
                head.pre_skip = 0;
                Config { channels: head.channels, coding: Coding::Opus(head), rate: OPUS_RATE }
            }
            None => unknown("Opus without its header"),
        },
        "A_VORBIS" => match xiph(private) {
            Some(headers) => plain(Coding::Vorbis(headers)),
            None => unknown("Vorbis without its headers"),
        },
        "A_FLAC" => {
            let info = private.windows(4).position(|magic| magic == b"fLaC").map_or(0, |at| at + 8);
            match private.get(info..info + 34) {
                Some(info) => plain(Coding::Flac(info.to_vec())),
                None => unknown("FLAC without its header"),
            }
        }
        "A_ALAC" if private.len() >= 24 => plain(Coding::Alac(private.to_vec())),
        "A_MPEG/L3" => plain(Coding::Mpeg(3)),
        "A_MPEG/L2" => plain(Coding::Mpeg(2)),
        "A_MPEG/L1" => plain(Coding::Mpeg(1)),
        "A_PCM/INT/LIT" => pcm(Sample::Int { bytes: width, signed: width > 1, big: false }),
        "A_PCM/INT/BIG" => pcm(Sample::Int { bytes: width, signed: width > 1, big: true }),
        "A_PCM/FLOAT/IEEE" if width == 8 => pcm(Sample::Float64 { big: false }),
        "A_PCM/FLOAT/IEEE" => pcm(Sample::Float32 { big: false }),
        "A_MS/ACM" => match wave::read_format(private) {
            Ok(config) => config,
            Err(what) => plain(Coding::Unknown(what)),
        },
        "A_AC3" | "A_AC3/BSID9" | "A_AC3/BSID10" => unknown("AC-3"),
        "A_EAC3" => unknown("E-AC-3"),
        "A_DTS" | "A_DTS/EXPRESS" | "A_DTS/LOSSLESS" => unknown("DTS"),
        "A_TRUEHD" | "A_MLP" => unknown("TrueHD"),
        "A_TTA1" => unknown("True Audio"),
        "A_WAVPACK4" => unknown("WavPack"),
        aac if aac.starts_with("A_AAC") => {
            // of old files, the name says what the configuration would
            let old = || {
                let index =
                    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000]
                        .iter()
                        .position(|&known| known == rate)?;
                AacConfig::of_adts(u8::from(!aac.ends_with("MAIN")), index as u8, channels.min(7) as u8)
            };
            match AacConfig::read(private).or_else(old) {
                Some(aac) => Config {
                    coding: Coding::Aac(aac),
                    rate: aac.rate,
                    channels: if aac.layout == 0 { channels } else { aac.channels() },
                },
                None => unknown("AAC without its configuration"),
            }
        }
        other => unknown(other.trim_start_matches("A_")),
    }
}

/// The first and third of three laced headers.
fn xiph(private: &[u8]) -> Option<Vec<u8>> {
    let mut fields = Fields(private);
    (fields.u8() == 2).then_some(())?;
    let mut size = || {
        let mut size = 0;
        while !fields.0.is_empty() {
            let byte = fields.u8();
            size += usize::from(byte);
            if byte < 255 {
                break;
            }
        }
        size
    };
    let (first, second) = (size(), size());
    let identification = fields.take(first);
    fields.take(second);
    (identification.len() >= 30 && !fields.0.is_empty()).then(|| [identification, fields.0].concat())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_track_is_the_default_one_unless_it_says_otherwise() {
        let entry = b"\xd7\x81\x07\x83\x81\x02\x86\x8dA_PCM/INT/LIT";
        let plain = Track::read(entry).unwrap();
        assert_eq!((plain.number, plain.default), (7, true));
        assert!(!Track::read(&[&entry[..], b"\x88\x81\0"].concat()).unwrap().default);
        assert!(Track::read(&[&entry[..], b"\x88\x81\x01"].concat()).unwrap().default);
        // a picture is no sound
        assert!(Track::read(b"\xd7\x81\x07\x83\x81\x01").is_none());
    }
}
