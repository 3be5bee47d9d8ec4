//! What a store holds, also where another process writes to it or nobody may.

use std::path::{Path, PathBuf};

use anyhow::Result;
use audiosearch_index::{Collection, Index, IndexError, Reader, Schema};

use super::{Context, store::each_collection};

/// A collection without its vectors.
pub struct Contents {
    pub collection: Collection,
    pub schema: Schema,
    /// In no order.
    pub held: Vec<Held>,
}

/// A recording or a text.
pub struct Held {
    /// As it was given to `index`.
    pub path: PathBuf,
    /// Its duration in samples; lines of a text.
    pub samples: u64,
    pub segments: u32,
}

impl Contents {
    /// Of every collection in the store. Where the sled store cannot be opened (a store that may only be read, or that is being written), what
    /// is searched tells: all that the last run stored before it ended.
    ///
    /// # Errors
    /// Where there is none, or one that cannot be read either way.
    pub fn of_all(store: &Path, context: &Context) -> Result<Vec<Self>> {
        each_collection(|collection| match Self::of_store(store, collection) {
            Err(cause @ (IndexError::Locked { .. } | IndexError::Io { .. })) => {
                let Ok(reader) = Reader::open(store, collection) else { return Err(cause) };
                if matches!(cause, IndexError::Locked { .. }) {
                    let note = "another process writes to the store; this is what was there before it began";
                    context.messages.warn(format_args!("{}: {note}", store.display()));
                }
                Ok(Self::of_reader(&reader, collection))
            }
            other => other,
        })
    }

    fn of_store(store: &Path, collection: Collection) -> Result<Self, IndexError> {
        let index = Index::open(store, collection)?;
        let held = index.sources().map(|source| {
            source.map(|(_, source, segments)| Held { path: source.path, samples: source.samples, segments })
        });
        Ok(Self { collection, schema: index.schema().clone(), held: held.collect::<Result<_, _>>()? })
    }

    fn of_reader(reader: &Reader, collection: Collection) -> Self {
        let held = reader.sources().map(|source| Held {
            path: source.path,
            samples: source.samples,
            segments: source.segments,
        });
        Self { collection, schema: reader.schema().clone(), held: held.collect() }
    }
}
