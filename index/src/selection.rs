//! A filter, made ready for one frozen file.

use std::collections::HashMap;

use crate::SourceId;
use crate::frozen::{FrozenFile, NO_LABEL, SourceRow};
use crate::places::touches;
use crate::query::Filter;
use crate::record::path_from_bytes;
use crate::{Places, SourceKey, Span};

/// Sources that have less than this part of the rows are gone through one by one.
const FEW_PART: usize = 16;

/// What a tail says about the base's sources.
#[derive(Debug, Default)]
pub(crate) struct Amendments {
    /// Places in the base's source table whose rows are no hits any more, one bit each.
    dead: Vec<u64>,
    dead_rows: usize,
    /// Newer rows of the tail's source table for sources whose segments lie in the base.
    touched: HashMap<u32, usize>,
}

impl Amendments {
    /// Reads what `tail` says about `base`.
    pub fn new(base: &FrozenFile, tail: &FrozenFile) -> Self {
        let mut amendments = Self { dead: vec![0; base.sources().len().div_ceil(64)], ..Self::default() };
        for id in tail.removed() {
            if let Ok(place) = base.sources().binary_search_by_key(id, |s| s.id) {
                amendments.dead[place / 64] |= 1 << (place % 64);
                amendments.dead_rows += base.sources()[place].segments as usize;
            }
        }
        for (place, source) in tail.sources().iter().enumerate() {
            if source.segments == 0 && base.sources().binary_search_by_key(&source.id, |s| s.id).is_ok() {
                amendments.touched.insert(source.id, place);
            }
        }
        amendments
    }

    /// Whether the base's source at `place` is gone.
    pub fn is_dead(&self, place: usize) -> bool {
        self.dead.get(place / 64).is_some_and(|bits| bits >> (place % 64) & 1 == 1)
    }

    /// The place in the tail's table of what is newly known of a source.
    pub fn touched(&self, id: u32) -> Option<usize> {
        self.touched.get(&id).copied()
    }

    /// Rows of the base that are gone.
    pub fn dead_rows(&self) -> usize {
        self.dead_rows
    }
}

/// Which rows of a frozen file may be hits.
pub(crate) struct Selection<'a> {
    file: &'a FrozenFile,
    /// One bit a source, where not all pass.
    sources: Option<Vec<bool>>,
    /// The stretches of each source that hits lie in, where not all do; a source without any is one as a whole.
    stretches: Vec<Option<&'a [Span]>>,
    label: Option<u32>,
    /// Spans that hits share no sample with, and the places of their sources in the table.
    not_overlapping: Vec<(u32, Span)>,
    /// How many rows pass, at most.
    pub rows: usize,
    /// How many sources pass, at most.
    pub source_count: usize,
}

impl<'a> Selection<'a> {
    /// Applies `filter` to the sources of `file`; `tail` lies beside it where `file` is a base.
    pub fn new(file: &'a FrozenFile, tail: Option<(&FrozenFile, &Amendments)>, filter: &'a Filter) -> Self {
        let (rows, source_count) = (file.rows(), file.sources().len());
        let mut selection = Self {
            file,
            sources: None,
            stretches: Vec::new(),
            label: None,
            not_overlapping: Vec::new(),
            rows,
            source_count,
        };
        let by_source = filter.path_prefix.is_some() || filter.places.is_some() || filter.not_source.is_some();
        if by_source || tail.is_some_and(|(_, amendments)| amendments.dead_rows > 0) {
            let mut rows = 0;
            let pass = file.sources().iter().enumerate().map(|(place, source)| {
                let dead = tail.is_some_and(|(_, amendments)| amendments.is_dead(place));
                let newer = tail.and_then(|(tail, a)| Some((tail, tail.sources().get(a.touched(source.id)?)?)));
                let (from, row) = newer.unwrap_or((file, source));
                let pass = !dead
                    && filter.places.as_ref().is_none_or(|places| places.contains(SourceId(source.id)))
                    && filter.not_source != Some(SourceId(source.id))
                    && filter.path_prefix.as_ref().is_none_or(|prefix| {
                        let path = from.bytes_at(row.path_at, row.path_len).unwrap_or_default();
                        path_from_bytes(path).starts_with(prefix)
                    });
                rows += if pass { source.segments as usize } else { 0 };
                pass
            });
            let pass: Vec<bool> = pass.collect();
            selection.source_count = pass.iter().filter(|pass| **pass).count();
            selection.sources = Some(pass);
            // What a damaged table says of its segments must not exceed what there is.
            selection.rows = rows.min(file.rows());
        }
        if let Some(places) = &filter.places {
            selection.within(places);
        }
        if let Some(label) = &filter.label {
            let found = file.labels().binary_search_by(|l| file.text_at(l.at, l.len).unwrap_or_default().cmp(label));
            selection.rows = selection.rows.min(found.map_or(0, |place| file.labels()[place].rows as usize));
            selection.label = Some(found.map_or(NO_LABEL - 1, |place| place as u32));
        }
        selection.not_overlapping.extend(filter.not_overlapping.iter().filter_map(|(id, span)| {
            let place = file.sources().binary_search_by_key(&id.0, |s| s.id).ok()?;
            Some((place as u32, *span))
        }));
        selection
    }

