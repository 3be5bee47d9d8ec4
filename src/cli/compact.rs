//! `audiosearch compact`

use anyhow::Result;
use audiosearch_index::Index;
use clap::Args;

use super::{
    Context, Outcome,
    progress::waiting,
    store::{StoreArgs, each_collection},
};

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
    let bar = waiting(&context.messages, "rewriting the store");
    let sizes = each_collection(|collection| Index::compact(&store, collection))?;
    drop(bar);
    let (before, after) = sizes.iter().fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1));
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    context.messages.note(format_args!(
        "{}: {:.1} MB before, {:.1} MB now",
        store.display(),
        megabytes(before),
        megabytes(after)
    ));
    Ok(Outcome::Found)
}
