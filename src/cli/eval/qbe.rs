//! `audiosearch eval qbe`

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process,
    time::Instant,
};

use anyhow::{Context as _, Result, bail};
use audiosearch_index::{Collection, Index, Schema, SourceKey};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::super::{
    Context, Outcome,
    manifest::{Manifest, Row},
    model::{JobsArgs, Model, ModelArgs},
    output::{Align, Output, Table},
    progress::{Progress, steps},
    query::written,
};
use crate::{
    acoustic::{AcousticEncoder, Letters},
    baseline::WarpedBaseline,
    eval::{Detecting, Detection, QueryByExample, Token, Utterance, detecting, query_by_example},
    pipeline::{ClipTask, Ingest, Keys, Settings, Status, embed_query_clips},
    search::{Hit, MIN_CONFIDENCE, Query, SearchOptions, Searcher, Sound, query_spans},
    segment::{SegmentConfig, SegmentMode},
};

/// Measure query by example: does a word find the recordings in which another speaker says it?
///
/// Indexes UTTS, asks for every query and prints mean average precision, precision among the first ten, and among the first N where N
/// are right. A recording is right where the query's word stands in its label; recordings by the query's own speaker do not
/// count. Clips are asked for with and without a second look at the best places; with --say, the labels are asked for as text.
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch eval qbe queries.tsv recordings.tsv --say --baseline dtw")]
pub struct QbeArgs {
    /// The queries: tab-separated columns path, label (the word), speaker, and start and end where they apply
    queries: PathBuf,
    /// What is searched: tab-separated columns path, label (what is said), speaker
    utts: PathBuf,
    /// Search for the labels of the queries as written words too
    #[arg(long)]
    say: bool,
    /// Measure another method on the same recordings too
    #[arg(long, value_enum)]
    baseline: Option<Baseline>,
    /// Keep the store here for the next time [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    jobs: JobsArgs,
    /// Print a JSON object a method
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Baseline {
    /// Subsequence dynamic time warping over MFCC, of every query along every recording
    Dtw,
}

/// Hits asked for, as the figures are defined: what is not among them earns nothing.
const HITS: usize = 1_000;

/// What one method came to.
#[derive(Serialize)]
struct Line {
    method: &'static str,
    #[serde(flatten)]
    figures: QueryByExample,
    /// What a detector by its confidence would be worth.
    #[serde(flatten)]
    detecting: Option<Detecting>,
    /// Seconds a query, its own encoding left out.
    seconds: f64,
}

/// A folder that is gone when this is.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // A leftover in the folder for temporary files harms nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn run(args: &QbeArgs, context: &Context) -> Result<Outcome> {
    let (queries, utts) = (Manifest::read(&args.queries)?, Manifest::read(&args.utts)?);
    let (words, askers) = queries.labels_and_speakers()?;
    let tokens: Vec<Token> = words.into_iter().zip(askers).map(|(label, speaker)| Token { label, speaker }).collect();
    let (texts, speakers) = utts.labels_and_speakers()?;
    let utterances: Vec<Utterance> = texts.iter().zip(&speakers).map(|(text, who)| Utterance::new(text, who)).collect();
    let model = args.model.load(None)?;
    let network = AcousticEncoder::shipped()?;
    let temporary = Temporary(std::env::temp_dir().join(format!("audiosearch-eval-{}", process::id())));
    let store = args.store.as_deref().unwrap_or(&temporary.0);
    fs::create_dir_all(store).with_context(|| store.display().to_string())?;
    fill(store, &utts.rows, &model, &network, args, context)?;

