//! What a store holds.

use std::path::PathBuf;

use audiosearch_index::{Collection, Index, IndexError, Reader, Schema, SourceKey, SourceRef};

use super::{
    Engine, EngineError, Filter, Notice,
    passing::{KnownSource, labelled},
};
use crate::{
    audio::SAMPLE_RATE,
    pipeline::{Keys, channel_of, open_reader},
};

/// A collection without its vectors.
#[derive(Clone, Debug)]
pub struct Contents {
    /// Recordings or texts.
    pub collection: Collection,
    /// The model, and what its vectors have in common.
    pub schema: Schema,
    /// In no order.
    pub sources: Vec<SourceInfo>,
}

/// A recording or a text of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceInfo {
    /// As it opens from the current folder.
    pub path: PathBuf,
    /// The channel of the recording that it is, counted from 1; `None`: all of them together.
    pub channel: Option<u16>,
    /// Samples at 16 kHz of a recording; lines of a text.
    pub length: u64,
    /// How many segments or sentences it has.
    pub segments: u32,
}

impl SourceInfo {
    /// Seconds of a recording.
    pub fn seconds(&self) -> f64 {
        self.length as f64 / f64::from(SAMPLE_RATE)
    }
}

/// With the key of each source.
type Keyed = (Vec<SourceKey>, Contents);

impl Contents {
    /// Length of all sources together: samples, or lines.
    pub fn length(&self) -> u64 {
        self.sources.iter().map(|source| source.length).sum()
    }

    /// Seconds of all recordings together.
    pub fn seconds(&self) -> f64 {
        self.length() as f64 / f64::from(SAMPLE_RATE)
    }

    /// Segments or sentences of all sources together.
    pub fn segments(&self) -> u64 {
        self.sources.iter().map(|source| u64::from(source.segments)).sum()
    }

    fn of_index(index: &Index, keys: &Keys) -> Result<Keyed, IndexError> {
        let sources = index.sources().map(|source| {
            source.map(|(_, source, segments)| {
                let channel = channel_number(&source.key);
                let info = SourceInfo { path: keys.shown(&source.key), channel, length: source.samples, segments };
                (source.key, info)
            })
        });
        let (keys, sources) = sources.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        Ok((keys, Self { collection: index.collection(), schema: index.schema().clone(), sources }))
    }

    fn of_reader(reader: &Reader, collection: Collection) -> Keyed {
        let source = |s: SourceRef| {
            let channel = channel_number(&s.key);
            (s.key, SourceInfo { path: s.path, channel, length: s.samples, segments: s.segments })
        };
        let (keys, sources) = reader.sources().map(source).unzip();
        (keys, Self { collection, schema: reader.schema().clone(), sources })
    }
}

impl Engine {
    /// What every collection of the store holds, recordings first. Where the store may only be read, or is being written, what is searched
    /// tells: all that was there at the last commit.
    ///
    /// # Errors
    /// Where there is no collection, or one that cannot be read either way.
    pub fn sources(&self) -> Result<Vec<Contents>, EngineError> {
        Ok(self.keyed()?.into_iter().map(|(_, contents)| contents).collect())
    }

    /// The same, but of each collection only the sources of which anything passes.
    ///
    /// # Errors
    /// As [`sources`](Self::sources), and where a condition names what is not there.
    pub fn sources_where(&self, filter: &Filter) -> Result<Vec<Contents>, EngineError> {
        if filter.is_empty() {
            return self.sources();
        }
        let mut left = Vec::new();
        for (keys, mut contents) in self.keyed()? {
            let pass = self.pass(filter, contents.collection, &keys, &contents.sources)?;
            let mut pass = pass.into_iter();
            contents.sources.retain(|_| pass.next().unwrap_or_default());
            left.push(contents);
        }
        Ok(left)
    }

    /// Of each source whether anything of it passes.
    fn pass(
        &self,
        filter: &Filter,
        collection: Collection,
        keys: &[SourceKey],
        sources: &[SourceInfo],
    ) -> Result<Vec<bool>, EngineError> {
        let moments = filter.moments();
        if moments.ask_texts() {
            return Err(EngineError::Request("--where text=… is of sentences; whole files have none".to_owned()));
        }
        let known: Vec<KnownSource> = sources
            .iter()
            .zip(keys)
            .map(|(source, key)| KnownSource {
                key: key.clone(),
                path: source.path.clone(),
                seconds: (collection == Collection::Audio).then(|| source.seconds()),
            })
            .collect();
        let stretches = self.stretches(filter, &known)?;
        let reader = if moments.ask_labels() { Some(self.reader(collection)?) } else { None };
        let pass = known.iter().zip(stretches).map(|(known, own)| {
            let own = match &reader {
                Some(reader) => own.and(&labelled(reader.labels(&known.key), &moments)),
                None => own,
            };
            !own.leaves_out(known.seconds)
        });
        Ok(pass.collect())
    }

    fn keyed(&self) -> Result<Vec<Keyed>, EngineError> {
        let keys = self.keys()?;
        self.each_collection(|collection| {
            match Index::open(self.path(), collection).and_then(|index| Contents::of_index(&index, &keys)) {
                Err(cause @ (IndexError::Locked { .. } | IndexError::Io { .. })) => {
                    let Ok(reader) = open_reader(self.path(), collection) else { return Err(cause) };
                    if matches!(cause, IndexError::Locked { .. }) {
                        self.notice(&Notice::Busy { store: self.path().to_owned() });
                    }
                    Ok(Contents::of_reader(&reader, collection))
                }
                read => read,
            }
        })
    }

    /// Bytes of the store on disk; what cannot be read counts as nothing.
    pub fn bytes(&self) -> u64 {
        bytes_below(self.path())
    }

    /// Does something with every collection that the store has, recordings first, and returns what came of each.
    pub(super) fn each_collection<T>(
        &self,
        mut act: impl FnMut(Collection) -> Result<T, IndexError>,
    ) -> Result<Vec<T>, EngineError> {
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
}

fn channel_number(key: &SourceKey) -> Option<u16> {
    channel_of(key).map(|channel| channel.saturating_add(1))
}

fn bytes_below(folder: &std::path::Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let bytes = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.flatten().map(bytes).sum()
}
