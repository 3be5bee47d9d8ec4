//! `audiosearch list`

use anyhow::Result;
use audiosearch_index::{Collection, Index, Source};
use clap::Args;
use serde::Serialize;

use super::{
    Context, Outcome,
    output::{Align, Output, Table, duration, shown},
    store::{StoreArgs, Which, open_all},
};
use crate::audio::SAMPLE_RATE;

/// List the recordings and texts of a store
#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// List only these
    #[arg(long, value_enum, value_name = "WHICH")]
    collection: Option<Which>,
    /// Print a JSON object a file
    #[arg(long)]
    json: bool,
}

/// A line of `--json`; part of the contract.
#[derive(Serialize)]
struct Recording {
    path: String,
    /// Seconds.
    duration: f64,
    segments: u32,
}

/// A line of `--json`; part of the contract.
#[derive(Serialize)]
struct Text {
    path: String,
    lines: u64,
    sentences: u32,
}

pub fn run(args: &ListArgs, _: &Context) -> Result<Outcome> {
    let mut output = Output::new(args.json);
    let (mut any, mut before) = (Outcome::Nothing, false);
    let wanted = |index: &Index| args.collection.is_none_or(|which| Collection::from(which) == index.collection());
    for index in open_all(&args.store.existing()?)?.iter().filter(|index| wanted(index)) {
        let mut sources = Vec::new();
        for source in index.sources() {
            let (_, source, segments) = source?;
            sources.push((shown(&source.path), source, segments));
        }
        if sources.is_empty() {
            continue;
        }
        sources.sort_by(|a, b| a.0.cmp(&b.0));
        any = Outcome::Found;
        if before && !args.json {
            output.text("")?;
        }
        before = true;
        match index.collection() {
            Collection::Audio => recordings(&mut output, sources)?,
            Collection::Text => texts(&mut output, sources)?,
        }
    }
    output.flush()?;
    Ok(any)
}

fn recordings(output: &mut Output, sources: Vec<(String, Source, u32)>) -> Result<()> {
    let seconds = |source: &Source| source.samples as f64 / f64::from(SAMPLE_RATE);
    let lines: Vec<Recording> = sources
        .into_iter()
        .map(|(path, source, segments)| Recording { path, duration: seconds(&source), segments })
        .collect();
    if output.is_json() {
        return Ok(lines.iter().try_for_each(|line| output.json(line))?);
    }
    let mut table = Table::new(&[("duration", Align::Right), ("segments", Align::Right), ("path", Align::Left)]);
    for line in lines {
        table.push(vec![duration(line.duration), line.segments.to_string(), line.path]);
    }
    Ok(output.table(&table)?)
}

fn texts(output: &mut Output, sources: Vec<(String, Source, u32)>) -> Result<()> {
    let line = |(path, source, sentences): (String, Source, u32)| Text { path, lines: source.samples, sentences };
    let lines: Vec<Text> = sources.into_iter().map(line).collect();
    if output.is_json() {
        return Ok(lines.iter().try_for_each(|line| output.json(line))?);
    }
    let mut table = Table::new(&[("lines", Align::Right), ("sentences", Align::Right), ("path", Align::Left)]);
    for line in lines {
        table.push(vec![line.lines.to_string(), line.sentences.to_string(), line.path]);
    }
    Ok(output.table(&table)?)
}
