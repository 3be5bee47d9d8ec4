//! What every training run has in common on the command line.

use std::{fmt, path::Path, thread};

use anyhow::{Result, bail};
use indicatif::ProgressBar;

use super::super::{messages::Messages, progress::spinner};
use crate::encoder::train::Budget;

/// A line on a terminal that changes with each step, gone when dropped.
pub struct Course<'a> {
    messages: &'a Messages,
    bar: ProgressBar,
}

impl<'a> Course<'a> {
    /// `work`: what comes before the first step.
    pub fn new(messages: &'a Messages, work: &'static str) -> Self {
        Self { messages, bar: spinner(messages, work) }
    }

    /// A line that stays.
    pub fn note(&self, line: impl fmt::Display) {
        self.messages.note(line);
    }

    /// The line that changes.
    pub fn step(&self, line: String) {
        self.bar.set_message(line);
        self.bar.tick();
    }
}

impl Drop for Course<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        self.messages.detach();
    }
}

/// How a run ended.
pub struct Ending<'a> {
    pub out: &'a Path,
    pub steps: u64,
    pub seconds: f64,
    /// What the best figure is called, the figure and its step.
    pub best: Option<(&'static str, f64, u64)>,
    /// Whether nothing improved any more.
    pub early: bool,
    pub interrupted: bool,
}

impl Ending<'_> {
    /// Says so.
    pub fn report(&self, messages: &Messages) {
        let best = |(name, figure, step): (&str, f64, u64)| format!("; best {name}{figure:.4} at step {step}");
        let best = self.best.map(best).unwrap_or_default();
        let why = if self.early { ", nothing improved any more" } else { "" };
        messages.note(format_args!("{}: {} steps in {:.0} s{why}{best}", self.out.display(), self.steps, self.seconds));
        if self.interrupted {
            messages.error("interrupted; the same command with --resume goes on");
        }
    }
}

/// Refuses a model that would not be found again by its name.
///
/// # Errors
/// Says how it must end.
pub fn check(out: &Path) -> Result<()> {
    if out.extension().is_none_or(|extension| extension != "safetensors") {
        bail!("--out {}: name a file that ends in .safetensors", out.display());
    }
    Ok(())
}

/// Half an hour where nothing else was asked for.
pub fn budget(steps: Option<u64>, minutes: Option<f64>) -> Budget {
    steps.map_or_else(|| Budget::Minutes(minutes.unwrap_or(30.0)), Budget::Steps)
}

/// As asked, else one a core.
pub fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from))
}
