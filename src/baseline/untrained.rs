//! What tells words apart without any training, against which a model is measured.

use rayon::prelude::*;

use super::warped::mfcc;
use crate::{
    acoustic::AcousticFrames,
    eval::dot,
    features::{FeatureConfig, Features, Frontend as _, LogMel},
};

/// Pieces of a token that are averaged one by one.
const CHUNKS: usize = 10;

/// A method that needs no training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Untrained {
    /// Means of MFCC over ten pieces of the token, side by side: the naive encoder (Chung et al. 2016).
    Chunks,
    /// Mean and deviation of each log-mel band over the token, each standardised over all tokens.
    Pooled,
    /// Dynamic time warping over MFCC by cosine, normalised by the length of the path (Carlin et al. 2011).
    Dtw,
}

impl Untrained {
    /// How much alike any two of the tokens are, 16 kHz samples each, by this method: `[tokens][tokens]`, the same both ways.
    pub fn likeness(self, tokens: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let vectors: Vec<Vec<f32>> = match self {
            Self::Dtw => {
                let tokens: Vec<AcousticFrames> = tokens.par_iter().map(|samples| mfcc(samples)).collect();
                return all_pairs(tokens.len(), |i, j| -warped(&tokens[i], &tokens[j]));
            }
            Self::Chunks => tokens.par_iter().map(|samples| chunks(&mfcc(samples))).collect(),
            Self::Pooled => standardised(tokens.par_iter().map(|samples| pooled(samples)).collect()),
        };
        let lengths: Vec<f32> = vectors.iter().map(|vector| dot(vector, vector).sqrt().max(1e-12)).collect();
        all_pairs(vectors.len(), |i, j| dot(&vectors[i], &vectors[j]) / (lengths[i] * lengths[j]))
    }
}

fn all_pairs(count: usize, likeness: impl Fn(usize, usize) -> f32 + Sync) -> Vec<Vec<f32>> {
    let half: Vec<Vec<f32>> =
        (0..count).into_par_iter().map(|i| (i..count).map(|j| likeness(i, j)).collect()).collect();
    let at = |i: usize, j: usize| if i <= j { half[i][j - i] } else { half[j][i - j] };
    (0..count).map(|i| (0..count).map(|j| at(i, j)).collect()).collect()
}

fn chunks(token: &AcousticFrames) -> Vec<f32> {
    let mut vector = Vec::with_capacity(CHUNKS * token.dimension());
    for chunk in 0..CHUNKS {
        // A token of fewer frames than pieces has some of them in several.
        let from = (chunk * token.len() / CHUNKS).min(token.len().saturating_sub(1));
        let to = ((chunk + 1) * token.len() / CHUNKS).clamp(from, token.len()).max((from + 1).min(token.len()));
        let mut mean = vec![0.0; token.dimension()];
        for at in from..to {
            mean.iter_mut().zip(token.row(at)).for_each(|(mean, value)| *mean += value / (to - from) as f32);
        }
        vector.extend(mean);
    }
    vector
}

fn pooled(samples: &[f32]) -> Vec<f32> {
    let config = FeatureConfig::default();
    let mut features = Features::new(config.bands);
    LogMel::new(&config).compute(samples, &mut features);
    let frames = features.frames().max(1) as f32;
    let column = |band: usize| features.data.iter().skip(band).step_by(config.bands);
    let mean: Vec<f32> = (0..config.bands).map(|band| column(band).sum::<f32>() / frames).collect();
    let square = |band: usize| column(band).map(|value| (value - mean[band]).powi(2)).sum::<f32>() / frames;
    let deviation: Vec<f32> = (0..config.bands).map(|band| square(band).sqrt()).collect();
    [mean, deviation].concat()
}

