//! An engine, and the state of its store that it searches.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use audiosearch_index::{Collection, Index, IndexError, Reader, STORE_NAME, Schema};

use super::{EngineError, ModelOptions, Models, Notice, filter::LastFilter};
use crate::{
    acoustic::AcousticEncoder,
    pipeline::{Keys, open_reader},
    search::Searcher,
};

/// Hears of what an engine copes with outside of observed work.
pub type NoticeHandler = Arc<dyn Fn(&Notice) + Send + Sync>;

/// How an engine is opened.
#[derive(Clone, Default)]
pub struct EngineOptions {
    /// Which models, and how many threads.
    pub models: ModelOptions,
    /// Hears of what the engine copes with; nobody does where `None`.
    pub notices: Option<NoticeHandler>,
}

impl EngineOptions {
    /// Opens the store in the folder `path`.
    ///
    /// # Errors
    /// Where there is none.
    pub fn open(self, path: impl AsRef<Path>) -> Result<Engine, EngineError> {
        let path = path.as_ref();
        if !path.is_dir() {
            return Err(EngineError::NoStore { path: path.to_owned() });
        }
        Ok(Engine::new(path, self))
    }

    /// Makes a new store in the folder `path`; nothing is on disk before something is indexed.
    ///
    /// # Errors
    /// Where there is one already.
    pub fn create(self, path: impl AsRef<Path>) -> Result<Engine, EngineError> {
        let path = path.as_ref();
        for collection in [Collection::Audio, Collection::Text] {
            if Index::exists(path, collection)? {
                return Err(EngineError::StoreExists { path: path.to_owned() });
            }
        }
        Ok(Engine::new(path, self))
    }

    /// Opens the store in the folder `path`, or makes a new one there.
    pub fn open_or_create(self, path: impl AsRef<Path>) -> Engine {
        Engine::new(path.as_ref(), self)
    }
}

/// A store with the models that fill it and query it: what the product does, as calls.
///
/// An engine may be used by many threads at the same time. Queries see the store as it was last committed, by this engine or by another
/// process; what changes it (`index`, `remove`, `repair`, `compact`) is done by one thread, and one process, at a time.
pub struct Engine {
    store: PathBuf,
    pub(super) models: Models,
    notices: Option<NoticeHandler>,
    audio: RwLock<Option<Arc<Searcher>>>,
    text: RwLock<Option<Arc<Reader>>>,
    /// The last filter of hits, and what it was made for.
    pub(super) filter: Mutex<Option<LastFilter>>,
    /// Held by whoever changes the store.
    changing: Mutex<()>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Engine {
    fn new(store: &Path, options: EngineOptions) -> Self {
        Self {
            store: store.to_owned(),
            models: Models::new(options.models),
            notices: options.notices,
            audio: RwLock::new(None),
            text: RwLock::new(None),
            filter: Mutex::new(None),
            changing: Mutex::new(()),
        }
    }

    /// Opens the store in the folder `path`, with the models that it was made with.
    ///
    /// # Errors
    /// Where there is none.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, EngineError> {
        EngineOptions::default().open(path)
    }

