//! `audiosearch discover`

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf, absolute},
};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::Serialize;

use super::{
    Context, Outcome,
    output::{Align, Output, Table, count, shown},
    progress::steps,
    query::{open, probability},
    store::StoreArgs,
};
use crate::{
    audio::SAMPLE_RATE,
    frames::FrameNetwork,
    search::{DiscoveryOptions, Term, discover},
};

/// Find what is said, or sounds, more than once
///
/// Stretches of the store ask the store itself; what finds each other is a term. A manifest of them (--out) can be trained on: `audiosearch
/// train audio terms.tsv --from speech` makes a model hear a language better that nobody has labelled.
#[derive(Args)]
#[command(after_help = "Examples:\n\
    \x20 audiosearch discover\n\
    \x20 audiosearch discover --min-confidence 0.9 --out terms.tsv")]
pub struct DiscoverArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// How probable it must be that two moments are the same, 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = probability)]
    min_confidence: f32,
    /// Stretches that ask, at most, spread evenly over the store
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    sample: u32,
    /// Moments that each may name as its like
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    neighbours: u32,
    /// Write them as a manifest: tab-separated path, start, end, label
    #[arg(long, short, value_name = "FILE.tsv")]
    out: Option<PathBuf>,
    /// Print a JSON object an occurrence
    #[arg(long)]
    json: bool,
}

/// A line of `--json`; part of the contract.
#[derive(Serialize)]
struct Line {
    term: usize,
    path: String,
    start: f64,
    end: f64,
    confidence: f32,
}

pub fn run(args: &DiscoverArgs, context: &Context) -> Result<Outcome> {
    let store = args.store.existing()?;
    let network = FrameNetwork::shipped()?;
    let searcher = open(&store, &network, context)?;
    let options = DiscoveryOptions {
        segments: args.sample as usize,
        neighbours: args.neighbours as usize,
        min_confidence: args.min_confidence,
    };
    let asking = searcher.segments().min(options.segments);
    let bar = steps(&context.messages, "asking", asking);
    let terms = discover(&searcher, &network, &options, &|more| bar.add(more), context.interrupt.flag())?;
    drop(bar);
    if context.interrupt.asked() {
        bail!("interrupted; nothing was written");
    }
    let occurrences: usize = terms.iter().map(|term| term.occurrences.len()).sum();
    context.messages.note(format_args!("{}, {}", count(terms.len(), "term"), count(occurrences, "occurrence")));
    match &args.out {
        Some(path) => write(path, &terms).with_context(|| path.display().to_string())?,
        None => print(&terms, args.json)?,
    }
    Ok(if terms.is_empty() { Outcome::Nothing } else { Outcome::Found })
}

fn lines(terms: &[Term]) -> impl Iterator<Item = (usize, &Path, f64, f64, f32)> {
    let seconds = |samples: u64| samples as f64 / f64::from(SAMPLE_RATE);
    terms.iter().enumerate().flat_map(move |(number, term)| {
        term.occurrences.iter().map(move |one| {
            (number + 1, one.path.as_path(), seconds(one.span.start), seconds(one.span.end()), one.confidence)
        })
    })
}

fn print(terms: &[Term], json: bool) -> Result<()> {
    let mut output = Output::new(json);
    let columns = [
        ("term", Align::Right),
        ("sure", Align::Right),
        ("start", Align::Right),
        ("end", Align::Right),
        ("path", Align::Left),
    ];
    let mut table = Table::new(&columns);
    for (term, path, start, end, confidence) in lines(terms) {
        let path = shown(path);
        if json {
            output.json(&Line { term, path, start, end, confidence })?;
        } else {
            let sure = format!("{:.0} %", confidence * 100.0);
            table.push(vec![term.to_string(), sure, format!("{start:.2}"), format!("{end:.2}"), path]);
        }
    }
    if !json && !terms.is_empty() {
        output.table(&table)?;
    }
    Ok(output.flush()?)
}

/// A manifest: paths are whole, so that it can be moved.
fn write(to: &Path, terms: &[Term]) -> Result<()> {
    let mut out = BufWriter::new(File::create(to)?);
    writeln!(out, "path\tstart\tend\tlabel\tconfidence")?;
    for (term, path, start, end, confidence) in lines(terms) {
        let path = absolute(path)?;
        let path = path.to_string_lossy();
        if path.contains(['\t', '\n', '\r']) {
            bail!("{path:?}: a manifest cannot hold this name");
        }
        writeln!(out, "{path}\t{start:.3}\t{end:.3}\tterm {term}\t{confidence:.3}")?;
    }
    Ok(out.flush()?)
}
