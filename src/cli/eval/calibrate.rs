//! `audiosearch eval calibrate`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::super::{
    Context, Outcome,
    model::{JobsArgs, ModelArgs},
    output::Output,
};
use crate::{
    engine::Manifest,
    measure::{CalibrateOptions, Temporary, calibrate, negatives},
};

/// Fit the confidence of hits on labelled recordings
///
/// Indexes the recordings of --among, searches for every query and fits, by logistic regression, how probable it is that a hit is right:
/// of clips, of pieces of the recordings themselves, of written words, of span vectors alone, with --together of pairs of clips. Prints,
/// for each, figures of the calibration in use and of the new one on queries that were held out, and a reliability table.
///
/// A store uses `calibration.json` in its folder where there is one (--install writes it).
#[derive(Args)]
#[command(after_help = "Examples:\n\
    \x20 audiosearch eval calibrate words.tsv --among all.tsv --negatives noises/ --out new.json\n\
    \x20 audiosearch eval calibrate words.tsv --among recordings.tsv --store .audiosearch --install")]
pub struct CalibrateArgs {
    /// The queries: tab-separated columns path, label (the word), speaker, and start and end where they apply; many of words that no recording says
    #[arg(required = true, value_name = "MANIFEST")]
    queries: Vec<PathBuf>,
    /// What is searched: tab-separated columns path, label (what is said), speaker
    #[arg(long, value_name = "MANIFEST")]
    among: PathBuf,
    /// Sounds that are nowhere in the recordings: a folder, a recording, or a manifest; may be given several times
    #[arg(long, value_name = "FOLDER|MANIFEST")]
    negatives: Vec<PathBuf>,
    /// Also fit pairs of clips of one word together
    #[arg(long)]
    together: bool,
    /// Write the calibration to this file
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write it into the folder of --store, which uses it from then on
    #[arg(long, requires = "store")]
    install: bool,
    /// The store that the recordings are indexed in [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    store: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    jobs: JobsArgs,
    /// Print a JSON object a kind of query
    #[arg(long)]
    json: bool,
}

pub fn run(args: &CalibrateArgs, context: &Context) -> Result<Outcome> {
    let lists = args.queries.iter().map(|list| Manifest::read(list)).collect::<Result<Vec<_>, _>>()?;
    let recordings = Manifest::read(&args.among)?;
    let mut sounds = Vec::new();
    for path in &args.negatives {
        sounds.extend(negatives(path, &mut |cause| context.messages.error(cause))?);
    }
    let temporary = Temporary::new("calibrate");
    let store = args.store.as_deref().unwrap_or(temporary.path());
    let engine = args.model.open_or_create(store, &args.jobs, context)?;
    let options =
        CalibrateOptions { queries: &lists, recordings: &recordings, negatives: &sounds, together: args.together };
    let (calibration, figures) = calibrate(&engine, &options, &mut context.bars())?;
    let own = args.install.then(|| engine.calibration_path());
    for path in args.out.iter().chain(&own) {
        engine.save_calibration(&calibration, path)?;
        context.messages.note(format_args!("{}: written", path.display()));
    }
    let mut output = Output::new(args.json);
    for line in &figures {
        if args.json { output.json(line)? } else { output.text(&line.to_string())? }
    }
    output.flush()?;
    Ok(Outcome::Found)
}
