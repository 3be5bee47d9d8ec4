//! `audiosearch reconstruct`

mod clip;

use std::{num::NonZeroUsize, path::PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::Serialize;

use self::clip::ClipArgs;
use super::{
    Context, Outcome,
    model::{TextModelArgs, open_engine},
    output::{Output, printable, shown},
    store::StoreArgs,
};
use crate::engine::{Collection, DecodeOptions, Device, Embedding, Engine, Hit, PreparedQuery, SentenceModel, between};

/// Reconstruct a clip or a sentence from its vector
///
/// With a clip and --out x.png, the clip and what its vector decodes to are drawn side by side; with --out x.wav, that becomes sound.
/// With --text, a sentence goes through its vector and back, and its neighbours in the store are named where there is one with texts.
/// With --from and --to, the vectors on the way between two sentences are written out. Exit code 1 where no sentence came back as it was.
#[derive(Args)]
#[command(after_help = "Examples:\n\
    \x20 audiosearch reconstruct clip.wav --out clip.png\n\
    \x20 audiosearch reconstruct --text \"The dog bit the man.\"")]
#[command(override_usage = "audiosearch reconstruct [OPTIONS] CLIP --out FILE\n       \
    audiosearch reconstruct [OPTIONS] --text SENTENCE\n       \
    audiosearch reconstruct [OPTIONS] --from SENTENCE --to SENTENCE")]
pub struct ReconstructArgs {
    /// A clip to reconstruct: a word or a phrase
    #[arg(value_name = "CLIP", requires = "out", conflicts_with_all = ["text", "from", "to"])]
    clip: Option<PathBuf>,
    /// Where to write: x.png, pictures side by side; x.wav, sound
    #[arg(long, short, value_name = "FILE", requires = "clip", conflicts_with_all = ["text", "from", "to"])]
    out: Option<PathBuf>,
    /// The model that the clip goes through: speech (the one that comes with the program) or a file that was trained with a decoder (an
    /// objective of sa, dsa or cae)
    #[arg(long, value_name = "NAME|FILE", requires = "clip", conflicts_with_all = ["text", "from", "to"])]
    model: Option<PathBuf>,
    /// A sentence to reconstruct; may be given several times
    #[arg(long, value_name = "SENTENCE", allow_hyphen_values = true, required_unless_present_any = ["from", "clip"], conflicts_with_all = ["from", "to"])]
    text: Vec<String>,
    /// The sentence that an interpolation begins with
    #[arg(long, value_name = "SENTENCE", allow_hyphen_values = true, requires = "to")]
    from: Option<String>,
    /// The sentence that it ends with
    #[arg(long, value_name = "SENTENCE", allow_hyphen_values = true, requires = "from")]
    to: Option<String>,
    /// Points of the interpolation, both ends included
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u16).range(2..))]
    steps: u16,
    /// Beam width of the decoder; 1: greedy
    #[arg(long, default_value = "1", value_name = "N")]
    beam: NonZeroUsize,
    /// Neighbours in the store that are printed
    #[arg(short, default_value_t = 5, value_name = "N")]
    k: usize,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    text_model: TextModelArgs,
    /// Where the model runs: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: Device,
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
}

/// A line of `--text --json`.
#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    reconstruction: &'a str,
    exact: bool,
    /// Tokens that the model reads; what is beyond its limit is not among them.
    tokens: usize,
    neighbours: Vec<Neighbour>,
}

#[derive(Serialize)]
struct Neighbour {
    score: f32,
    path: String,
    /// Line of the file, counted from 1; seconds of subtitles.
    start: crate::engine::Position,
    text: Option<String>,
}

/// A line of `--from --to --json`.
#[derive(Serialize)]
struct Point<'a> {
    /// Share of the way, 0 to 1.
    at: f64,
    text: &'a str,
}

pub fn run(args: &ReconstructArgs, context: &Context) -> Result<Outcome> {
    if let (Some(clip), Some(out)) = (&args.clip, &args.out) {
        let model = args.model.as_ref();
        return clip::run(&ClipArgs { clip, out, model, device: args.device, json: args.json });
    }
    match (&args.from, &args.to) {
        (Some(from), Some(to)) => walk(args, from, to),
        _ => again(args, context),
    }
}