fn standardised(mut vectors: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
    let count = vectors.len().max(1) as f32;
    for value in 0..vectors.first().map_or(0, Vec::len) {
        let mean = vectors.iter().map(|vector| vector[value]).sum::<f32>() / count;
        let variance = vectors.iter().map(|vector| (vector[value] - mean).powi(2)).sum::<f32>() / count;
        vectors.iter_mut().for_each(|vector| vector[value] = (vector[value] - mean) / variance.sqrt().max(1e-6));
    }
    vectors
}

/// Mean of 1 less the cosine along the cheapest path from both beginnings to both ends.
fn warped(a: &AcousticFrames, b: &AcousticFrames) -> f32 {
    if a.is_empty() || b.is_empty() {
        return 2.0;
    }
    // Cost of the way to each cell of the row before, and its length.
    let mut line = vec![(f32::INFINITY, 0u32); b.len()];
    for i in 0..a.len() {
        let mut corner = if i == 0 { (0.0, 0) } else { (f32::INFINITY, 0) };
        for j in 0..b.len() {
            let (above, left) = (line[j], if j == 0 { (f32::INFINITY, 0) } else { line[j - 1] });
            let best = [corner, above, left].into_iter().min_by(|x, y| x.0.total_cmp(&y.0)).unwrap_or(corner);
            line[j] = (best.0 + 1.0 - dot(a.row(i), b.row(j)), best.1 + 1);
            corner = above;
        }
    }
    let (cost, steps) = line[b.len() - 1];
    cost / steps.max(1) as f32
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;

    fn melody(notes: &[f32], samples: usize, gain: f32) -> Vec<f32> {
        let note = |hertz: &f32| {
            let hertz = *hertz;
            (0..samples).map(move |n| gain * (n as f32 * hertz * TAU / 16e3).sin()).collect::<Vec<_>>()
        };
        notes.iter().flat_map(note).collect()
    }

    #[test]
    fn the_same_tune_slower_and_softer_is_more_like_it_than_another_tune() {
        let tokens = [
            melody(&[300.0, 900.0, 2000.0], 2400, 0.4),
            melody(&[300.0, 900.0, 2000.0], 3000, 0.3),
            melody(&[2000.0, 900.0, 300.0], 2400, 0.4),
        ];
        for method in [Untrained::Chunks, Untrained::Dtw] {
            let likeness = method.likeness(&tokens);
            assert!(likeness[0][1] > likeness[0][2] + 0.1, "{method:?} {likeness:?}");
            assert_eq!(likeness[1][2], likeness[2][1]);
        }
        // Statistics know no order: what they tell apart is what sounds, not when.
        let tokens = [tokens[0].clone(), tokens[2].clone(), melody(&[5000.0, 6000.0], 2400, 0.4)];
        let likeness = Untrained::Pooled.likeness(&tokens);
        assert!(likeness[0][1] > likeness[0][2], "{likeness:?}");
    }

    #[test]
    fn tokens_of_a_frame_or_less_do_no_harm() {
        for method in [Untrained::Chunks, Untrained::Pooled, Untrained::Dtw] {
            let likeness = method.likeness(&[vec![0.1; 100], vec![0.2; 400], melody(&[500.0], 4000, 0.2)]);
            assert!(likeness.iter().flatten().all(|value| value.is_finite()), "{method:?} {likeness:?}");
        }
    }

    #[test]
    fn a_path_is_normalised_by_its_length() {
        let row = |angle: f32| vec![angle.cos(), angle.sin()];
        let frames =
            |angles: &[f32]| AcousticFrames::from_values(2, angles.iter().flat_map(|&angle| row(angle)).collect());
        assert!(warped(&frames(&[0.0, 1.0]), &frames(&[0.0, 0.0, 1.0, 1.0])).abs() < 1e-6);
        // Everything is 1 − cos 1 apart, whatever the path.
        let apart = warped(&frames(&[0.0, 0.0]), &frames(&[1.0, 1.0, 1.0]));
        assert!((apart - (1.0 - 1f32.cos())).abs() < 1e-6, "{apart}");
    }
}
