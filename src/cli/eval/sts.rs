//! `audiosearch eval sts`

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::Serialize;

use super::super::{
    Context, Outcome,
    model::JobsArgs,
    output::{Align, Output, Table, shown},
    progress::steps,
    text::TextModelArgs,
};
use crate::{
    encoder::Device,
    eval::{BagOfWords, spearman},
    pipeline::encode_sentences,
};

/// Measure semantic similarity (STS): do cosines of sentences agree with the scores that people gave?
///
/// Spearman's correlation of people's scores with the cosine of the vectors, of their meaning part alone, and of a bag of words of
/// the same tokens (counts by inverse document frequency): for each file, the mean of each folder (a year), and the mean of those.
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch eval sts sts/2012 sts/2013")]
pub struct StsArgs {
    /// Tab-separated files of score and two sentences, or folders of them; rows without a score are left out
    #[arg(required = true, value_name = "FILE|FOLDER")]
    paths: Vec<PathBuf>,
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

/// One scored pair.
struct Pair {
    score: f64,
    sentences: [String; 2],
}

/// Correlations by what the likeness was measured with.
#[derive(Clone, Copy, Serialize)]
struct Correlations {
    vector: f64,
    meaning: f64,
    bag_of_words: f64,
}

/// A line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    /// A file, a folder, or `mean`.
    set: &'a str,
    pairs: usize,
    #[serde(flatten)]
    correlations: Correlations,
}

pub fn run(args: &StsArgs, context: &Context) -> Result<Outcome> {
    let mut files = Vec::new();
    for path in &args.paths {
        gather(path, &mut files)?;
    }
    if files.is_empty() {
        bail!("no .tsv file among what was named");
    }
    let model = args.model.load(None, args.device)?;
    let mut lines: Vec<(String, usize, Correlations)> = Vec::new();
    let mut years: BTreeMap<String, Vec<(usize, Correlations)>> = BTreeMap::new();
    for file in &files {
        let pairs = read(file)?;
        if pairs.len() < 2 {
            context.messages.warn(format_args!("{}: fewer than two scored pairs; left out", file.display()));
            continue;
        }
        let texts: Vec<&str> = pairs.iter().flat_map(|pair| &pair.sentences).map(String::as_str).collect();
        let bar = steps(&context.messages, "sentences", texts.len());
        let vectors = encode_sentences(&texts, model.encoders(args.jobs.count())?, |more| bar.add(more))?;
        drop(bar);
        let tokens = model.encoder.tokens();
        let longest = model.encoder.config().longest;
        let ids: Vec<Vec<i64>> = texts.iter().map(|text| tokens.encode(text, longest)).collect::<Result<_, _>>()?;
        let bag = BagOfWords::new(ids.iter().map(Vec::as_slice));
        let scores: Vec<f64> = pairs.iter().map(|pair| pair.score).collect();
        let whole: Vec<f64> = vectors.chunks_exact(2).map(|pair| f64::from(pair[0].dot(&pair[1]))).collect();
        let meaning = |pair: &[audiosearch_index::Embedding]| -> Result<f64> {
            let [a, b] = [model.encoder.meaning_part(&pair[0])?, model.encoder.meaning_part(&pair[1])?];
            Ok(f64::from(a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>()))
        };
        let meanings: Vec<f64> = vectors.chunks_exact(2).map(meaning).collect::<Result<_>>()?;
        let bags: Vec<f64> = ids.chunks_exact(2).map(|pair| bag.cosine(&pair[0], &pair[1])).collect();
        let correlations = Correlations {
            vector: spearman(&whole, &scores),
            meaning: spearman(&meanings, &scores),
            bag_of_words: spearman(&bags, &scores),
        };
        let folder = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
        years.entry(folder).or_default().push((pairs.len(), correlations));
        lines.push((shown(file), pairs.len(), correlations));
    }
    if lines.is_empty() {
        bail!("no file holds two scored pairs");
    }
    let means: Vec<(String, usize, Correlations)> =
        years.into_iter().map(|(year, sets)| (year, sets.iter().map(|set| set.0).sum(), mean(&sets))).collect();
    let overall: Vec<(usize, Correlations)> = means.iter().map(|(_, pairs, c)| (*pairs, *c)).collect();
    lines.extend(means);
    lines.push(("mean".into(), overall.iter().map(|set| set.0).sum(), mean(&overall)));
    print(&lines, args.json)?;
    Ok(Outcome::Found)
}

fn mean(sets: &[(usize, Correlations)]) -> Correlations {
    let of = |what: fn(&Correlations) -> f64| sets.iter().map(|(_, c)| what(c)).sum::<f64>() / sets.len() as f64;
    Correlations { vector: of(|c| c.vector), meaning: of(|c| c.meaning), bag_of_words: of(|c| c.bag_of_words) }
}

fn print(lines: &[(String, usize, Correlations)], json: bool) -> Result<()> {
    let mut output = Output::new(json);
    if json {
        for (set, pairs, correlations) in lines {
            output.json(&Line { set, pairs: *pairs, correlations: *correlations })?;
        }
    } else {
        let columns = [
            ("set", Align::Left),
            ("pairs", Align::Right),
            ("vector", Align::Right),
            ("meaning", Align::Right),
            ("bag of words", Align::Right),
        ];
        let mut table = Table::new(&columns);
        for (set, pairs, c) in lines {
            let mut row = vec![set.clone(), pairs.to_string()];
            row.extend([c.vector, c.meaning, c.bag_of_words].map(|value| format!("{value:.3}")));
            table.push(row);
        }
        output.table(&table)?;
    }
    Ok(output.flush()?)
}

/// The files of a folder and of the folders in it, in order.
fn gather(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_path_buf());
        return Ok(());
    }
    let entries = fs::read_dir(path).with_context(|| path.display().to_string())?;
    let mut entries: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .with_context(|| path.display().to_string())?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() || entry.extension().is_some_and(|extension| extension == "tsv") {
            gather(&entry, files)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<Pair>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut pairs = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let fail = |cause: &str| anyhow::anyhow!("{}:{}: {cause}", path.display(), number + 1);
        let mut cells = line.split('\t');
        let score = cells.next().unwrap_or_default().trim();
        if score.is_empty() {
            continue;
        }
        let score: f64 = score.parse().map_err(|_| fail("the first column is no score"))?;
        let mut sentence = || cells.next().map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned);
        let (Some(a), Some(b)) = (sentence(), sentence()) else {
            return Err(fail("a score, a tab, a sentence, a tab and a sentence are wanted"));
        };
        pairs.push(Pair { score, sentences: [a, b] });
    }
    Ok(pairs)
}
