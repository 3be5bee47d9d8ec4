//! `audiosearch info`

use anyhow::Result;
use audiosearch_index::{Collection, Schema};
use clap::Args;
use serde::Serialize;

use super::{
    Context, Outcome,
    contents::Contents,
    output::{Output, count, duration, shown},
    store::StoreArgs,
};
use crate::audio::SAMPLE_RATE;

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

/// What a collection holds.
struct Held {
    files: usize,
    samples: u64,
    segments: u64,
    schema: Schema,
}

impl Held {
    fn of(contents: Contents) -> Self {
        Self {
            files: contents.held.len(),
            samples: contents.held.iter().map(|held| held.samples).sum(),
            segments: contents.held.iter().map(|held| u64::from(held.segments)).sum(),
            schema: contents.schema,
        }
    }

    /// The model's name and the beginning of its fingerprint.
    fn model(&self) -> String {
        format!("{} ({})", self.schema.model, self.schema.fingerprint.short())
    }
}

pub fn run(args: &InfoArgs, context: &Context) -> Result<Outcome> {
    let store = args.store.existing()?;
    let (mut audio, mut text) = (None, None);
    for contents in Contents::of_all(&store, context)? {
        match contents.collection {
            Collection::Audio => audio = Some(Held::of(contents)),
            Collection::Text => text = Some(Held::of(contents)),
        }
    }
    let bytes = bytes_below(&store);
    let seconds = |held: &Held| held.samples as f64 / f64::from(SAMPLE_RATE);
    let mut output = Output::new(args.json);
    if args.json {
        output.json(&Info {
            store: shown(&store),
            files: audio.as_ref().map_or(0, |held| held.files),
            duration: audio.as_ref().map_or(0.0, seconds),
            segments: audio.as_ref().map_or(0, |held| held.segments),
            dimension: audio.as_ref().map(|held| held.schema.dimension),
            model: audio.as_ref().map(|held| held.schema.model.clone()),
            fingerprint: audio.as_ref().map(|held| held.schema.fingerprint.to_string()),
            text: text.as_ref().map(|held| Text {
                files: held.files,
                lines: held.samples,
                sentences: held.segments,
                dimension: held.schema.dimension,
                model: held.schema.model.clone(),
                fingerprint: held.schema.fingerprint.to_string(),
            }),
            bytes,
        })?;
    } else {
        output.text(&format!("store      {}", shown(&store)))?;
        if let Some(held) = &audio {
            let files = count(held.files, "file");
            output.text(&format!("audio      {files}, {}", duration(seconds(held))))?;
            output.text(&format!("segments   {} of {} components", held.segments, held.schema.dimension))?;
            output.text(&format!("model      {}", held.model()))?;
        }
        if let Some(held) = &text {
            let files = count(held.files, "file");
            output.text(&format!("text       {files}, {}", count(held.samples as usize, "line")))?;
            output.text(&format!("sentences  {} of {} components", held.segments, held.schema.dimension))?;
            output.text(&format!("model      {}", held.model()))?;
        }
        output.text(&format!("size       {:.1} MB", bytes as f64 / 1e6))?;
    }
    output.flush()?;
    Ok(Outcome::Found)
}

/// What cannot be read counts as nothing.
fn bytes_below(folder: &std::path::Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
