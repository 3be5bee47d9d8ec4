//! A clip through its vector and back.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;

use super::super::{
    Outcome,
    output::{Output, shown},
    torch,
};
use crate::{
    audio::Clip,
    encoder::Device,
    export::{Panel, write_spectrograms, write_wav},
    features::{Features, Frontend as _, LogMel, frames, griffin_lim},
};

/// Longest clip, in seconds: a vector is of a word or a phrase.
const LONGEST: f64 = 60.0;

/// What is written.
#[derive(Clone, Copy)]
enum Form {
    Picture,
    Sound,
}

/// A line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    clip: String,
    /// Seconds.
    duration: f64,
    /// Values in the vector.
    values: usize,
    /// Share of the variance of the clip's frames that came through, level and length given; 1 is all, below 0 worse than nothing.
    variance_explained: f64,
    out: &'a Path,
}

/// The arguments of `reconstruct CLIP`.
pub struct ClipArgs<'a> {
    pub clip: &'a Path,
    pub out: &'a Path,
    /// A file, or the model that comes with the program.
    pub model: Option<&'a PathBuf>,
    pub device: Device,
    pub json: bool,
}

pub fn run(args: &ClipArgs<'_>) -> Result<Outcome> {
    let form = form(args.out)?;
    let same = |a: &Path, b: &Path| a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
    if same(args.clip, args.out) {
        bail!("--out {}: that is the clip itself", args.out.display());
    }
    let path = args.model.filter(|name| name.as_path() != Path::new("speech"));
    if let Some(path) = path.filter(|path| !path.exists()) {
        bail!("{}: no such model; name a file, or speech", path.display());
    }
    let model = torch::auto_encoder(path.map(PathBuf::as_path), args.device)?;
    let clip = read(args.clip)?;
    let config = *model.feature_config();
    let mut original = Features::new(config.bands);
    LogMel::new(&config).compute(clip.samples(), &mut original);
    let decoded = model.reconstruct(&original).with_context(|| args.clip.display().to_string())?;
    match form {
        Form::Picture => {
            let (clip, values) = (shown(args.clip), format!("out of its {} values", model.dimension()));
            let panels = [Panel { title: &clip, features: &original }, Panel { title: &values, features: &decoded }];
            write_spectrograms(args.out, &panels, &config)?;
        }
        Form::Sound => write_wav(args.out, &griffin_lim(&decoded, &config))?,
    }
    let explained = variance_explained(&original, &decoded, model.reduction());
    let mut output = Output::new(args.json);
    let line = Line {
        clip: shown(args.clip),
        duration: clip.duration(),
        values: model.dimension(),
        variance_explained: explained,
        out: args.out,
    };
    if args.json {
        output.json(&line)?;
    } else {
        let Line { clip, duration, values, .. } = &line;
        let out = shown(args.out);
        output.text(&format!(
            "{clip}: {duration:.2} s, {values} values, {:.0} % of the variance; {out}",
            100.0 * explained
        ))?;
    }
    output.flush()?;
    Ok(Outcome::Found)
}

fn form(out: &Path) -> Result<Form> {
    match out.extension().map(|extension| extension.to_ascii_lowercase()) {
        Some(extension) if extension == "png" => Ok(Form::Picture),
        Some(extension) if extension == "wav" => Ok(Form::Sound),
        _ => bail!("--out {}: name a file that ends in .png (a picture) or .wav (sound)", out.display()),
    }
}

fn read(path: &Path) -> Result<Clip> {
    let clip = Clip::read(path)?;
    let (name, samples) = (path.display(), clip.samples());
    if frames(samples.len()) == 0 {
        bail!("{name}: {} samples at 16 kHz are too short to hold a sound", samples.len());
    }
    if clip.duration() > LONGEST {
        bail!(
            "{name}: {:.0} s long; one vector is of a word or a phrase, give a clip of at most {LONGEST} s",
            clip.duration()
        );
    }
    if samples.iter().all(|&sample| sample == 0.0) {
        bail!("{name}: nothing but silence");
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
