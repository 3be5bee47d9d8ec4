//! Opus (RFC 6716, RFC 7845), by ropus.

use ropus::OpusMSDecoder;

use super::super::source::Fields;

/// Samples a second that Opus is decoded at, whatever it was made from.
pub(in super::super) const OPUS_RATE: u32 = 48_000;

/// Most frames of one packet: 120 ms.
const MAX_FRAMES: usize = 5_760;

/// What stands in `OpusHead`.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) struct OpusHead {
    pub(in super::super) channels: usize,
    /// Frames at [`OPUS_RATE`] before the first one that is heard.
    pub(in super::super) pre_skip: u16,
    /// What every sample is multiplied by.
    gain: f32,
    streams: u8,
    coupled: u8,
    mapping: Vec<u8>,
}

impl OpusHead {
    /// Reads it as Ogg and Matroska keep it, with its magic number.
    pub(in super::super) fn read(packet: &[u8]) -> Option<Self> {
        let mut fields = Fields(packet.strip_prefix(b"OpusHead")?);
        let _version = fields.u8();
        let channels = fields.u8();
        let pre_skip = fields.u16_le();
        let _rate = fields.u32_le();
        let gain = fields.u16_le() as i16;
        Self::new(channels, pre_skip, gain, fields)
    }

    /// Reads it as MP4 keeps it (`dOps`), its numbers the other way round.
    pub(in super::super) fn read_mp4(content: &[u8]) -> Option<Self> {
        let mut fields = Fields(content);
        let _version = fields.u8();
        let channels = fields.u8();
        let pre_skip = fields.u16_be();
        let _rate = fields.u32_be();
        let gain = fields.u16_be() as i16;
        Self::new(channels, pre_skip, gain, fields)
    }

    /// Without a header: one stream.
    pub(in super::super) fn plain(channels: usize) -> Option<Self> {
        Self::new(u8::try_from(channels).ok()?, 0, 0, Fields(&[]))
    }

    fn new(channels: u8, pre_skip: u16, gain: i16, mut fields: Fields<'_>) -> Option<Self> {
        let family = fields.u8();
        let (streams, coupled, mapping) = match family {
            0 if (1..=2).contains(&channels) => (1, channels - 1, vec![0, 1]),
            0 => return None,
            _ => {
                let (streams, coupled) = (fields.u8(), fields.u8());
                let mapping = fields.take(usize::from(channels)).to_vec();
                (mapping.len() == usize::from(channels)).then_some((streams, coupled, mapping))?
            }
        };
        let gain = (f32::from(gain) / 256.0 / 20.0 * std::f32::consts::LOG2_10).exp2();
        Some(Self { channels: usize::from(channels), pre_skip, gain, streams, coupled, mapping })
    }
}

/// Decodes the packets of one stream.
pub(in super::super) struct Opus {
    head: OpusHead,
    decoder: OpusMSDecoder,
    samples: Vec<i16>,
}

impl Opus {
    /// Fails with a reason where the header contradicts itself.
    pub(in super::super) fn new(head: &OpusHead) -> Result<Self, &'static str> {
        let decoder = new_decoder(head)?;
        Ok(Self { samples: vec![0; MAX_FRAMES * head.channels], head: head.clone(), decoder })
    }

    pub(in super::super) fn reset(&mut self) {
        if let Ok(decoder) = new_decoder(&self.head) {
            self.decoder = decoder;
        }
    }

    /// Appends the frames of a packet, interleaved.
    pub(in super::super) fn decode(&mut self, packet: &[u8], out: &mut Vec<f32>) -> Result<(), &'static str> {
        if packet.is_empty() {
            return Err("an Opus packet is empty");
        }
        let length = i32::try_from(packet.len()).map_err(|_| "an Opus packet is too long")?;
        let frames = self
            .decoder
            .decode(Some(packet), length, &mut self.samples, MAX_FRAMES as i32, false)
            .map_err(|_| "an Opus packet is damaged")?;
        let count = usize::try_from(frames).unwrap_or(0) * self.head.channels;
        let scale = self.head.gain / 32_768.0;
        out.extend(self.samples[..count.min(self.samples.len())].iter().map(|&sample| f32::from(sample) * scale));
        Ok(())
    }
}

fn new_decoder(head: &OpusHead) -> Result<OpusMSDecoder, &'static str> {
    let (streams, coupled) = (i32::from(head.streams), i32::from(head.coupled));
    OpusMSDecoder::new(OPUS_RATE as i32, head.channels as i32, streams, coupled, &head.mapping)
        .map_err(|_| "its Opus header contradicts itself")
}
