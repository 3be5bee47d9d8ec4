//! A stretch of sound in memory.

use std::path::{Path, PathBuf};

use audiosearch_index::Span;

use super::{AudioError, ClipStream, SAMPLE_RATE};

/// Mono samples at [`SAMPLE_RATE`]: at least one, all finite, full scale at ±1.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    samples: Vec<f32>,
}

impl Clip {
    /// A clip of 16 kHz mono samples.
    ///
    /// # Errors
    /// [`AudioError::Empty`] without samples, [`AudioError::BadSample`] where one is not finite.
    pub fn new(samples: Vec<f32>) -> Result<Self, AudioError> {
        let path = || PathBuf::from("(samples in memory)");
        if samples.is_empty() {
            return Err(AudioError::Empty { path: path(), reason: "it has no samples" });
        }
        if let Some(at) = samples.iter().position(|sample| !sample.is_finite()) {
            let seconds = at as f64 / f64::from(SAMPLE_RATE);
            return Err(AudioError::BadSample { path: path(), seconds, value: samples[at] });
        }
        Ok(Self { samples })
    }

    /// Reads a whole file.
    ///
    /// # Errors
    /// Any [`AudioError`], [`AudioError::Truncated`] included; [`ClipStream`] gives the good part of a truncated file.
    pub fn read(path: &Path) -> Result<Self, AudioError> {
        Self::collect(ClipStream::open(path)?)
    }

    /// Reads a whole file that is already in memory, such as standard input; `name` stands for it in messages.
    ///
    /// # Errors
    /// As [`Clip::read`].
    pub fn from_bytes(bytes: Vec<u8>, name: &Path) -> Result<Self, AudioError> {
        Self::collect(ClipStream::from_bytes(bytes, name)?)
    }

    /// As [`Clip::from_bytes`], of one channel, counted from 0; of all of them together where `None`.
    ///
    /// # Errors
    /// As [`Clip::read`]; that there is no such channel.
    pub fn channel_of_bytes(bytes: Vec<u8>, name: &Path, channel: Option<u16>) -> Result<Self, AudioError> {
        Self::collect(ClipStream::from_bytes(bytes, name)?.channel(channel))
    }

    fn collect(mut stream: ClipStream) -> Result<Self, AudioError> {
        let mut samples = Vec::new();
        while stream.next_block(&mut samples)? {}
        Self::new(samples)
    }

    /// The samples.
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// The duration in seconds.
    pub fn duration(&self) -> f64 {
        self.samples.len() as f64 / f64::from(SAMPLE_RATE)
    }

    /// The stretch as a clip of its own.
    ///
    /// # Errors
    /// [`AudioError::OutOfRange`] where the span is empty or reaches beyond the clip.
    pub fn slice(&self, span: Span) -> Result<Self, AudioError> {
        let bounds = usize::try_from(span.start).ok().zip(usize::try_from(span.end()).ok());
        let part = bounds.and_then(|(start, end)| self.samples.get(start..end)).filter(|part| !part.is_empty());
        match part {
            Some(part) => Ok(Self { samples: part.to_vec() }),
            None => {
                Err(AudioError::OutOfRange { start: span.start, end: span.end(), samples: self.samples.len() as u64 })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn only_finite_samples_make_a_clip() {
        assert!(matches!(Clip::new(vec![]), Err(AudioError::Empty { .. })));
        let error = Clip::new(vec![0.0, f32::NAN]).unwrap_err();
        assert!(matches!(error, AudioError::BadSample { seconds, .. } if seconds == 1.0 / 16_000.0));
        assert_eq!(Clip::new(vec![0.5; 8_000]).unwrap().duration(), 0.5);
    }

    #[test]
    fn a_slice_holds_the_samples_asked_for_or_says_why_not() {
        let clip = Clip::new(vec![0.0, 0.1, 0.2, 0.3]).unwrap();
        assert_eq!(clip.slice(Span { start: 1, len: 2 }).unwrap().samples(), [0.1, 0.2]);
        for (start, len) in [(2, 3), (2, 0), (9, 1), (u64::MAX, 1)] {
            assert!(matches!(clip.slice(Span { start, len }), Err(AudioError::OutOfRange { samples: 4, .. })));
        }
    }
}
