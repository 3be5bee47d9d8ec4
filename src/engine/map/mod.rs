//! Maps of a store: its vectors in a plane, with labels and groups.

mod arrows;
mod choose;
mod gather;
mod labels;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use audiosearch_index::{Collection, Reader};

pub use self::arrows::{Pairs, Parallel};
use self::gather::{Candidate, Gathered};
use super::{Engine, EngineError, Event, Filter, Observer, Work, observer::Watch};
use crate::{
    export::{Layout, Map, MapFile, Point},
    projection::{Matrix, Neighbours, Pca, Progress, Projection, ProjectionError, Tsne, clusters, trustworthiness},
};

/// Neighbours that every map knows of each point.
pub const NEAR: usize = 10;
/// Points that are asked how far the map can be believed.
const TRUST_SAMPLE: usize = 2_000;

/// How points are placed in the plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MapProjection {
    /// t-SNE, which keeps neighbours together; `perplexity`: roughly how many neighbours a point has.
    Tsne {
        /// From 1 to 1,000.
        perplexity: f32,
    },
    /// Principal components, which keep apart what is far apart.
    Pca,
}

/// What a map shows.
#[derive(Clone, Debug)]
pub struct MapOptions {
    /// Stretches of recordings, or sentences.
    pub collection: Collection,
    /// Where the map will lie: addresses of recordings are as seen from there.
    pub out: PathBuf,
    /// How points are placed; `None`: not at all.
    pub projection: Option<MapProjection>,
    /// A list of labels, in the place of those of the store: tab-separated columns path, label, and start and end (seconds) where they
    /// apply.
    pub labels: Option<PathBuf>,
    /// Which points.
    pub filter: Filter,
    /// So many points at most, taken at random.
    pub sample: Option<usize>,
    /// Arrows from the mean of one label to that of another.
    pub arrows: Option<Pairs>,
    /// Groups of like vectors, at most.
    pub clusters: u8,
    /// What is drawn at random depends on it.
    pub seed: u64,
    /// The heading; that of the store's folder where `None`.
    pub title: Option<String>,
}

/// A map, and what there is to say of it.
#[derive(Debug)]
pub struct MapReport {
    /// `None` where no point meets the conditions.
    pub map: Option<Map>,
    /// With a list of labels: points that have one, and all points before the conditions.
    pub labelled: Option<(usize, usize)>,
    /// How parallel arrows are, each pair of them.
    pub parallels: Vec<Parallel>,
}

impl Engine {
    /// Draws the segments of the store, or some of them. The same store and options give the same map.
    ///
    /// # Errors
    /// Where the store cannot be read, options name labels that no point has, or the observer asked to stop.
    pub fn map(&self, options: &MapOptions, observer: &mut impl Observer) -> Result<MapReport, EngineError> {
        let mut watch = Watch::new(observer);
        let (reader, keys) = (self.reader(options.collection)?, self.keys()?);
        let mut gathered = gather::gather(&reader, &keys, &options.out)?;
        let mut report = MapReport { map: None, labelled: None, parallels: Vec::new() };
        if let Some(list) = &options.labels {
            let all = gathered.points.len();
            report.labelled = Some((labels::label(&mut gathered, list, &keys, &mut watch)?, all));
        }
        if !options.filter.is_empty() {
            let known = gathered.known(options.collection);
            choose::keep(&mut gathered, &options.filter, &self.stretches(&options.filter, &known)?)?;
        }
        if let Some(pairs) = &options.arrows {
            pairs.check(&gathered)?;
        }
        let matched = gathered.points.len();
        if matched == 0 {
            return Ok(report);
        }
        if let Some(most) = options.sample {
            choose::sample(&mut gathered, most, options.seed);
            if let Some(pairs) = &options.arrows {
                let left = |cause| EngineError::Request(format!("--sample left none of them: {cause}"));
                pairs.check(&gathered).map_err(left)?;
            }
        }
        let (map, parallels) = options.map(&reader, self.path(), gathered, matched, &mut watch)?;
        Ok(MapReport { map: Some(map), parallels, ..report })
    }
}

