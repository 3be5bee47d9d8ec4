//! The rows of a frozen file while it is put together.

use std::collections::BTreeMap;

use super::format::{LabelRow, NO_LABEL, Row, SourceRow};
use crate::SourceId;
use crate::record::{SegmentRecord, SourceRecord};

/// Everything but vectors and graph, row after row.
#[derive(Default)]
pub(crate) struct Contents {
    pub sources: Vec<SourceRow>,
    pub rows: Vec<Row>,
    pub row_sources: Vec<u32>,
    pub row_labels: Vec<u32>,
    pub strings: Vec<u8>,
    pub removed: Vec<u32>,
    labels: BTreeMap<String, (u32, u32)>,
}

impl Contents {
    /// Begins a source; the segments that follow are its own. To be called by rising number.
    pub fn source(&mut self, id: SourceId, record: &SourceRecord) {
        let key_at = self.string(record.key.as_bytes());
        let path_at = self.string(&record.path);
        self.sources.push(SourceRow {
            key_at,
            path_at,
            samples: record.samples,
            key_len: record.key.as_bytes().len() as u32,
            path_len: record.path.len() as u32,
            id: id.0,
            segments: 0,
            first: self.rows.len() as u32,
            zero: 0,
        });
    }

    /// Adds a segment of the source begun last.
    pub fn segment(&mut self, record: &SegmentRecord) {
        let Some(source) = self.sources.last_mut() else {
            return;
        };
        let ordinal = source.segments;
        source.segments += 1;
        self.row_sources.push(self.sources.len() as u32 - 1);
        let label = record.label.as_ref().map_or(NO_LABEL, |label| {
            let next = self.labels.len() as u32;
            let entry = self.labels.entry(label.clone()).or_insert((next, 0));
            entry.1 += 1;
            entry.0
        });
        self.row_labels.push(label);
        let text = record.text.as_deref();
        let text_at = text.map_or(u64::MAX, |t| self.string(t.as_bytes()));
        let text_len = text.map_or(0, |t| t.len() as u32);
        let (start, len) = (record.span.start, record.span.len);
        self.rows.push(Row { start, text_at, text_len, len, ordinal, zero: 0 });
    }

    /// The labels by name; renumbers the rows' labels to that order.
    pub fn finish_labels(&mut self) -> Vec<LabelRow> {
        let mut table = Vec::with_capacity(self.labels.len());
        let mut places = vec![0; self.labels.len()];
        for (place, (label, (first, rows))) in std::mem::take(&mut self.labels).into_iter().enumerate() {
            places[first as usize] = place as u32;
            table.push(LabelRow { at: self.string(label.as_bytes()), len: label.len() as u32, rows });
        }
        for label in self.row_labels.iter_mut().filter(|l| **l != NO_LABEL) {
            *label = places[*label as usize];
        }
        table
    }

    /// Moves row `order[i]` to place `i`; returns for each row in source order its new place.
    pub fn reorder(&mut self, order: &[u32]) -> Vec<u32> {
        fn moved<T: Copy>(items: &[T], order: &[u32]) -> Vec<T> {
            order.iter().map(|&from| items[from as usize]).collect()
        }
        self.rows = moved(&self.rows, order);
        self.row_sources = moved(&self.row_sources, order);
        self.row_labels = moved(&self.row_labels, order);
        let mut places = vec![0; order.len()];
        for (to, &from) in (0u32..).zip(order) {
            places[from as usize] = to;
        }
        places
    }

    fn string(&mut self, bytes: &[u8]) -> u64 {
        let at = self.strings.len() as u64;
        self.strings.extend_from_slice(bytes);
        at
    }
}
