//! Room that nothing needs any more.

use std::path::Path;

use audiosearch_index::{Collection, Index, IndexError};

use crate::acoustic::FrameStore;

/// Lets go of the vectors from moment to moment of what the index at `store` holds no more, after a commit: before it they may still be
/// searched. What cannot be removed stays for the next time; for texts there is nothing to do.
///
/// # Errors
/// Where the index cannot be read.
pub fn tidy(index: &Index, store: &Path) -> Result<(), IndexError> {
    if index.collection() != Collection::Audio {
        return Ok(());
    }
    let held = index.sources().map(|source| source.map(|(_, source, _)| (source.key, source.samples)));
    let held: Vec<_> = held.collect::<Result<_, _>>()?;
    // Of any network: whose vectors they are does not matter.
    FrameStore::new(store, 0).keep_only(held.into_iter());
    Ok(())
}
