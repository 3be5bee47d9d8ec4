//! `audiosearch eval recall`

use std::{collections::HashSet, fs, path::PathBuf};

use anyhow::{Context as _, Result, bail};
use audiosearch_index::Embedding;
use clap::Args;
use rayon::prelude::*;
use serde::Serialize;

use super::super::{Context, Outcome, model::JobsArgs, output::Output, progress::steps, text::TextModelArgs};
use crate::{encoder::Device, eval::Spoiler, pipeline::encode_sentences};

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

/// The figures.
#[derive(Serialize)]
struct Figures {
    sentences: usize,
    copies: usize,
    words_spoilt: usize,
    recall_at_1: f64,
    recall_at_10: f64,
    /// Mean cosine of a copy and its sentence.
    cosine: f64,
}

pub fn run(args: &RecallArgs, context: &Context) -> Result<Outcome> {
    let mut text = String::new();
    for file in &args.files {
        text.push_str(&fs::read_to_string(file).with_context(|| file.display().to_string())?);
        text.push('\n');
    }
    let mut seen = HashSet::new();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && seen.insert(*line));
    let sentences: Vec<&str> = lines.take(args.among).collect();
    let mut spoiler = Spoiler::new(args.seed);
    let mut left: Vec<usize> = (0..sentences.len()).collect();
    let mut copies: Vec<(usize, String)> = Vec::new();
    while copies.len() < args.copies && !left.is_empty() {
        let one = left.swap_remove(spoiler.below(left.len()));
        copies.extend(spoiler.spoil(sentences[one], args.words).map(|copy| (one, copy)));
    }
    if copies.is_empty() {
        bail!("no sentence of at least {} words to spoil", 2 * args.words);
    }
    let model = args.model.load(None, args.device)?;
    let bar = steps(&context.messages, "sentences", sentences.len() + copies.len());
    let all = encode_sentences(&sentences, model.encoders(args.jobs.count())?, |more| bar.add(more))?;
    let asked: Vec<&str> = copies.iter().map(|(_, copy)| copy.as_str()).collect();
    let asked = encode_sentences(&asked, model.encoders(args.jobs.count())?, |more| bar.add(more))?;
    drop(bar);
    if context.interrupt.asked() {
        bail!("interrupted");
    }
    let bar = steps(&context.messages, "copies", copies.len());
    let ranked = copies.par_iter().zip(&asked).map(|((own, _), vector)| rank(&all, vector, *own));
    let ranks: Vec<usize> = ranked.inspect(|_| bar.add(1)).collect();
    drop(bar);
    let share = |most: usize| ranks.iter().filter(|&&rank| rank <= most).count() as f64 / ranks.len() as f64;
    let cosines = copies.iter().zip(&asked).map(|((own, _), vector)| f64::from(all[*own].dot(vector)));
    let figures = Figures {
        sentences: sentences.len(),
        copies: copies.len(),
        words_spoilt: args.words,
        recall_at_1: share(1),
        recall_at_10: share(10),
        cosine: cosines.sum::<f64>() / copies.len() as f64,
    };
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

/// The rank, from 1, of the sentence `own` among all by their likeness to `vector`.
fn rank(all: &[Embedding], vector: &Embedding, own: usize) -> usize {
    let likeness = all[own].dot(vector);
    1 + all.iter().enumerate().filter(|(i, other)| *i != own && other.dot(vector) > likeness).count()
}
