//! AIFF and AIFF-C, after Apple's "Audio Interchange File Format" 1.3 and the draft of AIFF-C.

use std::io;

use super::super::codec::{Adpcm, Coding, Config, Pcm, Sample};
use super::super::source::{Fields, Source};
use super::raw::{Extent, open_length};

/// Most chunks looked at.
const MAX_CHUNKS: usize = 4_096;

/// What an AIFF file holds.
pub(in super::super) struct Aiff {
    pub(in super::super) config: Config,
    pub(in super::super) extent: Extent,
}

/// What the common chunk says.
struct Common {
    config: Config,
    /// Bytes of all frames, where it says how many there are.
    bytes: Option<u64>,
}

/// Reads the chunks that matter; what is wrong with others, and with the length of the whole, does no harm.
pub(in super::super) fn read(source: &mut Source) -> io::Result<Result<Aiff, String>> {
    let compressed = source.array::<12>(0)?.is_some_and(|head| head.ends_with(b"AIFC"));
    let (mut common, mut sound) = (None, None);
    let mut at = 12_u64;
    for _ in 0..MAX_CHUNKS {
        let Some([a, b, c, d, length @ ..]) = source.array::<8>(at)? else { break };
        let length = u32::from_be_bytes(length);
        let start = at + 8;
        match &[a, b, c, d] {
            b"COMM" => common = Some(Common::read(&source.bytes(start, u64::from(length).min(1_024))?, compressed)),
            b"SSND" => {
                let offset = source.array::<4>(start)?.map_or(0, u32::from_be_bytes);
                let offset = if u64::from(offset) < u64::from(length.max(8)) - 8 { offset } else { 0 };
                sound = Some((start + 8 + u64::from(offset), length, offset));
            }
            _ => {}
        }
        if common.is_some() && sound.is_some() {
            break;
        }
        at = start + u64::from(length) + u64::from(length % 2);
    }
    let Some(common) = common else { return Ok(Err("the file ends before its COMM chunk".to_owned())) };
    let Some((start, length, offset)) = sound else { return Ok(Err("the file ends before its SSND chunk".to_owned())) };
    let of_chunk = match length {
        0 => None,
        length => open_length(length, start, source.length()).map(|bytes| bytes.saturating_sub(8 + u64::from(offset))),
    };
    let frame = if let Coding::Pcm(pcm) = &common.config.coding { pcm.frame as u64 } else { 0 };
    let bytes_per_second = frame * u64::from(common.config.rate);
    // the number of frames cannot make the sound longer than its chunk
    let declared = match (of_chunk, common.bytes) {
        (Some(chunk), Some(bytes)) if bytes < chunk => Some(bytes),
        (None, bytes) => bytes.filter(|bytes| start.saturating_add(*bytes) <= source.length()),
        (chunk, _) => chunk,
    };
    let extent = Extent::new(start, declared, source.length(), bytes_per_second);
    Ok(Ok(Aiff { config: common.config, extent }))
}

impl Common {
    fn read(content: &[u8], compressed: bool) -> Self {
        let mut fields = Fields(content);
        let channels = usize::from(fields.u16_be());
        let frames = fields.u32_be();
        let bits = usize::from(fields.u16_be());
        let rate = extended(fields.array());
        let kind = if compressed && content.len() >= 22 { fields.array() } else { *b"NONE" };
        let int = |bytes, signed, big| Coding::Pcm(Pcm::packed(Sample::Int { bytes, signed, big }, channels));
        let pcm = |sample| Coding::Pcm(Pcm::packed(sample, channels));
        let width = bits.div_ceil(8);
        let coding = match &kind {
            b"NONE" | b"twos" | b"in16" | b"in24" | b"in32" | b"sowt" | b"42ni" | b"23ni"
                if !(1..=8).contains(&width) =>
            {
                Coding::Unknown(format!("PCM of {bits} bits"))
            }
            b"NONE" | b"twos" => int(width, true, true),
            b"in16" => int(2, true, true),
            b"in24" => int(3, true, true),
            b"in32" => int(4, true, true),
            b"sowt" => int(width, true, false),
            b"42ni" => int(3, true, false),
            b"23ni" => int(4, true, false),
            b"raw " => int(width.clamp(1, 8), width > 1, true),
            b"fl32" | b"FL32" => pcm(Sample::Float32 { big: true }),
            b"fl64" | b"FL64" => pcm(Sample::Float64 { big: true }),
            b"alaw" | b"ALAW" => pcm(Sample::ALaw),
            b"ulaw" | b"ULAW" => pcm(Sample::MuLaw),
            b"ima4" if (1..=8).contains(&channels) => Coding::Adpcm(Adpcm::ImaQuickTime),
            b"MAC3" | b"MAC6" => Coding::Unknown("MACE".to_owned()),
            b"GSM " | b"agsm" => Coding::Unknown("GSM 06.10".to_owned()),
            b"QDMC" | b"QDM2" => Coding::Unknown("QDesign".to_owned()),
            b"G722" | b"G726" | b"G728" | b"ADP4" => Coding::Unknown("ADPCM".to_owned()),
            kind => Coding::Unknown(format!("of an unknown AIFF-C compression, {:?}", String::from_utf8_lossy(kind))),
        };
        let bytes = match &coding {
            Coding::Pcm(pcm) => Some(u64::from(frames) * pcm.frame as u64),
            // counted in packets
            Coding::Adpcm(adpcm) => Some(u64::from(frames) * adpcm.block(channels) as u64),
            _ => None,
        };
        Self { config: Config { coding, rate, channels }, bytes: bytes.filter(|&bytes| bytes > 0) }
    }
}

/// A sample rate as an 80-bit IEEE number.
fn extended(bytes: [u8; 10]) -> u32 {
    let mut fields = Fields(&bytes);
    let exponent = i32::from(fields.u16_be() & 0x7fff) - 16_383 - 63;
    let value = fields.u64_be() as f64 * f64::from(exponent.clamp(-200, 200)).exp2();
    value.round().clamp(0.0, f64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_80_bit_numbers() {
        assert_eq!(extended([0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0]), 44_100);
        assert_eq!(extended([0x40, 0x0b, 0xfa, 0, 0, 0, 0, 0, 0, 0]), 8_000);
        assert_eq!(extended([0; 10]), 0);
    }
}
