//! What was done before embeddings: subsequence dynamic time warping over MFCC (Park and Glass 2008), against which a search is measured.

use std::f32::consts::PI;

use rayon::prelude::*;

use crate::{
    acoustic::{AcousticFrames, FrameTemplate},
    features::{FRAME_LENGTH, FeatureConfig, Features, Frontend as _, LogMel},
    search::subsequence_dtw,
};

/// Kaldi's for MFCC.
const BANDS: FeatureConfig = FeatureConfig { bands: 23, low_hz: 20.0, high_hz: 8000.0 };
const COEFFICIENTS: usize = 13;
/// Frames on either side that a slope is fitted to.
const SLOPE: usize = 2;

/// Recordings as MFCC with slopes and slopes of slopes, each of the 39 values normalised over its recording.
#[derive(Debug, Default)]
pub struct WarpedBaseline {
    recordings: Vec<AcousticFrames>,
}

impl WarpedBaseline {
    /// No recordings yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One recording more, 16 kHz samples.
    pub fn push(&mut self, samples: &[f32]) {
        self.recordings.push(mfcc(samples));
    }

    /// A stretch of a recording, in seconds, as a query.
    pub fn query(&self, samples: &[f32], start: f64, end: f64) -> AcousticFrames {
        let frame = |seconds: f64| (seconds * 100.0).round() as usize;
        mfcc(samples).part(frame(start), frame(end).saturating_sub(1).max(frame(start) + 2))
    }

    /// How well the query lies along each recording, in their order.
    pub fn scores(&self, query: &AcousticFrames) -> Vec<f32> {
        let query = FrameTemplate::of_cosines(query);
        let likeness = |recording: &AcousticFrames| {
            subsequence_dtw(&query, recording, 1).first().map_or(-1.0, |best| best.likeness)
        };
        self.recordings.par_iter().map(likeness).collect()
    }
}

/// A row of unit length every 10 ms, of the sound around that moment; before the beginning and after the end there is silence.
pub(super) fn mfcc(samples: &[f32]) -> AcousticFrames {
    let mut features = Features::new(BANDS.bands);
    // Of a short word the edges are a good part, and frames that lie inside of it alone would pass over them.
    let mut padded = vec![0.0; samples.len() + FRAME_LENGTH];
    padded[FRAME_LENGTH / 2..][..samples.len()].copy_from_slice(samples);
    LogMel::new(&BANDS).compute(&padded, &mut features);
    let (frames, bands) = (features.frames(), features.bands());
    let cosine = |k: usize, band: usize| (PI * k as f32 * (band as f32 + 0.5) / bands as f32).cos();
    let cepstrum = |frame: usize| {
        let row = features.row(frame);
        (0..COEFFICIENTS).map(|k| row.iter().enumerate().map(|(band, v)| v * cosine(k, band)).sum::<f32>()).collect()
    };
    let base: Vec<Vec<f32>> = (0..frames).map(cepstrum).collect();
    let slopes = slopes(&base);
    let curves = self::slopes(&slopes);
    let mut rows: Vec<Vec<f32>> =
        base.into_iter().zip(slopes).zip(curves).map(|((base, slope), curve)| [base, slope, curve].concat()).collect();
    for value in 0..3 * COEFFICIENTS {
        let mean = rows.iter().map(|row| row[value]).sum::<f32>() / frames.max(1) as f32;
        let variance = rows.iter().map(|row| (row[value] - mean).powi(2)).sum::<f32>() / frames.max(1) as f32;
        rows.iter_mut().for_each(|row| row[value] = (row[value] - mean) / variance.sqrt().max(1e-6));
    }
    for row in &mut rows {
        let length = row.iter().map(|v| v * v).sum::<f32>().sqrt().max(1e-12);
        row.iter_mut().for_each(|v| *v /= length);
    }
    AcousticFrames::from_values(3 * COEFFICIENTS, rows.concat())
}

/// Of the line fitted to each value over the frames around.
fn slopes(rows: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let last = rows.len().saturating_sub(1);
    let weight: f32 = 2.0 * (1..=SLOPE).map(|n| (n * n) as f32).sum::<f32>();
    let slope = |frame: usize| {
        let value = |k: usize| {
            let pairs =
                (1..=SLOPE).map(|n| n as f32 * (rows[(frame + n).min(last)][k] - rows[frame.saturating_sub(n)][k]));
            pairs.sum::<f32>() / weight
        };
        (0..COEFFICIENTS).map(value).collect()
    };
    (0..rows.len()).map(slope).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f32, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| (n as f32 * hertz * 2.0 * PI / 16e3).sin() * 0.3).collect()
    }

    #[test]
    fn the_recording_that_a_query_is_cut_from_is_most_like_it() {
        let melody = |notes: &[f32]| notes.iter().flat_map(|&hertz| tone(hertz, 3_200)).collect::<Vec<f32>>();
        let recordings =
            [melody(&[300.0, 900.0, 500.0, 2000.0, 700.0]), melody(&[2500.0, 400.0, 3000.0, 350.0, 1500.0])];
        let mut baseline = WarpedBaseline::new();
        recordings.iter().for_each(|samples| baseline.push(samples));
        for (own, samples) in recordings.iter().enumerate() {
            let scores = baseline.scores(&baseline.query(samples, 0.25, 0.75));
            assert!(scores[own] > 0.99 && scores[1 - own] < scores[own], "{scores:?}");
        }
    }
}
