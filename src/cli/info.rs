//! `audiosearch info`

use anyhow::Result;
use audiosearch_index::{Collection, Index};
use clap::Args;
use serde::Serialize;

use super::{
    Context, Outcome,
    output::{Output, count, duration, shown},
    store::StoreArgs,
};
use crate::audio::SAMPLE_RATE;

/// Say what a store holds
#[derive(Args)]
pub struct InfoArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// The object of `--json`.
#[derive(Serialize)]
struct Info {
    store: String,
    files: usize,
    /// Seconds.
    duration: f64,
    segments: u64,
    dimension: u32,
    model: String,
    fingerprint: String,
    /// Bytes on disk, the truth and its searchable form together.
    bytes: u64,
}

pub fn run(args: &InfoArgs, _: &Context) -> Result<Outcome> {
    let store = args.store.existing()?;
    let index = Index::open(&store, Collection::Audio)?;
    let (mut files, mut samples, mut segments) = (0, 0, 0);
    for source in index.sources() {
        let (_, source, count) = source?;
        files += 1;
        samples += source.samples;
        segments += u64::from(count);
    }
    let schema = index.schema();
    let info = Info {
        store: shown(&store),
        files,
        duration: samples as f64 / f64::from(SAMPLE_RATE),
        segments,
        dimension: schema.dimension,
        model: schema.model.clone(),
        fingerprint: schema.fingerprint.to_string(),
        bytes: bytes_below(&store),
    };
    let mut output = Output::new(args.json);
    if args.json {
        output.json(&info)?;
    } else {
        output.text(&format!("store     {}", info.store))?;
        output.text(&format!("holds     {}, {} of audio", count(files, "file"), duration(info.duration)))?;
        output.text(&format!("segments  {} of {} components", info.segments, info.dimension))?;
        output.text(&format!("model     {} ({})", info.model, schema.fingerprint.short()))?;
        output.text(&format!("size      {:.1} MB", info.bytes as f64 / 1e6))?;
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
