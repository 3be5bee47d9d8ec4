//! `audiosearch label`

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};

use super::{
    Context, Outcome,
    filter::FilterArgs,
    hit_files::HitFormat,
    model::open_engine,
    output::{Align, Output, Table, count, shown},
    store::StoreArgs,
};
use crate::{
    annotation::{Annotation, Format, Recording, write_files},
    engine::{Engine, Filter},
};

/// Import labels from files of other tools, and export them
///
/// Labels are stored with their recordings: hits and maps carry them. Formats are TextGrid (Praat), EAF (ELAN), selection tables of Raven,
/// labels of Audacity, SubRip, WebVTT, csv and jsonl.
#[derive(Args)]
pub struct LabelArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Import(ImportArgs),
    Export(ExportArgs),
}

/// Store the annotations of files as labels of their recordings
///
/// A file belongs to the recording that it names, else to the one that is called as it is: grids/day1.TextGrid to day1.wav. Of that recording
/// they take the place of labels that were imported before.
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch label import grids/")]
struct ImportArgs {
    /// Files, or folders with all that lies below them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
}

/// Write the labels of the store to files of other tools
#[derive(Args)]
#[command(after_help = "Examples:\n\
    \x20 audiosearch label export labels.csv\n\
    \x20 audiosearch label export grids/ --format textgrid")]
struct ExportArgs {
    /// The file; of formats of one recording the folder, with a file a recording
    #[arg(value_name = "FILE|FOLDER")]
    out: PathBuf,
    /// The format [default: as the name says]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<HitFormat>,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    store: StoreArgs,
}

pub fn run(args: &LabelArgs, context: &Context) -> Result<Outcome> {
    match &args.action {
        Action::Import(args) => import(args, context),
        Action::Export(args) => export(args, context),
    }
}

fn import(args: &ImportArgs, context: &Context) -> Result<Outcome> {
    let engine = open_engine(&args.store.existing()?, context)?;
    let (mut labels, mut recordings) = (0, 0);
    for path in &args.paths {
        match engine.import_labels(path, &mut context.bars()) {
            Ok(report) => {
                labels += report.labels;
                recordings += report.recordings;
            }
            Err(cause) => context.messages.error(cause.chain()),
        }
    }
    context.messages.note(format_args!("{} of {}", count(labels, "label"), count(recordings, "recording")));
    Ok(if labels == 0 { Outcome::Nothing } else { Outcome::Found })
}

fn export(args: &ExportArgs, context: &Context) -> Result<Outcome> {
    let format = match args.format {
        Some(HitFormat::Jsonl) => Some(Format::Jsonl),
        Some(format) => format.of_files(),
        None => Format::of_file(&args.out, &[]),
    };
    let format = format.with_context(|| format!("{}: add --format; the name tells none", args.out.display()))?;
    let engine = open_engine(&args.store.existing()?, context)?;
    let labels = engine.labels(&args.filter.filter()?)?;
    let any = !labels.is_empty();
    let files = write_files(format, &args.out, &engine.by_recording(labels)?)?;
    context.messages.note(format_args!("{}: {}", args.out.display(), count(files.len(), "file")));
    Ok(if any { Outcome::Found } else { Outcome::Nothing })
}

/// `list --labels`
pub fn list(engine: &Engine, filter: &Filter, output: &mut Output) -> Result<Outcome> {
    let labels = engine.labels(filter)?;
    if output.is_json() {
        let none = Recording { path: PathBuf::new(), seconds: None };
        Format::Jsonl.write(output.writer(), &none, &labels)?;
    } else if !labels.is_empty() {
        output.table(&table(&labels))?;
    }
    output.flush()?;
    Ok(if labels.is_empty() { Outcome::Nothing } else { Outcome::Found })
}

fn table(labels: &[Annotation]) -> Table {
    let mut table = Table::new(&[
        ("start", Align::Right),
        ("end", Align::Right),
        ("label", Align::Left),
        ("origin", Align::Left),
        ("path", Align::Left),
    ]);
    for label in labels {
        table.push(vec![
            format!("{:.2}", label.start()),
            format!("{:.2}", label.end()),
            label.label().to_owned(),
            label.origin().to_string(),
            shown(label.path()),
        ]);
    }
    table
}
