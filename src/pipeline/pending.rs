//! Reports are held back until what they report is durable.

use std::time::{Duration, Instant};

use audiosearch_index::{IndexError, Writer};

/// What was written is made durable after so many files or so long a time, whichever is first; only then it is reported.
const FLUSH_FILES: usize = 64;
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// Stored, but not durable yet.
pub(super) struct Pending<R> {
    reports: Vec<R>,
    since: Instant,
}

impl<R> Pending<R> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { reports: Vec::new(), since: Instant::now() }
    }

    /// One more; now and then all are made durable and reported.
    pub fn push(&mut self, one: R, writer: &Writer<'_>, report: &mut dyn FnMut(R)) -> Result<(), IndexError> {
        self.reports.push(one);
        if self.reports.len() >= FLUSH_FILES || self.since.elapsed() >= FLUSH_EVERY {
            self.flush(writer, report)?;
        }
        Ok(())
    }

    /// Makes all durable and reports them.
    pub fn flush(&mut self, writer: &Writer<'_>, report: &mut dyn FnMut(R)) -> Result<(), IndexError> {
        writer.flush()?;
        self.since = Instant::now();
        self.reports.drain(..).for_each(report);
        Ok(())
    }
}
