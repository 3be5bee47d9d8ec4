//! `audiosearch eval sts`

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::super::{
    Context, Outcome,
    model::{JobsArgs, TextModelArgs},
    output::{Output, Table},
};
use crate::{
    engine::Device,
    measure::{StsLine, measure_sts},
};

/// Measure semantic similarity (STS): do cosines of sentences agree with the scores that people gave?
///
/// Spearman's correlation of people's scores with the cosine of the vectors, of their meaning part alone, and of a bag of words of
/// the same tokens (counts by inverse document frequency): for each file, the mean of each folder (a year), and the mean of those.
#[derive(Args)]
#[command(after_help = "Example:\n\
    \x20 audiosearch eval sts sts/2012 sts/2013")]
pub struct StsArgs {
    /// Tab-separated files of score and two sentences, or folders of them; rows without a score are left out
    #[arg(required = true, value_name = "FILE|FOLDER")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    model: TextModelArgs,
    #[command(flatten)]
    jobs: JobsArgs,
    /// Where the model runs: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu", value_name = "DEVICE")]
    device: Device,
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
}

pub fn run(args: &StsArgs, context: &Context) -> Result<Outcome> {
    let models = args.model.models(args.device, &args.jobs)?;
    print(&measure_sts(&models, &args.paths, &mut context.bars())?, args.json)?;
    Ok(Outcome::Found)
}

fn print(lines: &[StsLine], json: bool) -> Result<()> {
    let mut output = Output::new(json);
    if json {
        for line in lines {
            output.json(line)?;
        }
    } else {
        let mut table = Table::of_figures("set", &["pairs", "vector", "meaning", "bag of words"]);
        for StsLine { set, pairs, correlations: c } in lines {
            let mut row = vec![set.clone(), pairs.to_string()];
            row.extend([c.vector, c.meaning, c.bag_of_words].map(|value| format!("{value:.3}")));
            table.push(row);
        }
        output.table(&table)?;
    }
    Ok(output.flush()?)
}
