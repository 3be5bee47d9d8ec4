//! A clip through its vector and back.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde::Serialize;

use super::super::{
    Outcome,
    output::{Output, shown},
    torch,
};
use crate::{
    engine::{Device, reconstruct_clip},
    export::{Panel, write_spectrograms, write_wav},
    features::griffin_lim,
};

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
    let config = *model.feature_config();
    let made = reconstruct_clip(model.as_ref(), args.clip)?;
    match form {
        Form::Picture => {
            let (clip, values) = (shown(args.clip), format!("out of its {} values", model.dimension()));
            let panels =
                [Panel { title: &clip, features: &made.clip }, Panel { title: &values, features: &made.decoded }];
            write_spectrograms(args.out, &panels, &config)?;
        }
        Form::Sound => write_wav(args.out, &griffin_lim(&made.decoded, &config))?,
    }
    let explained = made.variance_explained;
    let mut output = Output::new(args.json);
    let line = Line {
        clip: shown(args.clip),
        duration: made.duration,
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
