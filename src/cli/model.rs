//! Which model a command listens with.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    thread,
};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::torch;
use crate::{
    encoder::{Device, Encoder, SpeechModel},
    inference::InferenceEncoder,
};

/// The model that comes with the program.
const SHIPPED: &str = "speech";

/// `--model` and `--device`, of every command that listens.
#[derive(Args, Clone, Debug)]
pub struct ModelArgs {
    /// The model: speech (the one that comes with the program) or a file [default: the store's, else speech]
    #[arg(long, value_name = "NAME|FILE")]
    model: Option<PathBuf>,
    /// Where the model runs: cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: Device,
}

/// `--jobs`, of every command that reads many files.
#[derive(Args, Clone, Debug)]
pub struct JobsArgs {
    /// Files read at the same time [default: one a core]
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

/// A model, and what a store calls it.
pub struct Model {
    pub encoder: Box<dyn SpeechModel>,
    pub name: String,
    device: Device,
}

impl ModelArgs {
    /// Where models run.
    pub fn device(&self) -> Device {
        self.device
    }

    /// Loads the model that was asked for, else the one that a store was made with, else the one that comes with the program.
    ///
    /// # Errors
    /// Where it cannot be loaded, or the device is not there.
    pub fn load(&self, of_store: Option<&str>) -> Result<Model> {
        let asked = self.model.clone().or_else(|| of_store.map(PathBuf::from));
        let path = asked.filter(|name| name != Path::new(SHIPPED));
        let (encoder, name) = match &path {
            None => (self.open(None)?, SHIPPED.to_owned()),
            Some(path) if !path.exists() => match &self.model {
                Some(_) => bail!("{}: no such model; name a file, or {SHIPPED}", path.display()),
                None => bail!("{}: the model that this store was made with is gone; --model names it", path.display()),
            },
            Some(path) => {
                let full = path.canonicalize().with_context(|| path.display().to_string())?;
                (self.open(Some(path))?, full.to_string_lossy().into_owned())
            }
        };
        Ok(Model { encoder, name, device: self.device })
    }

    fn open(&self, path: Option<&Path>) -> Result<Box<dyn SpeechModel>> {
        Ok(match (self.device, path) {
            (Device::Cpu, None) => Box::new(InferenceEncoder::shipped()?),
            (Device::Cpu, Some(path)) => Box::new(InferenceEncoder::load(path)?),
            (device, path) => torch::speech(path, device)?,
        })
    }
}

impl Model {
    /// One encoder a thread: as many as jobs on processors, one on an accelerator, which batches serve better.
    ///
    /// # Errors
    /// Where the weights cannot be shared.
    pub fn encoders(&self, jobs: NonZeroUsize) -> Result<Vec<Box<dyn Encoder>>> {
        (0..self.threads(jobs)).map(|_| Ok(self.encoder.another()?)).collect()
    }

    /// As [`encoders`](Self::encoders), to make a store.
    ///
    /// # Errors
    /// Where the weights cannot be shared.
    pub fn bulk_encoders(&self, jobs: NonZeroUsize) -> Result<Vec<Box<dyn Encoder>>> {
        (0..self.threads(jobs)).map(|_| Ok(self.encoder.another_for_bulk()?)).collect()
    }

    fn threads(&self, jobs: NonZeroUsize) -> usize {
        match self.device {
            Device::Cpu => jobs.get(),
            Device::Cuda(_) => 1,
        }
    }
}

impl JobsArgs {
    /// As asked, else the processors of this machine.
    pub fn count(&self) -> NonZeroUsize {
        self.jobs.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
    }
}
