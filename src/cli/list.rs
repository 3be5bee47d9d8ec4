//! `audiosearch list`

use anyhow::Result;
use audiosearch_index::{Collection, Index};
use clap::Args;
use serde::Serialize;

use super::{
    Context, Outcome,
    output::{Align, Output, Table, duration, shown},
    store::StoreArgs,
};
use crate::audio::SAMPLE_RATE;

/// List the recordings of a store
#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Print a JSON object a recording
    #[arg(long)]
    json: bool,
}

/// A line of `--json`; part of the contract.
#[derive(Serialize)]
struct Line {
    path: String,
    /// Seconds.
    duration: f64,
    segments: u32,
}

pub fn run(args: &ListArgs, _: &Context) -> Result<Outcome> {
    let index = Index::open(&args.store.existing()?, Collection::Audio)?;
    let mut lines = Vec::new();
    for source in index.sources() {
        let (_, source, segments) = source?;
        let duration = source.samples as f64 / f64::from(SAMPLE_RATE);
        lines.push(Line { path: shown(&source.path), duration, segments });
    }
    lines.sort_by(|a, b| a.path.cmp(&b.path));

    let mut output = Output::new(args.json);
    if args.json {
        lines.iter().try_for_each(|line| output.json(line))?;
    } else if !lines.is_empty() {
        let columns = [("duration", Align::Right), ("segments", Align::Right), ("path", Align::Left)];
        let mut table = Table::new(&columns);
        for line in &lines {
            table.push(vec![duration(line.duration), line.segments.to_string(), line.path.clone()]);
        }
        output.table(&table)?;
    }
    output.flush()?;
    Ok(if lines.is_empty() { Outcome::Nothing } else { Outcome::Found })
}
