//! Texts → the index.

use std::{
    collections::HashSet,
    io,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use audiosearch_index::{Index, IndexError, Segment, Source, SourceInParts, SourceKey, Span, Writer};
use thiserror::Error;

use super::{
    identity::{Stamp, digest},
    ingest::Imports,
    ledger::{Ledger, Plan, Task},
    pending::Pending,
    windows::{self, Embedded, Feed, Window},
};
use crate::{
    sentence::{SentenceEncoder, SentenceError},
    text::{Damage, Outline, Sentence, SentenceMode, TextError, read},
};

/// Sentences of a file that are held in memory; a file of more is stored in parts.
const HELD: usize = 8192;

/// Why a text is not in the index. Every message names the file.
#[derive(Debug, Error)]
pub enum TextFileError {
    /// It cannot be read, or is no text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The model failed on it.
    #[error("{}:{line}: {cause}", path.display())]
    Encoder {
        /// The file.
        path: PathBuf,
        /// Where the sentence begins, counted from 1.
        line: u64,
        /// Why.
        cause: SentenceError,
    },
    /// The reader broke off: a bug, but no reason to lose the other files.
    #[error("{}: the reader broke off on this file; please report it", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
    },
}

/// What became of one text.
#[derive(Debug)]
pub enum TextStatus {
    /// Read and stored, be it without a sentence.
    Indexed,
    /// As it was: not read.
    Unchanged,
    /// Not stored.
    Failed(TextFileError),
    /// Forgotten.
    Removed,
}

/// One text, as it is reported: after it is durable.
#[derive(Debug)]
pub struct TextReport {
    /// As it was given.
    pub path: PathBuf,
    /// What became of it.
    pub status: TextStatus,
    /// Lines read.
    pub lines: u64,
    /// Sentences stored.
    pub sentences: usize,
    /// Whether it was read and stored just now.
    pub fresh: bool,
    /// Bytes that are no UTF-8, where it was read just now.
    pub damage: Option<Damage>,
    /// The first line of subtitles whose times cannot be read, where it was read just now.
    pub untimed: Option<u64>,
}

/// How to index texts.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextSettings {
    /// How files are cut.
    pub mode: SentenceMode,
    /// Read also what did not change.
    pub force: bool,
}

/// What fills the text collection of an index.
pub struct TextIngest {
    ledger: Ledger,
    settings: TextSettings,
    labels: Imports,
}

/// What reading a file came to.
enum Outcome {
    Complete {
        digest: [u8; 32],
        lines: u64,
        damage: Option<Damage>,
        untimed: Option<u64>,
    },
    Same {
        digest: [u8; 32],
    },
    Failed(TextFileError),
    /// The user asked to stop before its end.
    Stopped,
}

