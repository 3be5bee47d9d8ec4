//! `audiosearch info`

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::{
    Context, Outcome,
    model::open_engine,
    output::{Output, count, duration, shown},
    store::StoreArgs,
};
use crate::engine::{Collection, Contents};

/// Show store statistics
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch info --store ~/recordings/.audiosearch")]
pub struct InfoArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// The object of `--json`. What is said of recordings is zero or null in a store of texts alone.
#[derive(Serialize)]
struct Info {
    store: String,
    files: usize,
    /// Seconds.
    duration: f64,
    segments: u64,
    dimension: Option<u32>,
    model: Option<String>,
    fingerprint: Option<String>,
    text: Option<Text>,
    /// Bytes on disk, the sled store and its searchable form together.
    bytes: u64,
}

/// The text collection.
#[derive(Serialize)]
struct Text {
    files: usize,
    lines: u64,
    sentences: u64,
    dimension: u32,
    model: String,
    fingerprint: String,
}

/// The model's name and the beginning of its fingerprint.
fn model(contents: &Contents) -> String {
    format!("{} ({})", contents.schema.model, contents.schema.fingerprint.short())
}

pub fn run(args: &InfoArgs, context: &Context) -> Result<Outcome> {
    let store = args.store.existing()?;
    let engine = open_engine(&store, context)?;
    let (mut audio, mut text) = (None, None);
    for contents in engine.sources()? {
        match contents.collection {
            Collection::Audio => audio = Some(contents),
            Collection::Text => text = Some(contents),
        }
    }
    let bytes = engine.bytes();
    let mut output = Output::new(args.json);
    if args.json {
        output.json(&Info {
            store: shown(&store),
            files: audio.as_ref().map_or(0, |held| held.sources.len()),
            duration: audio.as_ref().map_or(0.0, Contents::seconds),
            segments: audio.as_ref().map_or(0, Contents::segments),
            dimension: audio.as_ref().map(|held| held.schema.dimension),
            model: audio.as_ref().map(|held| held.schema.model.clone()),
            fingerprint: audio.as_ref().map(|held| held.schema.fingerprint.to_string()),
            text: text.as_ref().map(|held| Text {
                files: held.sources.len(),
                lines: held.length(),
                sentences: held.segments(),
                dimension: held.schema.dimension,
                model: held.schema.model.clone(),
                fingerprint: held.schema.fingerprint.to_string(),
            }),
            bytes,
        })?;
    } else {
        output.text(&format!("store      {}", shown(&store)))?;
        if let Some(held) = &audio {
            let files = count(held.sources.len(), "file");
            output.text(&format!("audio      {files}, {}", duration(held.seconds())))?;
            output.text(&format!("segments   {} of {} components", held.segments(), held.schema.dimension))?;
            output.text(&format!("model      {}", model(held)))?;
        }
        if let Some(held) = &text {
            let files = count(held.sources.len(), "file");
            output.text(&format!("text       {files}, {}", count(held.length() as usize, "line")))?;
            output.text(&format!("sentences  {} of {} components", held.segments(), held.schema.dimension))?;
            output.text(&format!("model      {}", model(held)))?;
        }
        output.text(&format!("size       {:.1} MB", bytes as f64 / 1e6))?;
    }
    output.flush()?;
    Ok(Outcome::Found)
}
