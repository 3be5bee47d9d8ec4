//! What is answered.

use std::{ops::Deref, path::PathBuf, vec};

use audiosearch_index::{Collection, SourceId, Span};

use super::Problem;
use crate::{
    audio::SAMPLE_RATE,
    search::{self, AlignmentStep, Evidence},
    text::Position,
};

/// A moment of a recording, or a sentence of a text, that answers a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Recordings or texts.
    pub collection: Collection,
    /// The number of its recording or text, until that is indexed anew.
    pub source: SourceId,
    /// The path, as it opens from the current folder.
    pub path: PathBuf,
    /// The channel of the recording, counted from 1, where its channels were indexed each by itself.
    pub channel: Option<u16>,
    /// Where it lies: samples at 16 kHz of a recording, lines of a text counted from 0, milliseconds of
    /// subtitles.
    pub span: Span,
    /// How like the query it is: 1 for the very same.
    pub score: f32,
    /// How probable it is that this is what was asked for, 0 to 1; not known of sentences.
    pub confidence: Option<f32>,
    /// What somebody said that it is.
    pub label: Option<String>,
    /// What it says, of a sentence.
    pub text: Option<String>,
    /// What the confidence was computed from; not known of sentences.
    pub evidence: Option<Evidence>,
    /// How the query is aligned with the recording, where asked for.
    pub alignment: Vec<AlignmentStep>,
}

impl Hit {
    /// Where it begins, in seconds; in a text its first line, counted from 1, but in subtitles seconds too.
    pub fn start(&self) -> f64 {
        match self.collection {
            Collection::Audio => self.span.start as f64 / f64::from(SAMPLE_RATE),
            Collection::Text => self.positions().0.number(),
        }
    }

    /// Where it ends, in seconds; in a text its last line, counted from 1, but in subtitles seconds too.
    pub fn end(&self) -> f64 {
        match self.collection {
            Collection::Audio => self.span.end() as f64 / f64::from(SAMPLE_RATE),
            Collection::Text => self.positions().1.number(),
        }
    }

    /// Where a sentence begins and ends: lines, or seconds of subtitles.
    pub fn positions(&self) -> (Position, Position) {
        Position::of(&self.path, self.span.start, self.span.end())
    }

    pub(super) fn of_recording(hit: search::Hit) -> Self {
        let search::Hit { source, path, span, label, text, score, confidence, evidence, alignment } = hit;
        let (collection, confidence, evidence) = (Collection::Audio, Some(confidence), Some(evidence));
        Self { collection, source, path, channel: None, span, score, confidence, label, text, evidence, alignment }
    }

    pub(super) fn of_text(hit: audiosearch_index::Hit) -> Self {
        let audiosearch_index::Hit { source, path, span, label, text, score, .. } = hit;
        let (collection, confidence, evidence, alignment) = (Collection::Text, None, None, Vec::new());
        Self { collection, source, path, channel: None, span, score, confidence, label, text, evidence, alignment }
    }
}

/// The answer to a query, best first.
#[derive(Debug, Default)]
pub struct Hits {
    /// Best first.
    pub hits: Vec<Hit>,
    /// Examples of the query that could not be used, or not wholly.
    pub problems: Vec<Problem>,
}

impl Deref for Hits {
    type Target = [Hit];

    fn deref(&self) -> &[Hit] {
        &self.hits
    }
}

impl IntoIterator for Hits {
    type Item = Hit;
    type IntoIter = vec::IntoIter<Hit>;

    fn into_iter(self) -> Self::IntoIter {
        self.hits.into_iter()
    }
}

impl<'a> IntoIterator for &'a Hits {
    type Item = &'a Hit;
    type IntoIter = std::slice::Iter<'a, Hit>;

    fn into_iter(self) -> Self::IntoIter {
        self.hits.iter()
    }
}
