//! Sound of log-mel frames: the way back from what a filterbank leaves.

use std::f32::consts::TAU;

use realfft::RealFftPlanner;
use rustfft::num_complex::Complex;

use super::{
    FRAME_LENGTH, FRAME_SHIFT, FeatureConfig, Features,
    log_mel::{FFT_LENGTH, PRE_EMPHASIS, SAMPLE_RATE, povey},
    mel::MelFilters,
};

const BINS: usize = FFT_LENGTH / 2 + 1;
/// Rounds after which nothing changes any more that an ear could tell.
const ROUNDS: usize = 60;
/// How far each round goes beyond its result, from the one before (Perraudin, Balazs and Søndergaard 2013).
const MOMENTUM: f32 = 0.99;
/// Of the squared windows' sum; less of it is at the edges alone, where nothing may be blown up.
const LEAST_WEIGHT: f32 = 0.05;
/// Highest peak, so that nothing is clipped.
const PEAK: f32 = 0.98;

/// 16 kHz mono samples whose log-mel frames are near to `features`, by the fast Griffin–Lim algorithm (Griffin and Lim 1984; Perraudin
/// et al. 2013): phases are sought that agree with the magnitudes, from the same ones at every call. `config` is that of the frames,
/// natural logarithms of a pre-emphasised spectrum as [`LogMel`](super::LogMel) computes them. Louder than full scale becomes softer.
pub fn griffin_lim(features: &Features, config: &FeatureConfig) -> Vec<f32> {
    let frames = features.frames();
    if frames == 0 {
        return Vec::new();
    }
    let filters = MelFilters::new(config, FFT_LENGTH / 2, SAMPLE_RATE / FFT_LENGTH as f64);
    let mut magnitudes = vec![0.0; frames * BINS];
    for (frame, row) in magnitudes.chunks_exact_mut(BINS).enumerate() {
        let energies: Vec<f32> = features.row(frame).iter().map(|value| value.exp()).collect();
        filters.spread(&energies, row);
        row.iter_mut().for_each(|power| *power = power.sqrt());
    }
    let mut state = 1u32;
    let mut spectra: Vec<Complex<f32>> = magnitudes
        .iter()
        .map(|&magnitude| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Complex::from_polar(magnitude, TAU * (state >> 8) as f32 / (1 << 24) as f32)
        })
        .collect();
    let mut transform = Transform::new(frames);
    let mut before = vec![Complex::default(); spectra.len()];
    for _ in 0..ROUNDS {
        transform.inverse(&mut spectra);
        transform.forward(&mut spectra);
        for ((value, before), magnitude) in spectra.iter_mut().zip(&mut before).zip(&magnitudes) {
            let ahead = *value + (*value - *before) * MOMENTUM;
            *before = *value;
            *value = ahead * (magnitude / ahead.norm().max(f32::MIN_POSITIVE));
        }
    }
    transform.inverse(&mut spectra);
    let mut samples = transform.samples;
    let mut last = 0.0;
    for sample in &mut samples {
        last = *sample + PRE_EMPHASIS * last;
        *sample = last;
    }
    let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    if peak > PEAK {
        samples.iter_mut().for_each(|sample| *sample *= PEAK / peak);
    }
    samples
}

/// The short-time Fourier transform of the filterbank's own frames, and its inverse by least squares.
struct Transform {
    ahead: std::sync::Arc<dyn realfft::RealToComplex<f32>>,
    back: std::sync::Arc<dyn realfft::ComplexToReal<f32>>,
    window: [f32; FRAME_LENGTH],
    /// Sum of the squared windows over each sample.
    weights: Vec<f32>,
    samples: Vec<f32>,
    frame: Vec<f32>,
}

impl Transform {
    fn new(frames: usize) -> Self {
        let mut planner = RealFftPlanner::new();
        let window = povey();
        let length = (frames - 1) * FRAME_SHIFT + FRAME_LENGTH;
        let mut weights = vec![0.0; length];
        for frame in 0..frames {
            for (weight, window) in weights[frame * FRAME_SHIFT..].iter_mut().zip(&window) {
                *weight += window * window;
            }
        }
        Self {
            ahead: planner.plan_fft_forward(FFT_LENGTH),
            back: planner.plan_fft_inverse(FFT_LENGTH),
            window,
            weights,
            samples: vec![0.0; length],
            frame: vec![0.0; FFT_LENGTH],
        }
    }

