//! `audiosearch export`

mod arrows;
mod choose;
mod gather;
mod labels;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use audiosearch_index::Reader;
use clap::{
    Args, ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};

use self::{
    arrows::Pairs,
    choose::Condition,
    gather::{Candidate, Gathered},
};
use super::{
    Context, Outcome,
    progress::steps,
    store::{StoreArgs, Which, open_reader},
};
use crate::{
    export::{ExportOptions, FORMATS, Format, Layout, Map, Point, Shows},
    projection::{Matrix, Neighbours, Pca, Progress, Projection, ProjectionError, Tsne, clusters, trustworthiness},
};

/// Neighbours that every map knows of each point.
const NEAR: usize = 10;
/// Points that are asked how far the map can be believed.
const TRUST_SAMPLE: usize = 2_000;
const MEGABYTE: u64 = 1_000_000;

/// Draw a map of the store, or export its vectors for other tools
///
/// A .html map is one page to look at and listen to, .svg and .png are pictures for a paper. .csv, .jsonl (Embedding Atlas), .npy and
/// --format projector (a folder for TensorBoard) hold the points for other tools. The same store and options give the same file.
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
    /// Draw only these: label=WORD, path=FOLDER, text=PART, != for not; of several of one field any may hold
    #[arg(long = "where", value_name = "FIELD=VALUE")]
    conditions: Vec<Condition>,
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
    #[arg(long, value_name = "TEXT")]
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
    let format = args.format()?;
    let method = args.method(format)?;
    let store = args.store.existing()?;
    let reader = open_reader(&store, args.collection.into(), context)?;
    let mut gathered = gather::gather(&reader, &store, &args.out)?;
    if let Some(list) = &args.label_from {
        labels::label(&mut gathered, list, &store, context)?;
    }
    choose::keep(&mut gathered, &args.conditions)?;
    if let Some(pairs) = &args.arrows {
        pairs.check(&gathered)?;
    }
    let matched = gathered.points.len();
    if matched == 0 {
        context.messages.note("nothing matches --where; nothing was written");
        return Ok(Outcome::Nothing);
    }
    if let Some(most) = args.sample {
        choose::sample(&mut gathered, most as usize, args.seed);
        if let Some(pairs) = &args.arrows {
            pairs.check(&gathered).context("--sample left none of them")?;
        }
    }
    let exporter = (format.exporter)(args.options()?);
    let map = args.map(&reader, &store, gathered, matched, method, context)?;
    for remark in exporter.export(&map, &args.out)? {
        context.messages.warn(remark);
    }
    let trust = map.layout.as_ref().and_then(|layout| layout.trust);
    let trust = trust.map_or_else(String::new, |trust| format!(", trustworthiness@{NEAR} {trust:.3}"));
    let how = map.layout.as_ref().map_or_else(String::new, |layout| format!("; {}{trust}", layout.method));
    context.messages.note(format_args!("{}: {}{how}", args.out.display(), map.drawn()));
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
    fn method(&self, format: &Format) -> Result<Option<Method>> {
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
        Ok(places.then(|| self.method.unwrap_or(default)))
    }

    fn options(&self) -> Result<ExportOptions> {
        let font = |path: &PathBuf| std::fs::read(path).with_context(|| path.display().to_string());
        let font = self.font.as_ref().map(font).transpose()?;
        Ok(ExportOptions { audio_budget: u64::from(self.audio_budget) * MEGABYTE, font })
    }

    fn map(
        &self,
        reader: &Reader,
        store: &Path,
        gathered: Gathered<'_>,
        matched: usize,
        method: Option<Method>,
        context: &Context,
    ) -> Result<Map> {
        let columns = reader.schema().dimension as usize;
        let vectors = Matrix::from_rows(columns, gathered.points.iter().map(|point| point.vector));
        let (mut layout, mut near) = (None, Neighbours::new(Vec::new()));
        if let Some(method) = method {
            let placed = self.place(reader, &gathered.points, &vectors, method, context)?;
            (layout, near) = (Some(placed.0), placed.1);
        }
        let mut drawn = Vec::new();
        if let (Some(pairs), Some(layout)) = (&self.arrows, &mut layout) {
            let plane = pairs.plane(&gathered, columns);
            layout.places = vectors.iter().map(|row| plane.place(row)).collect();
            layout.method = "PCA of the arrows' labels".to_owned();
            layout.trust = trustworthiness(&vectors, &layout.places, NEAR, TRUST_SAMPLE, 0);
            drawn = pairs.draw(&gathered, &plane, context);
        }
        let groups = if layout.is_some() { clusters(&vectors, self.clusters.into(), self.seed) } else { Vec::new() };
        let model = Path::new(&reader.schema().model);
        let model = model.file_name().unwrap_or(model.as_os_str()).to_string_lossy().into_owned();
        let (labels, points) = points(&gathered, &groups);
        let title = self.title.clone().unwrap_or_else(|| title(store));
        let (files, points) = used(gathered.files, points);
        Ok(Map {
            title,
            collection: self.collection.into(),
            model,
            files,
            labels,
            points,
            vectors,
            neighbours: near,
            layout,
            matched,
            arrows: drawn,
        })
    }

    fn place(
        &self,
        reader: &Reader,
        points: &[Candidate<'_>],
        vectors: &Matrix,
        method: Method,
        context: &Context,
    ) -> Result<(Layout, Neighbours)> {
        let projection: Box<dyn Projection> = match method {
            Method::Pca => Box::new(Pca),
            Method::Tsne => Box::new(Tsne { perplexity: self.perplexity, seed: self.seed, ..Tsne::default() }),
        };
        let stop = context.interrupt.flag();
        let k = projection.wanted_neighbours(points.len()).max(NEAR.min(points.len().saturating_sub(1)));
        let bar = steps(&context.messages, "neighbours", 0);
        let mut observe = |done, of| bar.at(done, of);
        let near = gather::neighbours(reader, points, vectors, k, &mut Progress::new(stop, &mut observe))?;
        drop(bar);
        let bar = steps(&context.messages, "places", 0);
        let mut observe = |done, of| bar.at(done, of);
        let places = projection.project(vectors, &near, &mut Progress::new(stop, &mut observe));
        drop(bar);
        let places = places.map_err(|cause| match cause {
            ProjectionError::Interrupted => anyhow::anyhow!("interrupted; nothing was written"),
            other => other.into(),
        })?;
        let trust = trustworthiness(vectors, &places, NEAR, TRUST_SAMPLE, 0);
        Ok((Layout { places, method: projection.describe(), trust }, near))
    }
}

