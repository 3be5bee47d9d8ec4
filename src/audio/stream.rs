//! A recording read from front to back in bounded memory.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use super::decoder::{Decoded, Decoder};
use super::external::{External, ExternalDecoder};
use super::mixer::Mixer;
use super::open;
use super::resample::Resampler;
use super::source::{Bytes, Source};
use super::{AudioError, SAMPLE_RATE};

/// Most samples that one block holds: one second.
const BLOCK: usize = SAMPLE_RATE as usize;

/// Larger values are no sound, and their squares would overflow in features.
const LARGEST_SAMPLE: f32 = 1e9;

/// A recording as blocks of 16 kHz mono samples: the mean of its channels, or the strongest one where they would cancel. Memory does not
/// grow with its duration.
pub struct ClipStream {
    path: PathBuf,
    decoder: Box<dyn Decoder>,
    /// The only channel that is heard, counted from 0; all where `None`.
    channel: Option<u16>,
    /// What was decoded before it was asked for.
    ahead: Option<Result<Decoded, AudioError>>,
    mixer: Option<Mixer>,
    resampler: Option<Resampler>,
    decoded: Vec<f32>,
    mixed: Vec<f32>,
    ready: Vec<f32>,
    handed_out: usize,
    /// Seconds of source that came before the present resampler.
    seconds_before: f64,
    ended: bool,
    failure: Option<AudioError>,
}

impl ClipStream {
    /// Opens a file; its content, not its name, decides how it is read.
    ///
    /// # Errors
    /// What the head of the file shows: it cannot be opened, is empty, is not audio or not supported.
    pub fn open(path: &Path) -> Result<Self, AudioError> {
        Self::open_with(path, ExternalDecoder::None)
    }

