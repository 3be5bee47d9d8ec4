//! A loaded model, and what a store knows of it.

use std::sync::{Mutex, PoisonError};

use audiosearch_index::{Embedding, Fingerprint, Schema};

use crate::{
    encoder::{Encoder, EncoderError, SpeechModel},
    pipeline::encode_sentences,
    sentence::{SentenceEncoder, SentenceError, SentenceReader},
};

/// A loaded model, and what a store calls it.
pub struct LoadedModel<M: ?Sized> {
    model: Mutex<Box<M>>,
    name: String,
    dimension: usize,
    fingerprint: Fingerprint,
    threads: usize,
}

/// A speech model.
pub type Speech = LoadedModel<dyn SpeechModel>;

/// A sentence model.
pub type Text = LoadedModel<dyn SentenceReader>;

impl<M: ?Sized> LoadedModel<M> {
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

    /// The model itself, one caller at a time.
    pub fn with<T>(&self, act: impl FnOnce(&M) -> T) -> T {
        act(self.model.lock().unwrap_or_else(PoisonError::into_inner).as_ref())
    }
}

impl Speech {
    /// `name` is what a store calls it; so many `threads` encode at the same time.
    pub(super) fn of_speech(model: Box<dyn SpeechModel>, name: String, threads: usize) -> Self {
        let (dimension, fingerprint) = (model.dimension(), model.fingerprint());
        Self { model: Mutex::new(model), name, dimension, fingerprint, threads }
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
}

impl Text {
    /// As [`Speech::of_speech`].
    pub(super) fn of_text(model: Box<dyn SentenceReader>, name: String, threads: usize) -> Self {
        let (dimension, fingerprint) = (model.dimension(), model.fingerprint());
        Self { model: Mutex::new(model), name, dimension, fingerprint, threads }
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

    fn some_encoders(&self, count: usize) -> Result<Vec<Box<dyn SentenceEncoder>>, SentenceError> {
        self.with(|model| (0..count).map(|_| model.another()).collect())
    }
}
