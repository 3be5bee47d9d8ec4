//! A sled store written anew, without what has piled up in it.

use super::*;

/// Values written between two flushes; only what was flushed lets sled use its place again.
const FLUSH_EVERY: usize = 16;

impl Store {
    /// Copies everything into a new sled store at `path` and makes it durable.
    ///
    /// All keys go first, with empty values. sled writes a leaf of its tree again, with all its values, whenever the leaf has
    /// grown by ten entries or is split; a leaf that has all its keys already takes each value once.
    pub fn copy_to(&self, path: &Path) -> Result<()> {
        let copy = Self::open(path, Some(&self.schema))?;
        let trees = [
            (&self.meta, &copy.meta),
            (&self.keys, &copy.keys),
            (&self.sources, &copy.sources),
            (&self.segments, &copy.segments),
            (&self.vectors, &copy.vectors),
            (&self.changes, &copy.changes),
            (&self.labels, &copy.labels),
        ];
        for (from, to) in trees {
            for at in from.iter().keys() {
                to.insert(at.map_err(error_at(&self.path))?, &[]).map_err(error_at(path))?;
            }
            copy.flush()?;
            for (number, entry) in from.iter().enumerate() {
                let (at, value) = entry.map_err(error_at(&self.path))?;
                to.insert(at, value).map_err(error_at(path))?;
                if number % FLUSH_EVERY == FLUSH_EVERY - 1 {
                    copy.flush()?;
                }
            }
        }
        copy.flush()
    }
}