    let searcher = Searcher::open(store, network.id())?;
    let places = places(store, &utts.rows)?;
    let ask = |query: &Query, rescore| -> Result<Vec<Option<Answer>>> {
        let options = SearchOptions {
            k: HITS,
            min_score: None,
            per_file: true,
            exact: false,
            rescore,
            explain: false,
            min_confidence: MIN_CONFIDENCE,
            not: None,
        };
        Ok(answers(&searcher.search(query, &options)?, &searcher, &places, utts.rows.len()))
    };
    let task = |row: &Row| ClipTask { path: row.path.clone(), clip: None, start: row.start, end: row.end };
    let tasks: Vec<ClipTask> = queries.rows.iter().map(task).collect();
    let jobs = args.jobs.count();
    let clips = embed_query_clips(&tasks, model.encoders(jobs)?, jobs, context.interrupt.flag(), query_spans, &network);
    if context.interrupt.asked() {
        bail!("interrupted");
    }
    let mut clip_queries = Vec::new();
    for clip in clips {
        // A query that cannot be read is a query that finds nothing.
        clip_queries
            .push(clip.map(|clip| Query::Clip(Sound::from(clip))).map_err(|cause| context.messages.error(cause)).ok());
    }
    let relevant = |query: &Token, at: usize| utterances[at].relevant(query);
    let wanted: Vec<usize> = tokens
        .iter()
        .map(|query| (0..utterances.len()).filter(|&at| relevant(query, at) == Some(true)).count())
        .collect();
    let mut lines = Vec::new();
    let mut measure = |method, queries: &[Option<Query>], rescore| -> Result<()> {
        let bar = steps(&context.messages, "queries", queries.len());
        let begun = Instant::now();
        let rows = queries.iter().map(|query| match query {
            Some(query) => ask(query, rescore),
            None => Ok(vec![None; utts.rows.len()]),
        });
        let rows = rows.inspect(|_| bar.add(1)).collect::<Result<Vec<_>>>()?;
        drop(bar);
        let seconds = begun.elapsed().as_secs_f64() / queries.len() as f64;
        let mut detections = Vec::new();
        for (query, row) in rows.iter().enumerate() {
            for (at, answer) in row.iter().enumerate().filter_map(|(at, answer)| Some((at, (*answer)?))) {
                let right = relevant(&tokens[query], at);
                detections.extend(right.map(|right| Detection { query, confidence: answer.confidence, right }));
            }
        }
        let scores: Vec<Vec<Option<f32>>> =
            rows.iter().map(|row| row.iter().map(|answer| answer.map(|answer| answer.score)).collect()).collect();
        let figures = query_by_example(&scores, &tokens, &utterances);
        let detecting = Some(detecting(&detections, &wanted, searcher.hours()));
        lines.push(Line { method, figures, detecting, seconds });
        Ok(())
    };
    measure("spans", &clip_queries, false)?;
    measure("reranked", &clip_queries, true)?;
    if args.say {
        let letters = Letters::shipped()?;
        let ask = |token: &Token| Ok(Some(Query::Word(written(&token.label, &model, &letters, &network)?)));
        let words = tokens.iter().map(ask).collect::<Result<Vec<_>>>()?;
        measure("written", &words, true)?;
    }
    if args.baseline == Some(Baseline::Dtw) {
        lines.push(warped(&queries.rows, &utts.rows, &tokens, &utterances, context)?);
    }
    print(&lines, args.json)
}

/// Indexes the recordings; where they are in the store already, nothing is read.
fn fill(
    store: &Path,
    utts: &[Row],
    model: &Model,
    network: &AcousticEncoder,
    args: &QbeArgs,
    context: &Context,
) -> Result<()> {
    let schema = Schema {
        dimension: u32::try_from(model.encoder.dimension())?,
        fingerprint: model.encoder.fingerprint(),
        model: model.name.clone(),
    };
    let index = Index::create(store, Collection::Audio, schema)?;
    let jobs = args.jobs.count();
    let settings = Settings {
        mode: SegmentMode::default(),
        segments: SegmentConfig::default(),
        force: false,
        readers: jobs,
        network: network.clone(),
    };
    let ingest = Ingest::new(&index, store, settings)?;
    let writer = index.writer()?;
    let mut progress = Progress::new(&context.messages, utts.len(), "files");
    let paths: Vec<PathBuf> = utts.iter().map(|row| row.path.clone()).collect();
    ingest.run(&writer, paths, model.bulk_encoders(jobs)?, context.interrupt.flag(), &mut |report| {
        if let Status::Failed(cause) | Status::Partial(cause) = &report.status {
            context.messages.error(cause);
        }
        progress.advance(report.samples as f64 / 16e3);
    })?;
    writer.commit()?;
    if context.interrupt.asked() {
        bail!("interrupted");
    }
    Ok(())
}

