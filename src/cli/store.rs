//! Which store a command works on.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use audiosearch_index::{Collection, Index, IndexError, Reader, STORE_NAME};
use clap::{Args, ValueEnum};

use super::{Context, progress::waiting};

/// Which of a store's collections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// Recordings
    Audio,
    /// Texts
    Text,
}

impl From<Which> for Collection {
    fn from(which: Which) -> Self {
        match which {
            Which::Audio => Self::Audio,
            Which::Text => Self::Text,
        }
    }
}

/// `--store`, of every command that reads or writes one.
#[derive(Args, Clone, Debug)]
pub struct StoreArgs {
    /// The store [default: .audiosearch in this folder or the nearest one above]
    #[arg(long, value_name = "DIR", env = "AUDIOSEARCH_STORE")]
    store: Option<PathBuf>,
}

impl StoreArgs {
    /// A store that is there.
    ///
    /// # Errors
    /// Where there is none, with advice.
    pub fn existing(&self) -> Result<PathBuf> {
        match &self.store {
            Some(store) if store.is_dir() => Ok(store.clone()),
            Some(store) => {
                bail!("{}: there is no store here; `audiosearch index FOLDER --store …` makes one", store.display())
            }
            None => Index::discover(&here()?).context(
                "no .audiosearch in this folder or above it; `audiosearch index FOLDER` makes one, --store names another",
            ),
        }
    }

    /// A store that is there, or the place of a new one: `.audiosearch` in this folder.
    ///
    /// # Errors
    /// Where the current folder is unknown.
    pub fn existing_or_new(&self) -> Result<PathBuf> {
        match &self.store {
            Some(store) => Ok(store.clone()),
            None => Ok(Index::discover(&here()?).unwrap_or_else(|| Path::new(STORE_NAME).to_owned())),
        }
    }
}

fn here() -> Result<PathBuf> {
    std::env::current_dir().context("cannot tell the current folder")
}

/// Does something with every collection that the store has, recordings first, and returns what came of each.
///
/// # Errors
/// Where there is none, or the first that `act` meets.
pub fn each_collection<T>(mut act: impl FnMut(Collection) -> Result<T, IndexError>) -> Result<Vec<T>> {
    let (mut done, mut missing) = (Vec::new(), None);
    for collection in [Collection::Audio, Collection::Text] {
        match act(collection) {
            Ok(one) => done.push(one),
            Err(cause @ IndexError::Missing { .. }) => missing = missing.or(Some(cause)),
            Err(cause) => return Err(cause.into()),
        }
    }
    match missing {
        Some(cause) if done.is_empty() => Err(cause.into()),
        _ => Ok(done),
    }
}

/// The collections that the store has, opened for writing, recordings first.
///
/// # Errors
/// Where there is none, or one cannot be opened.
pub fn open_all(store: &Path) -> Result<Vec<Index>> {
    each_collection(|collection| Index::open(store, collection))
}

/// Opens what can be searched; where that is gone or damaged, makes it anew from the sled store.
///
/// # Errors
/// Where there is no such collection, or nothing in it.
pub fn open_reader(store: &Path, collection: Collection, context: &Context) -> Result<Reader> {
    let reader = match Reader::open(store, collection) {
        Err(cause @ (IndexError::Missing { .. } | IndexError::Damaged { .. })) => {
            let index = match Index::open(store, collection) {
                Ok(index) => index,
                // The first error says better what is wrong.
                Err(IndexError::Missing { .. }) => {
                    return Err(cause).with_context(|| format!("no {collection} is indexed"));
                }
                Err(other) => return Err(other.into()),
            };
            context.messages.warn(format_args!("{cause}: building the frozen index again"));
            let bar = waiting(&context.messages, "making the searchable form");
            index.refreeze()?;
            drop(bar);
            drop(index);
            Reader::open(store, collection)?
        }
        opened => opened?,
    };
    if reader.is_empty() {
        bail!("{}: the store is empty; `audiosearch index FOLDER` fills it", store.display());
    }
    Ok(reader)
}
