//! `audiosearch verify`

use anyhow::Result;
use audiosearch_index::{Collection, Index};
use clap::Args;

use super::{Context, Outcome, output::count, store::StoreArgs};

/// Check that a store is whole
#[derive(Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Mend what can be mended, and say what could not be saved
    #[arg(long)]
    repair: bool,
}

pub fn run(args: &VerifyArgs, context: &Context) -> Result<Outcome> {
    let store = args.store.existing()?;
    let index = Index::open(&store, Collection::Audio)?;
    let messages = &context.messages;
    if args.repair {
        let report = index.repair()?;
        for problem in &report.found {
            messages.warn(format_args!("{}: {problem}", store.display()));
        }
        for path in &report.dropped {
            messages.error(format_args!("{}: could not be saved; index it again", path.display()));
        }
        let found = count(report.found.len(), "problem");
        messages.note(format_args!("{}: {found}, {} lost", store.display(), count(report.dropped.len(), "file")));
        return Ok(Outcome::Found);
    }
    let report = index.verify()?;
    for problem in &report.problems {
        messages.error(format_args!("{}: {problem}", store.display()));
    }
    if report.is_clean() {
        let (files, segments) = (count(report.sources as usize, "file"), count(report.segments as usize, "segment"));
        messages.note(format_args!("{}: whole: {files}, {segments}", store.display()));
    } else {
        messages.note("`audiosearch verify --repair` mends what can be mended");
    }
    Ok(Outcome::Found)
}
