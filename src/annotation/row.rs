//! An annotation as a row of named fields: what csv and jsonl have in common.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Annotation, InvalidAnnotation};

/// Every field that a row may have, as it is written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Row {
    pub path: Option<String>,
    pub start: Option<f64>,
    pub end: Option<f64>,
    pub label: Option<String>,
    pub tier: Option<String>,
    pub score: Option<f32>,
    pub confidence: Option<f32>,
    pub channel: Option<u16>,
    pub origin: Option<String>,
    pub created: Option<String>,
}

/// The names of the columns, in the order of [`Row`].
pub(super) const COLUMNS: [&str; 10] =
    ["path", "start", "end", "label", "tier", "score", "confidence", "channel", "origin", "created"];

impl From<&Annotation> for Row {
    fn from(annotation: &Annotation) -> Self {
        Self {
            path: Some(annotation.path().to_string_lossy().into_owned()),
            start: Some(annotation.start()),
            end: Some(annotation.end()),
            label: Some(annotation.label().to_owned()),
            tier: annotation.tier().map(str::to_owned),
            score: annotation.score(),
            confidence: annotation.confidence(),
            channel: annotation.channel(),
            origin: Some(annotation.origin().name().to_owned()),
            created: annotation.created().map(|created| created.to_string()),
        }
    }
}

impl Row {
    /// The annotation, of `recording` where the row names none.
    pub fn annotation(self, recording: &Path) -> Result<Annotation, InvalidAnnotation> {
        let start = self.start.ok_or(InvalidAnnotation::Missing { column: "start" })?;
        let end = self.end.ok_or(InvalidAnnotation::Missing { column: "end" })?;
        let path = self.path.filter(|path| !path.is_empty()).map_or_else(|| recording.to_owned(), Into::into);
        if path.as_os_str().is_empty() {
            return Err(InvalidAnnotation::Missing { column: "path" });
        }
        let mut annotation = Annotation::new(path, start, end, self.label.as_deref().unwrap_or_default())?;
        if let Some(tier) = self.tier {
            annotation = annotation.with_tier(&tier);
        }
        if let Some(score) = self.score {
            annotation = annotation.with_score(score)?;
        }
        if let Some(confidence) = self.confidence {
            annotation = annotation.with_confidence(confidence)?;
        }
        if let Some(channel) = self.channel {
            annotation = annotation.with_channel(channel)?;
        }
        if let Some(origin) = self.origin.filter(|origin| !origin.is_empty()) {
            annotation = annotation.with_origin(origin.parse()?);
        }
        if let Some(created) = self.created.filter(|created| !created.is_empty()) {
            let expected = "and not a time as 2026-05-01T12:00:00Z";
            let time: Timestamp = created.parse().map_err(|_| InvalidAnnotation::Column {
                column: "created",
                value: created,
                expected,
            })?;
            annotation = annotation.with_created(time);
        }
        Ok(annotation)
    }
}