    /// `spectra` become samples; they serve as scratch space.
    fn inverse(&mut self, spectra: &mut [Complex<f32>]) {
        self.samples.fill(0.0);
        for (number, spectrum) in spectra.chunks_exact_mut(BINS).enumerate() {
            // The transform refuses what no real signal has.
            spectrum[0].im = 0.0;
            spectrum[BINS - 1].im = 0.0;
            let done = self.back.process(spectrum, &mut self.frame);
            debug_assert!(done.is_ok());
            let part = &mut self.samples[number * FRAME_SHIFT..][..FRAME_LENGTH];
            for ((sample, value), window) in part.iter_mut().zip(&self.frame).zip(&self.window) {
                *sample += value / FFT_LENGTH as f32 * window;
            }
        }
        for (sample, weight) in self.samples.iter_mut().zip(&self.weights) {
            *sample /= weight.max(LEAST_WEIGHT);
        }
    }

    /// The samples become `spectra` again.
    fn forward(&mut self, spectra: &mut [Complex<f32>]) {
        for (number, spectrum) in spectra.chunks_exact_mut(BINS).enumerate() {
            let part = &self.samples[number * FRAME_SHIFT..][..FRAME_LENGTH];
            let (windowed, padding) = self.frame.split_at_mut(FRAME_LENGTH);
            for ((value, sample), window) in windowed.iter_mut().zip(part).zip(&self.window) {
                *value = sample * window;
            }
            padding.fill(0.0);
            let done = self.ahead.process(&mut self.frame, spectrum);
            debug_assert!(done.is_ok());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{Frontend as _, LogMel};

    fn features(samples: &[f32]) -> Features {
        let mut features = Features::new(FeatureConfig::default().bands);
        LogMel::new(&FeatureConfig::default()).compute(samples, &mut features);
        features
    }

    #[test]
    fn a_melody_comes_back_with_its_frames() {
        let melody: Vec<f32> = [400.0_f32, 1000.0, 2500.0]
            .iter()
            .flat_map(|hertz| (0..4800).map(move |n| 0.3 * (n as f32 * hertz * TAU / 16_000.0).sin()))
            .collect();
        let wanted = features(&melody);
        let sound = griffin_lim(&wanted, &FeatureConfig::default());
        assert_eq!(sound.len(), (wanted.frames() - 1) * FRAME_SHIFT + FRAME_LENGTH);
        assert!(sound.iter().all(|sample| sample.is_finite() && sample.abs() <= PEAK + 1e-4));
        let found = features(&sound);
        let loudest = |row: &[f32]| row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(band, _)| band);
        for frame in 3..wanted.frames() - 3 {
            let (wanted, found) = (wanted.row(frame), found.row(frame));
            let (band, again) = (loudest(wanted).unwrap_or(0), loudest(found).unwrap_or(99));
            assert!(band.abs_diff(again) <= 1, "frame {frame}: band {band}, then {again}");
            assert!((wanted[band] - found[band]).abs() < 1.0, "frame {frame}: {} {}", wanted[band], found[band]);
        }
    }

    #[test]
    fn silence_stays_silent_and_too_loud_is_made_softer() {
        let quiet = griffin_lim(&features(&[0.0; 4000]), &FeatureConfig::default());
        assert!(quiet.iter().all(|sample| sample.abs() < 1e-3));
        let mut loud = features(&[0.0; 4000]);
        loud.data.fill(20.0);
        let loud = griffin_lim(&loud, &FeatureConfig::default());
        assert!(loud.iter().all(|sample| sample.abs() <= PEAK + 1e-4) && loud.iter().any(|sample| sample.abs() > 0.5));
        assert!(griffin_lim(&Features::new(40), &FeatureConfig::default()).is_empty());
    }
}
