//! `audiosearch query`

use std::{
    collections::HashSet,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::{
    Context, Outcome,
    filter::FilterArgs,
    hit_files::{HitArgs, label},
    hits::print,
    model::{JobsArgs, ModelArgs, TextModelArgs, engine_options},
    output::shown,
    store::StoreArgs,
    values::{probability, seconds},
};
use crate::audio::{Channels, ExternalDecoder};
use crate::engine::{ClipInput, EngineError, MIN_CONFIDENCE, Manifest, PreparedQuery, Problem, Query, sentences_of};

/// Standard input.
const STDIN: &str = "-";
/// What has no meaning for sentences.
const OF_SOUND: [&str; 11] =
    ["list", "say", "together", "unlike", "from", "to", "min_confidence", "explain", "no_rescore", "model", "clips"];

/// Find where something sounds like a clip, where a word is said, or the sentences nearest to a sentence
///
/// Each hit has a score, at most 1 for the very same sound, and a confidence: the probability that it is right, judged by how random places
/// of the same store answer the same query. Nothing is found where even the best hit is most probably wrong (see --min-confidence); the exit
/// code is 1 then.
///
/// A stretch of a recording (--from and --to, or start and end of a list) is read within its surroundings. Several clips of the same thing find
/// it better --together. Sentences are found with their lines, counted from 1, and without a confidence: the nearest are always shown, unless
/// --min-score says otherwise.
#[derive(Args)]
#[command(after_help = "Examples:\n\
    \x20 audiosearch query clip.wav -k 3\n\
    \x20 audiosearch query tape.wav --from 12.4 --to 13.2 --no-self --json\n\
    \x20 audiosearch query --say umbrella\n\
    \x20 audiosearch query call.wav --where time=22:00-04:00 --where date=2024-05\n\
    \x20 audiosearch query --say umbrella --format textgrid --out grids/\n\
    \x20 audiosearch query call.wav --format raven --out tables/ --clips calls/ --before 0.5 --after 0.5\n\
    \x20 audiosearch query --text \"the train was late again\"")]
#[command(override_usage = "audiosearch query [OPTIONS] CLIP...\n       \
    audiosearch query [OPTIONS] --list FILE\n       \
    audiosearch query [OPTIONS] --say WORDS\n       \
    audiosearch query [OPTIONS] --text SENTENCE")]
pub struct QueryArgs {
    /// Clips; - reads one from standard input
    #[arg(
        value_name = "CLIP",
        required_unless_present_any = ["list", "say", "text", "text_list"],
        conflicts_with_all = ["list", "say", "text", "text_list"]
    )]
    clips: Vec<PathBuf>,
    /// Clips from a list: paths, or tab-separated columns path, start, end; - reads it from standard input
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Search for a written word or phrase instead of a clip; may be given several times
    #[arg(long, value_name = "WORDS", allow_hyphen_values = true, conflicts_with = "list")]
    say: Vec<String>,
    /// Search the texts for sentences like this one; may be given several times
    #[arg(long, value_name = "SENTENCE", allow_hyphen_values = true, conflicts_with_all = OF_SOUND)]
    text: Vec<String>,
    /// Sentences from a text file, cut as `index` cuts it
    #[arg(long, value_name = "FILE", conflicts_with_all = OF_SOUND)]
    text_list: Option<PathBuf>,
    /// Search for what sounds like all clips together
    #[arg(long, conflicts_with_all = ["list", "say", "no_self"])]
    together: bool,
    /// An example of what hits must not sound like; may be given several times
    #[arg(long, value_name = "CLIP", conflicts_with_all = ["list", "say", "no_self"])]
    unlike: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    text_model: TextModelArgs,
    /// Hits for each clip or sentence, at most
    #[arg(short, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    k: u32,
    /// Where in the clip the query begins, in seconds
    #[arg(long, value_name = "S", value_parser = seconds, conflicts_with = "list")]
    from: Option<f64>,
    /// Where in the clip the query ends, in seconds
    #[arg(long, value_name = "S", value_parser = seconds, conflicts_with = "list")]
    to: Option<f64>,
    /// Which channel of the clips is heard: mix (all together), or its number
    #[arg(long, value_name = "mix|N", conflicts_with_all = ["say", "text", "text_list"])]
    channels: Option<Channels>,
    /// One hit a file; of a file whose channels were indexed each, one a channel
    #[arg(long)]
    per_file: bool,
    /// Leave out the clip itself, where it is part of an indexed file, or the very same sentence
    #[arg(long)]
    no_self: bool,
    /// The lowest score of a hit, -1 to 1
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    min_score: Option<f32>,
    /// The lowest confidence of the best hit, 0 to 1, below which nothing is found; 0 always shows the nearest
    #[arg(long, value_name = "P", default_value_t = MIN_CONFIDENCE, value_parser = probability)]
    min_confidence: f32,
    /// Show the alignment of the query with each hit, frame by frame
    #[arg(long, conflicts_with = "no_rescore")]
    explain: bool,
    /// Compare with every segment instead of searching the graph
    #[arg(long)]
    exact: bool,
    /// Rank by the vectors of the indexed spans alone, without aligning the query with the best candidates
    #[arg(long, alias = "no-rerank")]
    no_rescore: bool,
    /// Who decodes recordings of formats that are not read here (AMR, WMA, AC-3)
    #[arg(long, value_enum, default_value_t, value_name = "PROGRAM")]
    decoder: ExternalDecoder,
    #[command(flatten)]
    jobs: JobsArgs,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    form: HitArgs,
    /// Write the hits to this file; of formats of one recording to this folder, a file a recording
    #[arg(long, short, value_name = "FILE|FOLDER")]
    out: Option<PathBuf>,
}