    /// Keeps to the stretches of sources, and counts the rows that lie there.
    fn within(&mut self, places: &'a Places) {
        let stretches = |source: &SourceRow| places.stretches(SourceId(source.id)).flatten();
        let stretches: Vec<Option<&[Span]>> = self.file.sources().iter().map(stretches).collect();
        if stretches.iter().all(Option::is_none) {
            return;
        }
        self.stretches = stretches;
        let passed = self.file.sources().iter().enumerate().filter(|(place, _)| self.has(*place));
        let rows = |(place, source): (usize, &SourceRow)| match self.stretches.get(place).copied().flatten() {
            None => source.segments as usize,
            Some(stretches) => {
                let span = |row: &u32| self.file.span(*row as usize);
                self.file.rows_of(source).iter().filter_map(span).filter(|span| touches(stretches, *span)).count()
            }
        };
        self.rows = passed.map(rows).sum::<usize>().min(self.file.rows());
    }

    /// Whether a source passes, by its place in the table.
    fn has(&self, place: usize) -> bool {
        self.sources.as_ref().is_none_or(|pass| pass.get(place).copied().unwrap_or(false))
    }

    /// Whether every row passes.
    pub fn is_all(&self) -> bool {
        self.sources.is_none() && self.stretches.is_empty() && self.label.is_none() && self.not_overlapping.is_empty()
    }

    /// Whether a row may be a hit.
    pub fn contains(&self, row: u32) -> bool {
        let Some(&source) = self.file.row_sources().get(row as usize) else {
            return false;
        };
        let within = |stretches| self.file.span(row as usize).is_some_and(|own| touches(stretches, own));
        self.has(source as usize)
            && self.stretches.get(source as usize).copied().flatten().is_none_or(within)
            && self.label.is_none_or(|label| self.file.row_labels().get(row as usize) == Some(&label))
            && self.not_overlapping.iter().all(|&(place, span)| {
                place != source || self.file.span(row as usize).is_some_and(|own| own.overlap(&span) == 0)
            })
    }

    /// All rows that may be hits.
    pub fn list(&self) -> Vec<u32> {
        let all = 0..self.file.rows() as u32;
        if self.is_all() {
            return all.collect();
        }
        // Rows of one source do not lie together, so for many sources all rows are gone through in their order.
        match &self.sources {
            Some(pass) if self.rows < self.file.rows() / FEW_PART => {
                let sources = self.file.sources().iter().zip(pass).filter(|(_, pass)| **pass);
                let rows = sources.flat_map(|(source, _)| self.file.rows_of(source).iter().copied());
                rows.filter(|&row| self.contains(row)).collect()
            }
            _ => all.filter(|&row| self.contains(row)).collect(),
        }
    }
}

/// The key of a source in a frozen file.
pub(crate) fn key_of(file: &FrozenFile, at: u64, len: u32) -> SourceKey {
    SourceKey::new(file.bytes_at(at, len).unwrap_or_default())
}
