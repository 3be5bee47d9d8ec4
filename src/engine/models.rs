//! The models that an engine embeds and listens with. They are loaded when they are first needed and then kept.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use audiosearch_index::Embedding;

use super::{
    EngineError,
    loaded_model::{LoadedModel, Speech, Text},
};
use crate::{
    acoustic::{AcousticEncoder, FrameStore, Letters, words},
    encoder::{EncoderError, SpeechModel},
    inference::{InferenceEncoder, InferenceTextEncoder},
    search::Sound,
    sentence::{SentenceError, SentenceReader},
};

/// The speech model that comes with the program.
const SPEECH: &str = "speech";
/// The sentence model that comes with the program.
const TEXT: &str = "text";

/// Where models come from, and what computes them. [`Inference`] needs no LibTorch; another loader may put them on an accelerator.
pub trait ModelLoader: Send + Sync {
    /// Loads the speech model in a file, or the one that comes with the program.
    ///
    /// # Errors
    /// Where that is not there, damaged, or more than the device can hold.
    fn speech(&self, path: Option<&Path>) -> Result<Box<dyn SpeechModel>, EncoderError>;

    /// Loads the sentence model in a file, or the one that comes with the program.
    ///
    /// # Errors
    /// As [`speech`](Self::speech).
    fn sentences(&self, path: Option<&Path>) -> Result<Box<dyn SentenceReader>, SentenceError>;

    /// Encoders that run at the same time where `jobs` files are read at the same time: as many on processors, one on an accelerator,
    /// which batches serve better.
    fn encoders(&self, jobs: NonZeroUsize) -> usize {
        jobs.get()
    }
}

/// Models on the processors of this machine, without LibTorch.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inference;

impl ModelLoader for Inference {
    fn speech(&self, path: Option<&Path>) -> Result<Box<dyn SpeechModel>, EncoderError> {
        Ok(match path {
            None => Box::new(InferenceEncoder::shipped()?),
            Some(path) => Box::new(InferenceEncoder::load(path)?),
        })
    }

    fn sentences(&self, path: Option<&Path>) -> Result<Box<dyn SentenceReader>, SentenceError> {
        Ok(match path {
            None => Box::new(InferenceTextEncoder::shipped()?),
            Some(path) => Box::new(InferenceTextEncoder::load(path)?),
        })
    }
}

/// Which models to use, and how many threads.
#[derive(Clone)]
pub struct ModelOptions {
    /// The speech model: a file, or `speech` for the one that comes with the program. `None`: the one that a store was made with, else
    /// that one.
    pub speech: Option<PathBuf>,
    /// The sentence model, likewise; `text` is the one that comes with the program.
    pub text: Option<PathBuf>,
    /// The acoustic network: a file, or `recurrent` or `convolutional` for one that comes with the program. `None`: the one that made the
    /// frames of a store, where it comes with the program, else the convolutional one.
    pub acoustic: Option<PathBuf>,
    /// Where models are loaded from.
    pub loader: Arc<dyn ModelLoader>,
    /// Files that are read at the same time.
    pub jobs: NonZeroUsize,
}

impl Default for ModelOptions {
    fn default() -> Self {
        let jobs = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { speech: None, text: None, acoustic: None, loader: Arc::new(Inference), jobs }
    }
}

/// Models, each loaded when it is first needed. Shared by all threads; needs no store.
pub struct Models {
    options: ModelOptions,
    speech: Mutex<Option<Arc<Speech>>>,
    text: Mutex<Option<Arc<Text>>>,
    acoustic: OnceLock<AcousticEncoder>,
    letters: OnceLock<Letters>,
}

impl Models {
    /// Nothing is loaded yet.
    pub fn new(options: ModelOptions) -> Self {
        let (speech, text) = Default::default();
        Self { options, speech, text, acoustic: OnceLock::new(), letters: OnceLock::new() }
    }

    /// Files that are read at the same time.
    pub fn jobs(&self) -> NonZeroUsize {
        self.options.jobs
    }

    /// The speech model: the one asked for, else the one with the name that a store has recorded, else the one that comes with the
    /// program.
    ///
    /// # Errors
    /// Where it cannot be loaded.
    pub fn speech(&self, of_store: Option<&str>) -> Result<Arc<Speech>, EngineError> {
        let gone = ("this store was made", "--model");
        let name = Name::of(self.options.speech.as_deref(), of_store, SPEECH, gone)?;
        let loader = &self.options.loader;
        held_or_loaded(&self.speech, name, |Name { name, path }| {
            Ok(Speech::of_speech(loader.speech(path.as_deref())?, name, loader.encoders(self.options.jobs)))
        })
    }

