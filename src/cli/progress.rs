//! A progress bar, on a terminal alone.

use std::{
    io::{IsTerminal as _, stderr},
    time::Instant,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::messages::{Messages, Verbosity};

/// Counts items, and what they hold (seconds of audio, sentences); removes its bar when dropped.
pub struct Progress<'a> {
    messages: &'a Messages,
    bar: ProgressBar,
    begun: Instant,
    held: f64,
    rate: &'static str,
}

/// One line that says how far something of no known length is; on a terminal alone. The caller clears it and detaches it.
pub fn spinner(messages: &Messages) -> ProgressBar {
    shown(messages, ProgressBar::no_length())
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

/// A bar with the name of the work before it.
pub fn steps<'a>(messages: &'a Messages, work: &'static str) -> Steps<'a> {
    let style = ProgressStyle::with_template("{msg} {bar:32} {percent} %  {elapsed} (left {eta})");
    let bar = ProgressBar::new(1).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(work);
    Steps { messages, bar: shown(messages, bar) }
}

impl Steps<'_> {
    /// So many of so many are done.
    pub fn at(&self, done: usize, of: usize) {
        self.bar.set_length(of as u64);
        self.bar.set_position(done as u64);
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
