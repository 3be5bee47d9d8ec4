//! `audiosearch eval recall`

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use super::super::{
    Context, Outcome,
    model::{JobsArgs, TextModelArgs},
    output::Output,
};
use crate::{
    engine::Device,
    measure::{RecallOptions, measure_recall},
};

/// Measure recall: does a damaged copy of a sentence find the sentence among all others?
///
/// Some sentences are copied, in each copy words are dropped or changed places with, half of each, and the copy is compared with all
/// sentences by the cosine of their vectors. Sentences that have not twice as many words as are spoilt are not copied; what stands
/// twice in the files counts once.
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch eval recall sentences.txt --words 3")]
pub struct RecallArgs {
    /// Text files, one sentence a line
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Sentences that are searched; the first so many different ones
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    among: usize,
    /// Copies that are looked for
    #[arg(long, default_value_t = 1000, value_name = "N")]
    copies: usize,
    /// Words dropped or swapped in each copy
    #[arg(long, default_value_t = 3, value_name = "N")]
    words: usize,
    /// Seed of what is chosen and spoilt
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    #[command(flatten)]
    model: TextModelArgs,
    #[command(flatten)]
    jobs: JobsArgs,
    /// Where the model runs: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: Device,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &RecallArgs, context: &Context) -> Result<Outcome> {
    let mut text = String::new();
    for file in &args.files {
        text.push_str(&fs::read_to_string(file).with_context(|| file.display().to_string())?);
        text.push('\n');
    }
    let models = args.model.models(args.device, &args.jobs)?;
    let options = RecallOptions { among: args.among, copies: args.copies, words: args.words, seed: args.seed };
    let figures = measure_recall(&models, &text, &options, &mut context.bars())?;
    let mut output = Output::new(args.json);
    if args.json {
        output.json(&figures)?;
    } else {
        output.text(&format!("sentences  {:7}", figures.sentences))?;
        output.text(&format!("copies     {:7}", figures.copies))?;
        output.text(&format!("recall@1   {:7.3}", figures.recall_at_1))?;
        output.text(&format!("recall@10  {:7.3}", figures.recall_at_10))?;
        output.text(&format!("cosine     {:7.3}", figures.cosine))?;
    }
    output.flush()?;
    Ok(Outcome::Found)
}
