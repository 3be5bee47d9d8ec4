//! `audiosearch remove`

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;

use super::{
    Context, Outcome,
    output::count,
    store::{StoreArgs, open_all},
};
use crate::pipeline::{Keys, resolve, tidy};

/// Remove recordings and texts from the store; the files themselves stay
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch remove ~/recordings/1998")]
pub struct RemoveArgs {
    /// Files, or folders with everything below them; they need not exist any more
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
}

pub fn run(args: &RemoveArgs, context: &Context) -> Result<Outcome> {
    let store = args.store.existing()?;
    let indexes = open_all(&store)?;
    let keys = Keys::new(&store).with_context(|| store.display().to_string())?;
    let places: Vec<PathBuf> = args
        .paths
        .iter()
        .map(|path| resolve(path).with_context(|| path.display().to_string()))
        .collect::<Result<_>>()?;
    let (mut removed, mut any) = (0, vec![false; places.len()]);
    for index in &indexes {
        let mut known = Vec::new();
        for source in index.sources() {
            let (_, source, _) = source?;
            known.push((keys.place(&source.key), source));
        }
        let (writer, mut gone) = (index.writer()?, Vec::new());
        for ((path, place), any) in args.paths.iter().zip(&places).zip(&mut any) {
            // The path may also be as `list` prints it, seen from another folder.
            for (_, source) in known.iter().filter(|(known, source)| known.starts_with(place) || source.path == *path) {
                if writer.remove_source(&source.key)? {
                    removed += 1;
                    gone.push(&source.path);
                }
                *any = true;
            }
        }
        writer.commit()?;
        tidy(index, &store)?;
        gone.iter().for_each(|path| context.messages.detail(format_args!("{}: removed", path.display())));
    }
    for (path, _) in args.paths.iter().zip(any).filter(|(_, any)| !any) {
        context.messages.error(format_args!("{}: not in the store; `audiosearch list` shows what is", path.display()));
    }
    context.messages.note(format_args!("{} removed", count(removed, "file")));
    Ok(if removed > 0 { Outcome::Found } else { Outcome::Nothing })
}
