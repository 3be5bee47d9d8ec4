//! `audiosearch eval`

mod qbe;
mod samediff;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{Context, Outcome};

/// Measure how good a model is, and how good the search
#[derive(Args)]
pub struct EvalArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Samediff(samediff::SamediffArgs),
    Qbe(qbe::QbeArgs),
}

pub fn run(args: &EvalArgs, context: &Context) -> Result<Outcome> {
    match &args.what {
        What::Samediff(args) => samediff::run(args, context),
        What::Qbe(args) => qbe::run(args, context),
    }
}