    /// Makes a new store in the folder `path`; nothing is on disk before something is indexed.
    ///
    /// # Errors
    /// Where there is one already.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, EngineError> {
        EngineOptions::default().create(path)
    }

    /// Opens the store in the folder `path`, or makes a new one there.
    pub fn open_or_create(path: impl AsRef<Path>) -> Self {
        EngineOptions::default().open_or_create(path)
    }

    /// The store of a folder or of its nearest ancestor that has one: `.audiosearch` there.
    pub fn find_store(folder: &Path) -> Option<PathBuf> {
        Index::discover(folder)
    }

    /// Where the store of a folder lies.
    pub fn store_in(folder: &Path) -> PathBuf {
        folder.join(STORE_NAME)
    }

    /// The store's folder.
    pub fn path(&self) -> &Path {
        &self.store
    }

    /// The models that it uses.
    pub fn models(&self) -> &Models {
        &self.models
    }

    pub(super) fn notice(&self, notice: &Notice) {
        if let Some(handler) = &self.notices {
            handler(notice);
        }
    }

    /// Waits until no other thread changes the store.
    pub(super) fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keys(&self) -> Result<Keys, EngineError> {
        Keys::new(&self.store).map_err(EngineError::io(&self.store))
    }

    /// The acoustic encoder that makes the frames of this store.
    pub(super) fn acoustic(&self) -> Result<&AcousticEncoder, EngineError> {
        self.models.acoustic(Some(&self.store))
    }

    /// The recordings as they were last committed.
    pub(super) fn audio(&self) -> Result<Arc<Searcher>, EngineError> {
        let network = self.acoustic()?.id();
        let open = || self.open_or_rebuild(Collection::Audio, || Searcher::open(&self.store, network));
        current(&self.audio, Searcher::is_current, open)
    }

    /// The recordings as they were last committed, where that is another state than `than`.
    pub(super) fn newer_audio(&self, than: &Searcher) -> Result<Option<Arc<Searcher>>, EngineError> {
        let searcher = self.audio()?;
        Ok((searcher.generation() != than.generation()).then_some(searcher))
    }

    /// The texts as they were last committed.
    pub(super) fn text(&self) -> Result<Arc<Reader>, EngineError> {
        let open = || self.open_or_rebuild(Collection::Text, || open_reader(&self.store, Collection::Text));
        self.filled(
            current(&self.text, Reader::is_current, open).map_err(|cause| no_collection(cause, Collection::Text))?,
        )
    }

    /// The segments of a collection as they were last committed.
    pub(super) fn reader(&self, collection: Collection) -> Result<Arc<Reader>, EngineError> {
        if collection == Collection::Text {
            return self.text();
        }
        let open = || open_reader(&self.store, collection);
        let reader = self.open_or_rebuild(collection, open).map_err(|cause| no_collection(cause, collection))?;
        self.filled(Arc::new(reader))
    }

    /// The model of a collection, and what its vectors have in common.
    ///
    /// # Errors
    /// Where there is no such collection, or nothing in it.
    pub fn schema(&self, collection: Collection) -> Result<Schema, EngineError> {
        Ok(self.reader(collection)?.schema().clone())
    }

    fn filled(&self, reader: Arc<Reader>) -> Result<Arc<Reader>, EngineError> {
        if reader.is_empty() {
            return Err(EngineError::Empty { path: self.store.clone() });
        }
        Ok(reader)
    }

    /// Opens what can be searched; where that is missing or damaged, makes it anew from the store.
    fn open_or_rebuild<T>(
        &self,
        collection: Collection,
        open: impl Fn() -> Result<T, IndexError>,
    ) -> Result<T, EngineError> {
        match open() {
            Err(cause @ (IndexError::Missing { .. } | IndexError::Damaged { .. })) => {
                let index = match Index::open(&self.store, collection) {
                    Ok(index) => index,
                    // The first error says better what is wrong.
                    Err(IndexError::Missing { .. }) => return Err(cause.into()),
                    Err(other) => return Err(other.into()),
                };
                self.notice(&Notice::Rebuilding { cause });
                index.refreeze()?;
                drop(index);
                Ok(open()?)
            }
            opened => Ok(opened?),
        }
    }
}

fn no_collection(cause: EngineError, collection: Collection) -> EngineError {
    match cause {
        EngineError::Index(cause @ IndexError::Missing { .. }) => EngineError::NoCollection { collection, cause },
        other => other,
    }
}

/// What is held, where that is still the newest; else what `open` gives, which is held from then on. Where that fails while another
/// process is about to commit, what is held still answers.
fn current<T>(
    held: &RwLock<Option<Arc<T>>>,
    is_current: impl Fn(&T) -> bool,
    open: impl FnOnce() -> Result<T, EngineError>,
) -> Result<Arc<T>, EngineError> {
    if let Some(one) = held.read().unwrap_or_else(PoisonError::into_inner).as_ref().filter(|one| is_current(one)) {
        return Ok(one.clone());
    }
    let mut held = held.write().unwrap_or_else(PoisonError::into_inner);
    // Another thread may have been faster.
    if let Some(one) = held.as_ref().filter(|one| is_current(one)) {
        return Ok(one.clone());
    }
    match (open(), held.as_ref()) {
        (Ok(new), _) => {
            let new = Arc::new(new);
            *held = Some(new.clone());
            Ok(new)
        }
        (Err(EngineError::Index(IndexError::Locked { .. })), Some(old)) => Ok(old.clone()),
        (Err(cause), _) => Err(cause),
    }
}
