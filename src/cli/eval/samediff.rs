//! `audiosearch eval samediff`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::super::{
    Context, Outcome,
    model::{JobsArgs, ModelArgs},
    output::{Output, Table},
};
use crate::{
    baseline::Untrained,
    engine::Manifest,
    eval::SameDifferent,
    measure::{MethodFigures, SamediffFigures, SamediffOptions, measure_samediff},
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

pub fn run(args: &SamediffArgs, context: &Context) -> Result<Outcome> {
    let manifest = &Manifest::read(&args.manifest)?;
    let models = args.model.models(&args.jobs)?;
    let by_edit_distance = args.by_edit_distance.then_some(FAR);
    let options = SamediffOptions { manifest, baselines: &args.baseline, by_edit_distance };
    let figures = measure_samediff(&models, &options, &mut context.bars())?;
    let mut output = Output::new(args.json);
    if args.json {
        output.json(&figures)?;
    } else {
        print(&figures, models.speech(None)?.name(), &mut output)?;
    }
    output.flush()?;
    Ok(Outcome::Found)
}

fn print(figures: &SamediffFigures, model: &str, output: &mut Output) -> Result<()> {
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
        let own = MethodFigures { method: model.to_owned(), ap, swdp_ap, p_at_1, p_at_10 };
        let mut table = Table::of_figures("method", &["AP", "SWDP AP", "P@1", "P@10"]);
        for row in figures.baselines.iter().chain([&own]) {
            let cell = |value: f64| format!("{value:.3}");
            table.push(vec![row.method.clone(), cell(row.ap), cell(row.swdp_ap), cell(row.p_at_1), cell(row.p_at_10)]);
        }
        output.text("")?;
        output.table(&table)?;
    }
    if let Some(spelt_in) = figures.spelt_in {
        let mut table = Table::of_figures(spelt_in, &["pairs", "mean cosine"]);
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
