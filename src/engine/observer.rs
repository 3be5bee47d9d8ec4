//! What long work says of itself, and how it is stopped.

use std::{
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{EngineError, FileReport, Problem};

/// Hears of long work while it goes on, on the thread that called.
///
/// A closure that takes an [`Event`] is an observer, and `()` is one that listens to nothing.
pub trait Observer {
    /// Something happened. [`ControlFlow::Break`] asks the work to stop: what is under way is finished and kept, nothing new is begun.
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()>;

    /// A request to stop that may also be made from another thread (a signal handler, a server that shuts down). Asked for once, when the
    /// work begins.
    fn stop(&self) -> Stop {
        Stop::default()
    }
}

impl Observer for () {
    fn event(&mut self, _: &Event<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl<F: FnMut(&Event<'_>)> Observer for F {
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        self(event);
        ControlFlow::Continue(())
    }
}

/// A request to stop; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks the work to stop. Returns whether that had been asked before.
    pub fn request(&self) -> bool {
        self.0.swap(true, Ordering::SeqCst)
    }

    /// Whether the work is to stop.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// The flag itself.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }
}

/// Something that happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A part of the work begins.
    Begin {
        /// Which.
        work: Work,
        /// How many items it has; 0 where that is not known.
        items: usize,
    },
    /// More of it is done.
    Progress {
        /// Which part.
        work: Work,
        /// Items done so far.
        done: usize,
        /// Items in all; 0 where that is not known.
        of: usize,
        /// What the items that were finished since the last event hold: seconds of audio, sentences.
        amount: f64,
    },
    /// It is over.
    End {
        /// Which part.
        work: Work,
    },
    /// A file was dealt with. What is reported as indexed is on disk, whatever happens to the process afterwards.
    File(&'a FileReport),
    /// Something that was left out or coped with.
    Problem(&'a Problem),
}

/// Parts that work has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Work {
    /// Recordings are indexed; items are files.
    Recordings,
    /// Texts are indexed; items are files.
    Texts,
    /// The searchable form of the store is written; no items.
    Commit,
    /// Clips are embedded; items are clips.
    Clips,
    /// Sentences are embedded; items are sentences.
    Sentences,
    /// Segments query the store; items are segments.
    Segments,
    /// Nearest neighbours are found; items are points.
    Neighbours,
    /// Points are placed in the plane; items are steps.
    Projection,
    /// Queries are asked; items are queries.
    Queries,
    /// Paragraphs are written again; items are paragraphs.
    Paragraphs,
    /// Methods that need no training are measured; no items.
    Baselines,
    /// The store is read and checked; no items.
    Verify,
    /// The store is read and mended; no items.
    Repair,
    /// The store is written anew; no items.
    Compact,
}

/// An observer, and the request to stop that its answers and its own flag share.
pub(crate) struct Watch<'a> {
    observer: &'a mut dyn Observer,
    stop: Stop,
}

impl<'a> Watch<'a> {
    pub fn new(observer: &'a mut dyn Observer) -> Self {
        let stop = observer.stop();
        Self { observer, stop }
    }

    pub fn emit(&mut self, event: &Event<'_>) {
        if self.observer.event(event).is_break() {
            self.stop.request();
        }
    }

    pub fn begin(&mut self, work: Work, items: usize) {
        self.emit(&Event::Begin { work, items });
    }

    pub fn end(&mut self, work: Work) {
        self.emit(&Event::End { work });
    }

    pub fn problem(&mut self, problem: impl Into<Problem>) {
        self.emit(&Event::Problem(&problem.into()));
    }

    /// Clones share the request.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Fails where the work was asked to stop.
    pub fn check(&self) -> Result<(), EngineError> {
        if self.stop.is_requested() { Err(EngineError::Interrupted) } else { Ok(()) }
    }
}
