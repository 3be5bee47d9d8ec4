//! What a run came to, file by file and in the end.

use std::{io, ops::ControlFlow};

use serde::Serialize;

use crate::{
    cli::{
        Context,
        messages::Messages,
        output::{Output, count, duration, shown},
        progress::Bars,
    },
    engine::{Collection, Event, FileReport, IndexReport, Observer, Stop},
};

/// A line of `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    File {
        path: String,
        /// Counted from 1, where channels are indexed each by itself.
        #[serde(skip_serializing_if = "Option::is_none")]
        channel: Option<u16>,
        status: &'a str,
        duration: f64,
        segments: usize,
        message: Option<String>,
    },
    Text {
        path: String,
        status: &'a str,
        lines: u64,
        sentences: usize,
        message: Option<String>,
    },
    Summary(Summary),
}

/// The last line of `--json`.
#[derive(Serialize)]
struct Summary {
    /// Stored now, recordings and texts, partly read ones included.
    indexed: usize,
    unchanged: usize,
    removed: usize,
    failed: usize,
    /// Seconds of audio read.
    duration: f64,
    /// Stored now.
    segments: usize,
    /// Stored now.
    sentences: usize,
    /// Seconds of this run.
    seconds: f64,
    /// `duration` in each of the seconds that recordings took.
    times_real_time: f64,
    /// `sentences` in each of the seconds that texts took.
    sentences_per_second: f64,
    interrupted: bool,
}

impl From<&IndexReport> for Summary {
    fn from(report: &IndexReport) -> Self {
        let recordings = report.elapsed.saturating_sub(report.texts_elapsed).as_secs_f64();
        Self {
            indexed: report.indexed,
            unchanged: report.unchanged,
            removed: report.removed,
            failed: report.failed,
            duration: report.duration,
            segments: report.segments,
            sentences: report.sentences,
            seconds: report.elapsed.as_secs_f64(),
            times_real_time: report.duration / recordings.max(1e-9),
            sentences_per_second: report.sentences as f64 / report.texts_elapsed.as_secs_f64().max(1e-9),
            interrupted: report.interrupted,
        }
    }
}

impl Summary {
    fn text(&self, texts: bool) -> String {
        let recordings = self.segments > 0 || self.duration > 0.0 || !texts;
        let (mut held, mut rates) = (Vec::new(), Vec::new());
        if recordings {
            held.push(format!("{} of audio, {}", duration(self.duration), count(self.segments, "segment")));
            rates.push(format!("{:.0} × real time", self.times_real_time));
        }
        if texts {
            held.push(count(self.sentences, "sentence"));
            rates.push(format!("{:.0} sentences/s", self.sentences_per_second));
        }
        let files = count(self.indexed, "file");
        let mut text = format!("{files} indexed: {} in {:.1} s, {}", held.join(", "), self.seconds, rates.join(", "));
        for (number, what) in [(self.unchanged, "unchanged"), (self.removed, "removed"), (self.failed, "failed")] {
            if number > 0 {
                text.push_str(&format!("; {number} {what}"));
            }
        }
        text
    }
}

/// Prints each file as it is safe.
pub struct Printer<'a> {
    messages: &'a Messages,
    bars: Bars<'a>,
    output: Output,
    /// Nobody reads standard output any more; the index is filled nevertheless.
    broken: Option<io::Error>,
}

impl<'a> Printer<'a> {
    /// Nothing yet.
    pub fn new(context: &'a Context, output: Output) -> Self {
        Self {
            messages: &context.messages,
            bars: Bars::new(&context.messages, context.interrupt.stop()),
            output,
            broken: None,
        }
    }

    fn file(&mut self, file: &FileReport) {
        let status = file.status.name();
        let error = file.status.problem().map(ToString::to_string);
        let path = file.path.display();
        let remark = file.damage.map(|damage| {
            let on = count(damage.lines as usize, "line");
            format!("{path}:{}: bytes that are no UTF-8, on {on} of the file, stand as U+FFFD", damage.first)
        });
        let untimed = file.untimed.map(|line| {
            format!("{path}:{line}: the times of this cue cannot be read; it is given the time at which the one before it ends")
        });
        let remark = remark.or(untimed);
        match (&error, &remark) {
            (Some(message), _) => self.messages.error(message),
            (None, Some(remark)) => self.messages.warn(remark),
            (None, None) => self.messages.detail(format_args!("{path}: {status}")),
        }
        let (path, message) = (shown(&file.path), error.or(remark));
        self.line(&match file.collection {
            Collection::Audio => {
                let (channel, duration, segments) = (file.channel, file.seconds(), file.segments);
                Line::File { path, channel, status, duration, segments, message }
            }
            Collection::Text => Line::Text { path, status, lines: file.length, sentences: file.segments, message },
        });
    }

    fn line(&mut self, line: &Line<'_>) {
        if self.output.is_json() && self.broken.is_none() {
            self.broken = self.output.json(line).and_then(|()| self.output.flush()).err();
        }
    }

    /// Says what the run came to.
    ///
    /// # Errors
    /// Where standard output is gone.
    pub fn finish(mut self, report: &IndexReport) -> io::Result<()> {
        if let Some(cause) = self.broken {
            return Err(cause);
        }
        let summary = Summary::from(report);
        let text = summary.text(report.texts);
        if self.output.is_json() {
            self.output.json(&Line::Summary(summary))?;
        }
        self.output.flush()?;
        self.messages.note(text);
        Ok(())
    }
}

impl Observer for Printer<'_> {
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        match event {
            Event::File(file) => {
                self.file(file);
                ControlFlow::Continue(())
            }
            event => self.bars.event(event),
        }
    }

    fn stop(&self) -> Stop {
        self.bars.stop()
    }
}