impl MapOptions {
    fn map(
        &self,
        reader: &Reader,
        store: &Path,
        gathered: Gathered<'_>,
        matched: usize,
        watch: &mut Watch<'_>,
    ) -> Result<(Map, Vec<Parallel>), EngineError> {
        let columns = reader.schema().dimension as usize;
        let vectors = Matrix::from_rows(columns, gathered.points.iter().map(|point| point.vector));
        let (mut layout, mut near) = (None, Neighbours::new(Vec::new()));
        if let Some(projection) = self.projection {
            let placed = self.place(reader, &gathered.points, &vectors, projection, watch)?;
            (layout, near) = (Some(placed.0), placed.1);
        }
        let (mut drawn, mut parallels) = (Vec::new(), Vec::new());
        if let (Some(pairs), Some(layout)) = (&self.arrows, &mut layout) {
            let plane = pairs.plane(&gathered, columns);
            layout.places = vectors.iter().map(|row| plane.place(row)).collect();
            layout.method = "PCA of the arrows' labels".to_owned();
            layout.trust = trustworthiness(&vectors, &layout.places, NEAR, TRUST_SAMPLE, 0);
            (drawn, parallels) = pairs.draw(&gathered, &plane);
        }
        let groups = if layout.is_some() { clusters(&vectors, self.clusters.into(), self.seed) } else { Vec::new() };
        let model = Path::new(&reader.schema().model);
        let model = model.file_name().unwrap_or(model.as_os_str()).to_string_lossy().into_owned();
        let (labels, points) = points(&gathered, &groups);
        let title = self.title.clone().unwrap_or_else(|| title(store));
        let (files, points) = used(gathered.files, points);
        let map = Map {
            title,
            collection: self.collection,
            model,
            files,
            labels,
            points,
            vectors,
            neighbours: near,
            layout,
            matched,
            arrows: drawn,
        };
        Ok((map, parallels))
    }

    fn place(
        &self,
        reader: &Reader,
        points: &[Candidate<'_>],
        vectors: &Matrix,
        projection: MapProjection,
        watch: &mut Watch<'_>,
    ) -> Result<(Layout, Neighbours), EngineError> {
        let projection: Box<dyn Projection> = match projection {
            MapProjection::Pca => Box::new(Pca),
            MapProjection::Tsne { perplexity } => Box::new(Tsne { perplexity, seed: self.seed, ..Tsne::default() }),
        };
        let k = projection.wanted_neighbours(points.len()).max(NEAR.min(points.len().saturating_sub(1)));
        let near = steps(watch, Work::Neighbours, |progress| gather::neighbours(reader, points, vectors, k, progress))?;
        let places = steps(watch, Work::Projection, |progress| Ok(projection.project(vectors, &near, progress)?))?;
        let trust = trustworthiness(vectors, &places, NEAR, TRUST_SAMPLE, 0);
        Ok((Layout { places, method: projection.describe(), trust }, near))
    }
}

/// Work of many steps, as an observer hears of it.
fn steps<T>(
    watch: &mut Watch<'_>,
    work: Work,
    act: impl FnOnce(&mut Progress<'_>) -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    watch.begin(work, 0);
    let stop = watch.stop();
    let mut observe = |done, of| watch.emit(&Event::Progress { work, done, of, amount: 0.0 });
    let done = act(&mut Progress::new(stop.flag(), &mut observe));
    watch.end(work);
    match done {
        Err(EngineError::Projection(ProjectionError::Interrupted)) => Err(EngineError::Interrupted),
        done => done,
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
fn used(files: Vec<MapFile>, mut points: Vec<Point>) -> (Vec<MapFile>, Vec<Point>) {
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
