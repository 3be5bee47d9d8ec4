//! What is asked of hits beside what they sound like.

use std::{
    path::PathBuf,
    sync::{Arc, Weak},
};

use crate::{
    condition::{Conditions, Field, MetadataTable, MomentConditions},
    search::{HitFilter, Searcher},
};

/// Which moments may be hits: those that meet every condition given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The path begins with one of these, whole components compared; empty: any path.
    pub paths: Vec<PathBuf>,
    /// The moment bears this label.
    pub label: Option<String>,
    /// What else holds.
    pub conditions: Conditions,
    /// What somebody wrote down about the recordings: its columns are fields of conditions.
    pub metadata: Option<Arc<MetadataTable>>,
}

impl Filter {
    /// Whether every moment passes.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.label.is_none() && self.conditions.is_empty()
    }

    pub(super) fn moments(&self) -> MomentConditions {
        let mut moments = self.conditions.moments();
        moments.label.extend(self.label.clone());
        moments
    }

    pub(super) fn asks(&self, field: &Field) -> bool {
        self.conditions.iter().any(|condition| condition.field() == field)
    }
}

/// A filter that was made ready for a state of the recordings.
pub(super) struct LastFilter {
    pub filter: Filter,
    pub of: Weak<Searcher>,
    pub ready: HitFilter,
}
