//! `audiosearch eval paragraphs`

use std::{fs, num::NonZeroUsize, path::PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::super::{
    Context, Outcome,
    output::{Align, Output, Table},
    torch,
};
use crate::{engine::Device, measure::measure_paragraphs, sentence::paragraph::Levels};

/// Do paragraphs come back out of their vectors?
///
/// For each model of `train text --paragraphs`: the share that comes back character by character, the share with the right number of
/// sentences, corpus BLEU-4 over words (no smoothing) and mean ROUGE-1 and ROUGE-2 recall. What is compared is the paragraph as the
/// model reads it: white space as single spaces, what is beyond the longest that it reads cut off.
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch eval paragraphs others.txt --model mine.safetensors --show 3")]
pub struct ParagraphsArgs {
    /// A text file, one paragraph a line
    file: PathBuf,
    /// A model; may be given several times
    #[arg(long, required = true, value_name = "M.safetensors")]
    model: Vec<PathBuf>,
    /// Beginnings of a sentence that are followed at the same time; 1: greedy
    #[arg(long, default_value = "1", value_name = "N")]
    beam: NonZeroUsize,
    /// The first so many paragraphs alone
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Also print the first so many paragraphs and what came back
    #[arg(long, default_value_t = 0, value_name = "N")]
    show: usize,
    /// Where the model runs: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: Device,
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
}

pub fn run(args: &ParagraphsArgs, context: &Context) -> Result<Outcome> {
    torch::require()?;
    let text = fs::read_to_string(&args.file).with_context(|| args.file.display().to_string())?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let paragraphs: Vec<&str> = lines.take(args.limit.unwrap_or(usize::MAX)).collect();
    if paragraphs.is_empty() {
        bail!("{}: no paragraph in it", args.file.display());
    }
    let mut output = Output::new(args.json);
    let mut table = Table::new(&[
        ("model", Align::Left),
        ("levels", Align::Left),
        ("parameters", Align::Right),
        ("exact", Align::Right),
        ("sentences right", Align::Right),
        ("BLEU", Align::Right),
        ("ROUGE-1", Align::Right),
        ("ROUGE-2", Align::Right),
    ]);
    for path in &args.model {
        let model = torch::paragraphs(path, args.device)?;
        let options = (args.beam.get(), args.show);
        let name = path.display().to_string();
        let figures = measure_paragraphs(name, model.as_ref(), &paragraphs, options, &mut context.bars())?;
        if args.json {
            output.json(&figures)?;
            continue;
        }
        for example in &figures.examples {
            output.text(&format!("< {}\n> {}\n", example.read, example.written))?;
        }
        let share = |value: f64| format!("{value:.3}");
        table.push(vec![
            figures.model,
            levels(figures.levels).into(),
            figures.parameters.to_string(),
            share(figures.exact),
            figures.sentences_right.map_or_else(|| "-".into(), share),
            share(figures.bleu),
            share(figures.rouge_1),
            share(figures.rouge_2),
        ]);
    }
    if !args.json {
        output.table(&table)?;
    }
    output.flush()?;
    Ok(Outcome::Found)
}

fn levels(levels: Levels) -> &'static str {
    match levels {
        Levels::Flat => "flat",
        Levels::Hierarchical => "hierarchical",
        Levels::Attention => "attention",
    }
}
