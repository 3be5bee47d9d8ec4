//! `audiosearch query`

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use audiosearch_index::{Collection, Index, IndexError, SourceId, Span};
use clap::Args;

use super::{
    Context, Outcome,
    hits::print,
    manifest::Manifest,
    model::{JobsArgs, Model, ModelArgs},
    output::{Output, shown},
    store::StoreArgs,
    text::{self, TextModelArgs},
};
use crate::{
    acoustic::{AcousticEncoder, Letters, words},
    audio::Clip,
    pipeline::{ClipError, ClipTask, EmbeddedClip, Keys, embed_query_clips},
    search::{MIN_CONFIDENCE, Query, SearchError, SearchOptions, Searcher, SentenceOptions, Sound, query_spans},
};

/// How often a store is opened again that changes while it is asked, at most.
const RETRIES: usize = 100;
/// Standard input.
const STDIN: &str = "-";
/// What has no meaning for sentences.
const OF_SOUND: [&str; 11] =
    ["list", "say", "together", "unlike", "from", "to", "min_confidence", "explain", "no_rescore", "model", "clips"];

/// Find where something sounds like a clip, where a word is said, or the sentences nearest to a sentence
///
/// Where even the best hit is most probably no match, nothing is found and the exit code is 1 (see --min-confidence).
#[derive(Args)]
#[command(after_help = "Examples:\n\
    \x20 audiosearch query clip.wav -k 3\n\
    \x20 audiosearch query tape.wav --from 12.4 --to 13.2 --no-self --json\n\
    \x20 audiosearch query --say umbrella\n\
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
    /// Clips from a list: paths, or tab-separated columns path, start, end
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Search for a written word or phrase instead of a clip; may be given several times
    #[arg(long, value_name = "WORDS", conflicts_with = "list")]
    say: Vec<String>,
    /// Search the texts for sentences like this one; may be given several times
    #[arg(long, value_name = "SENTENCE", conflicts_with_all = OF_SOUND)]
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
    /// One hit a file
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
    #[command(flatten)]
    jobs: JobsArgs,
    /// Print a JSON object a hit
    #[arg(long)]
    json: bool,
}

pub fn probability(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("not a number from 0 to 1".into()),
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
        _ => Err("not a number of seconds".into()),
    }
}

pub fn run(args: &QueryArgs, context: &Context) -> Result<Outcome> {
    let store = args.store.existing()?;
    if !args.text.is_empty() || args.text_list.is_some() {
        return text::query(args.sentence_query(&store), context);
    }
    let network = AcousticEncoder::shipped()?;
    let mut searcher = open(&store, &network, context)?;
    let model = args.model.load(Some(&searcher.schema().model))?;
    searcher.require(&model.encoder.fingerprint())?;
    let keys = Keys::new(&store).with_context(|| store.display().to_string())?;
    let mut output = Output::new(args.json);
    let queries = queries(args, &model, &network, &keys, &searcher, context)?;
    let mut any = Outcome::Nothing;
    for named in &queries {
        let options = SearchOptions {
            k: args.k as usize,
            min_score: args.min_score,
            min_confidence: args.min_confidence,
            per_file: args.per_file,
            exact: args.exact,
            rescore: !args.no_rescore,
            explain: args.explain,
            not: named.not,
        };
        let mut hits = searcher.search(&named.query, &options);
        for _ in 0..RETRIES {
            // Another process may have put something else in the place of a recording since the store was opened; where nothing has changed
            // since, asking again would come to the same.
            if !matches!(hits, Err(SearchError::Frames { .. })) {
                break;
            }
            let generation = searcher.generation();
            searcher = open(&store, &network, context)?;
            if searcher.generation() == generation {
                break;
            }
            hits = searcher.search(&named.query, &options);
        }
        let hits = hits?;
        if !hits.is_empty() {
            any = Outcome::Found;
        }
        print(&mut output, &named.name, &hits, queries.len() > 1)?;
    }
    output.flush()?;
    Ok(any)
}

impl QueryArgs {
    fn sentence_query<'a>(&'a self, store: &'a Path) -> text::SentenceQuery<'a> {
        text::SentenceQuery {
            store,
            sentences: &self.text,
            list: self.text_list.as_deref(),
            model: &self.text_model,
            device: self.model.device(),
            jobs: self.jobs.count(),
            options: SentenceOptions {
                k: self.k as usize,
                min_score: self.min_score,
                per_file: self.per_file,
                exact: self.exact,
                not: None,
            },
            no_self: self.no_self,
            json: self.json,
        }
    }
}

/// A query, and the name that its hits carry.
struct NamedQuery {
    name: String,
    query: Query,
    not: Option<(SourceId, Span)>,
}

