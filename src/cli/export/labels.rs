//! Labels from a list, given to the segments of a store.

use std::{collections::HashMap, path::Path};

use anyhow::{Context as _, Result, bail};
use audiosearch_index::{SourceKey, Span};

use super::gather::Gathered;
use crate::{
    audio::SAMPLE_RATE,
    cli::{
        Context,
        manifest::{Manifest, Row},
        output::count,
    },
    export::MapFile,
    pipeline::Keys,
};

/// A row of the list: where it lies, and its label.
struct Stretch {
    span: Span,
    label: String,
}

/// Gives every point the label of the row of `list` that shares most of its time, where that is at least half of the shorter of the
/// two; points that no row covers lose what label they had. Says what did not fit.
pub fn label(gathered: &mut Gathered<'_>, list: &Path, store: &Path, context: &Context) -> Result<()> {
    let manifest = Manifest::read(list)?;
    let keys = Keys::new(store).with_context(|| store.display().to_string())?;
    let number: HashMap<&SourceKey, u32> = gathered.keys.iter().zip(0..).collect();
    let mut stretches: HashMap<u32, Vec<Stretch>> = HashMap::new();
    let (mut strangers, mut bare) = (0, 0);
    for row in &manifest.rows {
        let Some(text) = row.label.clone().filter(|label| !label.is_empty()) else {
            bare += 1;
            continue;
        };
        match keys.key(&row.path).ok().and_then(|key| number.get(&key).copied()) {
            Some(file) => stretches.entry(file).or_default().push(Stretch { span: span(row), label: text }),
            None => strangers += 1,
        }
    }
    if stretches.is_empty() {
        let first = gathered.files.first().map(|file: &MapFile| file.path.as_str()).unwrap_or_default();
        let what = if bare == manifest.rows.len() {
            "no row has a label: a list needs the columns path and label".to_owned()
        } else {
            format!("no row names a file of the store (which holds {first}, for one); paths are relative to the list")
        };
        bail!("{}: {what}", list.display());
    }
    let mut labelled = 0;
    for point in &mut gathered.points {
        point.label = stretches.get(&point.file).and_then(|rows| best(rows, point.span)).map(str::to_owned);
        labelled += usize::from(point.label.is_some());
    }
    let messages = &context.messages;
    if strangers > 0 {
        messages.warn(format_args!("{}: {} of no file in the store", list.display(), count(strangers, "row")));
    }
    if bare > 0 {
        messages.warn(format_args!("{}: {} without a label", list.display(), count(bare, "row")));
    }
    messages.note(format_args!("{labelled} of {} have a label", count(gathered.points.len(), "point")));
    Ok(())
}

/// The whole file where a row has no times.
fn span(row: &Row) -> Span {
    let sample = |seconds: f64| (seconds * f64::from(SAMPLE_RATE)).round() as u64;
    let start = row.start.map_or(0, sample);
    let len = row.end.map_or(u64::from(u32::MAX), |end| sample(end).saturating_sub(start));
    Span { start, len: u32::try_from(len).unwrap_or(u32::MAX) }
}

fn best(rows: &[Stretch], span: Span) -> Option<&str> {
    let shared = |row: &&Stretch| row.span.overlap(&span);
    let fits = |row: &&Stretch| 2 * row.span.overlap(&span) >= u64::from(row.span.len.min(span.len).max(1));
    rows.iter().filter(fits).max_by_key(shared).map(|row| row.label.as_str())
}