/// Which utterances each recording of the store is.
fn places(store: &Path, utts: &[Row]) -> Result<HashMap<SourceKey, Vec<usize>>> {
    let keys = Keys::new(store).with_context(|| store.display().to_string())?;
    let mut places: HashMap<SourceKey, Vec<usize>> = HashMap::new();
    for (number, row) in utts.iter().enumerate() {
        let key = keys.key(&row.path).with_context(|| row.path.display().to_string())?;
        places.entry(key).or_default().push(number);
    }
    Ok(places)
}

/// What was said of an utterance.
#[derive(Clone, Copy)]
struct Answer {
    score: f32,
    confidence: f32,
}

/// The best answer of every utterance that was returned.
fn answers(
    hits: &[Hit],
    searcher: &Searcher,
    places: &HashMap<SourceKey, Vec<usize>>,
    utterances: usize,
) -> Vec<Option<Answer>> {
    let mut row: Vec<Option<Answer>> = vec![None; utterances];
    // Best first, so that the first of a recording is its best.
    for hit in hits {
        for &at in searcher.key(hit.source).and_then(|key| places.get(key)).into_iter().flatten() {
            row[at].get_or_insert(Answer { score: hit.score, confidence: hit.confidence });
        }
    }
    row
}

/// The baseline: every query along every recording.
fn warped(
    queries: &[Row],
    utts: &[Row],
    tokens: &[Token],
    utterances: &[Utterance],
    context: &Context,
) -> Result<Line> {
    let read = |row: &Row| -> Result<Vec<f32>> { Ok(crate::audio::Clip::read(&row.path)?.samples().to_vec()) };
    let mut baseline = WarpedBaseline::new();
    for row in utts {
        baseline.push(&read(row)?);
    }
    let (mut rows, mut seconds) = (Vec::new(), 0.0);
    let bar = steps(&context.messages, "queries by dtw", queries.len());
    for row in queries {
        let query = baseline.query(&read(row)?, row.start.unwrap_or(0.0), row.end.unwrap_or(f64::INFINITY));
        let begun = Instant::now();
        rows.push(baseline.scores(&query).into_iter().map(Some).collect());
        seconds += begun.elapsed().as_secs_f64();
        bar.add(1);
    }
    let figures = query_by_example(&rows, tokens, utterances);
    Ok(Line { method: "dtw", figures, detecting: None, seconds: seconds / queries.len() as f64 })
}

fn print(lines: &[Line], json: bool) -> Result<Outcome> {
    let mut output = Output::new(json);
    if json {
        for line in lines {
            output.json(line)?;
        }
    } else {
        let right = ["MAP", "P@10", "P@N", "MTWV", "false/h", "calib.", "queries", "recordings", "ms a query"]
            .map(|name| (name, Align::Right));
        let columns: Vec<_> = std::iter::once(("method", Align::Left)).chain(right).collect();
        let mut table = Table::new(&columns);
        for line in lines {
            let figures = &line.figures;
            let detecting = |cell: fn(&Detecting) -> String| line.detecting.as_ref().map_or_else(String::new, cell);
            table.push(vec![
                line.method.to_owned(),
                format!("{:.3}", figures.map),
                format!("{:.3}", figures.p_at_10),
                format!("{:.3}", figures.p_at_n),
                detecting(|d| format!("{:.3}", d.mtwv)),
                detecting(|d| format!("{:.2}", d.false_alarms_per_hour)),
                detecting(|d| format!("{:.3}", d.calibration_error)),
                figures.queries.to_string(),
                figures.utterances.to_string(),
                format!("{:.1}", line.seconds * 1e3),
            ]);
        }
        output.table(&table)?;
    }
    output.flush()?;
    Ok(Outcome::Found)
}
