//! The models that an engine embeds and listens with. They are loaded when they are first needed and then kept.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use audiosearch_index::{Embedding, Fingerprint, Schema};

use super::EngineError;
use crate::{
    acoustic::{AcousticEncoder, Letters, words},
    encoder::{Encoder, EncoderError, SpeechModel},
    inference::{InferenceEncoder, InferenceTextEncoder},
    pipeline::encode_sentences,
    search::Sound,
    sentence::{SentenceEncoder, SentenceError, SentenceReader},
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
    /// The acoustic network: a file, or `recurrent` for the recurrent one that comes with the program. `None`: the convolutional one that
    /// comes with the program.
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
    frames: OnceLock<AcousticEncoder>,
    letters: OnceLock<Letters>,
}

impl Models {
    /// Nothing is loaded yet.
    pub fn new(options: ModelOptions) -> Self {
        let (speech, text) = Default::default();
        Self { options, speech, text, frames: OnceLock::new(), letters: OnceLock::new() }
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
        let mut held = self.speech.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(speech) = held.as_ref().filter(|speech| speech.name == name.name) {
            return Ok(speech.clone());
        }
        let model = self.options.loader.speech(name.path.as_deref())?;
        let threads = self.options.loader.encoders(self.options.jobs);
        let speech = Arc::new(Speech::new(model, name.name, threads));
        *held = Some(speech.clone());
        Ok(speech)
    }

    /// The sentence model, likewise.
    ///
    /// # Errors
    /// Where it cannot be loaded.
    pub fn text(&self, of_store: Option<&str>) -> Result<Arc<Text>, EngineError> {
        let name = self.text_name(of_store)?;
        let mut held = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = held.as_ref().filter(|text| text.name == name.name) {
            return Ok(text.clone());
        }
        let model = self.options.loader.sentences(name.path.as_deref())?;
        let threads = self.options.loader.encoders(self.options.jobs);
        let text = Arc::new(Text::new(model, name.name, threads));
        *held = Some(text.clone());
        Ok(text)
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

    /// The acoustic encoder.
    ///
    /// # Errors
    /// Where its file cannot be read, or holds no acoustic network that tells phones.
    pub fn frames(&self) -> Result<&AcousticEncoder, EngineError> {
        match self.frames.get() {
            Some(network) => Ok(network),
            None => {
                let asked = self.options.acoustic.as_deref();
                let network = asked.map_or_else(AcousticEncoder::shipped, AcousticEncoder::load)?;
                Ok(self.frames.get_or_init(|| network))
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
    pub fn written(&self, text: &str, speech: &Speech) -> Result<Sound, EngineError> {
        let mut vectors: Vec<Embedding> =
            words(text).map(|word| speech.encode_text(word)).collect::<Result<_, EncoderError>>()?;
        if vectors.is_empty() {
            vectors.push(speech.encode_text(text)?);
        }
        Ok(Sound::written(vectors, self.letters()?.template(text, self.frames()?)?))
    }
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

/// A speech model, and what a store calls it.
pub struct Speech {
    model: Mutex<Box<dyn SpeechModel>>,
    name: String,
    dimension: usize,
    fingerprint: Fingerprint,
    threads: usize,
}

impl Speech {
    fn new(model: Box<dyn SpeechModel>, name: String, threads: usize) -> Self {
        let (dimension, fingerprint) = (model.dimension(), model.fingerprint());
        Self { model: Mutex::new(model), name, dimension, fingerprint, threads }
    }

    /// What a store calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Values in a vector.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// What tells its vectors from those of every other model.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// What a store of its vectors records.
    pub fn schema(&self) -> Schema {
        let dimension = u32::try_from(self.dimension).unwrap_or(u32::MAX);
        Schema { dimension, fingerprint: self.fingerprint, model: self.name.clone() }
    }

    /// The place of a written word or phrase among the sounds.
    ///
    /// # Errors
    /// Where there is nothing written, or the model has no encoder of written words.
    pub fn encode_text(&self, text: &str) -> Result<Embedding, EncoderError> {
        self.with(|model| model.encode_text(text))
    }

    /// One encoder a thread; weights are shared.
    ///
    /// # Errors
    /// Where the device refuses.
    pub fn encoders(&self) -> Result<Vec<Box<dyn Encoder>>, EncoderError> {
        self.with(|model| (0..self.threads).map(|_| model.another()).collect())
    }

    /// As [`encoders`](Self::encoders), for hours of sound: they may be a little less exact where that makes them faster.
    ///
    /// # Errors
    /// Where the device refuses.
    pub fn bulk_encoders(&self) -> Result<Vec<Box<dyn Encoder>>, EncoderError> {
        self.with(|model| (0..self.threads).map(|_| model.another_for_bulk()).collect())
    }

    fn with<T>(&self, act: impl FnOnce(&dyn SpeechModel) -> T) -> T {
        act(self.model.lock().unwrap_or_else(PoisonError::into_inner).as_ref())
    }
}

/// A sentence model, and what a store calls it.
pub struct Text {
    model: Mutex<Box<dyn SentenceReader>>,
    name: String,
    dimension: usize,
    fingerprint: Fingerprint,
    threads: usize,
}

impl Text {
    fn new(model: Box<dyn SentenceReader>, name: String, threads: usize) -> Self {
        let (dimension, fingerprint) = (model.dimension(), model.fingerprint());
        Self { model: Mutex::new(model), name, dimension, fingerprint, threads }
    }

    /// What a store calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Values in a vector.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// What tells its vectors from those of every other model.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// What a store of its vectors records.
    pub fn schema(&self) -> Schema {
        let dimension = u32::try_from(self.dimension).unwrap_or(u32::MAX);
        Schema { dimension, fingerprint: self.fingerprint, model: self.name.clone() }
    }

    /// One encoder a thread; weights are shared.
    ///
    /// # Errors
    /// Where the device refuses.
    pub fn encoders(&self) -> Result<Vec<Box<dyn SentenceEncoder>>, SentenceError> {
        self.some_encoders(self.threads)
    }

    /// The vectors of sentences, in the order given; `done` hears how many more are embedded.
    ///
    /// # Errors
    /// The first that an encoder met.
    pub fn encode(&self, sentences: &[&str], done: impl FnMut(usize)) -> Result<Vec<Embedding>, SentenceError> {
        let threads = if sentences.len() > 1 { self.threads } else { 1 };
        encode_sentences(sentences, self.some_encoders(threads)?, done)
    }

    /// The model itself, one caller at a time.
    pub fn with<T>(&self, act: impl FnOnce(&dyn SentenceReader) -> T) -> T {
        act(self.model.lock().unwrap_or_else(PoisonError::into_inner).as_ref())
    }

    fn some_encoders(&self, count: usize) -> Result<Vec<Box<dyn SentenceEncoder>>, SentenceError> {
        self.with(|model| (0..count).map(|_| model.another()).collect())
    }
}
