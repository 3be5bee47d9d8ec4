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
    filter::FilterArgs,
    hit_files::HitArgs,
    model::AcousticModelArgs,
    output::{Align, Output, Table, count, shown},
    progress::written,
    store::StoreArgs,
    values::probability,
};
use crate::{
    annotation::{Annotation, Origin},
    engine::{DiscoverOptions, Group},
};

/// Find what is said, or sounds, more than once
///
/// Stretches of the store are searched for in the store itself; those that find each other form a group. The groups can be written as a
/// manifest (--out) and trained on: `audiosearch train audio groups.tsv --from speech` adapts a model to a language without labels.
#[derive(Args)]
#[command(after_help = "Examples:\n\
    \x20 audiosearch discover\n\
    \x20 audiosearch discover --min-confidence 0.9 --out groups.tsv")]
pub struct DiscoverArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    acoustic: AcousticModelArgs,
    /// The lowest confidence that two stretches are the same, 0 to 1
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = probability)]
    min_confidence: f32,
    /// Stretches that are searched for, at most, spread evenly over the store
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    sample: u32,
    /// Hits for each stretch, at most
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    neighbours: u32,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    form: HitArgs,
    /// Write them to this file, without --format as a manifest (tab-separated path, start, end, label); of formats of one recording to this
    /// folder, a file a recording
    #[arg(long, short, value_name = "FILE|FOLDER")]
    out: Option<PathBuf>,
}

/// A line of `--json`; part of the contract.
#[derive(Serialize)]
struct Line {
    /// The number of the group; the field's name is part of the contract.
    term: usize,
    path: String,
    start: f64,
    end: f64,
    confidence: f32,
}

pub fn run(args: &DiscoverArgs, context: &Context) -> Result<Outcome> {
    let engine = args.acoustic.open_engine(&args.store.existing()?, context)?;
    let options = DiscoverOptions {
        segments: args.sample as usize,
        neighbours: args.neighbours as usize,
        min_confidence: args.min_confidence,
        filter: args.filter.filter()?,
    };
    let groups = engine.discover(&options, &mut context.bars()).map_err(written)?;
    let occurrences: usize = groups.iter().map(|group| group.occurrences.len()).sum();
    context.messages.note(format_args!("{}, {}", count(groups.len(), "group"), count(occurrences, "occurrence")));
    match &args.out {
        Some(path) if args.form.is_manifest(path) => {
            write(path, &groups).with_context(|| path.display().to_string())?
        }
        out => {
            if let Some(mut output) = args.form.output(out.as_deref())? {
                print(&mut output, &groups)?;
            }
            if args.form.wants_files(out.as_deref())? && !groups.is_empty() {
                args.form.write(annotations(&groups)?, out.as_deref(), &engine, context)?;
            }
        }
    }
    Ok(if groups.is_empty() { Outcome::Nothing } else { Outcome::Found })
}

fn lines(groups: &[Group]) -> impl Iterator<Item = (usize, &Path, f64, f64, f32)> {
    groups.iter().enumerate().flat_map(|(number, group)| {
        group
            .occurrences
            .iter()
            .map(move |one| (number + 1, one.path.as_path(), one.start(), one.end(), one.confidence))
    })
}

/// Occurrences as annotations: all groups in one tier.
fn annotations(groups: &[Group]) -> Result<Vec<Annotation>> {
    let annotation = |(group, path, start, end, confidence): (usize, &Path, f64, f64, f32)| {
        let annotation = Annotation::new(path, start, end, &format!("group {group}"))?.with_tier("groups");
        Ok(annotation.with_origin(Origin::Model).with_confidence(confidence.clamp(0.0, 1.0))?)
    };
    lines(groups).map(annotation).collect()
}

fn print(output: &mut Output, groups: &[Group]) -> Result<()> {
    let json = output.is_json();
    let mut table = Table::new(&[
        ("group", Align::Right),
        ("conf", Align::Right),
        ("start", Align::Right),
        ("end", Align::Right),
        ("path", Align::Left),
    ]);
    for (group, path, start, end, confidence) in lines(groups) {
        let path = shown(path);
        if json {
            output.json(&Line { term: group, path, start, end, confidence })?;
        } else {
            let conf = format!("{:.0} %", confidence * 100.0);
            table.push(vec![group.to_string(), conf, format!("{start:.2}"), format!("{end:.2}"), path]);
        }
    }
    if !json && !groups.is_empty() {
        output.table(&table)?;
    }
    Ok(output.flush()?)
}

/// A manifest: paths are whole, so that it can be moved.
fn write(to: &Path, groups: &[Group]) -> Result<()> {
    let mut out = BufWriter::new(File::create(to)?);
    writeln!(out, "path\tstart\tend\tlabel\tconfidence")?;
    for (group, path, start, end, confidence) in lines(groups) {
        let path = absolute(path)?;
        let path = path.to_string_lossy();
        if path.contains(['\t', '\n', '\r']) {
            bail!("{path:?}: a manifest cannot hold this name");
        }
        writeln!(out, "{path}\t{start:.3}\t{end:.3}\tterm {group}\t{confidence:.3}")?;
    }
    Ok(out.flush()?)
}
