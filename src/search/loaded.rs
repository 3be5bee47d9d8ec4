//! All acoustic frames of a store that is small enough to be aligned with in full.

use std::{collections::HashMap, path::PathBuf};

use audiosearch_index::{Hit as IndexHit, Reader, SegmentId, SourceId, SourceKey, Span};
use rayon::prelude::*;

use crate::acoustic::{FrameStore, FrameStoreError, QuantisedFrames};

/// What the frame store needs to find a recording.
#[derive(Debug, Clone)]
pub struct RecordingInfo {
    /// Its key.
    pub key: SourceKey,
    /// Its length in samples.
    pub samples: u64,
}

/// A recording with all its acoustic frames.
#[derive(Debug)]
pub struct LoadedFrames {
    /// Its frames, from its beginning to its end, a byte a value; they are dequantised one recording at a time.
    pub frames: QuantisedFrames,
    /// Its length in samples.
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

impl LoadedFrames {
    /// The segment that most of a span lies in, as a hit that is worth `score`.
    pub fn hit(&self, span: Span, score: f32) -> Option<IndexHit> {
        let Segment { id, label, text, .. } = self.segments.iter().max_by_key(|segment| segment.span.overlap(&span))?;
        let (label, text) = (label.as_deref().map(str::to_owned), text.as_deref().map(str::to_owned));
        Some(IndexHit { segment: *id, source: self.source, path: self.path.clone(), span, label, text, score })
    }
}

/// All recordings that have segments; the others are silent.
///
/// # Errors
/// Where the frames of a recording cannot be read.
pub fn load_all(
    reader: &Reader,
    infos: &HashMap<SourceId, RecordingInfo>,
    store: &FrameStore,
) -> Result<Vec<LoadedFrames>, FrameStoreError> {
    let mut by_source: HashMap<SourceId, (PathBuf, Vec<Segment>)> = HashMap::new();
    for segment in reader.segments() {
        let (_, segments) = by_source.entry(segment.source).or_insert_with(|| (segment.path, Vec::new()));
        let (label, text) = (segment.label.map(Box::from), segment.text.map(Box::from));
        segments.push(Segment { id: segment.id, span: segment.span, label, text });
    }
    let mut recordings: Vec<_> =
        by_source.into_iter().filter_map(|(id, all)| Some((id, infos.get(&id)?, all))).collect();
    recordings.sort_by_key(|(id, ..)| *id);
    let read = |(source, info, (path, segments)): (SourceId, &RecordingInfo, (PathBuf, Vec<Segment>))| {
        let frames = store.read_quantised(&info.key, info.samples, 0..usize::MAX)?;
        Ok(LoadedFrames { frames, samples: info.samples, source, path, segments })
    };
    recordings.into_par_iter().map(read).collect()
}