    /// As [`ClipStream::open`]; what is not read here may be given to another program.
    ///
    /// # Errors
    /// As [`ClipStream::open`]; that the other program is not installed.
    pub fn open_with(path: &Path, external: ExternalDecoder) -> Result<Self, AudioError> {
        let open_error = |source| AudioError::Open { path: path.to_path_buf(), source };
        let mut file = File::open(path).map_err(open_error)?;
        let metadata = file.metadata().map_err(open_error)?;
        if metadata.is_dir() {
            return Err(open_error(io::ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() {
            // a pipe cannot be rewound after its head was looked at
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(|source| AudioError::Read { path: path.to_path_buf(), source })?;
            return Self::from_bytes(bytes, path);
        }
        match (Self::from_source(Box::new(file), path), external) {
            (Err(AudioError::Unsupported { .. }), ExternalDecoder::Ffmpeg) => {
                Ok(Self::new(Box::new(External::open(path)?), path))
            }
            (outcome, _) => outcome,
        }
    }

    /// Opens a file that is already in memory; `name` stands for it in messages.
    ///
    /// # Errors
    /// As [`ClipStream::open`].
    pub fn from_bytes(bytes: Vec<u8>, name: &Path) -> Result<Self, AudioError> {
        Self::from_source(Box::new(Cursor::new(bytes)), name)
    }

    fn from_source(bytes: Box<dyn Bytes>, path: &Path) -> Result<Self, AudioError> {
        let source = Source::new(bytes).map_err(|source| AudioError::Read { path: path.to_path_buf(), source })?;
        if source.length() == 0 {
            return Err(AudioError::Empty { path: path.to_path_buf(), reason: "the file is empty" });
        }
        Ok(Self::new(open::open(source, path)?, path))
    }

    fn new(decoder: Box<dyn Decoder>, path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            decoder,
            channel: None,
            ahead: None,
            mixer: None,
            resampler: None,
            decoded: Vec::new(),
            mixed: Vec::new(),
            ready: Vec::new(),
            handed_out: 0,
            seconds_before: 0.0,
            ended: false,
            failure: None,
        }
    }

    /// Hears one channel alone, counted from 0; all of them together where `None`.
    pub fn channel(self, channel: Option<u16>) -> Self {
        Self { channel, ..self }
    }

    /// How many channels it has at its beginning; 0 where nothing can be decoded, which the first block then says.
    pub fn channels(&mut self) -> usize {
        if self.ahead.is_none() && self.mixer.is_none() {
            self.ahead = Some(self.decoder.decode(&mut self.decoded));
        }
        match &self.ahead {
            Some(Ok(Decoded::Samples { channels, .. })) => *channels,
            _ => 0,
        }
    }

    /// What decodes it: frames at its own rate with all channels, from the beginning.
    pub(super) fn into_decoder(self) -> Box<dyn Decoder> {
        self.decoder
    }

    /// Appends the next block, 1 to 16,000 samples, to `out`; `false` at the end of the recording.
    ///
    /// # Errors
    /// A failure comes after all blocks that were good before it, once; after it the stream has ended.
    pub fn next_block(&mut self, out: &mut Vec<f32>) -> Result<bool, AudioError> {
        while !self.ended && self.ready.len() - self.handed_out < BLOCK {
            self.fill();
        }
        let block = BLOCK.min(self.ready.len() - self.handed_out);
        if block > 0 {
            out.extend_from_slice(&self.ready[self.handed_out..self.handed_out + block]);
            self.handed_out += block;
            return Ok(true);
        }
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(false),
        }
    }

    /// Decodes one step into `ready`; the end and failures are noted, to be reported after the good samples.
    fn fill(&mut self) {
        self.ready.drain(..self.handed_out);
        self.handed_out = 0;
        let step = self.ahead.take().unwrap_or_else(|| {
            self.decoded.clear();
            self.decoder.decode(&mut self.decoded)
        });
        match step {
            Ok(Decoded::Samples { rate, channels }) => {
                if let Err(error) = self.take_decoded(rate, channels) {
                    self.end(Some(error));
                }
            }
            Ok(Decoded::End) => self.end(None),
            Ok(Decoded::Truncated) => {
                // the seconds are known after the last block
                self.end(Some(AudioError::Truncated { path: self.path.clone(), decoded: 0.0 }));
            }
            Ok(Decoded::Gaps { seconds, places }) => {
                self.end(Some(AudioError::Gaps { path: self.path.clone(), missing: seconds, places }));
            }
            Err(error) => self.end(Some(error)),
        }
    }

    fn take_decoded(&mut self, rate: u32, channels: usize) -> Result<(), AudioError> {
        if self.mixer.as_ref().is_none_or(|mixer| !mixer.fits(rate, channels)) {
            if !(1_000..=384_000).contains(&rate) {
                return Err(AudioError::SampleRate { path: self.path.clone(), rate });
            }
            let only = self.channel.map(usize::from);
            if let Some(channel) = only.filter(|channel| *channel >= channels) {
                return Err(AudioError::NoChannel { path: self.path.clone(), channel: channel + 1, channels });
            }
            self.finish_mixing()?;
            self.mixer = Some(Mixer::new(rate, channels).only(only));
        }
        if self.resampler.as_ref().is_none_or(|resampler| resampler.rate() != rate) {
            self.flush()?;
            self.resampler = Some(Resampler::new(rate).map_err(|what| self.resampling_failed(what))?);
        }
        if let Some(mixer) = &mut self.mixer {
            mixer.push(&self.decoded, &mut self.mixed);
        }
        self.take_mixed()
    }

    /// Hands the last part of a mixer on.
    fn finish_mixing(&mut self) -> Result<(), AudioError> {
        if let Some(mixer) = self.mixer.take() {
            mixer.finish(&mut self.mixed);
        }
        self.take_mixed()
    }

    /// Checks and resamples what was mixed.
    fn take_mixed(&mut self) -> Result<(), AudioError> {
        let bad = self.mixed.iter().position(|sample| !sample.is_finite() || sample.abs() > LARGEST_SAMPLE);
        let good = bad.unwrap_or(self.mixed.len());
        let before = self.seconds();
        let mut outcome = Ok(());
        if let Some(resampler) = &mut self.resampler {
            outcome = resampler.push(&self.mixed[..good], &mut self.ready);
        }
        let rate = self.resampler.as_ref().map_or(1, Resampler::rate);
        outcome.map_err(|what| self.resampling_failed(what))?;
        let value = bad.map(|at| self.mixed[at]);
        self.mixed.clear();
        match value {
            Some(value) => {
                let seconds = before + good as f64 / f64::from(rate);
                Err(AudioError::BadSample { path: self.path.clone(), seconds, value })
            }
            None => Ok(()),
        }
    }

    /// Seconds of source decoded so far.
    fn seconds(&self) -> f64 {
        let present = self.resampler.as_ref().map_or(0.0, |r| r.consumed() as f64 / f64::from(r.rate()));
        self.seconds_before + present
    }

    fn flush(&mut self) -> Result<(), AudioError> {
        self.seconds_before = self.seconds();
        match self.resampler.take() {
            Some(resampler) => resampler.finish(&mut self.ready).map_err(|what| self.resampling_failed(what)),
            None => Ok(()),
        }
    }

    fn end(&mut self, failure: Option<AudioError>) {
        self.ended = true;
        // after a failure, what waits in the mixer may be the reason for it
        let rest = match &failure {
            Some(AudioError::BadSample { .. }) => None,
            _ => self.finish_mixing().err(),
        };
        let seconds = self.seconds();
        let flushed = self.flush().err();
        self.failure = match failure.or(rest).or(flushed) {
            None | Some(AudioError::Truncated { .. }) if seconds == 0.0 => {
                Some(AudioError::Empty { path: self.path.clone(), reason: "it has no samples" })
            }
            Some(AudioError::Truncated { path, .. }) => Some(AudioError::Truncated { path, decoded: seconds }),
            failure => failure,
        };
    }

    fn resampling_failed(&self, what: String) -> AudioError {
        AudioError::Unsupported { path: self.path.clone(), what: format!("resampling to 16 kHz: {what}") }
    }
}
