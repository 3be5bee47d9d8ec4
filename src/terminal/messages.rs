//! What is said on standard error, and whether any of it was an error.

use std::{
    fmt::Display,
    io::Write as _,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use indicatif::ProgressBar;

use super::output::printable;
use crate::engine::Problem;

/// How much is said on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors alone (`-q`).
    Quiet,
    /// Errors, warnings and what was done.
    Normal,
    /// Also what was left alone, and why (`-v`).
    Verbose,
}

/// Standard error, shared by all threads of a run.
///
/// A bad file is reported and the run goes on: [`Messages::failed`] decides the exit code in the end.
pub struct Messages {
    verbosity: Verbosity,
    failed: AtomicBool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Messages {
    /// Nothing said yet.
    pub fn new(verbosity: Verbosity) -> Self {
        Self { verbosity, failed: AtomicBool::new(false), bar: Mutex::new(None) }
    }

    /// How much is said.
    pub fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    /// Reports something that could not be done; the exit code will be 2.
    pub fn error(&self, text: impl Display) {
        self.failed.store(true, Ordering::Relaxed);
        self.line("\x1b[1;31merror:\x1b[0m ", &text);
    }

    /// Reports something odd that was coped with.
    pub fn warn(&self, text: impl Display) {
        if self.verbosity >= Verbosity::Normal {
            self.line("\x1b[1;33mwarning:\x1b[0m ", &text);
        }
    }

    /// Reports what was left out or coped with.
    pub fn problem(&self, problem: &Problem) {
        if problem.is_error() { self.error(problem) } else { self.warn(problem) }
    }

    /// Says what was done.
    pub fn note(&self, text: impl Display) {
        if self.verbosity >= Verbosity::Normal {
            self.line("", &text);
        }
    }

    /// Says what only `-v` asks for.
    pub fn detail(&self, text: impl Display) {
        if self.verbosity >= Verbosity::Verbose {
            self.line("", &text);
        }
    }

    /// Whether any error was reported.
    pub fn failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Lines are printed above `bar` until [`Messages::detach`].
    pub(crate) fn attach(&self, bar: ProgressBar) {
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }

    /// The bar is gone.
    pub(crate) fn detach(&self) {
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// One write a line: lines of several threads do not mix. Styles are left out where no terminal reads them.
    fn line(&self, prefix: &str, text: &dyn Display) {
        // Names of files are in it, and a name may hold anything.
        let line = format!("{prefix}{}\n", printable(&text.to_string()));
        // Where standard error is closed there is nobody left to tell.
        let print = || {
            let _ = anstream::stderr().write_all(line.as_bytes());
        };
        match &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_count_as_failure() {
        let messages = Messages::new(Verbosity::Quiet);
        messages.warn("odd");
        messages.note("done");
        assert!(!messages.failed());
        messages.error("bad");
        assert!(messages.failed());
    }
}
