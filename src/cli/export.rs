//! `audiosearch export`

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::{
    Args, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};

use super::{
    Context, Outcome,
    filter::FilterArgs,
    model::open_engine,
    output::count,
    progress::written,
    store::{StoreArgs, Which},
};
use crate::{
    engine::{MapOptions, MapProjection, NEAR, Pairs},
    export::{ExportOptions, FORMATS, Format, Shows},
};

const MEGABYTE: u64 = 1_000_000;

/// Draw a map of the store, or export its vectors for other tools
///
/// A .html map is one page to look at and listen to, .svg and .png are pictures for a paper. .csv, .jsonl (Embedding Atlas), .npy and
/// --format projector (a folder for TensorBoard) hold the points for other tools. The same store and options give the same file.
///
/// A html map carries the sound of its points up to --audio-budget and plays the rest from the recordings, by relative path. How far to believe
/// a map is printed: trustworthiness@10 is 1 where all that is near in the picture is near in the vectors.
#[derive(Args)]
#[command(after_help = "Examples:\n\
    \x20 audiosearch export map.html --label-from words.tsv\n\
    \x20 audiosearch export board --format projector")]
pub struct ExportArgs {
    // The list of formats says which endings there are.
    #[arg(value_name = "OUT", help = format!("Where to write; the ending says what: {}", endings()))]
    out: PathBuf,
    /// What to write [default: by the ending of OUT]
    #[arg(long, value_parser = format_parser(), value_name = "WHAT")]
    format: Option<&'static Format>,
    #[command(flatten)]
    store: StoreArgs,
    /// What to draw: stretches of recordings, or sentences
    #[arg(long, value_enum, default_value_t = Which::Audio, value_name = "WHICH")]
    collection: Which,
    /// The projection: tsne keeps neighbours together, pca keeps large distances [default: tsne; pca with --arrows]
    #[arg(long, value_enum, value_name = "HOW")]
    method: Option<Method>,
    /// t-SNE perplexity: roughly the number of neighbours of a point
    #[arg(long, default_value_t = 30.0, value_name = "X", value_parser = perplexity)]
    perplexity: f32,
    /// Labels from a list: tab-separated columns path, label, and start and end (seconds) where they apply
    #[arg(long, value_name = "FILE")]
    label_from: Option<PathBuf>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Draw at most N points, taken at random
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// Arrows from the mean of one label to that of another
    #[arg(long, value_name = "A:B,C:D")]
    arrows: Option<Pairs>,
    /// Number of clusters, which give the colours
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    clusters: u8,
    /// Random seed of --sample and t-SNE
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Megabytes of sound that html and jsonl may carry; the rest plays from the recordings
    #[arg(long, default_value_t = 30, value_name = "MB")]
    audio_budget: u32,
    /// A font (ttf, otf) for letters that the one in the program lacks, as those of Chinese; for png
    #[arg(long, value_name = "FILE")]
    font: Option<PathBuf>,
    /// The heading [default: the folder of the store]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    title: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Method {
    Tsne,
    Pca,
}

/// The endings that say what is written: `.html .svg`.
fn endings() -> String {
    let first = FORMATS.iter().filter_map(|format| format.endings.first());
    first.map(|ending| format!(".{ending}")).collect::<Vec<_>>().join(" ")
}

fn format_parser() -> impl TypedValueParser<Value = &'static Format> {
    let value = |format: &'static Format| PossibleValue::new(format.name).help(format.about);
    PossibleValuesParser::new(FORMATS.iter().map(value)).try_map(|name| {
        let found = FORMATS.iter().find(|format| format.name == name);
        found.ok_or("no such format")
    })
}

fn perplexity(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if (1.0..=1000.0).contains(&value) => Ok(value),
        _ => Err("a number from 1 to 1000".into()),
    }
}

pub fn run(args: &ExportArgs, context: &Context) -> Result<Outcome> {
    let messages = &context.messages;
    let format = args.format()?;
    let options = args.map_options(format)?;
    let engine = open_engine(&args.store.existing()?, context)?;
    let report = engine.map(&options, &mut context.bars()).map_err(written)?;
    if let Some((labelled, all)) = report.labelled {
        messages.note(format_args!("{labelled} of {} have a label", count(all, "point")));
    }
    let Some(map) = report.map else {
        messages.note("nothing matches --where; nothing was written");
        return Ok(Outcome::Nothing);
    };
    for parallel in report.parallels {
        let [one, other] = parallel.arrows;
        messages.note(format_args!("{one} and {other}: cosine {:.3} (1 is parallel)", parallel.cosine));
    }
    let exporter = (format.exporter)(args.options()?);
    for remark in exporter.export(&map, &args.out)? {
        messages.warn(remark);
    }
    let trust = map.layout.as_ref().and_then(|layout| layout.trust);
    let trust = trust.map_or_else(String::new, |trust| format!(", trustworthiness@{NEAR} {trust:.3}"));
    let how = map.layout.as_ref().map_or_else(String::new, |layout| format!("; {}{trust}", layout.method));
    messages.note(format_args!("{}: {}{how}", args.out.display(), map.drawn()));
    Ok(Outcome::Found)
}

impl ExportArgs {
    fn format(&self) -> Result<&'static Format> {
        let of_ending = || Format::of_ending(self.out.extension()?.to_str()?);
        self.format.or_else(of_ending).with_context(|| {
            let (out, known) = (self.out.display(), endings());
            format!("{out}: the ending says no format; give it one of {known}, or say --format")
        })
    }

    /// `None` where the format shows no places.
    fn projection(&self, format: &Format) -> Result<Option<MapProjection>> {
        if self.arrows.is_some() && format.shows != Shows::Picture {
            bail!("--arrows are drawn in .html, .svg and .png only");
        }
        if self.font.is_some() && !format.font {
            bail!("--font is for .png only: other formats leave letters to what shows them");
        }
        if self.arrows.is_some() && self.method == Some(Method::Tsne) {
            bail!(
                "--arrows need --method pca: t-SNE keeps no directions, so that parallel changes would not look parallel"
            );
        }
        let default = if self.arrows.is_some() { Method::Pca } else { Method::Tsne };
        let places = format.shows != Shows::Vectors;
        let projection = match self.method.unwrap_or(default) {
            Method::Tsne => MapProjection::Tsne { perplexity: self.perplexity },
            Method::Pca => MapProjection::Pca,
        };
        Ok(places.then_some(projection))
    }

    fn options(&self) -> Result<ExportOptions> {
        let font = |path: &PathBuf| std::fs::read(path).with_context(|| path.display().to_string());
        let font = self.font.as_ref().map(font).transpose()?;
        Ok(ExportOptions { audio_budget: u64::from(self.audio_budget) * MEGABYTE, font })
    }

    fn map_options(&self, format: &Format) -> Result<MapOptions> {
        Ok(MapOptions {
            collection: self.collection.into(),
            out: self.out.clone(),
            projection: self.projection(format)?,
            labels: self.label_from.clone(),
            filter: self.filter.filter()?,
            sample: self.sample.map(|most| most as usize),
            arrows: self.arrows.clone(),
            clusters: self.clusters,
            seed: self.seed,
            title: self.title.clone(),
        })
    }
}
