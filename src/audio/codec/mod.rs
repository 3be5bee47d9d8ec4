//! How sound is coded, and its decoders: own ones for what stands as it is, ADPCM and Opus; symphonia's for the rest.

mod aac;
mod adpcm;
mod crc;
mod opus;
mod pcm;

use symphonia::core::audio::{Channels, Position};
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_AAC, CODEC_ID_ALAC, CODEC_ID_FLAC, CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3, CODEC_ID_VORBIS,
};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::packet::PacketRef;
use symphonia::core::units::{Duration, Timestamp};

pub(super) use aac::AacConfig;
pub(super) use adpcm::Adpcm;
pub(super) use crc::crc_16;
use opus::Opus;
pub(super) use opus::{OPUS_RATE, OpusHead};
pub(super) use pcm::{Pcm, Sample};

/// How a track is coded.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Config {
    pub(super) coding: Coding,
    /// Frames a second; where the packets say it, this is only what is assumed until then.
    pub(super) rate: u32,
    pub(super) channels: usize,
}

/// The codecs.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Coding {
    Pcm(Pcm),
    Adpcm(Adpcm),
    /// MPEG audio, layer 1, 2 or 3.
    Mpeg(u8),
    Aac(AacConfig),
    /// With its magic cookie.
    Alac(Vec<u8>),
    /// With the 34 bytes of STREAMINFO.
    Flac(Vec<u8>),
    /// With the identification and set-up headers.
    Vorbis(Vec<u8>),
    Opus(OpusHead),
    /// One that is not decoded here, by name.
    Unknown(String),
}

/// Decodes the packets of one track.
pub(super) struct Codec {
    decoder: Kind,
    rate: u32,
    channels: usize,
}

enum Kind {
    Pcm(Pcm),
    Adpcm(Adpcm),
    Opus(Box<Opus>),
    Mpeg { decoder: Box<dyn AudioDecoder>, layer: u8 },
    Symphonia { decoder: Box<dyn AudioDecoder>, checked: bool },
}

/// Full scale is 1, and lossy codecs overshoot it by little; what is above this is a decoder that went astray.
const LOUDEST: f32 = 16.0;

/// Most channels of Vorbis: of more, symphonia 0.6 undoes the coupling of channels in the wrong order, and what comes out is noise.
const VORBIS_CHANNELS: usize = 2;

impl Codec {
    /// A decoder for a track. Fails with a reason that names the codec.
    pub(super) fn new(config: &Config) -> Result<Self, String> {
        let decoder = match &config.coding {
            Coding::Pcm(pcm) => Kind::Pcm(*pcm),
            Coding::Adpcm(adpcm) => Kind::Adpcm(*adpcm),
            Coding::Opus(head) => Kind::Opus(Box::new(Opus::new(head)?)),
            Coding::Unknown(name) => return Err(format!("its sound is {name}, which is not read here")),
            Coding::Mpeg(layer) => Kind::Mpeg { decoder: mpeg(*layer, config.rate, config.channels)?, layer: *layer },
            Coding::Aac(aac) => Kind::symphonia(CODEC_ID_AAC, config, Some(aac.core()?), "AAC")?,
            Coding::Alac(cookie) => {
                let length = if cookie.len() >= 48 { 48 } else { cookie.len().min(24) };
                Kind::symphonia(CODEC_ID_ALAC, config, Some(cookie[..length].to_vec()), "ALAC")?
            }
            Coding::Flac(info) => Kind::symphonia(CODEC_ID_FLAC, config, Some(tolerant(info)), "FLAC")?,
            Coding::Vorbis(headers) => {
                // what its own header says is what is decoded
                let channels = headers.get(11).map_or(config.channels, |&channels| usize::from(channels));
                if channels > VORBIS_CHANNELS {
                    return Err(format!("its sound is Vorbis with {channels} channels; one and two are read here"));
                }
                Kind::symphonia(CODEC_ID_VORBIS, config, Some(headers.clone()), "Vorbis")?
            }
        };
        Ok(Self { decoder, rate: config.rate, channels: config.channels })
    }

    /// Frames a second of what was decoded last.
    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// Channels of what was decoded last.
    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// Forgets what was before, after a gap.
    pub(super) fn reset(&mut self) {
        match &mut self.decoder {
            Kind::Pcm(_) | Kind::Adpcm(_) => {}
            Kind::Opus(opus) => opus.reset(),
            Kind::Mpeg { decoder, .. } | Kind::Symphonia { decoder, .. } => decoder.reset(),
        }
    }

