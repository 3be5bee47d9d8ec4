//! `audiosearch index`

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use audiosearch_index::{Collection, Index, Reader, Schema};
use clap::Args;
use serde::Serialize;

use super::{
    Context, Outcome,
    messages::Messages,
    model::{JobsArgs, ModelArgs},
    output::{Output, count, duration, shown},
    progress::Progress,
    store::StoreArgs,
};
use crate::{
    audio::SAMPLE_RATE,
    encoder::Encoder as _,
    frames::FrameNetwork,
    pipeline::{Ingest, Report, Settings, Status, recordings},
    segment::{SegmentConfig, SegmentMode},
};

/// Listen to recordings and remember where what sounds how
///
/// Takes files, and folders with all that lies below them. Files that did not change since are not read again; Ctrl-C stops after
/// the files under way, and the next run goes on from there.
#[derive(Args)]
pub struct IndexArgs {
    /// Files and folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    model: ModelArgs,
    /// How recordings are cut
    #[arg(long, value_enum, default_value_t = SegmentMode::Auto, value_name = "HOW")]
    segments: SegmentMode,
    #[command(flatten)]
    jobs: JobsArgs,
    /// Read also files that did not change
    #[arg(long)]
    force: bool,
    /// Forget files that vanished from these folders
    #[arg(long)]
    prune: bool,
    /// Print a JSON object a file, and one for the whole
    #[arg(long)]
    json: bool,
}

/// A line of `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    File { path: String, status: &'a str, duration: f64, segments: usize, message: Option<String> },
    Summary(&'a Summary),
}

/// What a run came to.
#[derive(Default, Serialize)]
struct Summary {
    /// Stored now, partly read ones included.
    indexed: usize,
    unchanged: usize,
    removed: usize,
    failed: usize,
    /// Seconds of audio read.
    duration: f64,
    /// Stored now.
    segments: usize,
    /// Seconds of this run.
    seconds: f64,
    /// `duration` in each of `seconds`.
    times_real_time: f64,
    interrupted: bool,
}

pub fn run(args: &IndexArgs, context: &Context) -> Result<Outcome> {
    let begun = Instant::now();
    let messages = &context.messages;
    let store = args.store.existing_or_new()?;
    let recorded = Reader::open(&store, Collection::Audio).ok().map(|reader| reader.schema().model.clone());
    let model = args.model.load(recorded.as_deref())?;
    let schema = Schema {
        dimension: u32::try_from(model.encoder.dimension())?,
        fingerprint: model.encoder.fingerprint(),
        model: model.name.clone(),
    };
    let mut paths = Vec::new();
    for path in &args.paths {
        paths.extend(recordings(path, &mut |error| messages.error(error)));
    }
    let index = Index::create(&store, Collection::Audio, schema)?;
    let jobs = args.jobs.count();
    let settings = Settings {
        mode: args.segments,
        segments: SegmentConfig::default(),
        force: args.force,
        readers: jobs,
        network: FrameNetwork::shipped()?,
    };
    let ingest = Ingest::new(&index, &store, settings)?;
    let writer = index.writer()?;

    let mut news = News {
        messages,
        output: Output::new(args.json),
        progress: Progress::new(messages, paths.len(), "files"),
        summary: Summary::default(),
        broken: None,
    };
    let encoders = model.encoders(jobs)?;
    let filled = ingest.run(&writer, paths, encoders, context.interrupt.flag(), &mut |report| news.tell(&report));
    if filled.is_ok() && args.prune {
        ingest.prune(&writer, &args.paths, &mut |report| news.tell(&report))?;
    }
    // After an error of the store what was flushed is safe, and committing would meet the same error.
    filled.context("stopped; what was reported until here is safe, and the next run goes on from there")?;
    writer.commit()?;

    let News { mut output, progress, mut summary, broken, .. } = news;
    drop(progress);
    if let Some(cause) = broken {
        return Err(cause.into());
    }
    summary.finish(begun.elapsed(), context.interrupt.asked());
    if args.json {
        output.json(&Line::Summary(&summary))?;
    }
    output.flush()?;
    messages.note(summary.text());
    if summary.interrupted {
        messages.error("interrupted; run the same command again to go on");
    }
    Ok(Outcome::Found)
}

/// Tells the user of each file as it is safe.
struct News<'a> {
    messages: &'a Messages,
    output: Output,
    progress: Progress<'a>,
    summary: Summary,
    /// Nobody reads standard output any more; the index is filled nevertheless.
    broken: Option<std::io::Error>,
}

impl News<'_> {
    fn tell(&mut self, report: &Report) {
        let seconds = report.samples as f64 / f64::from(SAMPLE_RATE);
        let (status, message) = match &report.status {
            Status::Indexed => ("indexed", None),
            Status::Unchanged => ("unchanged", None),
            Status::Removed => ("removed", None),
            Status::Partial(cause) => ("partial", Some(cause.to_string())),
            Status::Failed(cause) => ("failed", Some(cause.to_string())),
        };
        match &message {
            Some(message) => self.messages.error(message),
            None => self.messages.detail(format_args!("{}: {status}", report.path.display())),
        }
        self.summary.add(report, seconds);
        self.progress.advance(if report.fresh { seconds } else { 0.0 });
        if self.output.is_json() && self.broken.is_none() {
            let (path, segments) = (shown(&report.path), report.segments);
            let line = Line::File { path, status, duration: seconds, segments, message };
            self.broken = self.output.json(&line).and_then(|()| self.output.flush()).err();
        }
    }
}

impl Summary {
    fn add(&mut self, report: &Report, seconds: f64) {
        let counter = match &report.status {
            Status::Indexed | Status::Partial(_) if report.fresh => &mut self.indexed,
            Status::Indexed | Status::Partial(_) | Status::Unchanged => &mut self.unchanged,
            Status::Removed => &mut self.removed,
            Status::Failed(_) => &mut self.failed,
        };
        *counter += 1;
        if report.fresh {
            self.duration += seconds;
            self.segments += report.segments;
        }
    }

    fn finish(&mut self, elapsed: Duration, interrupted: bool) {
        self.seconds = elapsed.as_secs_f64();
        self.times_real_time = self.duration / self.seconds.max(1e-9);
        self.interrupted = interrupted;
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{} indexed: {} of audio, {} in {:.1} s, {:.0} × real time",
            count(self.indexed, "file"),
            duration(self.duration),
            count(self.segments, "segment"),
            self.seconds,
            self.times_real_time
        );
        for (number, what) in [(self.unchanged, "unchanged"), (self.removed, "removed"), (self.failed, "failed")] {
            if number > 0 {
                text.push_str(&format!("; {number} {what}"));
            }
        }
        text
    }
}
