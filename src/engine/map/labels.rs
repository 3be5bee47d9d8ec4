//! Labels from a list, laid over the segments of a store.

use std::path::Path;

use audiosearch_index::label_of;

use super::gather::Gathered;
use crate::{
    engine::{EngineError, Problem, labels::LabelList, observer::Watch},
    export::MapFile,
    pipeline::Keys,
};

/// Gives every point the label of the row of `list` that shares most of its time, where that is at least half of the shorter of the
/// two; points that no row covers lose what label they had. Returns how many points have one.
pub fn label(
    gathered: &mut Gathered<'_>,
    list: &Path,
    keys: &Keys,
    watch: &mut Watch<'_>,
) -> Result<usize, EngineError> {
    let labels = LabelList::read(list, keys, watch)?;
    let unknown = labels.unknown(|key| gathered.keys.contains(key));
    if unknown == labels.len() {
        let first = gathered.files.first().map(|file: &MapFile| file.path.as_str()).unwrap_or_default();
        let list = list.display();
        return Err(EngineError::Request(format!(
            "{list}: no row names a file of the store (which holds {first}, for one); paths are relative to the list"
        )));
    }
    let mut labelled = 0;
    for point in &mut gathered.points {
        let of_file = gathered.keys.get(point.file as usize).map_or(&[][..], |key| labels.of(key));
        point.label = label_of(of_file, point.span).map(|label| label.text.clone());
        labelled += usize::from(point.label.is_some());
    }
    if unknown > 0 {
        watch.problem(Problem::UnknownFiles { list: list.to_owned(), rows: unknown });
    }
    Ok(labelled)
}
