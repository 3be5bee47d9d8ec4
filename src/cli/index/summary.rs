//! What a run came to, file by file and in the end.

use std::time::Duration;

use serde::Serialize;

use crate::{
    audio::SAMPLE_RATE,
    cli::{
        messages::Messages,
        output::{Output, count, duration, shown},
        progress::Progress,
    },
    pipeline::{Report, Status, TextReport, TextStatus},
};

/// A line of `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Line<'a> {
    File { path: String, status: &'a str, duration: f64, segments: usize, message: Option<String> },
    Text { path: String, status: &'a str, lines: u64, sentences: usize, message: Option<String> },
    Summary(&'a Summary),
}

/// What a run came to.
#[derive(Default, Serialize)]
pub struct Summary {
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
    pub interrupted: bool,
    #[serde(skip)]
    texts: bool,
}

/// Reports each file once it is stored.
pub struct Reporter<'a> {
    messages: &'a Messages,
    output: Output,
    summary: Summary,
    /// Nobody reads standard output any more; the index is filled nevertheless.
    broken: Option<std::io::Error>,
}

impl<'a> Reporter<'a> {
    /// Nothing yet.
    pub fn new(messages: &'a Messages, output: Output) -> Self {
        Self { messages, output, summary: Summary::default(), broken: None }
    }

    /// Of a recording.
    pub fn recording(&mut self, report: &Report, progress: Option<&mut Progress<'_>>) {
        let seconds = report.samples as f64 / f64::from(SAMPLE_RATE);
        let (status, message) = match &report.status {
            Status::Indexed => ("indexed", None),
            Status::Unchanged => ("unchanged", None),
            Status::Removed => ("removed", None),
            Status::Partial(cause) => ("partial", Some(cause.to_string())),
            Status::Failed(cause) => ("failed", Some(cause.to_string())),
        };
        match &message {
            Some(message) => self.messages.error(message),
            None => self.messages.detail(format_args!("{}: {status}", report.path.display())),
        }
        *self.summary.counter(match &report.status {
            Status::Indexed | Status::Partial(_) if report.fresh => FileStatus::Indexed,
            Status::Indexed | Status::Partial(_) | Status::Unchanged => FileStatus::Unchanged,
            Status::Removed => FileStatus::Removed,
            Status::Failed(_) => FileStatus::Failed,
        }) += 1;
        if report.fresh {
            self.summary.duration += seconds;
            self.summary.segments += report.segments;
        }
        if let Some(progress) = progress {
            progress.advance(if report.fresh { seconds } else { 0.0 });
        }
        let (path, segments) = (shown(&report.path), report.segments);
        self.line(&Line::File { path, status, duration: seconds, segments, message });
    }

    /// Of a text.
    pub fn text(&mut self, report: &TextReport, progress: Option<&mut Progress<'_>>) {
        let (status, status_of_file, error) = match &report.status {
            TextStatus::Indexed => ("indexed", FileStatus::Indexed, None),
            TextStatus::Unchanged => ("unchanged", FileStatus::Unchanged, None),
            TextStatus::Removed => ("removed", FileStatus::Removed, None),
            TextStatus::Failed(cause) => ("failed", FileStatus::Failed, Some(cause.to_string())),
        };
        let path = report.path.display();
        let remark = report.damage.map(|damage| {
            let on = count(damage.lines as usize, "line");
            format!("{path}:{}: bytes that are no UTF-8, on {on} of the file, stand as U+FFFD", damage.first)
        });
        match (&error, &remark) {
            (Some(message), _) => self.messages.error(message),
            (None, Some(remark)) => self.messages.warn(remark),
            (None, None) => self.messages.detail(format_args!("{path}: {status}")),
        }
        *self.summary.counter(status_of_file) += 1;
        self.summary.texts = true;
        if report.fresh {
            self.summary.sentences += report.sentences;
        }
        if let Some(progress) = progress {
            progress.advance(if report.fresh { report.sentences as f64 } else { 0.0 });
        }
        let (path, lines, sentences) = (shown(&report.path), report.lines, report.sentences);
        self.line(&Line::Text { path, status, lines, sentences, message: error.or(remark) });
    }

    fn line(&mut self, line: &Line<'_>) {
        if self.output.is_json() && self.broken.is_none() {
            self.broken = self.output.json(line).and_then(|()| self.output.flush()).err();
        }
    }

    /// Says what the run came to; `texts`: how much of its time texts took.
    ///
    /// # Errors
    /// Where standard output is gone.
    pub fn finish(mut self, elapsed: Duration, texts: Duration, interrupted: bool) -> std::io::Result<Summary> {
        if let Some(cause) = self.broken {
            return Err(cause);
        }
        self.summary.finish(elapsed, texts, interrupted);
        if self.output.is_json() {
            self.output.json(&Line::Summary(&self.summary))?;
        }
        self.output.flush()?;
        self.messages.note(self.summary.text());
        Ok(self.summary)
    }
}

enum FileStatus {
    Indexed,
    Unchanged,
    Removed,
    Failed,
}

impl Summary {
    fn counter(&mut self, status_of_file: FileStatus) -> &mut usize {
        match status_of_file {
            FileStatus::Indexed => &mut self.indexed,
            FileStatus::Unchanged => &mut self.unchanged,
            FileStatus::Removed => &mut self.removed,
            FileStatus::Failed => &mut self.failed,
        }
    }

    fn finish(&mut self, elapsed: Duration, texts: Duration, interrupted: bool) {
        self.seconds = elapsed.as_secs_f64();
        self.times_real_time = self.duration / (elapsed.saturating_sub(texts)).as_secs_f64().max(1e-9);
        self.texts |= !texts.is_zero();
        self.sentences_per_second = self.sentences as f64 / texts.as_secs_f64().max(1e-9);
        self.interrupted = interrupted;
    }

    fn text(&self) -> String {
        let recordings = self.segments > 0 || self.duration > 0.0 || !self.texts;
        let (mut held, mut rates) = (Vec::new(), Vec::new());
        if recordings {
            held.push(format!("{} of audio, {}", duration(self.duration), count(self.segments, "segment")));
            rates.push(format!("{:.0} × real time", self.times_real_time));
        }
        if self.texts {
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
