//! A store that is small enough to be looked at in full.

use std::collections::HashMap;

use audiosearch_index::{Hit, Reader, SourceId, Span};
use rayon::prelude::*;

use super::rerank::Known;
use crate::frames::{Archive, ArchiveError, Heard};

/// A recording with all its vectors.
#[derive(Debug)]
pub struct Whole {
    /// Its vectors, from its beginning to its end.
    pub heard: Heard,
    /// Its length.
    pub samples: u64,
    /// A hit for each of its segments, in order of time.
    segments: Vec<Hit>,
}

impl Whole {
    /// The segment that most of a span lies in, as a hit that is worth `score`.
    pub fn hit(&self, span: Span, score: f32) -> Option<Hit> {
        let segment = self.segments.iter().max_by_key(|segment| segment.span.overlap(&span))?;
        Some(Hit { span, score, ..segment.clone() })
    }

    /// Which recording.
    pub fn source(&self) -> Option<SourceId> {
        self.segments.first().map(|segment| segment.source)
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
    let mut segments: HashMap<SourceId, Vec<Hit>> = HashMap::new();
    for segment in reader.segments() {
        let hit = Hit {
            segment: segment.id,
            source: segment.source,
            path: segment.path,
            span: segment.span,
            label: segment.label.map(str::to_owned),
            text: segment.text.map(str::to_owned),
            score: 0.0,
        };
        segments.entry(segment.source).or_default().push(hit);
    }
    let mut recordings: Vec<_> = segments.into_iter().filter_map(|(id, all)| Some((known.get(&id)?, all))).collect();
    recordings.sort_by_key(|(_, segments)| segments.first().map(|hit| hit.source));
    let read = |(known, segments): (&Known, Vec<Hit>)| {
        let heard = archive.read(&known.key, known.samples, 0..usize::MAX)?;
        Ok(Whole { heard, samples: known.samples, segments })
    };
    recordings.into_par_iter().map(read).collect()
}
