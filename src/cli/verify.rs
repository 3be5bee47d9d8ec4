//! `audiosearch verify`

use std::path::Path;

use anyhow::Result;
use audiosearch_index::{Collection, Index};
use clap::Args;

use super::{
    Context, Outcome,
    output::count,
    progress::waiting,
    store::{StoreArgs, open_all},
};

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
    for index in open_all(&store)? {
        if args.repair { repair(&store, &index, context)? } else { verify(&store, &index, context)? }
    }
    Ok(Outcome::Found)
}

fn repair(store: &Path, index: &Index, context: &Context) -> Result<()> {
    let messages = &context.messages;
    let bar = waiting(messages, "reading and mending the store");
    let report = index.repair()?;
    drop(bar);
    for problem in &report.found {
        messages.warn(format_args!("{}: {problem}", store.display()));
    }
    for path in &report.dropped {
        messages.error(format_args!("{}: could not be recovered; index it again", path.display()));
    }
    let found = count(report.found.len(), "problem");
    let (which, lost) = (index.collection(), count(report.dropped.len(), "file"));
    messages.note(format_args!("{}: {which}: {found}, {lost} lost", store.display()));
    Ok(())
}

fn verify(store: &Path, index: &Index, context: &Context) -> Result<()> {
    let messages = &context.messages;
    let bar = waiting(messages, "reading the whole store");
    let report = index.verify()?;
    drop(bar);
    for problem in &report.problems {
        messages.error(format_args!("{}: {problem}", store.display()));
    }
    if !report.is_clean() {
        messages.note("`audiosearch verify --repair` repairs what can be repaired");
        return Ok(());
    }
    let what = match index.collection() {
        Collection::Audio => "segment",
        Collection::Text => "sentence",
    };
    let (files, held) = (count(report.sources as usize, "file"), count(report.segments as usize, what));
    messages.note(format_args!("{}: {} whole: {files}, {held}", store.display(), index.collection()));
    Ok(())
}
