//! `audiosearch query`

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use audiosearch_index::{Collection, Hit, Index, IndexError, Span};
use clap::Args;
use serde::Serialize;

use super::{
    Context, Outcome,
    manifest::Manifest,
    model::{JobsArgs, ModelArgs},
    output::{Align, Output, Table, shown},
    store::StoreArgs,
};
use crate::{
    audio::{Clip, SAMPLE_RATE},
    encoder::Encoder as _,
    frames::FrameNetwork,
    pipeline::{ClipTask, EmbeddedClip, Keys, listen_to_clips},
    search::{Options, Searcher, query_spans},
};

/// Standard input.
const STDIN: &str = "-";

/// Find the moments that sound like a clip
#[derive(Args)]
pub struct QueryArgs {
    /// Clips; - reads one from standard input
    #[arg(value_name = "CLIP", required_unless_present = "list", conflicts_with = "list")]
    clips: Vec<PathBuf>,
    /// Clips from a list: paths, or tab-separated columns path, start, end
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    model: ModelArgs,
    /// Hits for each clip, at most
    #[arg(short, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    k: u32,
    /// Where in the clip the query begins, in seconds
    #[arg(long, value_name = "S", value_parser = seconds, conflicts_with = "list")]
    from: Option<f64>,
    /// Where in the clip the query ends, in seconds
    #[arg(long, value_name = "S", value_parser = seconds, conflicts_with = "list")]
    to: Option<f64>,
    /// One hit a file
    #[arg(long)]
    per_file: bool,
    /// Leave out the clip itself, where it is part of an indexed file
    #[arg(long)]
    no_self: bool,
    /// The lowest score of a hit, -1 to 1
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    min_score: Option<f32>,
    /// Compare with every segment instead of asking the graph
    #[arg(long)]
    exact: bool,
    /// Take the order and the boundaries of the indexed spans, without looking at the best places moment by moment
    #[arg(long)]
    no_rerank: bool,
    #[command(flatten)]
    jobs: JobsArgs,
    /// Print a JSON object a hit
    #[arg(long)]
    json: bool,
}

/// A line of `--json`: its fields and their order are part of the contract.
#[derive(Serialize)]
struct Line<'a> {
    query: &'a str,
    rank: usize,
    score: f32,
    path: String,
    start: f64,
    end: f64,
    label: Option<&'a str>,
    text: Option<&'a str>,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err("not a number of seconds".into()),
    }
}

pub fn run(args: &QueryArgs, context: &Context) -> Result<Outcome> {
    let messages = &context.messages;
    let store = args.store.existing()?;
    let network = FrameNetwork::shipped()?;
    let searcher = open(&store, &network, context)?;
    let model = args.model.load(Some(&searcher.schema().model))?;
    searcher.require(&model.encoder.fingerprint())?;
    let keys = Keys::new(&store).with_context(|| store.display().to_string())?;
    let (names, tasks) = clips(args)?;

    let jobs = args.jobs.count();
    let encoders = model.encoders(jobs)?;
    let embedded = listen_to_clips(&tasks, encoders, jobs, context.interrupt.flag(), query_spans, &network);
    let mut output = Output::new(args.json);
    let mut found = Outcome::Nothing;
    for ((name, task), clip) in names.iter().zip(&tasks).zip(embedded) {
        let clip = match clip {
            Ok(clip) => clip,
            Err(cause) => {
                messages.error(cause);
                continue;
            }
        };
        if let Some(truncated) = &clip.truncated {
            messages.error(truncated);
        }
        let options = Options {
            k: args.k as usize,
            min_score: args.min_score,
            per_file: args.per_file,
            exact: args.exact,
            rerank: !args.no_rerank,
            not: args.no_self.then(|| itself(task, &clip, &keys, &searcher)).flatten(),
        };
        let hits = searcher.search(&clip.into(), &options)?;
        if !hits.is_empty() {
            found = Outcome::Found;
        }
        print(&mut output, name, &hits, names.len() > 1)?;
    }
    output.flush()?;
    Ok(found)
}

