//! `audiosearch train`

mod audio;
mod course;
mod settings;
mod text;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{Context, Outcome};

/// Train a model of one's own
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch train audio ~/recordings --out mine.safetensors --minutes 60")]
pub struct TrainArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Audio(Box<audio::AudioArgs>),
    Text(Box<text::TextArgs>),
}

pub fn run(args: TrainArgs, context: &Context) -> Result<Outcome> {
    match args.what {
        What::Audio(args) => audio::run(*args, context),
        What::Text(args) => text::run(*args, context),
    }
}
