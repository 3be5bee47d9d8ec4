//! A clip through its vector and back.

use std::path::Path;

use super::EngineError;
use crate::{
    audio::Clip,
    encoder::AutoEncoder,
    features::{Features, Frontend as _, LogMel, frames},
    pipeline::ClipError,
};

/// Longest clip, in seconds: a vector is of a word or a phrase.
const LONGEST: usize = 60;

/// A clip, and what its vector alone decodes to.
#[derive(Debug, Clone, PartialEq)]
pub struct ClipReconstruction {
    /// The clip, `[frames, bands]` log-mel.
    pub clip: Features,
    /// What its vector decodes to, of the same shape.
    pub decoded: Features,
    /// Seconds of the clip.
    pub duration: f64,
    /// Share of the variance of the clip's frames that came through, level and length given; 1 is all, below 0 worse than nothing.
    pub variance_explained: f64,
}

/// Encodes a clip of a file and decodes its vector again.
///
/// # Errors
/// Where the clip cannot be read, is silent, too short or longer than a minute, or the model has no decoder.
pub fn reconstruct_clip(model: &dyn AutoEncoder, path: &Path) -> Result<ClipReconstruction, EngineError> {
    let clip = read(path)?;
    let mut features = Features::new(model.feature_config().bands);
    LogMel::new(model.feature_config()).compute(clip.samples(), &mut features);
    let failed = |cause| ClipError::Encoder { path: path.to_owned(), cause };
    let decoded = model.reconstruct(&features).map_err(failed)?;
    let variance_explained = variance_explained(&features, &decoded, model.reduction());
    Ok(ClipReconstruction { clip: features, decoded, duration: clip.duration(), variance_explained })
}

fn read(path: &Path) -> Result<Clip, EngineError> {
    let clip = Clip::read(path)?;
    let (path, samples) = (path.to_owned(), clip.samples().len());
    if frames(samples) == 0 {
        return Err(ClipError::TooShort { path, samples }.into());
    }
    if clip.duration() > LONGEST as f64 {
        let seconds = clip.duration();
        return Err(EngineError::Request(format!(
            "{}: {seconds:.0} s long; one vector is of a word or a phrase, give a clip of at most {LONGEST} s",
            path.display()
        )));
    }
    if clip.samples().iter().all(|&sample| sample == 0.0) {
        return Err(ClipError::Silent { path }.into());
    }
    Ok(clip)
}

/// Of frames averaged down to the rate at which the decoder writes: what is finer it was never asked for.
fn variance_explained(clip: &Features, decoded: &Features, reduction: usize) -> f64 {
    let bands = clip.bands();
    let reduced = |features: &Features| -> Vec<f64> {
        let mean = |group: &[f32], band: usize| {
            let values = group.iter().skip(band).step_by(bands);
            let count = values.len().max(1) as f64;
            values.map(|&value| f64::from(value)).sum::<f64>() / count
        };
        let groups = features.data.chunks(bands * reduction);
        groups.flat_map(|group| (0..bands).map(move |band| mean(group, band))).collect()
    };
    let (clip, decoded) = (reduced(clip), reduced(decoded));
    let level = clip.iter().sum::<f64>() / clip.len().max(1) as f64;
    let spread: f64 = clip.iter().map(|value| (value - level).powi(2)).sum();
    let error: f64 = clip.iter().zip(&decoded).map(|(a, b)| (a - b).powi(2)).sum();
    1.0 - error / spread.max(1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_the_variance_none_of_it_and_less_than_none() {
        let features = |data: &[f32]| Features { bands: 2, data: data.to_vec() };
        let clip = features(&[1.0, 3.0, 1.0, 3.0, 5.0, 7.0]);
        assert_eq!(variance_explained(&clip, &clip, 2), 1.0);
        // Reduced, the clip is [1, 3], [5, 7]: 4 in the mean.
        assert_eq!(variance_explained(&clip, &features(&[4.0; 6]), 2), 0.0);
        assert!(variance_explained(&clip, &features(&[9.0; 6]), 2) < -1.0);
        // What varies within two frames alone is not asked for.
        assert_eq!(variance_explained(&clip, &features(&[0.0, 2.0, 2.0, 4.0, 5.0, 7.0]), 2), 1.0);
    }
}
