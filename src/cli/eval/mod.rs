//! `audiosearch eval`

mod calibrate;
mod paragraphs;
mod qbe;
mod recall;
mod reconstruct;
mod samediff;
mod sts;

use anyhow::Result;
use clap::{Args, Subcommand};

use super::{Context, Outcome};

/// Measure how good a model is, and how good the search
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch eval samediff words.tsv --baseline dtw")]
pub struct EvalArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Samediff(samediff::SamediffArgs),
    Qbe(qbe::QbeArgs),
    Sts(sts::StsArgs),
    Reconstruct(reconstruct::ReconstructArgs),
    Recall(recall::RecallArgs),
    Paragraphs(paragraphs::ParagraphsArgs),
    Calibrate(calibrate::CalibrateArgs),
}

pub fn run(args: &EvalArgs, context: &Context) -> Result<Outcome> {
    match &args.what {
        What::Samediff(args) => samediff::run(args, context),
        What::Qbe(args) => qbe::run(args, context),
        What::Sts(args) => sts::run(args, context),
        What::Reconstruct(args) => reconstruct::run(args, context),
        What::Recall(args) => recall::run(args, context),
        What::Paragraphs(args) => paragraphs::run(args, context),
        What::Calibrate(args) => calibrate::run(args, context),
    }
}
