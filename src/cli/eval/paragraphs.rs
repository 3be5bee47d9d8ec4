//! `audiosearch eval paragraphs`

use std::{fs, num::NonZeroUsize, path::PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::Serialize;

use super::super::{
    Context, Outcome,
    output::{Align, Output, Table},
    progress::steps,
    torch,
};
use crate::{
    encoder::Device,
    eval::{bleu, rouge},
    sentence::paragraph::{Levels, ParagraphModel, Rewritten},
};

/// Paragraphs that are written at a time, so that Ctrl-C takes effect.
const AT_A_TIME: usize = 128;

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

/// A line of `--json`.
#[derive(Serialize)]
struct Figures<'a> {
    model: String,
    levels: Levels,
    parameters: usize,
    width: i64,
    paragraphs: usize,
    exact: f64,
    /// Share with as many sentences as were read; none for a flat model, which tells none apart.
    sentences_right: Option<f64>,
    bleu: f64,
    rouge_1: f64,
    rouge_2: f64,
    examples: &'a [Example<'a>],
}

#[derive(Serialize)]
struct Example<'a> {
    read: &'a str,
    written: &'a str,
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
        let rewritten = rewrite(model.as_ref(), &paragraphs, args, context)?;
        let shown = rewritten.iter().take(args.show);
        let examples: Vec<Example<'_>> = shown.map(|one| Example { read: &one.read, written: &one.written }).collect();
        let figures = figures(path.display().to_string(), model.as_ref(), &rewritten, &examples);
        if args.json {
            output.json(&figures)?;
            continue;
        }
        for example in &examples {
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

fn rewrite(
    model: &dyn ParagraphModel,
    paragraphs: &[&str],
    args: &ParagraphsArgs,
    context: &Context,
) -> Result<Vec<Rewritten>> {
    let mut rewritten = Vec::with_capacity(paragraphs.len());
    let bar = steps(&context.messages, "paragraphs", paragraphs.len());
    for some in paragraphs.chunks(AT_A_TIME) {
        rewritten.extend(model.rewrite(some, args.beam.get())?);
        bar.add(some.len());
        if context.interrupt.asked() {
            bail!("interrupted");
        }
    }
    Ok(rewritten)
}

fn figures<'a>(
    name: String,
    model: &dyn ParagraphModel,
    rewritten: &[Rewritten],
    examples: &'a [Example<'a>],
) -> Figures<'a> {
    let share = |right: &dyn Fn(&Rewritten) -> bool| {
        rewritten.iter().filter(|one| right(one)).count() as f64 / rewritten.len() as f64
    };
    let pairs = || rewritten.iter().map(|one| (one.read.as_str(), one.written.as_str()));
    let config = model.config();
    Figures {
        model: name,
        levels: config.levels,
        parameters: model.parameter_count(),
        width: config.width,
        paragraphs: rewritten.len(),
        exact: share(&|one| one.read == one.written),
        sentences_right: (config.levels != Levels::Flat)
            .then(|| share(&|one| one.sentences_written == Some(one.sentences))),
        bleu: bleu(pairs()),
        rouge_1: rouge(pairs(), 1),
        rouge_2: rouge(pairs(), 2),
        examples,
    }
}
