//! `audiosearch eval qbe`

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::super::{
    Context, Outcome,
    model::{JobsArgs, ModelArgs},
    output::{Output, Table},
};
use crate::{
    engine::Manifest,
    eval::Detecting,
    measure::{QbeFigures, QbeOptions, Temporary, measure_qbe},
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

pub fn run(args: &QbeArgs, context: &Context) -> Result<Outcome> {
    let (queries, recordings) = (&Manifest::read(&args.queries)?, &Manifest::read(&args.utts)?);
    let temporary = Temporary::new("eval");
    let store = args.store.as_deref().unwrap_or(temporary.path());
    let engine = args.model.open_or_create(store, &args.jobs, context)?;
    let (written, warped) = (args.say, args.baseline == Some(Baseline::Dtw));
    let options = QbeOptions { queries, recordings, written, warped };
    print(&measure_qbe(&engine, &options, &mut context.bars())?, args.json)
}

fn print(lines: &[QbeFigures], json: bool) -> Result<Outcome> {
    let mut output = Output::new(json);
    if json {
        for line in lines {
            output.json(line)?;
        }
    } else {
        let figures = ["MAP", "P@10", "P@N", "MTWV", "false/h", "calib.", "queries", "recordings", "ms a query"];
        let mut table = Table::of_figures("method", &figures);
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
