//! What a store holds, in an order that does not depend on how it was filled.

use std::{collections::HashMap, path::Path};

use audiosearch_index::{Collection, Embedding, Query, Reader, SegmentId, SourceId, SourceKey, Span};
use rayon::prelude::*;

use crate::{
    audio::SAMPLE_RATE,
    engine::{EngineError, passing::KnownSource},
    export::{MapFile, link, relative},
    pipeline::{Keys, resolve},
    projection::{Matrix, Neighbours, Progress},
};

/// Up to so many points, comparing all with all is as fast as asking the graph, and exact.
const COMPARED: usize = 20_000;
/// Points asked for between two looks at Ctrl-C.
const ASKED: usize = 500;

/// A segment as the store has it, and the label that it may be given.
pub struct Candidate<'a> {
    pub id: SegmentId,
    /// Which of the files.
    pub file: u32,
    pub span: Span,
    pub label: Option<String>,
    pub text: Option<&'a str>,
    pub vector: &'a [f32],
}

/// Files by path, and all their segments by file and place.
pub struct Gathered<'a> {
    pub files: Vec<MapFile>,
    pub keys: Vec<SourceKey>,
    /// The length of each file: samples, or lines.
    pub lengths: Vec<u64>,
    pub points: Vec<Candidate<'a>>,
}

impl Gathered<'_> {
    /// The files, as conditions see them.
    pub fn known(&self, collection: Collection) -> Vec<KnownSource> {
        let files = self.files.iter().zip(&self.keys).zip(&self.lengths);
        let known = files.map(|((file, key), &length)| KnownSource {
            key: key.clone(),
            path: file.path.clone().into(),
            seconds: (collection == Collection::Audio).then(|| length as f64 / f64::from(SAMPLE_RATE)),
        });
        known.collect()
    }
}

/// All segments of `reader`, with addresses as seen from the folder that `out` will lie in.
pub fn gather<'a>(reader: &'a Reader, keys: &Keys, out: &Path) -> Result<Gathered<'a>, EngineError> {
    let out = resolve(out).map_err(EngineError::io(out))?;
    let folder = out.parent().unwrap_or(&out);
    let mut sources: Vec<_> = reader.sources().collect();
    sources.sort_by(|a, b| (&a.path, &a.key).cmp(&(&b.path, &b.key)));
    let number: HashMap<SourceId, u32> = sources.iter().map(|source| source.id).zip(0..).collect();
    let file = |source: &audiosearch_index::SourceRef| {
        let place = keys.place(&source.key);
        MapFile { path: source.path.to_string_lossy().into_owned(), link: link(&relative(folder, &place)), place }
    };
    let candidate = |segment: audiosearch_index::SegmentRef<'a>| {
        Some(Candidate {
            id: segment.id,
            file: *number.get(&segment.source)?,
            span: segment.span,
            label: segment.label.map(str::to_owned),
            text: segment.text,
            vector: segment.embedding,
        })
    };
    let mut points: Vec<Candidate<'a>> = reader.segments().filter_map(candidate).collect();
    points.sort_by_key(|point| (point.file, point.span, point.id.ordinal));
    Ok(Gathered {
        files: sources.iter().map(file).collect(),
        lengths: sources.iter().map(|source| source.samples).collect(),
        keys: sources.into_iter().map(|source| source.key).collect(),
        points,
    })
}

/// The `k` nearest of every point among `points`, whose vectors are the rows of `vectors`: from the store's graph where there are
/// too many to compare.
pub fn neighbours(
    reader: &Reader,
    points: &[Candidate<'_>],
    vectors: &Matrix,
    k: usize,
    progress: &mut Progress<'_>,
) -> Result<Neighbours, EngineError> {
    if points.len() <= COMPARED {
        return Ok(Neighbours::exact(vectors, k));
    }
    let number: HashMap<SegmentId, u32> = points.iter().map(|point| point.id).zip(0..).collect();
    // Only this part of what is found is among the points; itself is found too.
    let share = points.len() as f64 / reader.len().max(1) as f64;
    let asked = if share < 1.0 { (1.5 * k as f64 / share).ceil() as usize } else { k } + 1;
    let ask = |own: u32| -> Result<Vec<(u32, f32)>, EngineError> {
        let embedding = Embedding::new(vectors.row(own as usize).to_vec())?;
        let hits = reader.search(&Query::new(&embedding).k(asked))?;
        let known = hits.iter().filter_map(|hit| Some((*number.get(&hit.segment)?, hit.score)));
        Ok(known.filter(|&(other, _)| other != own).take(k).collect())
    };
    let mut rows = Vec::with_capacity(points.len());
    while rows.len() < points.len() {
        let to = points.len().min(rows.len() + ASKED) as u32;
        let found: Result<Vec<_>, EngineError> = (rows.len() as u32..to).into_par_iter().map(ask).collect();
        rows.extend(found?);
        progress.step(rows.len(), points.len())?;
    }
    Ok(Neighbours::new(rows))
}
