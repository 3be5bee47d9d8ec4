//! `audiosearch remove`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::{Context, Outcome, model::open_engine, output::count, store::StoreArgs};

/// Remove recordings and texts from the store; the files themselves stay
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch remove ~/recordings/1998")]
pub struct RemoveArgs {
    /// Files, or folders with everything below them; they need not exist any more. The end of a path will do where only one file has it
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
}

pub fn run(args: &RemoveArgs, context: &Context) -> Result<Outcome> {
    let messages = &context.messages;
    let report = open_engine(&args.store.existing()?, context)?.remove(&args.paths)?;
    report.removed.iter().for_each(|path| messages.detail(format_args!("{}: removed", path.display())));
    for path in &report.unknown {
        messages.error(format_args!("{}: not in the store; `audiosearch list` shows what is", path.display()));
    }
    messages.note(format_args!("{} removed", count(report.removed.len(), "file")));
    Ok(if report.removed.is_empty() { Outcome::Nothing } else { Outcome::Found })
}
