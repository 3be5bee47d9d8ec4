//! Which models a command listens and reads with.

use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use anyhow::{Context as _, Result};
use clap::Args;

use super::{Context, torch};
use crate::engine::{Device, Engine, EngineOptions, Inference, ModelLoader, ModelOptions, Models, SentenceModel};

/// `--model` and `--device`, of every command that listens.
#[derive(Args, Clone, Debug)]
pub struct ModelArgs {
    /// The model: speech (the one that comes with the program) or a file [default: the store's, else speech]
    #[arg(long, value_name = "NAME|FILE")]
    model: Option<PathBuf>,
    #[command(flatten)]
    acoustic: AcousticModelArgs,
    /// Where the model runs: cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    device: Device,
}

/// `--acoustic`, of every command that aligns.
#[derive(Args, Clone, Debug, Default)]
pub struct AcousticModelArgs {
    /// Acoustic network for alignment: recurrent or convolutional (both come with the program), or a file that `train acoustic`
    /// wrote [default: the store's, else convolutional]
    #[arg(long, value_name = "NAME|FILE")]
    acoustic: Option<PathBuf>,
}

/// `--text-model`, of every command that reads sentences.
#[derive(Args, Clone, Debug, Default)]
pub struct TextModelArgs {
    /// The model for sentences: text (the one that comes with the program) or a file [default: the store's, else text]
    #[arg(long, value_name = "NAME|FILE")]
    text_model: Option<PathBuf>,
}

/// `--jobs`, of every command that reads many files.
#[derive(Args, Clone, Debug)]
pub struct JobsArgs {
    /// Files read at the same time [default: one a core]
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

/// What loads models for a device. The program without LibTorch hands over here to the one that has it, before anything was printed.
fn loader(device: Device) -> Result<Arc<dyn ModelLoader>> {
    match device {
        Device::Cpu => Ok(Arc::new(Inference)),
        device => torch::loader(device),
    }
}

impl ModelArgs {
    /// Where models run.
    pub fn device(&self) -> Device {
        self.device
    }

    /// What was asked for, to be loaded when it is needed.
    ///
    /// # Errors
    /// Where the device needs a program that is not there.
    pub fn options(&self, text: &TextModelArgs, jobs: &JobsArgs) -> Result<ModelOptions> {
        let (speech, text, acoustic) = (self.model.clone(), text.text_model.clone(), self.acoustic.acoustic.clone());
        Ok(ModelOptions { speech, text, acoustic, loader: loader(self.device)?, jobs: jobs.count() })
    }

    /// The models without a store.
    ///
    /// # Errors
    /// As [`options`](Self::options).
    pub fn models(&self, jobs: &JobsArgs) -> Result<Models> {
        Ok(Models::new(self.options(&TextModelArgs::default(), jobs)?))
    }

    /// The engine of a store of recordings, in a folder that is made where there is none.
    ///
    /// # Errors
    /// As [`options`](Self::options), and where there can be no such folder.
    pub fn open_or_create(&self, store: &Path, jobs: &JobsArgs, context: &Context) -> Result<Engine> {
        fs::create_dir_all(store).with_context(|| store.display().to_string())?;
        let models = self.options(&TextModelArgs::default(), jobs)?;
        Ok(engine_options(models, context).open_or_create(store))
    }
}

impl AcousticModelArgs {
    /// The engine of a store, for a command that needs no other model of its own choice.
    ///
    /// # Errors
    /// Where there is no store.
    pub fn open_engine(&self, store: &Path, context: &Context) -> Result<Engine> {
        let models = ModelOptions { acoustic: self.acoustic.clone(), ..ModelOptions::default() };
        Ok(engine_options(models, context).open(store)?)
    }
}

impl TextModelArgs {
    /// The model for sentences with what writes them again, which needs LibTorch.
    ///
    /// # Errors
    /// Where it cannot be loaded, or the program with LibTorch is not there.
    pub fn load_writer(&self, of_store: Option<&str>, device: Device) -> Result<Box<dyn SentenceModel>> {
        torch::require()?;
        let models = Models::new(ModelOptions { text: self.text_model.clone(), ..ModelOptions::default() });
        torch::sentences(models.text_file(of_store)?.as_deref(), device)
    }

    /// The models without a store.
    ///
    /// # Errors
    /// Where the device needs a program that is not there.
    pub fn models(&self, device: Device, jobs: &JobsArgs) -> Result<Models> {
        let (text, loader) = (self.text_model.clone(), loader(device)?);
        Ok(Models::new(ModelOptions { speech: None, text, acoustic: None, loader, jobs: jobs.count() }))
    }
}

impl JobsArgs {
    /// As asked, else the processors of this machine.
    pub fn count(&self) -> NonZeroUsize {
        self.jobs.or_else(|| thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
    }
}

/// How this program opens engines: what they cope with is said on standard error.
pub fn engine_options(models: ModelOptions, context: &Context) -> EngineOptions {
    let messages = context.messages.clone();
    EngineOptions { models, notices: Some(Arc::new(move |notice| messages.warn(notice))) }
}

/// The engine of a store, for a command that needs no model of its own choice.
///
/// # Errors
/// Where there is no store.
pub fn open_engine(store: &Path, context: &Context) -> Result<Engine> {
    Ok(engine_options(ModelOptions::default(), context).open(store)?)
}
