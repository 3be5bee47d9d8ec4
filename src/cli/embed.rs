//! `audiosearch embed`

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use audiosearch_index::Span;
use clap::Args;
use serde::Serialize;

use super::{
    Context, Outcome,
    manifest::{Manifest, Row},
    model::{JobsArgs, ModelArgs},
    output::{count, shown},
    progress::Progress,
    text::{self, TextModelArgs},
};
use crate::{
    audio::{Clip, SAMPLE_RATE},
    export::write_npy,
    pipeline::{ClipTask, embed_clips, embed_whole},
    segment::{SegmentConfig, SegmentMode, energy_db},
};

/// Write the vectors of clips or sentences to a file
///
/// Writes V.npy, a row of float32 of unit length for each vector, and V.jsonl beside it, which says line by line what the rows are.
#[derive(Args)]
#[command(after_help = "Examples:\n\
    \x20 audiosearch embed one.wav two.wav --out clips.npy\n\
    \x20 audiosearch embed --text notes.txt --out sentences.npy")]
#[command(override_usage = "audiosearch embed [OPTIONS] --out V.npy FILE...\n       \
    audiosearch embed [OPTIONS] --out V.npy --list FILE\n       \
    audiosearch embed [OPTIONS] --out V.npy --text SENTENCE|FILE")]
pub struct EmbedArgs {
    /// Clips
    #[arg(value_name = "FILE", required_unless_present_any = ["list", "text"], conflicts_with = "list")]
    files: Vec<PathBuf>,
    /// Clips from a list: paths, or tab-separated columns path, start, end, label, speaker
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// A sentence, or a file of sentences; may be given several times
    #[arg(long, value_name = "SENTENCE|FILE", conflicts_with_all = ["files", "list", "segments", "model"])]
    text: Vec<String>,
    /// How clips are cut; whole: one vector a clip, of one longer than 3 s the mean of its windows
    #[arg(long, value_enum, default_value_t = SegmentMode::Whole, value_name = "HOW")]
    segments: SegmentMode,
    /// Where to write
    #[arg(long, short, value_name = "V.npy")]
    out: PathBuf,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    text_model: TextModelArgs,
    #[command(flatten)]
    jobs: JobsArgs,
}

/// A line of V.jsonl: what a row of V.npy is.
#[derive(Serialize)]
struct Line<'a> {
    row: usize,
    path: String,
    /// Seconds into the file.
    start: f64,
    end: f64,
    label: Option<&'a str>,
    speaker: Option<&'a str>,
}

pub fn run(args: &EmbedArgs, context: &Context) -> Result<Outcome> {
    let messages = &context.messages;
    if args.out.extension().is_none_or(|extension| extension != "npy") {
        bail!("--out {}: name a file that ends in .npy", args.out.display());
    }
    if !args.text.is_empty() {
        let model = args.text_model.load(None, args.model.device())?;
        return text::embed(&args.text, &model, &args.jobs, &args.out, context);
    }
    let model = args.model.load(None)?;
    let rows = match &args.list {
        Some(list) => Manifest::read(list)?.rows,
        None => args.files.iter().map(|path| Row::of_path(path)).collect(),
    };
    let tasks: Vec<ClipTask> = rows
        .iter()
        .map(|row| ClipTask { path: row.path.clone(), clip: None, start: row.start, end: row.end })
        .collect();

    let jobs = args.jobs.count();
    let mut progress = Progress::new(messages, tasks.len(), "clips");
    let config = SegmentConfig::default();
    let cut = |clip: &Clip| cut(clip, args.segments, &config);
    let (encoders, interrupt) = (model.encoders(jobs)?, context.interrupt.flag());
    let clips = match args.segments {
        SegmentMode::Whole => embed_whole(&tasks, encoders, jobs, interrupt, |seconds| progress.advance(seconds)),
        _ => embed_clips(&tasks, encoders, jobs, interrupt, cut, |seconds| progress.advance(seconds)),
    };
    drop(progress);

    let (mut vectors, mut lines) = (Vec::new(), Vec::new());
    for (row, clip) in rows.iter().zip(&clips) {
        let clip = match clip {
            Ok(clip) => clip,
            Err(cause) => {
                messages.error(cause);
                continue;
            }
        };
        if let Some(truncated) = &clip.truncated {
            messages.error(truncated);
        }
        for (span, embedding) in &clip.spans {
            let seconds = |sample: u64| (clip.offset + sample) as f64 / f64::from(SAMPLE_RATE);
            lines.push(Line {
                row: vectors.len(),
                path: shown(&row.written),
                start: seconds(span.start),
                end: seconds(span.end()),
                label: row.label.as_deref(),
                speaker: row.speaker.as_deref(),
            });
            vectors.push(embedding.as_slice());
        }
    }
    let failed = clips.iter().filter(|clip| clip.is_err()).count();
    if context.interrupt.asked() {
        bail!("interrupted; nothing was written");
    }
    if vectors.is_empty() {
        bail!("no clip could be embedded; nothing was written");
    }
    let beside = args.out.with_extension("jsonl");
    write_npy(&args.out, model.encoder.dimension(), &vectors).with_context(|| args.out.display().to_string())?;
    write_lines(&beside, &lines).with_context(|| beside.display().to_string())?;
    messages.note(format_args!(
        "{} of {} written to {} and {}",
        count(vectors.len(), "vector"),
        count(clips.len() - failed, "clip"),
        args.out.display(),
        beside.display()
    ));
    Ok(Outcome::Found)
}

/// The spans of a clip.
fn cut(clip: &Clip, mode: SegmentMode, config: &SegmentConfig) -> Vec<Span> {
    let samples = clip.samples().len() as u64;
    let (mut segmenter, _) = config.segmenter(mode, Some(clip.duration()));
    let mut spans = Vec::new();
    segmenter.push(&energy_db(clip.samples()), &mut spans);
    segmenter.finish(samples, &mut spans);
    spans
}

/// Writes JSON Lines.
pub fn write_lines(path: &Path, lines: &[impl Serialize]) -> Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for line in lines {
        serde_json::to_writer(&mut out, line)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(())
}
