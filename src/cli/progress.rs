//! A progress bar, on a terminal alone.

use std::{
    fmt,
    io::{IsTerminal as _, stderr},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::messages::{Messages, Verbosity};

/// Counts items, and what they hold (seconds of audio, sentences); removes its bar when dropped.
pub struct Progress<'a> {
    messages: &'a Messages,
    bar: ProgressBar,
    begun: Instant,
    held: f64,
    rate: &'static str,
}

/// How often a bar of no known length moves.
const TICK: Duration = Duration::from_millis(120);

/// One line that says how far something of no known length is, `work` in the beginning; on a terminal alone. The caller clears it and
/// detaches it.
pub fn spinner(messages: &Messages, work: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg}  {elapsed}");
    let bar = ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let bar = shown(messages, bar.with_message(work));
    if !bar.is_hidden() {
        bar.enable_steady_tick(TICK);
    }
    bar
}

/// Work of one piece, whose end nobody can tell: its name and how long it has taken; removed when dropped.
pub fn waiting<'a>(messages: &'a Messages, work: &'static str) -> Steps<'a> {
    Steps { messages, bar: spinner(messages, work) }
}

/// `bar` where a terminal shows it and nobody asked for quiet, with messages above it.
fn shown(messages: &Messages, bar: ProgressBar) -> ProgressBar {
    if !stderr().is_terminal() || messages.verbosity() == Verbosity::Quiet {
        bar.set_draw_target(ProgressDrawTarget::hidden());
        return bar;
    }
    messages.attach(bar.clone());
    bar
}

/// A bar over steps of one piece of work; removed when dropped.
pub struct Steps<'a> {
    messages: &'a Messages,
    bar: ProgressBar,
}

/// A bar over `of` steps (0: not known yet) with the name of the work before it.
pub fn steps<'a>(messages: &'a Messages, work: &'static str, of: usize) -> Steps<'a> {
    let style = ProgressStyle::with_template("{msg} {bar:32} {pos}/{len}  {rate}  {elapsed} (left {eta})");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    let style = style.with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| {
        // A rate that cannot be written is a rate that is not shown.
        let _ = write!(out, "{:.0}/s", state.per_sec());
    });
    let bar = ProgressBar::new(of as u64).with_style(style).with_message(work);
    Steps { messages, bar: shown(messages, bar) }
}

impl Steps<'_> {
    /// So many of so many are done.
    pub fn at(&self, done: usize, of: usize) {
        self.bar.set_length(of as u64);
        self.bar.set_position(done as u64);
    }

    /// So many more are done.
    pub fn add(&self, more: usize) {
        self.bar.inc(more as u64);
    }
}

impl Drop for Steps<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        self.messages.detach();
    }
}

impl<'a> Progress<'a> {
    /// A bar over `items` recordings, called `noun` ("files").
    pub fn new(messages: &'a Messages, items: usize, noun: &str) -> Self {
        Self::counting(messages, items, noun, "× real time")
    }

    /// A bar over `items` things called `noun`; `rate`: what stands behind the number of what they hold in a second.
    pub fn counting(messages: &'a Messages, items: usize, noun: &str, rate: &'static str) -> Self {
        let template = format!("{{bar:32}} {{pos}}/{{len}} {noun}  {{elapsed}} (left {{eta}})  {{msg}}");
        let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = shown(messages, ProgressBar::new(items as u64).with_style(style));
        Self { messages, bar, begun: Instant::now(), held: 0.0, rate }
    }

    /// One item more is done, which held so much.
    pub fn advance(&mut self, held: f64) {
        self.held += held;
        let rate = self.held / self.begun.elapsed().as_secs_f64().max(1e-3);
        self.bar.set_message(format!("{rate:.0} {}", self.rate));
        self.bar.inc(1);
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        self.messages.detach();
    }
}