pub fn run(args: &QueryArgs, context: &Context) -> Result<Outcome> {
    let files = args.form.wants_files(args.out.as_deref())?;
    if files && (!args.text.is_empty() || args.text_list.is_some()) {
        bail!("sentences have no place in a recording: they are shown as a table or with --json");
    }
    let models = args.model.options(&args.text_model, &args.jobs)?;
    let engine = engine_options(models, context).open(args.store.existing()?)?;
    let (names, queries): (Vec<_>, Vec<_>) = args.queries(context)?.into_iter().unzip();
    let (mut asked, mut said) = (Vec::new(), HashSet::new());
    // A clip may be of several queries, and is spoken of once.
    let mut say = |problem: &Problem| {
        if said.insert(problem.to_string()) {
            context.messages.problem(problem);
        }
    };
    for (names, prepared) in names.iter().zip(engine.prepare(&queries, context.interrupt.flag())?) {
        match prepared {
            Ok(query) => {
                query.problems().iter().for_each(&mut say);
                asked.push((name(names, &query), query));
            }
            Err(cause @ EngineError::Blank { .. }) => bail!("--text {cause}"),
            Err(cause) => Problem::of_clips(cause)?.iter().for_each(&mut say),
        }
    }
    let mut output = args.form.output(args.out.as_deref())?;
    let mut any = Outcome::Nothing;
    let mut annotations = Vec::new();
    for (name, query) in &asked {
        let hits = engine.ask(query)?;
        if !hits.is_empty() {
            any = Outcome::Found;
        }
        if files {
            let label = label(name);
            for hit in &hits {
                annotations.extend(hit.annotation(&label)?);
            }
        }
        if let Some(output) = &mut output {
            print(output, name, query.collection(), &hits, asked.len() > 1)?;
        }
    }
    if let Some(mut output) = output {
        output.flush()?;
    }
    if files && any == Outcome::Found {
        args.form.write(annotations, args.out.as_deref(), &engine, context)?;
    }
    Ok(any)
}

/// What the hits of a query are known by: its examples, as far as they could be used.
fn name(names: &[String], query: &PreparedQuery) -> String {
    match query.used() {
        [] => names.join(" + "),
        used => used.iter().filter_map(|&at| names.get(at)).map(String::as_str).collect::<Vec<_>>().join(" + "),
    }
}

impl QueryArgs {
    /// What the command line asks, in its order, with the names of the examples.
    fn queries(&self, context: &Context) -> Result<Vec<(Vec<String>, Query)>> {
        let filter = self.filter.filter()?;
        let wanted = |query: Query| {
            let query = query.k(self.k as usize).per_file(self.per_file).exclude_self(self.no_self).exact(self.exact);
            let query = query.min_confidence(self.min_confidence).rescore(!self.no_rescore).explain(self.explain);
            let query = query.filter(filter.clone());
            self.min_score.into_iter().fold(query, Query::min_score)
        };
        let named = |name: String, query: Query| (vec![name], wanted(query));
        if !self.text.is_empty() || self.text_list.is_some() {
            let mut sentences = self.text.clone();
            if let Some(list) = &self.text_list {
                sentences.extend(sentences_of(list, &mut |problem| context.messages.problem(&problem))?);
            }
            return Ok(sentences.into_iter().map(|text| named(text.clone(), Query::sentence(text))).collect());
        }
        if !self.say.is_empty() {
            return Ok(self.say.iter().map(|text| named(text.clone(), Query::words(text))).collect());
        }
        let channel = match self.channels {
            Some(Channels::Each) => bail!("--channels each is for index: a clip is one channel, or the mix of all"),
            Some(Channels::One(channel)) => Some(channel),
            _ => None,
        };
        let clips = self.clips()?.into_iter();
        let clips = clips.map(|(name, clip)| (name, clip.external(self.decoder).channel(channel)));
        let against = |query: Query| self.unlike.iter().fold(query, |query, clip| query.unlike(clip));
        if self.together {
            let (names, clips): (Vec<_>, Vec<_>) = clips.unzip();
            return Ok(vec![(names, wanted(against(Query::examples(clips))))]);
        }
        Ok(clips.map(|(name, clip)| named(name, against(Query::clip(clip)))).collect())
    }

    /// The clips with the names that their hits carry.
    fn clips(&self) -> Result<Vec<(String, ClipInput)>> {
        if let Some(list) = &self.list {
            let rows = Manifest::read(list)?.rows.into_iter();
            return Ok(rows.map(|row| (row.name(), ClipInput::file(row.path).between(row.start, row.end))).collect());
        }
        if let (Some(from), Some(to)) = (self.from, self.to)
            && from >= to
        {
            bail!("--from {from} is not before --to {to}");
        }
        let clip = |path: &PathBuf| {
            let clip = if path == Path::new(STDIN) { read_stdin()? } else { ClipInput::file(path) };
            Ok((shown(path), clip.between(self.from, self.to)))
        };
        self.clips.iter().map(clip).collect()
    }
}

fn read_stdin() -> Result<ClipInput> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).context("standard input")?;
    Ok(ClipInput::bytes("standard input", bytes))
}
