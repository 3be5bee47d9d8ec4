//! Sources, and where in them hits may lie.

use std::collections::BTreeMap;

use crate::{SourceId, Span};

/// Some sources of a collection, each as a whole or in some stretches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<SourceId, Option<Box<[Span]>>>);

impl Places {
    /// Adds all of a source.
    pub fn add(&mut self, source: SourceId) {
        self.0.insert(source, None);
    }

    /// Adds stretches of a source, in any order; they may overlap.
    pub fn add_stretches(&mut self, source: SourceId, mut stretches: Vec<Span>) {
        stretches.retain(|span| span.len > 0);
        stretches.sort_unstable();
        let mut apart: Vec<Span> = Vec::with_capacity(stretches.len());
        for span in stretches {
            match apart.last_mut() {
                Some(last) if span.start <= last.end() && span.end() - last.start <= u64::from(u32::MAX) => {
                    last.len = (span.end().max(last.end()) - last.start) as u32;
                }
                _ => apart.push(span),
            }
        }
        self.0.insert(source, Some(apart.into_boxed_slice()));
    }

    /// Whether there is anything of the source.
    pub fn contains(&self, source: SourceId) -> bool {
        self.stretches(source).is_some_and(|stretches| stretches.is_none_or(|stretches| !stretches.is_empty()))
    }

    /// Whether the source is there as a whole, or a stretch of it shares a sample with `span`.
    pub fn touches(&self, source: SourceId, span: Span) -> bool {
        self.stretches(source).is_some_and(|stretches| stretches.is_none_or(|stretches| touches(stretches, span)))
    }

    /// Whether of some source only stretches are there.
    pub fn has_stretches(&self) -> bool {
        self.0.values().any(Option::is_some)
    }

    /// The number of sources.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The stretches of a source, in order and apart; `Some(None)`: all of it.
    pub(crate) fn stretches(&self, source: SourceId) -> Option<Option<&[Span]>> {
        self.0.get(&source).map(Option::as_deref)
    }
}

impl FromIterator<SourceId> for Places {
    fn from_iter<I: IntoIterator<Item = SourceId>>(sources: I) -> Self {
        Self(sources.into_iter().map(|source| (source, None)).collect())
    }
}

/// Whether one of the stretches, which are in order and apart, shares a sample with `span`.
pub(crate) fn touches(stretches: &[Span], span: Span) -> bool {
    let after = stretches.partition_point(|own| own.end() <= span.start);
    stretches.get(after).is_some_and(|own| own.start < span.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: u64, len: u32) -> Span {
        Span { start, len }
    }

    #[test]
    fn stretches_are_joined_and_touched_where_they_share_a_sample() {
        let mut places = Places::from_iter([SourceId(1)]);
        places.add_stretches(SourceId(2), vec![span(50, 10), span(10, 10), span(15, 20), span(80, 0)]);
        places.add_stretches(SourceId(3), vec![]);
        assert_eq!(places.stretches(SourceId(2)), Some(Some(&[span(10, 25), span(50, 10)][..])));
        let touched = |source, start, len| places.touches(SourceId(source), span(start, len));
        assert!(touched(1, 7, 1) && touched(2, 0, 11) && touched(2, 34, 1) && touched(2, 20, 100));
        assert!(!touched(2, 0, 10) && !touched(2, 35, 15) && !touched(2, 60, 40) && !touched(4, 0, 99));
        assert!(places.contains(SourceId(2)) && !places.contains(SourceId(3)) && !places.contains(SourceId(4)));
    }
}
