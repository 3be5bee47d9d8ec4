//! `audiosearch train`
//!
//! Without LibTorch the options are known for the sake of help and completions; the program that has it reads them again.
#![cfg_attr(not(feature = "torch"), allow(dead_code))]

mod acoustic;
mod audio;
#[cfg(feature = "torch")]
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
    Acoustic(Box<acoustic::AcousticArgs>),
    Audio(Box<audio::AudioArgs>),
    Text(Box<text::TextArgs>),
}

#[cfg(feature = "torch")]
pub fn run(args: TrainArgs, context: &Context) -> Result<Outcome> {
    match args.what {
        What::Acoustic(args) => course::acoustic::run(*args, context),
        What::Audio(args) => course::audio::run(*args, context),
        What::Text(args) => course::text::run(*args, context),
    }
}

#[cfg(not(feature = "torch"))]
pub fn run(_: TrainArgs, _: &Context) -> Result<Outcome> {
    super::torch::require()?;
    Ok(Outcome::Nothing)
}
