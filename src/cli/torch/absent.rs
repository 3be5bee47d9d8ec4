//! The program without LibTorch: goes on as the one that has it.

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use anyhow::{Context as _, Error, Result, anyhow};

use crate::engine::{AutoEncoder, Device, ModelLoader, ParagraphModel, SentenceModel};

/// Goes on as the program with LibTorch. Whoever calls this has neither read standard input nor changed anything yet.
///
/// # Errors
/// Where that program is not there.
pub fn require() -> Result<()> {
    Err(hand_over())
}

/// As [`require`].
pub fn loader(_: Device) -> Result<Arc<dyn ModelLoader>> {
    Err(hand_over())
}

/// As [`require`].
pub fn auto_encoder(_: Option<&Path>, _: Device) -> Result<Box<dyn AutoEncoder>> {
    Err(hand_over())
}

/// As [`require`].
pub fn sentences(_: Option<&Path>, _: Device) -> Result<Box<dyn SentenceModel>> {
    Err(hand_over())
}

/// As [`require`].
pub fn paragraphs(_: &Path, _: Device) -> Result<Box<dyn ParagraphModel>> {
    Err(hand_over())
}

/// Goes on as the program with LibTorch, with the same arguments; returns only where that is not there or cannot be run.
fn hand_over() -> Error {
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
            "{what}: not found; what you ask for needs LibTorch and is done by that program: `make torch` fetches LibTorch \
             and puts it beside this one"
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
