//! `audiosearch embed`

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::Serialize;

use super::{
    Context, Outcome,
    model::{JobsArgs, ModelArgs, TextModelArgs},
    output::{count, shown, write_lines},
    progress::written,
    text,
};
use crate::{
    engine::{ClipInput, Manifest, Row, SegmentMode},
    export::write_npy,
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
    #[arg(long, value_name = "SENTENCE|FILE", allow_hyphen_values = true, conflicts_with_all = ["files", "list", "segments", "model"])]
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
        let models = args.text_model.models(args.model.device(), &args.jobs)?;
        return text::embed(&args.text, &models, &args.out, context);
    }
    let models = args.model.models(&args.jobs)?;
    let dimension = models.speech(None)?.dimension();
    let rows = match &args.list {
        Some(list) => Manifest::read(list)?.rows,
        None => args.files.iter().map(|path| Row::of_path(path)).collect(),
    };
    let input = |row: &Row| ClipInput::file(&row.path).between(row.start, row.end);
    let inputs: Vec<ClipInput> = rows.iter().map(input).collect();
    let clips = models.embed(&inputs, args.segments, &mut context.bars()).map_err(written)?;
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
        for span in &clip.spans {
            lines.push(Line {
                row: vectors.len(),
                path: shown(&row.written),
                start: span.start,
                end: span.end,
                label: row.label.as_deref(),
                speaker: row.speaker.as_deref(),
            });
            vectors.push(span.vector.as_slice());
        }
    }
    let failed = clips.iter().filter(|clip| clip.is_err()).count();
    if vectors.is_empty() {
        bail!("no clip could be embedded; nothing was written");
    }
    let beside = args.out.with_extension("jsonl");
    write_npy(&args.out, dimension, &vectors).with_context(|| args.out.display().to_string())?;
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
