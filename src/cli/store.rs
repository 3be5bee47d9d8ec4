//! Which store a command works on.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use crate::engine::{Collection, Engine};

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
            None => Engine::find_store(&here()?).context(
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
            None => Ok(Engine::find_store(&here()?).unwrap_or_else(|| Engine::store_in(Path::new("")))),
        }
    }
}

fn here() -> Result<PathBuf> {
    std::env::current_dir().context("cannot tell the current folder")
}
