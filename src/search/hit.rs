//! What a search returns.

use std::path::PathBuf;

use audiosearch_index::{Hit as IndexHit, SourceId, Span};

use super::evidence::Evidence;

/// A stretch of a recording that answers a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The recording.
    pub source: SourceId,
    /// The recording as it was given to the index.
    pub path: PathBuf,
    /// Where in it, in samples.
    pub span: Span,
    /// What the index knows the recording's segment by.
    pub label: Option<String>,
    /// The words of the segment, where they are known.
    pub text: Option<String>,
    /// How like the query, 1 at most.
    pub score: f32,
    /// How probable it is that this is what was asked for, 0 to 1.
    pub confidence: f32,
    /// What the confidence was computed from.
    pub evidence: Evidence,
    /// How the query is aligned with the recording, where asked for.
    pub alignment: Vec<AlignmentStep>,
}

impl Hit {
    pub(super) fn new(hit: IndexHit, confidence: f32, evidence: Evidence, alignment: Vec<AlignmentStep>) -> Self {
        let IndexHit { source, path, span, label, text, score, .. } = hit;
        Self { source, path, span, label, text, score, confidence, evidence, alignment }
    }
}

/// A frame of the query and the frame of the recording that it is aligned with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlignmentStep {
    /// Seconds into the query.
    pub query: f64,
    /// Seconds into the recording.
    pub recording: f64,
    /// How alike they sound, 1 at most.
    pub likeness: f32,
}
