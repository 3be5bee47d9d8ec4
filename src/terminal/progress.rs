//! A progress bar, on a terminal alone.

use std::{
    fmt,
    io::{IsTerminal as _, stderr},
    ops::ControlFlow,
    time::{Duration, Instant},
};

use anyhow::{Error, anyhow};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::messages::{Messages, Verbosity};
use crate::engine::{EngineError, Event, Observer, Stop, Work};

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
}

impl Drop for Steps<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        self.messages.detach();
    }
}

impl<'a> Progress<'a> {
    /// A bar over `items` things called `noun`; `rate`: what stands behind the number of what they hold in a second.
    pub fn counting(messages: &'a Messages, items: usize, noun: &str, rate: &'static str) -> Self {
        let template = format!("{{bar:32}} {{pos}}/{{len}} {noun}  {{elapsed}} (left {{eta}})  {{msg}}");
        let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = shown(messages, ProgressBar::new(items as u64).with_style(style));
        Self { messages, bar, begun: Instant::now(), held: 0.0, rate }
    }

    /// So many items more are done, which held so much.
    pub fn advance(&mut self, items: usize, held: f64) {
        self.held += held;
        let rate = self.held / self.begun.elapsed().as_secs_f64().max(1e-3);
        self.bar.set_message(format!("{rate:.0} {}", self.rate));
        self.bar.inc(items as u64);
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        self.messages.detach();
    }
}

/// What an interruption means for a command that writes a file.
pub fn written(cause: EngineError) -> Error {
    match cause {
        EngineError::Interrupted => anyhow!("interrupted; nothing was written"),
        cause => cause.into(),
    }
}

/// Shows how far the engine is and what it has to say; Ctrl-C stops it.
pub struct Bars<'a> {
    messages: &'a Messages,
    stop: Stop,
    bar: Option<Bar<'a>>,
}

/// What is shown of a part of the work.
enum Bar<'a> {
    /// It has items that hold something.
    Items(Progress<'a>, usize),
    /// It has items alone, or none that could be counted.
    Steps(Steps<'a>),
}

impl<'a> Bars<'a> {
    /// Nothing is shown yet.
    pub fn new(messages: &'a Messages, stop: Stop) -> Self {
        Self { messages, stop, bar: None }
    }

    fn bar(&self, work: Work, items: usize) -> Bar<'a> {
        let of = |noun, rate| Bar::Items(Progress::counting(self.messages, items, noun, rate), 0);
        let steps = |name| Bar::Steps(steps(self.messages, name, items));
        match work {
            Work::Recordings => of("files", "× real time"),
            Work::Clips => of("clips", "× real time"),
            Work::Texts => of("texts", "sentences/s"),
            Work::Sentences => steps("sentences"),
            Work::Segments => steps("searching"),
            Work::Neighbours => steps("neighbours"),
            Work::Projection => steps("places"),
            Work::Queries => steps("queries"),
            Work::Paragraphs => steps("paragraphs"),
            Work::Baselines => Bar::Steps(waiting(self.messages, "methods without training")),
            Work::Commit => Bar::Steps(waiting(self.messages, "making it searchable")),
            Work::Verify => Bar::Steps(waiting(self.messages, "reading the whole store")),
            Work::Repair => Bar::Steps(waiting(self.messages, "reading and mending the store")),
            Work::Compact => Bar::Steps(waiting(self.messages, "rewriting the store")),
        }
    }
}

impl Observer for Bars<'_> {
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        match (event, &mut self.bar) {
            (Event::Begin { work, items }, _) => {
                // The old bar goes first: messages know one at a time.
                self.bar = None;
                self.bar = Some(self.bar(*work, *items));
            }
            (Event::Progress { done, amount, .. }, Some(Bar::Items(bar, before))) => {
                bar.advance(done.saturating_sub(*before), *amount);
                *before = *done;
            }
            (Event::Progress { done, of, .. }, Some(Bar::Steps(bar))) => bar.at(*done, *of),
            (Event::End { .. }, _) => self.bar = None,
            (Event::Problem(problem), _) => self.messages.problem(problem),
            // Of a run that prints no files: what is wrong with them.
            (Event::File(file), _) => {
                file.status.problem().into_iter().for_each(|problem| self.messages.error(problem))
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn stop(&self) -> Stop {
        self.stop.clone()
    }
}