impl TextIngest {
    /// Learns what the index at `store` holds.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn new(index: &Index, store: &Path, settings: TextSettings) -> Result<Self, IndexError> {
        Ok(Self { ledger: Ledger::new(index, store)?, settings, labels: Imports::new() })
    }

    /// Stores these labels with the texts that they are of, each in the text's own transaction. What is not read anew keeps the labels
    /// that it has.
    pub fn labels(self, labels: Imports) -> Self {
        Self { labels, ..self }
    }

    /// Reads what is new or changed among `paths` and stores it, a transaction a file; `report` is called once for every path.
    ///
    /// Once `interrupt` is set no further file is begun; a short one under way is stored, a long one is left as it was.
    ///
    /// # Errors
    /// Where the index cannot be written. What was reported is safe even then.
    pub fn run(
        &self,
        writer: &Writer<'_>,
        paths: Vec<PathBuf>,
        encoders: Vec<Box<dyn SentenceEncoder>>,
        interrupt: &AtomicBool,
        report: &mut dyn FnMut(TextReport),
    ) -> Result<(), IndexError> {
        let mut seen = HashSet::new();
        let tasks: Vec<Task> = paths.into_iter().filter_map(|path| self.plan(path, &mut seen, report)).collect();
        let read_all = |feed: &mut Feed<'_, (usize, Outcome)>| {
            for (ticket, task) in tasks.iter().enumerate() {
                if feed.aborted() || interrupt.load(Ordering::Relaxed) {
                    break;
                }
                let outcome = catch_unwind(AssertUnwindSafe(|| self.read(task, interrupt, feed)));
                let broken = |_| Outcome::Failed(TextFileError::Broken { path: task.path.clone() });
                feed.end((ticket, outcome.unwrap_or_else(broken)));
            }
        };
        let mut pending = Pending::new();
        let mut open = OpenFile::default();
        windows::run(encoders, read_all, |window: Window<Embedded, (usize, Outcome)>| {
            let mut sentences = window.sentences.into_iter();
            let mut taken = 0;
            for (at, (ticket, outcome)) in window.ends {
                open.take(sentences.by_ref().take(at - taken), writer)?;
                taken = at;
                let file = std::mem::take(&mut open);
                if let Some(done) = self.store(writer, &tasks[ticket], outcome, file)? {
                    pending.push(done, writer, report)?;
                }
            }
            open.take(sentences, writer)
        })?;
        pending.flush(writer, report)
    }

    fn plan(&self, path: PathBuf, seen: &mut HashSet<SourceKey>, report: &mut dyn FnMut(TextReport)) -> Option<Task> {
        let same = |source: &Source, stamp: &Stamp| {
            !self.settings.force && source.size == stamp.size && source.segmenter == self.settings.mode.describe()
        };
        match self.ledger.plan(path, None, seen, same) {
            Plan::Read(task) => Some(task),
            Plan::Again => None,
            Plan::Gone { path, cause } => {
                report(failed(path.clone(), TextError::Io { path, cause }.into()));
                None
            }
            Plan::Unchanged { path, samples, segments, .. } => {
                report(unchanged(path, samples, segments));
                None
            }
        }
    }

    /// On the reader's thread.
    fn read(&self, task: &Task, interrupt: &AtomicBool, feed: &mut Feed<'_, (usize, Outcome)>) -> Outcome {
        let io = |cause: io::Error| TextError::Io { path: task.path.clone(), cause };
        let digest = match digest(&task.path).map_err(io) {
            Ok(digest) => digest,
            Err(cause) => return Outcome::Failed(cause.into()),
        };
        if task.digest == Some(digest) {
            return Outcome::Same { digest };
        }
        let begun = feed.handed_on();
        let each = &mut |sentence: Sentence| {
            let long = feed.handed_on() > begun + 1;
            if long && interrupt.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { feed.sentence(sentence) }
        };
        match read(&task.path, self.settings.mode, each) {
            Ok(outline) if outline.stopped => Outcome::Stopped,
            Ok(Outline { lines, damage, untimed, .. }) => Outcome::Complete { digest, lines, damage, untimed },
            Err(cause) => Outcome::Failed(cause.into()),
        }
    }

    /// On the writer's thread: one transaction.
    fn store(
        &self,
        writer: &Writer<'_>,
        task: &Task,
        outcome: Outcome,
        file: OpenFile<'_>,
    ) -> Result<Option<TextReport>, IndexError> {
        let path = task.path.clone();
        let source = |digest, lines| task.source(digest, lines, self.settings.mode.describe().to_owned(), None);
        let (digest, lines, damage, untimed) = match outcome {
            Outcome::Stopped => return Ok(None),
            Outcome::Failed(cause) => return Ok(Some(failed(path, cause))),
            Outcome::Same { digest } => {
                let (lines, sentences) = self.ledger.size(&task.key);
                writer.touch_source(source(digest, lines))?;
                return Ok(Some(unchanged(path, lines, sentences)));
            }
            Outcome::Complete { digest, lines, damage, untimed } => (digest, lines, damage, untimed),
        };
        if let Some((line, cause)) = file.broken {
            return Ok(Some(failed(path.clone(), TextFileError::Encoder { path, line, cause })));
        }
        let labels = self.labels.get(&task.key).map(Vec::as_slice);
        match file.parts {
            None => writer.put_labelled_source(source(digest, lines), file.segments, labels)?,
            Some(mut parts) => {
                parts.push(file.segments)?;
                parts.finish(source(digest, lines), labels)?
            }
        };
        let (status, sentences) = (TextStatus::Indexed, file.count);
        Ok(Some(TextReport { path, status, lines, sentences, fresh: true, damage, untimed }))
    }
}

/// The file whose sentences come in.
#[derive(Default)]
struct OpenFile<'a> {
    segments: Vec<Segment>,
    /// What of it is stored already.
    parts: Option<SourceInParts<'a>>,
    count: usize,
    /// Its first sentence without a vector.
    broken: Option<(u64, SentenceError)>,
}

impl<'a> OpenFile<'a> {
    fn take(&mut self, sentences: impl Iterator<Item = Embedded>, writer: &Writer<'a>) -> Result<(), IndexError> {
        for (sentence, vector) in sentences {
            let span = span(&sentence);
            match vector {
                Ok(embedding) => {
                    self.segments.push(Segment { span, label: None, text: Some(sentence.text), embedding });
                    self.count += 1;
                }
                Err(cause) => {
                    self.broken.get_or_insert((sentence.first, cause));
                }
            }
        }
        if self.segments.len() >= HELD {
            if self.parts.is_none() {
                self.parts = Some(writer.put_in_parts()?);
            }
            if let Some(parts) = &mut self.parts {
                parts.push(std::mem::take(&mut self.segments))?;
            }
        }
        Ok(())
    }
}

/// The lines of a sentence, counted from 0; of subtitles its milliseconds.
fn span(sentence: &Sentence) -> Span {
    if let Some((from, to)) = sentence.time {
        return Span { start: from, len: u32::try_from(to - from).unwrap_or(u32::MAX) };
    }
    let len = u32::try_from(sentence.last + 1 - sentence.first).unwrap_or(u32::MAX);
    Span { start: sentence.first - 1, len }
}

fn failed(path: PathBuf, cause: TextFileError) -> TextReport {
    TextReport {
        path,
        status: TextStatus::Failed(cause),
        lines: 0,
        sentences: 0,
        fresh: false,
        damage: None,
        untimed: None,
    }
}

fn unchanged(path: PathBuf, lines: u64, sentences: u32) -> TextReport {
    let sentences = sentences as usize;
    TextReport { path, status: TextStatus::Unchanged, lines, sentences, fresh: false, damage: None, untimed: None }
}
