//! `audiosearch list`

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::{
    Context, Outcome,
    filter::FilterArgs,
    label,
    model::open_engine,
    output::{Align, Output, Table, duration, of_channel, shown},
    store::{StoreArgs, Which},
};
use crate::engine::{Collection, Contents, SourceInfo};

/// List the recordings and texts of a store
#[derive(Args)]
#[command(after_help = "Examples:\n\
    \x20 audiosearch list --collection audio --json\n\
    \x20 audiosearch list --where 'duration<10' --where 'path=north/**'")]
pub struct ListArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// List only these
    #[arg(long, value_enum, value_name = "WHICH")]
    collection: Option<Which>,
    /// List the labels of recordings instead
    #[arg(long, conflicts_with = "collection")]
    labels: bool,
    #[command(flatten)]
    filter: FilterArgs,
    /// Print a JSON object a file, or a label
    #[arg(long)]
    json: bool,
}

/// A line of `--json`; part of the contract.
#[derive(Serialize)]
struct Recording {
    path: String,
    /// Counted from 1, where channels were indexed each by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<u16>,
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

pub fn run(args: &ListArgs, context: &Context) -> Result<Outcome> {
    let mut output = Output::new(args.json);
    let (mut any, mut before) = (Outcome::Nothing, false);
    let wanted =
        |contents: &Contents| args.collection.is_none_or(|which| Collection::from(which) == contents.collection);
    let engine = open_engine(&args.store.existing()?, context)?;
    let filter = args.filter.filter()?;
    if args.labels {
        return label::list(&engine, &filter, &mut output);
    }
    for contents in engine.sources_where(&filter)?.into_iter().filter(wanted) {
        let mut sources: Vec<(String, SourceInfo)> =
            contents.sources.into_iter().map(|source| (shown(&source.path), source)).collect();
        if sources.is_empty() {
            continue;
        }
        sources.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.channel.cmp(&b.1.channel)));
        any = Outcome::Found;
        if before && !args.json {
            output.text("")?;
        }
        before = true;
        match contents.collection {
            Collection::Audio => recordings(&mut output, sources)?,
            Collection::Text => texts(&mut output, sources)?,
        }
    }
    output.flush()?;
    Ok(any)
}

fn recordings(output: &mut Output, sources: Vec<(String, SourceInfo)>) -> Result<()> {
    let lines: Vec<Recording> = sources
        .into_iter()
        .map(|(path, s)| Recording { path, channel: s.channel, duration: s.seconds(), segments: s.segments })
        .collect();
    if output.is_json() {
        return Ok(lines.iter().try_for_each(|line| output.json(line))?);
    }
    let mut table = Table::new(&[("duration", Align::Right), ("segments", Align::Right), ("path", Align::Left)]);
    for line in lines {
        let path = of_channel(line.path, line.channel);
        table.push(vec![duration(line.duration), line.segments.to_string(), path]);
    }
    Ok(output.table(&table)?)
}

fn texts(output: &mut Output, sources: Vec<(String, SourceInfo)>) -> Result<()> {
    let line = |(path, source): (String, SourceInfo)| Text { path, lines: source.length, sentences: source.segments };
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
