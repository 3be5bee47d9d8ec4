//! `audiosearch eval samediff`

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use super::super::{
    Context, Outcome,
    manifest::{Manifest, Row},
    model::{JobsArgs, ModelArgs},
    output::Output,
    progress::Progress,
};
use crate::{
    eval::{Token, same_different},
    pipeline::{ClipTask, embed_clips, whole},
};

/// Does the model tell the same word from different ones?
///
/// Compares all pairs of clips: average precision of "same word", the same without pairs of one word by one speaker (SWDP), and the
/// precision among the 1 and 10 nearest clips of other speakers.
#[derive(Args)]
pub struct SamediffArgs {
    /// Tab-separated columns path, label, speaker, and start and end where they apply
    manifest: PathBuf,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    jobs: JobsArgs,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(args: &SamediffArgs, context: &Context) -> Result<Outcome> {
    let manifest = Manifest::read(&args.manifest)?;
    let (labels, speakers) = manifest.labels_and_speakers()?;
    let model = args.model.load(None, context)?;
    let task = |row: &Row| ClipTask { path: row.path.clone(), clip: None, start: row.start, end: row.end };
    let tasks: Vec<ClipTask> = manifest.rows.iter().map(task).collect();
    let jobs = args.jobs.count();
    let mut progress = Progress::new(&context.messages, tasks.len(), "clips");
    let encoders = model.encoders(jobs)?;
    let clips =
        embed_clips(&tasks, encoders, jobs, context.interrupt.flag(), whole, |seconds| progress.advance(seconds));
    drop(progress);

    let (mut vectors, mut tokens) = (Vec::new(), Vec::new());
    for ((clip, label), speaker) in clips.iter().zip(labels).zip(speakers) {
        match clip {
            Ok(clip) => {
                vectors.extend(clip.spans.iter().map(|(_, embedding)| embedding.as_slice()));
                tokens.push(Token { label, speaker });
            }
            Err(cause) => context.messages.error(cause),
        }
    }
    if context.interrupt.asked() {
        bail!("interrupted");
    }
    let figures = same_different(&vectors, &tokens);
    let mut output = Output::new(args.json);
    if args.json {
        output.json(&figures)?;
    } else {
        output.text(&format!("tokens    {:6}", figures.tokens))?;
        output.text(&format!("words     {:6}", figures.words))?;
        output.text(&format!("speakers  {:6}", figures.speakers))?;
        output.text(&format!("AP        {:6.3}", figures.ap))?;
        output.text(&format!("SWDP AP   {:6.3}", figures.swdp_ap))?;
        output.text(&format!("P@1       {:6.3}", figures.p_at_1))?;
        output.text(&format!("P@10      {:6.3}", figures.p_at_10))?;
    }
    output.flush()?;
    Ok(Outcome::Found)
}
