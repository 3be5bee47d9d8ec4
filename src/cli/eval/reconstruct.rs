//! `audiosearch eval reconstruct`

use std::{fs, num::NonZeroUsize, path::PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::Serialize;

use super::super::{
    Context, Outcome,
    model::{JobsArgs, TextModelArgs},
    output::{Output, Table},
};
use crate::{engine::Device, eval::Reconstruction, measure::measure_reconstruction};

/// Do sentences come back out of their vectors?
///
/// For sentences by their length in tokens: the share that comes back character by character, the share of tokens (and ends) in
/// their places, and corpus BLEU-4 over words (no smoothing; an order of n-grams that no sentence is long enough for is left out).
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch eval reconstruct sentences.txt --beam 4")]
pub struct ReconstructArgs {
    /// A text file, one sentence a line
    file: PathBuf,
    /// Beam width of the decoder; 1: greedy
    #[arg(long, default_value = "1", value_name = "N")]
    beam: NonZeroUsize,
    /// The first so many sentences alone
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    model: TextModelArgs,
    #[command(flatten)]
    jobs: JobsArgs,
    /// Where the model runs: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: Device,
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
}

/// A line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    beam: usize,
    #[serde(flatten)]
    figures: &'a Reconstruction,
}

pub fn run(args: &ReconstructArgs, context: &Context) -> Result<Outcome> {
    let text = fs::read_to_string(&args.file).with_context(|| args.file.display().to_string())?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let sentences: Vec<&str> = lines.take(args.limit.unwrap_or(usize::MAX)).collect();
    if sentences.is_empty() {
        bail!("{}: no sentence in it", args.file.display());
    }
    let model = args.model.load_writer(None, args.device)?;
    let threads = if args.device == Device::Cpu { args.jobs.count() } else { NonZeroUsize::MIN };
    let options = (args.beam, threads);
    let figures = measure_reconstruction(model.as_ref(), &sentences, options, &mut context.bars())?;
    let mut output = Output::new(args.json);
    if args.json {
        for figures in &figures {
            output.json(&Line { beam: args.beam.get(), figures })?;
        }
    } else {
        let mut table = Table::of_figures("tokens", &["sentences", "exact", "tokens right", "BLEU"]);
        for Reconstruction { tokens: (least, most), sentences, exact, token_accuracy, bleu } in
            figures.iter().filter(|group| group.sentences > 0)
        {
            let lengths = most.map_or_else(|| format!("{least}+"), |most| format!("{least}-{most}"));
            let mut row = vec![lengths, sentences.to_string()];
            row.extend([exact, token_accuracy, bleu].map(|value| format!("{value:.3}")));
            table.push(row);
        }
        output.table(&table)?;
    }
    output.flush()?;
    Ok(Outcome::Found)
}
