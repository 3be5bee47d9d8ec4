//! `audiosearch eval samediff`

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use audiosearch_index::{Embedding, Span};
use clap::{Args, ValueEnum as _};
use serde::Serialize;

use super::super::{
    Context, Outcome,
    manifest::{Manifest, Row},
    model::{JobsArgs, Model, ModelArgs},
    output::{Align, Output, Table},
    progress::{Progress, waiting},
};
use crate::{
    acoustic::Letters,
    audio::Clip,
    baseline::Untrained,
    encoder::EncoderError,
    eval::{
        AtDistance, SameDifferent, Token, by_edit_distance, cross_view_ap, same_different, same_different_by_likeness,
    },
    pipeline::{ClipTask, EmbeddedClip, embed_whole},
};

/// Phonemes apart from which on pairs are one group.
const FAR: usize = 5;

/// Measure word discrimination (same-different): does the model distinguish the same word from different ones?
///
/// Compares all pairs of clips: average precision of "same word", the same without pairs of one word by one speaker (SWDP), and the
/// precision among the 1 and 10 nearest clips of other speakers. Where the model knows written words, also the average precision over all
/// pairs of a clip and a written label (cross-view).
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch eval samediff words.tsv --baseline chunks,pooled,dtw")]
pub struct SamediffArgs {
    /// Tab-separated columns path, label, speaker, and start and end where they apply
    manifest: PathBuf,
    /// Measure methods that need no training on the same clips too: chunks, pooled, dtw
    #[arg(long, value_enum, value_delimiter = ',', value_name = "METHOD,…")]
    baseline: Vec<Untrained>,
    /// Print the mean cosine of pairs by the edit distance of their words' phonemes, as the letters network spells them out; of their
    /// letters, where a word is not written in a to z
    #[arg(long)]
    by_edit_distance: bool,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    jobs: JobsArgs,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Figures {
    #[serde(flatten)]
    model: SameDifferent,
    /// Null where the model knows no written words.
    cross_view_ap: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    baselines: Vec<Baseline>,
    /// What words were compared by: phonemes or letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    spelt_in: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    by_edit_distance: Vec<AtDistance>,
}

#[derive(Serialize)]
struct Baseline {
    method: String,
    ap: f64,
    swdp_ap: f64,
    p_at_1: f64,
    p_at_10: f64,
}

pub fn run(args: &SamediffArgs, context: &Context) -> Result<Outcome> {
    let manifest = Manifest::read(&args.manifest)?;
    let (labels, speakers) = manifest.labels_and_speakers()?;
    let model = args.model.load(None)?;
    let task = |row: &Row| ClipTask { path: row.path.clone(), clip: None, start: row.start, end: row.end };
    let tasks: Vec<ClipTask> = manifest.rows.iter().map(task).collect();
    let jobs = args.jobs.count();
    let mut progress = Progress::new(&context.messages, tasks.len(), "clips");
    let encoders = model.encoders(jobs)?;
    let clips = embed_whole(&tasks, encoders, jobs, context.interrupt.flag(), |seconds| progress.advance(seconds));
    drop(progress);

    let (mut vectors, mut tokens, mut embedded) = (Vec::new(), Vec::new(), Vec::new());
    for (((clip, label), speaker), task) in clips.iter().zip(labels).zip(speakers).zip(&tasks) {
        match clip {
            Ok(clip) => {
                vectors.extend(clip.spans.iter().map(|(_, embedding)| embedding.as_slice()));
                tokens.push(Token { label, speaker });
                embedded.push((task.path.as_path(), clip));
            }
            Err(cause) => context.messages.error(cause),
        }
    }
    if context.interrupt.asked() {
        bail!("interrupted");
    }
    let mut figures = Figures {
        model: same_different(&vectors, &tokens),
        cross_view_ap: cross_view(&model, &vectors, &tokens)?,
        baselines: baselines(&args.baseline, &embedded, &tokens, context)?,
        spelt_in: None,
        by_edit_distance: Vec::new(),
    };
    if args.by_edit_distance {
        let (spelt, what) = spelt(&tokens)?;
        figures.by_edit_distance = by_edit_distance(&vectors, &spelt, FAR);
        figures.spelt_in = Some(what);
    }
    let mut output = Output::new(args.json);
    if args.json {
        output.json(&figures)?;
    } else {
        print(&figures, &model.name, &mut output)?;
    }
    output.flush()?;
    Ok(Outcome::Found)
}

/// Where the model writes no words there is no such figure.
fn cross_view(model: &Model, vectors: &[&[f32]], tokens: &[Token]) -> Result<Option<f64>> {
    let spoken: Vec<String> = tokens.iter().map(|token| token.label.to_lowercase()).collect();
    let mut words = spoken.clone();
    words.sort_unstable();
    words.dedup();
    words.retain(|word| !word.trim().is_empty());
    let written: Result<Vec<Embedding>, EncoderError> =
        words.iter().map(|word| model.encoder.encode_text(word)).collect();
    match written {
        Ok(written) => {
            let written: Vec<&[f32]> = written.iter().map(Embedding::as_slice).collect();
            Ok(Some(cross_view_ap(vectors, &spoken, &written, &words)))
        }
        Err(EncoderError::Missing(_)) => Ok(None),
        Err(cause) => Err(cause.into()),
    }
}

/// Each method over the samples of the clips that the model could embed.
fn baselines(
    methods: &[Untrained],
    clips: &[(&Path, &EmbeddedClip)],
    tokens: &[Token],
    context: &Context,
) -> Result<Vec<Baseline>> {
    if methods.is_empty() {
        return Ok(Vec::new());
    }
    let _bar = waiting(&context.messages, "methods without training");
    let mut samples = Vec::with_capacity(clips.len());
    let mut last: Option<(&Path, Clip)> = None;
    for &(path, clip) in clips {
        if last.as_ref().is_none_or(|(read, _)| *read != path) {
            last = Some((path, Clip::read(path)?));
        }
        let span = Span { start: clip.offset, len: u32::try_from(clip.samples).unwrap_or(u32::MAX) };
        if let Some((_, recording)) = &last {
            let clip = recording.slice(span).with_context(|| path.display().to_string())?;
            samples.push(clip.samples().to_vec());
        }
    }
    let figures = |method: &Untrained| {
        let SameDifferent { ap, swdp_ap, p_at_1, p_at_10, .. } =
            same_different_by_likeness(&method.likeness(&samples), tokens);
        let method = method.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        Baseline { method, ap, swdp_ap, p_at_1, p_at_10 }
    };
    Ok(methods.iter().map(figures).collect())
}

/// The words in phonemes where all of them can be, else in letters, as numbers.
fn spelt(tokens: &[Token]) -> Result<(Vec<Vec<usize>>, &'static str)> {
    let network = Letters::shipped()?;
    let phonemes: Option<Vec<Vec<usize>>> = tokens.iter().map(|token| network.sounds(&token.label)).collect();
    let letters = |token: &Token| token.label.to_lowercase().chars().map(|letter| letter as usize).collect();
    Ok(match phonemes {
        Some(phonemes) => (phonemes, "phonemes"),
        None => (tokens.iter().map(letters).collect(), "letters"),
    })
}

fn print(figures: &Figures, model: &str, output: &mut Output) -> Result<()> {
    let SameDifferent { tokens, words, speakers, ap, swdp_ap, p_at_1, p_at_10 } = figures.model;
    output.text(&format!("tokens    {tokens:6}"))?;
    output.text(&format!("words     {words:6}"))?;
    output.text(&format!("speakers  {speakers:6}"))?;
    output.text(&format!("AP        {ap:6.3}"))?;
    output.text(&format!("SWDP AP   {swdp_ap:6.3}"))?;
    output.text(&format!("P@1       {p_at_1:6.3}"))?;
    output.text(&format!("P@10      {p_at_10:6.3}"))?;
    if let Some(ap) = figures.cross_view_ap {
        output.text(&format!("cross-view AP  {ap:.3}"))?;
    }
    if !figures.baselines.is_empty() {
        let own = Baseline { method: model.to_owned(), ap, swdp_ap, p_at_1, p_at_10 };
        let mut table = Table::new(&[
            ("method", Align::Left),
            ("AP", Align::Right),
            ("SWDP AP", Align::Right),
            ("P@1", Align::Right),
            ("P@10", Align::Right),
        ]);
        for row in figures.baselines.iter().chain([&own]) {
            let cell = |value: f64| format!("{value:.3}");
            table.push(vec![row.method.clone(), cell(row.ap), cell(row.swdp_ap), cell(row.p_at_1), cell(row.p_at_10)]);
        }
        output.text("")?;
        output.table(&table)?;
    }
    if let Some(spelt_in) = figures.spelt_in {
        let mut table = Table::new(&[(spelt_in, Align::Left), ("pairs", Align::Right), ("mean cosine", Align::Right)]);
        for group in &figures.by_edit_distance {
            let more = if group.distance == FAR { "+" } else { "" };
            table.push(vec![
                format!("{}{more} apart", group.distance),
                group.pairs.to_string(),
                format!("{:.3}", group.cosine),
            ]);
        }
        output.text("")?;
        output.table(&table)?;
    }
    Ok(())
}
