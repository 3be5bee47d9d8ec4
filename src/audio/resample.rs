//! Conversion of the sample rate, in time with the source.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _};

use super::SAMPLE_RATE;

/// Shortest anti-aliasing filter, in source samples.
const MIN_FILTER: u32 = 1024;

/// Converts one source from its own rate to [`SAMPLE_RATE`], block by block.
///
/// Band-limited synchronous resampling by FFT (rubato). The filter's delay is removed, so that what is at time *t* in the
/// source is at *t* in the output, and `n` source samples give ⌈n · 16000 / rate⌉.
pub(super) struct Resampler {
    rate: u32,
    fft: Option<Fft<f32>>,
    pending: Vec<f32>,
    block: Vec<f32>,
    /// Output samples of delay that are still to be dropped.
    delay: usize,
    consumed: u64,
    produced: u64,
}

impl Resampler {
    /// A converter for sources of `rate` samples a second. Fails with the library's reason.
    pub(super) fn new(rate: u32) -> Result<Self, String> {
        let mut resampler =
            Self { rate, fft: None, pending: Vec::new(), block: Vec::new(), delay: 0, consumed: 0, produced: 0 };
        if rate != SAMPLE_RATE {
            // as many filter taps a second of the slower rate whatever the source, so that the pass band ends alike
            let chunk = MIN_FILTER.max((u64::from(rate) * u64::from(MIN_FILTER) / u64::from(SAMPLE_RATE)) as u32);
            let fft = Fft::new(rate as usize, SAMPLE_RATE as usize, chunk as usize, 1, FixedSync::Both)
                .map_err(|error| error.to_string())?;
            resampler.delay = fft.output_delay();
            resampler.block = vec![0.0; fft.output_frames_max()];
            resampler.fft = Some(fft);
        }
        Ok(resampler)
    }

    /// The rate of the source.
    pub(super) fn rate(&self) -> u32 {
        self.rate
    }

    /// Source samples taken in so far.
    pub(super) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// Takes samples of the source and appends those that are ready.
    pub(super) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<(), String> {
        self.consumed += samples.len() as u64;
        if self.fft.is_none() {
            out.extend_from_slice(samples);
            self.produced += samples.len() as u64;
            return Ok(());
        }
        self.pending.extend_from_slice(samples);
        self.convert_whole_chunks(out)
    }

    /// Appends the rest, after the last sample of the source.
    pub(super) fn finish(mut self, out: &mut Vec<f32>) -> Result<(), String> {
        let expected = (self.consumed * u64::from(SAMPLE_RATE)).div_ceil(u64::from(self.rate));
        let Some(chunk) = self.fft.as_ref().map(|fft| fft.input_frames_next()) else { return Ok(()) };
        while self.produced < expected {
            let padded = self.pending.len().next_multiple_of(chunk).max(chunk);
            self.pending.resize(padded, 0.0);
            self.convert_whole_chunks(out)?;
        }
        let surplus = usize::try_from(self.produced - expected).unwrap_or(0);
        out.truncate(out.len().saturating_sub(surplus));
        Ok(())
    }

    fn convert_whole_chunks(&mut self, out: &mut Vec<f32>) -> Result<(), String> {
        let Some(fft) = &mut self.fft else { return Ok(()) };
        let mut at = 0;
        while self.pending.len() - at >= fft.input_frames_next() {
            let (length_in, length_out) = (fft.input_frames_next(), fft.output_frames_next());
            let source = InterleavedSlice::new(&self.pending[at..at + length_in], 1, length_in)
                .map_err(|error| error.to_string())?;
            let mut target =
                InterleavedSlice::new_mut(&mut self.block, 1, length_out).map_err(|error| error.to_string())?;
            let (read, written) =
                fft.process_into_buffer(&source, &mut target, None).map_err(|error| error.to_string())?;
            at += read;
            let dropped = self.delay.min(written);
            self.delay -= dropped;
            out.extend_from_slice(&self.block[dropped..written]);
            self.produced += (written - dropped) as u64;
        }
        self.pending.drain(..at);
        Ok(())
    }
}
