//! A recording read from front to back in bounded memory.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use symphonia::core::io::MediaSource;

use super::container::ContainerDecoder;
use super::content::Content;
use super::decoder::{Decoded, Decoder};
use super::resample::Resampler;
use super::wav::WavDecoder;
use super::{AudioError, SAMPLE_RATE};

/// Most samples that one block holds: one second.
const BLOCK: usize = SAMPLE_RATE as usize;

/// Larger values are no sound, and their squares would overflow in features.
const LARGEST_SAMPLE: f32 = 1e9;

/// A recording as blocks of 16 kHz mono samples, the mean of its channels. Memory does not grow with its duration.
pub struct ClipStream {
    path: PathBuf,
    decoder: Box<dyn Decoder>,
    resampler: Option<Resampler>,
    decoded: Vec<f32>,
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
        Self::from_source(Box::new(file), path)
    }

    /// Opens a file that is already in memory; `name` stands for it in messages.
    ///
    /// # Errors
    /// As [`ClipStream::open`].
    pub fn from_bytes(bytes: Vec<u8>, name: &Path) -> Result<Self, AudioError> {
        Self::from_source(Box::new(Cursor::new(bytes)), name)
    }

    fn from_source(mut source: Box<dyn MediaSource>, path: &Path) -> Result<Self, AudioError> {
        let read_error = |source| AudioError::Read { path: path.to_path_buf(), source };
        let mut head = Vec::new();
        source.by_ref().take(512).read_to_end(&mut head).map_err(read_error)?;
        source.seek(SeekFrom::Start(0)).map_err(read_error)?;
        if head.is_empty() {
            return Err(AudioError::Empty { path: path.to_path_buf(), reason: "the file is empty" });
        }
        let decoder: Box<dyn Decoder> = match Content::of(&head) {
            Content::Wav => match WavDecoder::open(source, path)? {
                Ok(decoder) => Box::new(decoder),
                Err(source) => Box::new(ContainerDecoder::open(source, path)?),
            },
            Content::Container => Box::new(ContainerDecoder::open(source, path)?),
            Content::Unsupported(what) => {
                return Err(AudioError::Unsupported { path: path.to_path_buf(), what: what.to_owned() });
            }
            Content::Other(found) => return Err(AudioError::NotAudio { path: path.to_path_buf(), found }),
        };
        Ok(Self {
            path: path.to_path_buf(),
            decoder,
            resampler: None,
            decoded: Vec::new(),
            ready: Vec::new(),
            handed_out: 0,
            seconds_before: 0.0,
            ended: false,
            failure: None,
        })
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
        self.decoded.clear();
        match self.decoder.decode(&mut self.decoded) {
            Ok(Decoded::Samples { rate }) => {
                if let Err(error) = self.take_decoded(rate) {
                    self.end(Some(error));
                }
            }
            Ok(Decoded::End) => self.end(None),
            Ok(Decoded::Truncated) => {
                let decoded = self.seconds();
                self.end(Some(AudioError::Truncated { path: self.path.clone(), decoded }));
            }
            Err(error) => self.end(Some(error)),
        }
    }

    fn take_decoded(&mut self, rate: u32) -> Result<(), AudioError> {
        if self.resampler.as_ref().is_none_or(|resampler| resampler.rate() != rate) {
            if !(1_000..=384_000).contains(&rate) {
                return Err(AudioError::SampleRate { path: self.path.clone(), rate });
            }
            self.flush()?;
            self.resampler = Some(Resampler::new(rate).map_err(|what| self.resampling_failed(what))?);
        }
        let bad = self.decoded.iter().position(|sample| !sample.is_finite() || sample.abs() > LARGEST_SAMPLE);
        let good = bad.unwrap_or(self.decoded.len());
        let seconds = self.seconds() + good as f64 / f64::from(rate);
        if let Some(resampler) = &mut self.resampler {
            let pushed = resampler.push(&self.decoded[..good], &mut self.ready);
            pushed.map_err(|what| self.resampling_failed(what))?;
        }
        match bad {
            Some(at) => Err(AudioError::BadSample { path: self.path.clone(), seconds, value: self.decoded[at] }),
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
        let seconds = self.seconds();
        let flushed = self.flush().err();
        self.failure = match failure.or(flushed) {
            None | Some(AudioError::Truncated { .. }) if seconds == 0.0 => {
                Some(AudioError::Empty { path: self.path.clone(), reason: "it has no samples" })
            }
            failure => failure,
        };
    }

    fn resampling_failed(&self, what: String) -> AudioError {
        AudioError::Unsupported { path: self.path.clone(), what: format!("resampling to 16 kHz: {what}") }
    }
}
