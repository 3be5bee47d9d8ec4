//! Kaldi's log-mel filterbank.

use std::{f64::consts::TAU, sync::Arc};

use realfft::{RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex;

use super::{FRAME_LENGTH, FRAME_SHIFT, FeatureConfig, Features, Frontend, frames, mel::MelFilters};

/// In Hz.
pub(super) const SAMPLE_RATE: f64 = 16_000.0;
/// The frame with zeros after it: the next power of two.
pub(super) const FFT_LENGTH: usize = 512;
pub(super) const PRE_EMPHASIS: f32 = 0.97;
/// Partial sums, so that additions need not wait for one another.
const LANES: usize = 16;

/// The "povey" window is a Hann window to the power of 0.85: it reaches zero at the ends, yet is nearly as narrow as Hamming's.
pub(super) fn povey() -> [f32; FRAME_LENGTH] {
    let hann = |n: usize| 0.5 - 0.5 * (TAU * n as f64 / (FRAME_LENGTH - 1) as f64).cos();
    std::array::from_fn(|n| hann(n).powf(0.85) as f32)
}

/// Log-mel filterbank as Kaldi computes it (`compute-fbank-feats --dither=0`): 25 ms frames every 10 ms, DC removal,
/// pre-emphasis 0.97, povey window, 512-point FFT, triangular filters, natural logarithm with a floor of 1.19e-7 (the
/// distance from 1 to the next `f32`).
///
/// To make one costs as much as three hundred frames. A clone shares the plan of the FFT and costs next to nothing: that is what another
/// recording or another thread should get.
#[derive(Clone)]
pub struct LogMel {
    config: FeatureConfig,
    fft: Arc<dyn RealToComplex<f32>>,
    filters: MelFilters,
    window: [f32; FRAME_LENGTH],
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
}

impl LogMel {
    /// For a configuration that passes [`FeatureConfig::check`]; of one that does not, the impossible bands hold the floor.
    pub fn new(config: &FeatureConfig) -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(FFT_LENGTH);
        let (spectrum, scratch) = (fft.make_output_vec(), fft.make_scratch_vec());
        // Kaldi gives the Nyquist bin to no filter.
        let filters = MelFilters::new(config, FFT_LENGTH / 2, SAMPLE_RATE / FFT_LENGTH as f64);
        let power = vec![0.0; filters.bins()];
        Self { config: *config, fft, filters, window: povey(), frame: vec![0.0; FFT_LENGTH], spectrum, scratch, power }
    }

    /// What it was made for.
    pub fn config(&self) -> &FeatureConfig {
        &self.config
    }

    /// One frame of [`FRAME_LENGTH`] samples → one row of `bands` values.
    fn frame(&mut self, samples: &[f32], row: &mut [f32]) {
        self.emphasise(samples);
        // It can only fail for buffers of a wrong length, and these were made for the plan.
        let done = self.fft.process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch);
        debug_assert!(done.is_ok());
        for (power, bin) in self.power.iter_mut().zip(&self.spectrum) {
            *power = bin.norm_sqr();
        }
        self.filters.apply(&self.power, row);
        for value in row {
            *value = value.max(f32::EPSILON).ln();
        }
    }

    /// DC removal, pre-emphasis and window in one pass: `(x[n] - m) - 0.97 (x[n-1] - m)` is `x[n] - 0.97 x[n-1] - 0.03 m`.
    fn emphasise(&mut self, samples: &[f32]) {
        let samples = &samples[..FRAME_LENGTH];
        let mean = sum(samples) / FRAME_LENGTH as f32;
        let offset = mean * (1.0 - PRE_EMPHASIS);
        let (windowed, padding) = self.frame.split_at_mut(FRAME_LENGTH);
        // The sample before the first one counts as equal to it.
        windowed[0] = (samples[0] - PRE_EMPHASIS * samples[0] - offset) * self.window[0];
        let pairs = samples.iter().zip(&samples[1..]).zip(&self.window[1..]);
        for (value, ((before, sample), window)) in windowed[1..].iter_mut().zip(pairs) {
            *value = (sample - PRE_EMPHASIS * before - offset) * window;
        }
        // The FFT uses its input as scratch space.
        padding.fill(0.0);
    }
}

impl Frontend for LogMel {
    fn bands(&self) -> usize {
        self.filters.bands()
    }

    fn compute(&mut self, samples: &[f32], out: &mut Features) {
        out.data.reserve(frames(samples.len()) * self.bands());
        for frame in 0..frames(samples.len()) {
            self.frame(&samples[frame * FRAME_SHIFT..][..FRAME_LENGTH], out.grow());
        }
    }
}

fn sum(samples: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = samples.as_chunks::<LANES>();
    for chunk in chunks {
        for (lane, sample) in lanes.iter_mut().zip(chunk) {
            *lane += sample;
        }
    }
    lanes.iter().chain(rest).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(samples: &[f32]) -> Vec<f32> {
        let mut features = Features::new(40);
        LogMel::new(&FeatureConfig::default()).compute(samples, &mut features);
        assert_eq!(features.frames(), 1);
        features.data
    }

    #[test]
    fn digital_silence_and_a_constant_lie_at_the_floor() {
        let floor = f32::EPSILON.ln();
        assert!(row(&[0.0; 400]).iter().all(|&value| value == floor));
        assert!(row(&[0.5; 400]).iter().all(|&value| (value - floor).abs() < 0.01));
    }

    #[test]
    fn a_tone_is_loudest_in_its_band() {
        let tone: Vec<f32> = (0..400).map(|n| (n as f64 * TAU * 1000.0 / 16_000.0).sin() as f32).collect();
        let loudest = row(&tone).iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(band, _)| band);
        // 1000 Hz are 1000 mel; the bands' centres lie 65.7 mel apart, from 92.7 + 65.7 mel upwards.
        assert_eq!(loudest, Some(13));
    }

    #[test]
    fn impossible_bands_do_not_panic() {
        for (low_hz, high_hz) in [(7600.0, 60.0), (60.0, 60.0), (f32::NAN, 1.0), (9000.0, 9500.0)] {
            let mut features = Features::new(3);
            LogMel::new(&FeatureConfig { bands: 3, low_hz, high_hz }).compute(&[0.1; 400], &mut features);
            assert!(features.data.iter().all(|value| value.is_finite()));
        }
    }
}
