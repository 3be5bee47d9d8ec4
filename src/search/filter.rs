//! Which stretches may be hits.

use std::{collections::BTreeSet, path::PathBuf};

use audiosearch_index::{Reader, SourceId, Span};

use crate::pipeline::resolve;

/// Conditions that every hit meets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HitFilter {
    /// The recording or text is one of these.
    pub sources: Option<BTreeSet<SourceId>>,
    /// It bears this label.
    pub label: Option<String>,
}

impl HitFilter {
    /// What passes of the store: sources whose path begins with one of `paths` (whole components compared; any where there is none) and
    /// that have the label somewhere.
    pub fn new(reader: &Reader, paths: &[PathBuf], label: Option<&str>) -> Self {
        if paths.is_empty() && label.is_none() {
            return Self::default();
        }
        let full: Vec<PathBuf> = paths.iter().map(|path| resolve(path).unwrap_or_else(|_| path.clone())).collect();
        let wanted = |source: &audiosearch_index::SourceRef| {
            let place = std::path::absolute(&source.path).unwrap_or_else(|_| source.path.clone());
            let under = full.is_empty() || full.iter().any(|path| place.starts_with(path));
            under && label.is_none_or(|label| reader.labels(&source.key).iter().any(|own| own.text == label))
        };
        let sources = reader.sources().filter(wanted).map(|source| source.id).collect();
        Self { sources: Some(sources), label: label.map(str::to_owned) }
    }

    /// Whether a stretch of a source passes, which bears the label that `label` gives.
    pub(super) fn passes<'a>(
        &self,
        source: SourceId,
        span: Span,
        label: impl FnOnce(SourceId, Span) -> Option<&'a str>,
    ) -> bool {
        self.sources.as_ref().is_none_or(|sources| sources.contains(&source))
            && self.label.as_deref().is_none_or(|wanted| label(source, span) == Some(wanted))
    }
}
