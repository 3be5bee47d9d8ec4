//! Which model sentences are read with.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::{
    cli::torch,
    encoder::Device,
    inference::InferenceTextEncoder,
    sentence::{SentenceEncoder, SentenceModel, SentenceReader},
};

/// The model that comes with the program.
const SHIPPED: &str = "text";

/// `--text-model`, of every command that reads sentences.
#[derive(Args, Clone, Debug)]
pub struct TextModelArgs {
    /// The model for sentences: text (the one that comes with the program) or a file [default: the store's, else text]
    #[arg(long, value_name = "NAME|FILE")]
    text_model: Option<PathBuf>,
}

/// A model for sentences, and what a store calls it.
pub struct TextModel<E: ?Sized = dyn SentenceReader> {
    pub encoder: Box<E>,
    pub name: String,
    device: Device,
}

impl TextModelArgs {
    /// Loads the model that was asked for, else the one that a store was made with, else the one that comes with the program.
    ///
    /// # Errors
    /// Where it cannot be loaded, or the device is not there.
    pub fn load(&self, of_store: Option<&str>, device: Device) -> Result<TextModel> {
        self.open(of_store, device, |path| {
            Ok(match (device, path) {
                (Device::Cpu, None) => Box::new(InferenceTextEncoder::shipped()?) as Box<dyn SentenceReader>,
                (Device::Cpu, Some(path)) => Box::new(InferenceTextEncoder::load(path)?),
                (device, path) => torch::sentences(path, device)?,
            })
        })
    }

    /// The same with what writes sentences again, which needs LibTorch.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_writer(&self, of_store: Option<&str>, device: Device) -> Result<TextModel<dyn SentenceModel>> {
        self.open(of_store, device, |path| torch::sentences(path, device))
    }

    fn open<E: ?Sized>(
        &self,
        of_store: Option<&str>,
        device: Device,
        load: impl FnOnce(Option<&Path>) -> Result<Box<E>>,
    ) -> Result<TextModel<E>> {
        let asked = self.text_model.clone().or_else(|| of_store.map(PathBuf::from));
        let path = asked.filter(|name| name != Path::new(SHIPPED));
        let (encoder, name) = match &path {
            None => (load(None)?, SHIPPED.to_owned()),
            Some(path) if !path.exists() => match &self.text_model {
                Some(_) => bail!("{}: no such model; name a file, or {SHIPPED}", path.display()),
                None => bail!(
                    "{}: the model that the sentences of this store were read with is gone; --text-model names it",
                    path.display()
                ),
            },
            Some(path) => {
                let full = path.canonicalize().with_context(|| path.display().to_string())?;
                (load(Some(path))?, full.to_string_lossy().into_owned())
            }
        };
        Ok(TextModel { encoder, name, device })
    }
}

impl<E: SentenceReader + ?Sized> TextModel<E> {
    /// One encoder a thread: as many as jobs on processors, one on an accelerator, which batches serve better.
    ///
    /// # Errors
    /// Where the weights cannot be shared.
    pub fn encoders(&self, jobs: NonZeroUsize) -> Result<Vec<Box<dyn SentenceEncoder>>> {
        let threads = match self.device {
            Device::Cpu => jobs.get(),
            Device::Cuda(_) => 1,
        };
        (0..threads).map(|_| Ok(self.encoder.another()?)).collect()
    }
}
