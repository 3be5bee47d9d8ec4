//! Everything but plain wav by symphonia.

use std::io;
use std::path::{Path, PathBuf};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::well_known::{FORMAT_ID_AIFF, FORMAT_ID_FLAC, FORMAT_ID_MP3, FORMAT_ID_WAVE};
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use super::AudioError;
use super::decoder::{Decoded, Decoder, append_mean, check_channels};
use super::edit_list::{TrackStart, track_starts};

/// Frames by which lossy formats may fall short of their header without being truncated: encoder delay and padding.
const LOSSY_SLACK: u64 = 4_608;

/// Longest encoder delay that is believed, in frames; AAC has 1024 to 2624.
const MAX_DELAY: u64 = 16_384;

/// Most frames of silence put in the place of one packet that cannot be decoded.
const MAX_GAP: u64 = 65_536;

/// The first audio track of a container, links of a chained ogg file one after the other.
pub(super) struct ContainerDecoder {
    path: PathBuf,
    format: Box<dyn FormatReader>,
    track: Track,
    starts: Vec<TrackStart>,
    interleaved: Vec<f32>,
    ended: Option<Decoded>,
}

/// The track that is being decoded.
struct Track {
    id: u32,
    decoder: Box<dyn AudioDecoder>,
    /// Frames that the header declares; none where it is only an estimate.
    declared: Option<u64>,
    frames: u64,
    /// Decoded frames before the first one that is presented.
    delay: u64,
    rate: Option<u32>,
    good_packets: u64,
    bad_packet: Option<String>,
}

impl ContainerDecoder {
    pub(super) fn open(mut source: Box<dyn MediaSource>, path: &Path) -> Result<Self, AudioError> {
        let starts =
            track_starts(&mut source).map_err(|source| AudioError::Read { path: path.to_path_buf(), source })?;
        let stream = MediaSourceStream::new(source, MediaSourceStreamOptions::default());
        let format = symphonia::default::get_probe()
            .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
            .map_err(|error| failure(error, path))?;
        let track = Track::first_audio(format.as_ref(), &starts, path)?;
        Ok(Self { path: path.to_path_buf(), format, track, starts, interleaved: Vec::new(), ended: None })
    }

    fn end(&mut self, cut: bool) -> Result<Decoded, AudioError> {
        if let (0, Some(what)) = (self.track.good_packets, &self.track.bad_packet) {
            return Err(AudioError::Malformed { path: self.path.clone(), what: what.clone() });
        }
        let exact = matches!(self.format.format_info().format, FORMAT_ID_FLAC | FORMAT_ID_WAVE | FORMAT_ID_AIFF);
        let slack = if exact || cut { 0 } else { LOSSY_SLACK };
        let outcome = match self.track.declared {
            Some(declared) if self.track.frames + slack < declared => Decoded::Truncated,
            None if cut => Decoded::Truncated,
            _ => Decoded::End,
        };
        self.ended = Some(outcome);
        Ok(outcome)
    }
}

impl Track {
    fn first_audio(format: &dyn FormatReader, starts: &[TrackStart], path: &Path) -> Result<Self, AudioError> {
        let unsupported = |what: String| AudioError::Unsupported { path: path.to_path_buf(), what };
        let track = format
            .default_track(TrackType::Audio)
            .ok_or_else(|| unsupported("it has no audio track of a known codec".to_owned()))?;
        let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
            return Err(unsupported("its audio track does not say how it is coded".to_owned()));
        };
        if let Some(channels) = &parameters.channels {
            check_channels(path, channels.count())?;
        }
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|error| failure(error, path))?;
        // without the encoder's tag the length of an mp3 is only estimated from its bit rate
        let estimated = format.format_info().format == FORMAT_ID_MP3 && track.delay.is_none();
        let in_frames = |start: &TrackStart| match (u64::from(start.timescale), parameters.sample_rate) {
            (0, _) | (_, None) => 0,
            (timescale, Some(rate)) => start.media_time.saturating_mul(u64::from(rate)) / timescale,
        };
        Ok(Self {
            id: track.id,
            decoder,
            declared: track.num_frames.filter(|_| !estimated),
            frames: 0,
            delay: starts.iter().find(|start| start.track == track.id).map_or(0, in_frames).min(MAX_DELAY),
            rate: parameters.sample_rate,
            good_packets: 0,
            bad_packet: None,
        })
    }
}

impl Decoder for ContainerDecoder {
    fn decode(&mut self, out: &mut Vec<f32>) -> Result<Decoded, AudioError> {
        if let Some(outcome) = self.ended {
            return Ok(outcome);
        }
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return self.end(false),
                Err(Error::IoError(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return self.end(true),
                Err(Error::ResetRequired) => {
                    self.track = Track::first_audio(self.format.as_ref(), &self.starts, &self.path)?;
                    continue;
                }
                Err(error) => return Err(failure(error, &self.path)),
            };
            if packet.track_id != self.track.id {
                continue;
            }
            match self.track.decoder.decode(&packet) {
                Ok(buffer) => {
                    self.track.good_packets += 1;
                    let (rate, channels, frames) =
                        (buffer.spec().rate(), buffer.spec().channels().count(), buffer.frames());
                    if frames == 0 {
                        continue;
                    }
                    check_channels(&self.path, channels)?;
                    buffer.copy_to_vec_interleaved(&mut self.interleaved);
                    self.track.frames += frames as u64;
                    self.track.rate = Some(rate);
                    let early = self.track.delay.min(frames as u64);
                    self.track.delay -= early;
                    if early == frames as u64 {
                        continue;
                    }
                    append_mean(&self.interleaved[early as usize * channels..], channels, out);
                    return Ok(Decoded::Samples { rate });
                }
                Err(error @ (Error::DecodeError(_) | Error::IoError(_))) => {
                    // silence of the packet's length keeps what follows at its time
                    self.track.bad_packet = Some(error.to_string());
                    let gap = packet.dur.get().min(MAX_GAP);
                    if let (Some(rate), 1..) = (self.track.rate, gap) {
                        out.resize(out.len() + gap as usize, 0.0);
                        self.track.frames += gap;
                        return Ok(Decoded::Samples { rate });
                    }
                }
                Err(error) => return Err(failure(error, &self.path)),
            }
        }
    }
}

fn failure(error: Error, path: &Path) -> AudioError {
    let path = path.to_path_buf();
    match error {
        Error::IoError(source) if source.kind() == io::ErrorKind::UnexpectedEof => {
            AudioError::Malformed { path, what: "the file ends inside its header".to_owned() }
        }
        Error::IoError(source) => AudioError::Read { path, source },
        Error::Unsupported(what) => AudioError::Unsupported { path, what: what.to_owned() },
        error => AudioError::Malformed { path, what: error.to_string() },
    }
}
