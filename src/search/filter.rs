//! Which stretches may be hits.

use std::sync::Arc;

use audiosearch_index::{Places, SourceId, Span};

use crate::condition::MomentConditions;

/// Conditions that every hit meets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HitFilter {
    /// Where hits lie: in these recordings or texts, and in these stretches of them; anywhere where `None`. It must hold every moment that
    /// `moments` lets pass, and may hold more.
    pub places: Option<Arc<Places>>,
    /// What their labels and texts must be.
    pub moments: MomentConditions,
}

impl HitFilter {
    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.places.is_none() && self.moments.is_empty()
    }

    /// Whether anything of a source may pass.
    pub(super) fn has(&self, source: SourceId) -> bool {
        self.places.as_ref().is_none_or(|places| places.contains(source))
    }

    /// Whether some moments of a recording may pass and others not.
    pub(super) fn tells_moments(&self) -> bool {
        !self.moments.is_empty() || self.places.as_ref().is_some_and(|places| places.has_stretches())
    }

    /// Whether a stretch of a source passes that says `text` and bears the label that `label` gives.
    pub(super) fn passes<'a>(
        &self,
        source: SourceId,
        span: Span,
        text: Option<&str>,
        label: impl FnOnce(SourceId, Span) -> Option<&'a str>,
    ) -> bool {
        self.places.as_ref().is_none_or(|places| places.touches(source, span))
            && (self.moments.is_empty()
                || self.moments.pass(if self.moments.ask_labels() { label(source, span) } else { None }, text))
    }
}