    /// The sentence model, likewise.
    ///
    /// # Errors
    /// Where it cannot be loaded.
    pub fn text(&self, of_store: Option<&str>) -> Result<Arc<Text>, EngineError> {
        let name = self.text_name(of_store)?;
        let loader = &self.options.loader;
        held_or_loaded(&self.text, name, |Name { name, path }| {
            Ok(Text::of_text(loader.sentences(path.as_deref())?, name, loader.encoders(self.options.jobs)))
        })
    }

    /// The file of the sentence model, chosen as by [`text`](Self::text); `None` for the one that comes with the program.
    ///
    /// # Errors
    /// Where it is not there.
    pub fn text_file(&self, of_store: Option<&str>) -> Result<Option<PathBuf>, EngineError> {
        Ok(self.text_name(of_store)?.path)
    }

    fn text_name(&self, of_store: Option<&str>) -> Result<Name, EngineError> {
        let gone = ("the sentences of this store were read", "--text-model");
        Name::of(self.options.text.as_deref(), of_store, TEXT, gone)
    }

    /// The acoustic encoder: the one asked for, else the one that made the frames of a store, where it comes with the program, else the
    /// convolutional one.
    ///
    /// # Errors
    /// Where its file cannot be read, or holds no acoustic network that tells phones.
    pub fn acoustic(&self, store: Option<&Path>) -> Result<&AcousticEncoder, EngineError> {
        match self.acoustic.get() {
            Some(network) => Ok(network),
            None => {
                let of_store = || store.and_then(FrameStore::network_of).map(AcousticEncoder::with_id);
                let network = match &self.options.acoustic {
                    Some(asked) => AcousticEncoder::load(asked)?,
                    None => of_store().transpose()?.flatten().map_or_else(AcousticEncoder::shipped, Ok)?,
                };
                Ok(self.acoustic.get_or_init(|| network))
            }
        }
    }

    /// What tells how a written word sounds.
    ///
    /// # Errors
    /// Where its weights are damaged.
    pub fn letters(&self) -> Result<&Letters, EngineError> {
        match self.letters.get() {
            Some(letters) => Ok(letters),
            None => {
                let letters = Letters::shipped()?;
                Ok(self.letters.get_or_init(|| letters))
            }
        }
    }

    /// A written word or phrase as a query: a vector of each word, and the acoustic frames to be expected.
    ///
    /// # Errors
    /// Where there is nothing written, or the speech model knows no written words.
    pub fn written(&self, text: &str, speech: &Speech, acoustic: &AcousticEncoder) -> Result<Sound, EngineError> {
        let mut vectors: Vec<Embedding> =
            words(text).map(|word| speech.encode_text(word)).collect::<Result<_, EncoderError>>()?;
        if vectors.is_empty() {
            vectors.push(speech.encode_text(text)?);
        }
        Ok(Sound::written(vectors, self.letters()?.template(text, acoustic)?))
    }
}

/// The model that is held, if it has this name; else the one that `load` gives, held from then on.
fn held_or_loaded<M: ?Sized>(
    held: &Mutex<Option<Arc<LoadedModel<M>>>>,
    name: Name,
    load: impl FnOnce(Name) -> Result<LoadedModel<M>, EngineError>,
) -> Result<Arc<LoadedModel<M>>, EngineError> {
    let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(model) = held.as_ref().filter(|model| model.name() == name.name) {
        return Ok(model.clone());
    }
    let model = Arc::new(load(name)?);
    *held = Some(model.clone());
    Ok(model)
}

/// A model's name in a store, and its file; none of the one that comes with the program.
struct Name {
    name: String,
    path: Option<PathBuf>,
}

impl Name {
    fn of(
        asked: Option<&Path>,
        of_store: Option<&str>,
        shipped: &'static str,
        (what, option): (&'static str, &'static str),
    ) -> Result<Self, EngineError> {
        let path = asked.or(of_store.map(Path::new)).filter(|name| *name != Path::new(shipped));
        let Some(path) = path else { return Ok(Self { name: shipped.to_owned(), path: None }) };
        if !path.exists() {
            let path = path.to_owned();
            return Err(match asked {
                Some(_) => EngineError::NoModel { path, shipped },
                None => EngineError::ModelGone { path, what, option },
            });
        }
        let full = path.canonicalize().map_err(EngineError::io(path))?;
        Ok(Self { name: full.to_string_lossy().into_owned(), path: Some(path.to_owned()) })
    }
}