    /// Puts the frames of a packet, interleaved, into `out`. Fails with a reason; what was decoded until then is gone.
    pub(super) fn decode(&mut self, packet: &[u8], out: &mut Vec<f32>) -> Result<(), String> {
        out.clear();
        match &mut self.decoder {
            Kind::Pcm(pcm) => pcm.decode(packet, out),
            Kind::Adpcm(adpcm) => {
                for block in packet.chunks(adpcm.block(self.channels).max(1)) {
                    adpcm.decode(block, self.channels, out)?;
                }
            }
            Kind::Opus(opus) => opus.decode(packet, out)?,
            // what a damaged frame is decoded to is noise
            Kind::Symphonia { checked: true, .. } if packet.iter().fold(0, |sum, &byte| crc_16(sum, byte)) != 0 => {
                return Err("the checksum of a FLAC frame does not hold".to_owned());
            }
            Kind::Mpeg { decoder, layer } => {
                // some containers do not say which layer it is, or say it wrong
                if let Some(found) = layer_of(packet).filter(|found| found != layer) {
                    (*decoder, *layer) = (mpeg(found, self.rate, self.channels)?, found);
                }
                (self.rate, self.channels) = by_symphonia(decoder.as_mut(), packet, out)?;
            }
            Kind::Symphonia { decoder, .. } => {
                (self.rate, self.channels) = by_symphonia(decoder.as_mut(), packet, out)?;
            }
        }
        Ok(())
    }
}

/// Decodes a packet; says its rate and channels.
fn by_symphonia(decoder: &mut dyn AudioDecoder, packet: &[u8], out: &mut Vec<f32>) -> Result<(u32, usize), String> {
    let packet = PacketRef::new(0, Timestamp::ZERO, Duration::ZERO, packet);
    let buffer = decoder.decode_ref(&packet).map_err(|error| error.to_string())?;
    buffer.copy_to_vec_interleaved(out);
    if out.iter().any(|sample: &f32| sample.abs() > LOUDEST) {
        return Err("its sound is decoded to what is no sound".to_owned());
    }
    Ok((buffer.spec().rate(), buffer.spec().channels().count()))
}

fn mpeg(layer: u8, rate: u32, channels: usize) -> Result<Box<dyn AudioDecoder>, String> {
    let codec = [CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_MP3][usize::from(layer.saturating_sub(1).min(2))];
    by_parameters(codec, rate, channels, None, "MPEG audio")
}

/// The layer that the header of a frame of MPEG audio says.
fn layer_of(frame: &[u8]) -> Option<u8> {
    let &[0xff, second, ..] = frame else { return None };
    (second & 0xe0 == 0xe0 && second & 6 != 0).then(|| 4 - (second >> 1 & 3))
}

impl Kind {
    fn symphonia(codec: AudioCodecId, config: &Config, extra: Option<Vec<u8>>, name: &str) -> Result<Self, String> {
        let decoder = by_parameters(codec, config.rate, config.channels, extra, name)?;
        Ok(Self::Symphonia { decoder, checked: codec == CODEC_ID_FLAC })
    }
}

fn by_parameters(
    codec: AudioCodecId,
    rate: u32,
    channels: usize,
    extra: Option<Vec<u8>>,
    name: &str,
) -> Result<Box<dyn AudioDecoder>, String> {
    let mut parameters = AudioCodecParameters::new();
    parameters.for_codec(codec).with_sample_rate(rate);
    if let Some(channels) = layout(channels) {
        parameters.with_channels(channels);
    }
    if let Some(extra) = extra {
        parameters.with_extra_data(extra.into_boxed_slice());
    }
    symphonia::default::get_codecs()
        .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
        .map_err(|error| format!("its sound is {name} of a kind that is not read here: {error}"))
}

fn layout(channels: usize) -> Option<Channels> {
    match channels {
        1 => Some(Channels::Positioned(Position::FRONT_CENTER)),
        2 => Some(Channels::Positioned(Position::FRONT_LEFT | Position::FRONT_RIGHT)),
        _ => u16::try_from(channels).ok().map(Channels::Discrete),
    }
}

/// STREAMINFO of which nothing is believed that is not needed: writers get block sizes and checksums wrong.
fn tolerant(info: &[u8]) -> Vec<u8> {
    let mut info = info.to_vec();
    info.resize(34, 0);
    info[..2].copy_from_slice(&16_u16.to_be_bytes());
    info[2..4].copy_from_slice(&u16::MAX.to_be_bytes());
    info[4..10].fill(0);
    info[18..].fill(0);
    // the number of samples
    info[13] &= 0xf0;
    info[14..18].fill(0);
    info
}