fn decode(args: &ReconstructArgs, model: &dyn SentenceModel, vectors: &[Embedding]) -> Result<Vec<String>> {
    let options = DecodeOptions { beam: args.beam.get(), longest: model.config().longest };
    Ok(model.decode(vectors, options)?)
}

fn again(args: &ReconstructArgs, context: &Context) -> Result<Outcome> {
    if let Some(blank) = args.text.iter().find(|text| text.trim().is_empty()) {
        bail!("--text {blank:?}: nothing to write again; give a sentence");
    }
    // Without a store there are no neighbours, which is no error: the sentence alone was asked for.
    let engine = args.store.existing().and_then(|store| open_engine(&store, context)).ok();
    let schema = engine.as_ref().and_then(|engine| engine.schema(Collection::Text).ok());
    let of_store = schema.as_ref().map(|schema| schema.model.clone());
    let model = args.text_model.load_writer(of_store.as_deref(), args.device)?;
    let fingerprint = model.fingerprint();
    let engine = engine.filter(|_| schema.is_some_and(|schema| schema.fingerprint == fingerprint));
    let sentences: Vec<&str> = args.text.iter().map(String::as_str).collect();
    let vectors = model.encode(&sentences)?;
    let written = decode(args, model.as_ref(), &vectors)?;
    let (tokens, longest) = (model.tokens(), model.config().longest);
    let mut output = Output::new(args.json);
    let mut any = Outcome::Nothing;
    for ((sentence, written), vector) in sentences.iter().zip(&written).zip(&vectors) {
        let near = |engine: &Engine| engine.ask(&PreparedQuery::of_vector(vector.clone(), fingerprint, args.k));
        let hits = engine.as_ref().map(near).transpose()?.unwrap_or_default();
        let exact = sentence == written;
        if exact {
            any = Outcome::Found;
        }
        let count = tokens.encode(sentence, longest).len();
        if args.json {
            let neighbours = hits.into_iter().map(neighbour).collect();
            output.json(&Line { text: sentence, reconstruction: written, exact, tokens: count, neighbours })?;
            continue;
        }
        output.text(&format!("sentence        {}", printable(sentence)))?;
        output.text(&format!("reconstruction  {}", printable(written)))?;
        let verdict = match exact {
            true => "exact",
            false if count == longest => "differs; the model reads no more tokens than it read of this sentence",
            false => "differs",
        };
        output.text(&format!("                {verdict}, {count} tokens"))?;
        for hit in hits.into_iter().map(neighbour) {
            let text = hit.text.unwrap_or_default();
            output.text(&format!("{:14.3}  {}  ({}:{})", hit.score, printable(&text), hit.path, hit.start))?;
        }
    }
    output.flush()?;
    Ok(any)
}

fn neighbour(hit: Hit) -> Neighbour {
    Neighbour { score: hit.score, path: shown(&hit.path), start: hit.positions().0, text: hit.text }
}

fn walk(args: &ReconstructArgs, from: &str, to: &str) -> Result<Outcome> {
    if from.trim().is_empty() || to.trim().is_empty() {
        bail!("--from and --to each need a sentence");
    }
    let model = args.text_model.load_writer(None, args.device)?;
    let ends = model.encode(&[from, to])?;
    let [from, to] = &ends[..] else { bail!("the model gave no vectors for the two ends") };
    let last = f64::from(args.steps - 1);
    let shares: Vec<f64> = (0..args.steps).map(|step| f64::from(step) / last).collect();
    let points: Vec<Embedding> = shares
        .iter()
        .map(|&at| between(from, to, at))
        .collect::<Result<_, _>>()
        .context("the two sentences lie opposite to one another; no way is the shortest")?;
    let written = decode(args, model.as_ref(), &points)?;
    let mut output = Output::new(args.json);
    for (&at, text) in shares.iter().zip(&written) {
        if args.json {
            output.json(&Point { at, text })?;
        } else {
            output.text(&format!("{at:.2}  {}", printable(text)))?;
        }
    }
    output.flush()?;
    Ok(Outcome::Found)
}
