//! `audiosearch compact`

use anyhow::Result;
use clap::Args;

use super::{Context, Outcome, model::open_engine, store::StoreArgs};

/// Reclaim disk space of what was removed or replaced
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch compact --store ~/recordings/.audiosearch")]
pub struct CompactArgs {
    #[command(flatten)]
    store: StoreArgs,
}

pub fn run(args: &CompactArgs, context: &Context) -> Result<Outcome> {
    let store = args.store.existing()?;
    let sizes = open_engine(&store, context)?.compact(&mut context.bars())?;
    let [before, after] = [sizes.before, sizes.after].map(|bytes| bytes as f64 / 1e6);
    context.messages.note(format_args!("{}: {before:.1} MB before, {after:.1} MB now", store.display()));
    Ok(Outcome::Found)
}
