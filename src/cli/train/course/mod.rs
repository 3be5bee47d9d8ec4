//! The course of a training run: what it tells while it goes on, and how it ended.

pub mod acoustic;
pub mod audio;
pub mod text;

use std::{fmt, path::Path};

use indicatif::ProgressBar;

use super::super::{messages::Messages, output::count, progress::spinner};
use crate::encoder::train::LeftOut;

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

/// Says which rows of the data were left out.
pub fn report_left_out(rows: &[LeftOut], messages: &Messages) {
    for LeftOut { path, cause } in rows {
        messages.detail(format_args!("{}: left out: {cause}", path.display()));
    }
    if !rows.is_empty() {
        messages.warn(format_args!("{} left out of the data; -v names them", count(rows.len(), "row")));
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
