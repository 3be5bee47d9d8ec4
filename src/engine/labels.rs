//! Labels from lists.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use audiosearch_index::{Collection, Index, Label, LabelOrigin, SourceKey, Span, Writer};

use super::{EngineError, Manifest, Problem, Row, observer::Watch};
use crate::{
    audio::SAMPLE_RATE,
    pipeline::{Imports, Keys, file_of, labels_of_channel},
};

/// The labels of a list, by the files that they are of.
pub(super) struct LabelList {
    labels: HashMap<SourceKey, Vec<Label>>,
    /// Rows of each file.
    rows: Vec<SourceKey>,
    /// Rows whose file cannot have a key: not even its folder is there.
    nowhere: usize,
}

impl LabelList {
    /// Reads tab-separated columns path, label, and start and end (seconds) where they apply. Rows without a label are reported.
    ///
    /// # Errors
    /// Where the list cannot be read, or no row has a label.
    pub fn read(list: &Path, keys: &Keys, watch: &mut Watch<'_>) -> Result<Self, EngineError> {
        let manifest = Manifest::read(list)?;
        let date = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        let mut read = Self { labels: HashMap::new(), rows: Vec::new(), nowhere: 0 };
        let mut bare = 0;
        for row in &manifest.rows {
            let Some(text) = row.label.clone().filter(|label| !label.is_empty()) else {
                bare += 1;
                continue;
            };
            let Ok(key) = keys.key(&row.path) else {
                read.nowhere += 1;
                continue;
            };
            read.rows.push(key.clone());
            let label = Label::new(span(row), text, LabelOrigin::Imported, date);
            read.labels.entry(key).or_default().push(label);
        }
        if bare == manifest.rows.len() {
            let list = list.display();
            let what = "no row has a label: a list needs the columns path and label";
            return Err(EngineError::Request(format!("{list}: {what}")));
        }
        if bare > 0 {
            watch.problem(Problem::NoLabel { list: list.to_owned(), rows: bare });
        }
        Ok(read)
    }

    /// How many rows have a label.
    pub fn len(&self) -> usize {
        self.nowhere + self.rows.len()
    }

    /// How many rows are of no file among `known`.
    pub fn unknown(&self, known: impl Fn(&SourceKey) -> bool) -> usize {
        self.nowhere + self.rows.iter().filter(|key| !known(key)).count()
    }

    /// The labels of a file.
    pub fn of(&self, key: &SourceKey) -> &[Label] {
        self.labels.get(key).map_or(&[], Vec::as_slice)
    }

    /// What can be stored in a collection: in texts, which have no seconds, labels of the whole alone.
    pub fn imports(&self, collection: Collection) -> Imports {
        let mut imports = self.labels.clone();
        if collection == Collection::Text {
            imports.values_mut().for_each(|labels| labels.retain(|label| label.span.is_none()));
            imports.retain(|_, labels| !labels.is_empty());
        }
        imports
    }

    /// Stores labels with files that were not read anew; returns which files the index holds.
    pub fn store(&self, index: &Index, writer: &Writer<'_>) -> Result<HashSet<SourceKey>, EngineError> {
        let keys = index.sources().map(|source| source.map(|(_, source, _)| source.key));
        let keys: Vec<SourceKey> = keys.collect::<Result<_, _>>()?;
        let imports = self.imports(index.collection());
        let known = keys.iter().filter_map(|key| Some((key, labels_of_channel(imports.get(&file_of(key))?, key))));
        let known: Vec<(&SourceKey, Vec<Label>)> = known.collect();
        writer.import_all_labels(&known)?;
        Ok(known.into_iter().map(|(key, _)| file_of(key)).collect())
    }
}

/// `None` where a row has no times: the whole file.
fn span(row: &Row) -> Option<Span> {
    if row.start.is_none() && row.end.is_none() {
        return None;
    }
    let sample = |seconds: f64| (seconds * f64::from(SAMPLE_RATE)).round() as u64;
    let start = row.start.map_or(0, sample);
    let len = row.end.map_or(u64::from(u32::MAX), |end| sample(end).saturating_sub(start));
    Some(Span { start, len: u32::try_from(len).unwrap_or(u32::MAX) })
}