/// Labels by how often they are borne, and the points with their numbers.
fn points(gathered: &Gathered<'_>, groups: &[u8]) -> (Vec<String>, Vec<Point>) {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    gathered.points.iter().filter_map(|point| point.label.as_deref()).for_each(|l| *counts.entry(l).or_default() += 1);
    let mut labels: Vec<(&str, usize)> = counts.into_iter().collect();
    labels.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let number: HashMap<&str, u32> = labels.iter().map(|label| label.0).zip(0..).collect();
    let point = |(at, own): (usize, &Candidate<'_>)| Point {
        file: own.file,
        span: own.span,
        label: own.label.as_deref().and_then(|label| number.get(label).copied()),
        text: own.text.map(str::to_owned),
        cluster: groups.get(at).copied().unwrap_or(0),
    };
    let points = gathered.points.iter().enumerate().map(point).collect();
    (labels.into_iter().map(|label| label.0.to_owned()).collect(), points)
}

/// Only the files that points are left of.
fn used(files: Vec<crate::export::MapFile>, mut points: Vec<Point>) -> (Vec<crate::export::MapFile>, Vec<Point>) {
    let mut place = vec![None; files.len()];
    points.iter().for_each(|point| place[point.file as usize] = Some(0));
    let mut kept = Vec::new();
    for (file, place) in files.into_iter().zip(&mut place) {
        if let Some(place) = place {
            *place = kept.len() as u32;
            kept.push(file);
        }
    }
    points.iter_mut().for_each(|point| point.file = place[point.file as usize].unwrap_or(0));
    (kept, points)
}

/// The name of the folder that the store lies in.
fn title(store: &Path) -> String {
    let full = store.canonicalize().unwrap_or_else(|_| store.to_owned());
    let name = full.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    format!("Map of {}", name.as_deref().unwrap_or("the store"))
}
