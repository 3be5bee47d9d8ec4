//! A store that is small enough to be looked at in full.

use std::{collections::HashMap, path::PathBuf};

use audiosearch_index::{Hit, Reader, SegmentId, SourceId, Span};
use rayon::prelude::*;

use super::rerank::Known;
use crate::frames::{Archive, ArchiveError, Packed};

/// A recording with all its vectors.
#[derive(Debug)]
pub struct Whole {
    /// Its vectors, from its beginning to its end, a byte a value: they are unpacked when they are looked at, one recording at a time.
    pub heard: Packed,
    /// Its length.
    pub samples: u64,
    /// Which recording.
    pub source: SourceId,
    path: PathBuf,
    /// In order of time.
    segments: Vec<Segment>,
}

#[derive(Debug)]
struct Segment {
    id: SegmentId,
    span: Span,
    label: Option<Box<str>>,
    text: Option<Box<str>>,
}

impl Whole {
    /// The segment that most of a span lies in, as a hit that is worth `score`.
    pub fn hit(&self, span: Span, score: f32) -> Option<Hit> {
        let Segment { id, label, text, .. } = self.segments.iter().max_by_key(|segment| segment.span.overlap(&span))?;
        let (label, text) = (label.as_deref().map(str::to_owned), text.as_deref().map(str::to_owned));
        Some(Hit { segment: *id, source: self.source, path: self.path.clone(), span, label, text, score })
    }
}

/// All recordings that have segments; the others are silent.
///
/// # Errors
/// Where the vectors of a recording cannot be read.
pub fn read_all(
    reader: &Reader,
    known: &HashMap<SourceId, Known>,
    archive: &Archive,
) -> Result<Vec<Whole>, ArchiveError> {
    let mut by_source: HashMap<SourceId, (PathBuf, Vec<Segment>)> = HashMap::new();
    for segment in reader.segments() {
        let (_, segments) = by_source.entry(segment.source).or_insert_with(|| (segment.path, Vec::new()));
        let (label, text) = (segment.label.map(Box::from), segment.text.map(Box::from));
        segments.push(Segment { id: segment.id, span: segment.span, label, text });
    }
    let mut recordings: Vec<_> =
        by_source.into_iter().filter_map(|(id, all)| Some((id, known.get(&id)?, all))).collect();
    recordings.sort_by_key(|(id, ..)| *id);
    let read = |(source, known, (path, segments)): (SourceId, &Known, (PathBuf, Vec<Segment>))| {
        let heard = archive.read_packed(&known.key, known.samples, 0..usize::MAX)?;
        Ok(Whole { heard, samples: known.samples, source, path, segments })
    };
    recordings.into_par_iter().map(read).collect()
}