/// The queries of the command line, in its order; what cannot be read is reported and left out.
fn queries(
    args: &QueryArgs,
    model: &Model,
    network: &AcousticEncoder,
    keys: &Keys,
    searcher: &Searcher,
    context: &Context,
) -> Result<Vec<NamedQuery>> {
    if !args.say.is_empty() {
        let letters = Letters::shipped()?;
        let ask = |text: &String| {
            let query = Query::Word(written(text, model, &letters, network)?);
            Ok(NamedQuery { name: text.clone(), query, not: None })
        };
        return args.say.iter().map(ask).collect();
    }
    let (mut names, mut tasks) = clips(args)?;
    let wanted = tasks.len();
    for path in &args.unlike {
        names.push(shown(path));
        tasks.push(ClipTask { path: path.clone(), clip: None, start: None, end: None });
    }
    let jobs = args.jobs.count();
    let encoders = model.encoders(jobs)?;
    let clips = embed_query_clips(&tasks, encoders, jobs, context.interrupt.flag(), query_spans, network);
    let mut read = Vec::new();
    for ((name, task), clip) in names.into_iter().zip(&tasks).zip(clips) {
        match clip {
            Ok(clip) => {
                if let Some(truncated) = &clip.truncated {
                    context.messages.error(truncated);
                }
                let not = args.no_self.then(|| itself(task, &clip, keys, searcher)).flatten();
                read.push(Some((name, Sound::from(clip), not)));
            }
            // Silence is no error: there is nothing that could be found.
            Err(cause @ ClipError::Silent { .. }) => {
                context.messages.warn(format_args!("{cause}: nothing to look for"));
                read.push(None);
            }
            Err(cause) => {
                context.messages.error(cause);
                read.push(None);
            }
        }
    }
    let unlike = read.split_off(wanted);
    if !args.together && args.unlike.is_empty() {
        let clip = |(name, sound, not)| NamedQuery { name, query: Query::Clip(sound), not };
        return Ok(read.into_iter().flatten().map(clip).collect());
    }
    let unlike: Vec<Sound> = unlike.into_iter().flatten().map(|(_, sound, _)| sound).collect();
    let like: Vec<(String, Sound)> = read.into_iter().flatten().map(|(name, sound, _)| (name, sound)).collect();
    if args.together {
        let name = like.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" + ");
        let like: Vec<Sound> = like.into_iter().map(|(_, sound)| sound).collect();
        let together = |like| NamedQuery { name, query: Query::Examples { like, unlike }, not: None };
        return Ok(if like.is_empty() { Vec::new() } else { vec![together(like)] });
    }
    let several = |(name, sound)| {
        let query = Query::Examples { like: vec![sound], unlike: unlike.clone() };
        NamedQuery { name, query, not: None }
    };
    Ok(like.into_iter().map(several).collect())
}

/// A written word or phrase as a query: embeddings of its words, and the frames that it expects.
pub fn written(text: &str, model: &Model, letters: &Letters, network: &AcousticEncoder) -> Result<Sound> {
    let mut vectors: Vec<_> = words(text).map(|word| model.encoder.encode_text(word)).collect::<Result<_, _>>()?;
    if vectors.is_empty() {
        vectors.push(model.encoder.encode_text(text)?);
    }
    Ok(Sound::written(vectors, letters.template(text, network)?))
}

/// Opens what can be searched; where that is gone or damaged, makes it anew from the sled store.
pub fn open(store: &Path, network: &AcousticEncoder, context: &Context) -> Result<Searcher> {
    match Searcher::open(store, network.id()) {
        Err(cause @ (IndexError::Missing { .. } | IndexError::Damaged { .. })) => {
            let index = match Index::open(store, Collection::Audio) {
                Ok(index) => index,
                // The first error says better what is wrong.
                Err(IndexError::Missing { .. }) => return Err(cause.into()),
                Err(other) => return Err(other.into()),
            };
            context.messages.warn(format_args!("{cause}: building the frozen index again"));
            index.refreeze()?;
            drop(index);
            Ok(Searcher::open(store, network.id())?)
        }
        opened => Ok(opened?),
    }
}

/// The clips with the names that their hits carry.
fn clips(args: &QueryArgs) -> Result<(Vec<String>, Vec<ClipTask>)> {
    if let Some(list) = &args.list {
        let rows = Manifest::read(list)?.rows;
        let task = |row: super::manifest::Row| ClipTask { path: row.path, clip: None, start: row.start, end: row.end };
        return Ok(rows.into_iter().map(|row| (row.name(), task(row))).unzip());
    }
    if let (Some(from), Some(to)) = (args.from, args.to)
        && from >= to
    {
        bail!("--from {from} is not before --to {to}");
    }
    let mut all = (Vec::new(), Vec::new());
    for path in &args.clips {
        let clip = if path == Path::new(STDIN) { Some(read_stdin()?) } else { None };
        all.0.push(shown(path));
        all.1.push(ClipTask { path: path.clone(), clip, start: args.from, end: args.to });
    }
    Ok(all)
}

fn read_stdin() -> Result<Clip> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).context("standard input")?;
    Ok(Clip::from_bytes(bytes, Path::new("standard input"))?)
}

/// Where the clip lies in an indexed file, if it does.
fn itself(task: &ClipTask, clip: &EmbeddedClip, keys: &Keys, searcher: &Searcher) -> Option<(SourceId, Span)> {
    let source = searcher.source(&keys.key(&task.path).ok()?)?;
    let len = u32::try_from(clip.samples).unwrap_or(u32::MAX);
    Some((source, Span { start: clip.offset, len }))
}
