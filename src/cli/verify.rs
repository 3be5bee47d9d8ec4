//! `audiosearch verify`

use std::path::Path;

use anyhow::Result;
use clap::Args;

use super::{Context, Outcome, messages::Messages, model::open_engine, output::count, store::StoreArgs};
use crate::engine::{Collection, RepairReport, VerifyReport};

/// Check that a store is undamaged
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch verify || audiosearch verify --repair")]
pub struct VerifyArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Repair what can be repaired, and name what could not be saved
    #[arg(long)]
    repair: bool,
}

pub fn run(args: &VerifyArgs, context: &Context) -> Result<Outcome> {
    let store = args.store.existing()?;
    let engine = open_engine(&store, context)?;
    let (mut bars, messages) = (context.bars(), &context.messages);
    if args.repair {
        let reports = engine.repair(&mut bars)?;
        reports.iter().for_each(|(collection, report)| repaired(&store, *collection, report, messages));
    } else {
        let reports = engine.verify(&mut bars)?;
        reports.iter().for_each(|(collection, report)| verified(&store, *collection, report, messages));
    }
    Ok(Outcome::Found)
}

fn repaired(store: &Path, collection: Collection, report: &RepairReport, messages: &Messages) {
    for problem in &report.found {
        messages.warn(format_args!("{}: {problem}", store.display()));
    }
    for path in &report.dropped {
        messages.error(format_args!("{}: could not be recovered; index it again", path.display()));
    }
    let (found, lost) = (count(report.found.len(), "problem"), count(report.dropped.len(), "file"));
    messages.note(format_args!("{}: {collection}: {found}, {lost} lost", store.display()));
}

fn verified(store: &Path, collection: Collection, report: &VerifyReport, messages: &Messages) {
    for problem in &report.problems {
        messages.error(format_args!("{}: {problem}", store.display()));
    }
    if !report.is_clean() {
        messages.note("`audiosearch verify --repair` repairs what can be repaired");
        return;
    }
    let what = match collection {
        Collection::Audio => "segment",
        Collection::Text => "sentence",
    };
    let (files, held) = (count(report.sources as usize, "file"), count(report.segments as usize, what));
    messages.note(format_args!("{}: {collection} whole: {files}, {held}", store.display()));
}