/// Opens what can be searched; where that is gone or damaged, makes it anew from the truth.
fn open(store: &Path, network: &FrameNetwork, context: &Context) -> Result<Searcher> {
    match Searcher::open(store, network.id()) {
        Err(cause @ (IndexError::Missing { .. } | IndexError::Damaged { .. })) => {
            let index = match Index::open(store, Collection::Audio) {
                Ok(index) => index,
                // The first error says better what is wrong.
                Err(IndexError::Missing { .. }) => return Err(cause.into()),
                Err(other) => return Err(other.into()),
            };
            context.messages.warn(format_args!("{cause}: making the searchable form anew"));
            index.refreeze()?;
            drop(index);
            Ok(Searcher::open(store, network.id())?)
        }
        opened => Ok(opened?),
    }
}

/// The clips with the names that their hits carry.
fn clips(args: &QueryArgs) -> Result<(Vec<String>, Vec<ClipTask>)> {
    if let Some(list) = &args.list {
        let rows = Manifest::read(list)?.rows;
        let task = |row: super::manifest::Row| ClipTask { path: row.path, clip: None, start: row.start, end: row.end };
        return Ok(rows.into_iter().map(|row| (row.name(), task(row))).unzip());
    }
    if let (Some(from), Some(to)) = (args.from, args.to)
        && from >= to
    {
        bail!("--from {from} is not before --to {to}");
    }
    let mut all = (Vec::new(), Vec::new());
    for path in &args.clips {
        let clip = if path == Path::new(STDIN) { Some(read_stdin()?) } else { None };
        all.0.push(shown(path));
        all.1.push(ClipTask { path: path.clone(), clip, start: args.from, end: args.to });
    }
    Ok(all)
}

fn read_stdin() -> Result<Clip> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).context("standard input")?;
    Ok(Clip::from_bytes(bytes, Path::new("standard input"))?)
}

/// Where the clip lies in an indexed file, if it does.
fn itself(
    task: &ClipTask,
    clip: &EmbeddedClip,
    keys: &Keys,
    searcher: &Searcher,
) -> Option<(audiosearch_index::SourceId, Span)> {
    let source = searcher.source(&keys.key(&task.path).ok()?)?;
    let len = u32::try_from(clip.samples).unwrap_or(u32::MAX);
    Some((source, Span { start: clip.offset, len }))
}

fn print(output: &mut Output, query: &str, hits: &[Hit], many: bool) -> Result<()> {
    let seconds = |samples: u64| samples as f64 / f64::from(SAMPLE_RATE);
    if output.is_json() {
        for (number, hit) in hits.iter().enumerate() {
            output.json(&Line {
                query,
                rank: number + 1,
                score: hit.score,
                path: shown(&hit.path),
                start: seconds(hit.span.start),
                end: seconds(hit.span.end()),
                label: hit.label.as_deref(),
                text: hit.text.as_deref(),
            })?;
        }
        return Ok(());
    }
    if many {
        output.text(&format!("{}:", super::output::printable(query)))?;
    }
    if hits.is_empty() {
        if many {
            output.text("nothing found\n")?;
        }
        return Ok(());
    }
    let columns = [
        ("rank", Align::Right),
        ("score", Align::Right),
        ("start", Align::Right),
        ("end", Align::Right),
        ("path", Align::Left),
    ];
    let mut table = Table::new(&columns);
    for (number, hit) in hits.iter().enumerate() {
        table.push(vec![
            (number + 1).to_string(),
            format!("{:.3}", hit.score),
            format!("{:.2}", seconds(hit.span.start)),
            format!("{:.2}", seconds(hit.span.end())),
            shown(&hit.path),
        ]);
    }
    output.table(&table)?;
    if many {
        output.text("")?;
    }
    Ok(())
}
