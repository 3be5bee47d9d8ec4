//! What needs LibTorch, and the way to the program that has it.
//!
//! Being linked to LibTorch costs a quarter of a second at every start. So there are two programs of one source: `audiosearch`, which the
//! user types, does all that it can without; what it cannot it leaves to `audiosearch-torch` beside it, with the same arguments. Code that
//! calls LibTorch is reached through [`Torch`] alone: `audiosearch` holds none of these functions, and so the linker leaves LibTorch out.

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Error, Result, anyhow};

use super::{Context, Outcome, train};
use crate::{
    encoder::{AutoEncoder, Device, EncoderError, SpeechEncoder, SpeechModel, single_threaded},
    sentence::{
        SentenceError, SentenceModel, TextEncoder,
        paragraph::{ParagraphEncoder, ParagraphModel},
    },
};

/// Functions that call LibTorch.
pub struct Torch {
    /// Loads the speech model in a file, or the built-in one, on a device.
    pub speech: LoadSpeech,
    /// Loads the model for sentences in a file, or the built-in one, on a device.
    pub sentences: LoadSentences,
    /// Loads the model for paragraphs in a file, on a device.
    pub paragraphs: LoadParagraphs,
    /// Loads a speech model with its decoder, the built-in one where no file is named.
    pub auto_encoder: LoadAutoEncoder,
    /// `audiosearch train`
    pub train: fn(train::TrainArgs, &Context) -> Result<Outcome>,
}

type LoadSpeech = fn(Option<&Path>, Device) -> Result<Box<dyn SpeechModel>, EncoderError>;
type LoadAutoEncoder = fn(Option<&Path>, Device) -> Result<Box<dyn AutoEncoder>, EncoderError>;
type LoadSentences = fn(Option<&Path>, Device) -> Result<Box<dyn SentenceModel>, SentenceError>;
type LoadParagraphs = fn(&Path, Device) -> Result<Box<dyn ParagraphModel>, SentenceError>;

/// All of them; only the program that is linked to LibTorch may name this.
static TORCH: Torch = Torch { speech, sentences, auto_encoder, paragraphs, train: train::run };

fn speech_encoder(path: Option<&Path>, device: Device) -> Result<SpeechEncoder, EncoderError> {
    match path {
        None => SpeechEncoder::shipped(device),
        Some(path) => SpeechEncoder::load(path, device),
    }
}

fn speech(path: Option<&Path>, device: Device) -> Result<Box<dyn SpeechModel>, EncoderError> {
    Ok(Box::new(speech_encoder(path, device)?))
}

fn auto_encoder(path: Option<&Path>, device: Device) -> Result<Box<dyn AutoEncoder>, EncoderError> {
    Ok(Box::new(speech_encoder(path, device)?))
}

fn sentences(path: Option<&Path>, device: Device) -> Result<Box<dyn SentenceModel>, SentenceError> {
    Ok(match path {
        None => Box::new(TextEncoder::shipped(device)?),
        Some(path) => Box::new(TextEncoder::open(path, device)?),
    })
}

fn paragraphs(path: &Path, device: Device) -> Result<Box<dyn ParagraphModel>, SentenceError> {
    Ok(Box::new(ParagraphEncoder::open(path, device)?))
}

/// Runs the program that is linked to LibTorch on this process's arguments.
pub fn main() -> ExitCode {
    // Before any thread is born: one worker a core is faster than several threads an operator.
    single_threaded();
    super::start(Some(&TORCH))
}

/// Goes on as the program with LibTorch, with the same arguments; returns only where that is not there or cannot be run.
pub(super) fn hand_over() -> Error {
    let program = match beside() {
        Ok(program) => program,
        Err(cause) => return cause,
    };
    let mut command = Command::new(&program);
    let mut arguments = env::args_os();
    let name = arguments.next();
    let cause = run(command.args(arguments), name);
    let what = program.display();
    match cause.kind() {
        io::ErrorKind::NotFound => anyhow!(
            "{what}: not found; what you ask for needs LibTorch and is done by that program: `make build` or \
             `cargo install --path .` puts it beside this one"
        ),
        _ => Error::new(cause).context(what.to_string()),
    }
}

/// Puts the other program in place of this one: signals, pipes and the exit code are its own. `name` is what the user typed, which
/// its messages shall speak of.
#[cfg(unix)]
fn run(command: &mut Command, name: Option<OsString>) -> io::Error {
    use std::os::unix::process::CommandExt as _;
    if let Some(name) = name {
        command.arg0(name);
    }
    command.exec()
}

/// Runs the other program and ends as it does.
#[cfg(not(unix))]
fn run(command: &mut Command, _: Option<OsString>) -> io::Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(2)),
        Err(cause) => cause,
    }
}

/// Its place: the folder of this program, links followed.
fn beside() -> Result<PathBuf> {
    let here = env::current_exe().context("where does this program lie?")?;
    Ok(here.with_file_name(format!("audiosearch-torch{}", env::consts::EXE_SUFFIX)))
}
