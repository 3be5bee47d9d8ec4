//! Recordings → the index.

use std::{
    collections::{HashMap, HashSet},
    io,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use audiosearch_index::{Index, IndexError, Label, Segment, Source, SourceKey, Writer};
use thiserror::Error;

use super::{
    analysis::Analysis,
    identity::{Stamp, digest},
    ledger::{Ledger, Plan, Task},
    pending::Pending,
    pool::{self, Done, Feed},
    voices::{Regrouped, file_of, labels_of_channel, wanted_channels},
};
use crate::{
    acoustic::{AcousticEncoder, FrameStore, FrameStoreError, FrameWriter, StreamingEncoder},
    audio::{AudioError, Channels, ClipStream, ExternalDecoder},
    encoder::{Encoder, EncoderError},
    features::{FRAME_LENGTH, FeatureConfig, Features, LogMel},
    segment::{SegmentConfig, SegmentMode},
};

/// Why one recording is not, or not wholly, in the index. Every message names the file.
#[derive(Debug, Error)]
pub enum FileError {
    /// It cannot be read, or is no audio.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The system let us not look at it.
    #[error("{}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// Nothing in it can be searched.
    #[error("{}: nothing but silence: no segment in it", path.display())]
    Silent {
        /// The file.
        path: PathBuf,
    },
    /// Less than a frame of it.
    #[error("{}: {samples} samples at 16 kHz are too short to hold a sound", path.display())]
    TooShort {
        /// The file.
        path: PathBuf,
        /// How many there are.
        samples: u64,
    },
    /// It was not read whole by an earlier run, and has not changed since.
    #[error("{}: {remark}", path.display())]
    Remembered {
        /// The file.
        path: PathBuf,
        /// Why.
        remark: String,
    },
    /// It holds sound of a format that is not read.
    #[error("{}: {format} is not read here; convert it to wav or flac, or use --decoder ffmpeg", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// The name of the format.
        format: &'static str,
    },
    /// The model failed on it.
    #[error("{}: {cause}", path.display())]
    Encoder {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: EncoderError,
    },
    /// Its acoustic frames could not be stored.
    #[error("{}: {cause}", path.display())]
    Frames {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: FrameStoreError,
    },
    /// A decoder broke off: a bug, but no reason to lose the other files.
    #[error("{}: the decoder broke off on this file; please report it", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
    },
}

/// What became of one recording.
#[derive(Debug)]
pub enum Status {
    /// Read and stored.
    Indexed,
    /// As it was: not read.
    Unchanged,
    /// Stored as far as it could be read, or stored without segments.
    Partial(FileError),
    /// Not stored.
    Failed(FileError),
    /// Removed from the store.
    Removed,
}

/// One recording, as it is reported: after it is durable.
#[derive(Debug)]
pub struct Report {
    /// As it was given.
    pub path: PathBuf,
    /// The channel that it is about, counted from 0; `None`: all of them together.
    pub channel: Option<u16>,
    /// What became of it.
    pub status: Status,
    /// Samples read.
    pub samples: u64,
    /// Segments stored.
    pub segments: usize,
    /// Whether it was read and stored just now.
    pub fresh: bool,
}

/// How to index.
pub struct Settings {
    /// How recordings are cut.
    pub mode: SegmentMode,
    /// Lengths and thresholds of that.
    pub segments: SegmentConfig,
    /// Read also what did not change.
    pub force: bool,
    /// Threads that read.
    pub readers: NonZeroUsize,
    /// Which channels of recordings become sources; `None`: of files that are known those that are, of others all together.
    pub channels: Option<Channels>,
    /// Who decodes what is not read here.
    pub external: ExternalDecoder,
    /// Makes the acoustic frames.
    pub network: AcousticEncoder,
}

/// What fills an index.
pub struct Ingest {
    ledger: Ledger,
    settings: Settings,
    frame_store: FrameStore,
    labels: Imports,
}

/// Labels to be stored with files, by key; they take the place of those that were imported before.
pub type Imports = HashMap<SourceKey, Vec<Label>>;

/// What reading a file came to.
enum Read {
    Complete { digest: [u8; 32], samples: u64 },
    Truncated { digest: [u8; 32], samples: u64, cause: AudioError },
    Same { digest: [u8; 32] },
    Failed(FileError),
}

impl Ingest {
    /// Learns what the index at `store` holds.
    ///
    /// # Errors
    /// Where the index cannot be read.
    pub fn new(index: &Index, store: &Path, settings: Settings) -> Result<Self, IndexError> {
        let ledger = Ledger::new(index, store)?;
        let frame_store = FrameStore::new(store, settings.network.id());
        Ok(Self {
            ledger,
            settings: Settings { network: settings.network.bulk(), ..settings },
            frame_store,
            labels: Imports::new(),
        })
    }

    /// Stores these labels with the recordings that they are of, each in the recording's own transaction. What is not read anew keeps
    /// the labels that it has.
    pub fn labels(self, labels: Imports) -> Self {
        Self { labels, ..self }
    }

    /// Reads what is new or changed among `paths` and stores it; `report` is called once for every path, or channel of it, in no
    /// order. Returns of which files other channels were sources before.
    ///
    /// Once `interrupt` is set no further file is begun; those under way are stored and the rest is not reported.
    ///
    /// # Errors
    /// Where the index cannot be written. What was reported is safe even then.
    pub fn run(
        &self,
        writer: &Writer<'_>,
        paths: Vec<PathBuf>,
        encoders: Vec<Box<dyn Encoder>>,
        interrupt: &AtomicBool,
        report: &mut dyn FnMut(Report),
    ) -> Result<Regrouped, IndexError> {
        let (mut seen, mut regrouped, mut tasks) = (HashSet::new(), Regrouped::default(), Vec::new());
        for path in paths {
            let known = self.ledger.channels(&path);
            let now = known.as_ref().map_or(&[][..], |(_, channels)| *channels);
            let wanted = wanted_channels(&path, self.settings.channels, now, self.settings.external);
            if let Some((file, now)) = known {
                regrouped.note(file, now, &wanted);
            }
            let plan = |channel: Option<u16>| self.plan(path.clone(), channel, &mut seen, report);
            tasks.extend(wanted.into_iter().filter_map(plan));
        }
        let Some(encoder) = encoders.first() else { return Ok(regrouped) };
        let frames = LogMel::new(encoder.feature_config());
        let mut pending = Pending::new();
        let numbered: Vec<(usize, &Task)> = tasks.iter().enumerate().collect();
        let read = |(ticket, task): &(usize, &Task), feed: &mut Feed<'_, Read>| {
            // Decoders of eight formats meet files that nobody has ever seen.
            let outcome = catch_unwind(AssertUnwindSafe(|| self.read(*ticket, task, &frames, feed)));
            let broken = || Read::Failed(FileError::Broken { path: task.path.clone() });
            feed.end(*ticket, outcome.unwrap_or_else(|_| broken()));
        };
        pool::run(encoders, self.settings.readers, &numbered, interrupt, read, |done| {
            let report_of_file = self.store(writer, &tasks[done.ticket], done)?;
            pending.push(report_of_file, writer, report)
        })?;
        pending.flush(writer, report)?;
        Ok(regrouped)
    }

    /// Decides by size and time whether a file is to be read.
    fn plan(
        &self,
        path: PathBuf,
        channel: Option<u16>,
        seen: &mut HashSet<SourceKey>,
        report: &mut dyn FnMut(Report),
    ) -> Option<Task> {
        let same = |source: &Source, stamp: &Stamp| self.may_be_same(source, stamp);
        match self.ledger.plan(path, channel, seen, same) {
            Plan::Read(task) => Some(task),
            Plan::Again => None,
            Plan::Gone { path, cause } => {
                let status = Status::Failed(FileError::Io { path: path.clone(), cause });
                report(Report { path, channel, status, samples: 0, segments: 0, fresh: false });
                None
            }
            Plan::Unchanged { path, samples, segments, remark } => {
                let status = remembered(&path, samples, segments, remark);
                report(Report { path, channel, status, samples, segments: segments as usize, fresh: false });
                None
            }
        }
    }

    fn may_be_same(&self, source: &Source, stamp: &Stamp) -> bool {
        let same = source.size == stamp.size && source.segmenter == self.segmenter_text();
        !self.settings.force && same && self.frame_store.holds(&source.key, source.samples)
    }

    /// What is stored with a source, so that other settings read it anew.
    fn segmenter_text(&self) -> String {
        self.settings.segments.describe(self.settings.mode)
    }

    /// On a reader's thread.
    fn read(&self, ticket: usize, task: &Task, frames: &LogMel, feed: &mut Feed<'_, Read>) -> Read {
        let path = &task.path;
        let digest = match digest(path) {
            Ok(digest) => digest,
            Err(cause) => return Read::Failed(FileError::Io { path: path.clone(), cause }),
        };
        if task.digest == Some(digest) {
            return Read::Same { digest };
        }
        let mut stream = match ClipStream::open_with(path, self.settings.external) {
            Ok(stream) => stream.channel(task.channel),
            Err(cause) => return Read::Failed(cause.into()),
        };
        let (segmenter, reach) = self.settings.segments.segmenter(self.settings.mode, None);
        let mut analysis = Analysis::new(frames.clone(), segmenter, reach);
        let failed = |cause| Read::Failed(FileError::Frames { path: path.clone(), cause });
        let mut acoustic =
            match RecordingEncoder::new(&self.frame_store, &self.settings.network, &task.key, frames.config()) {
                Ok(acoustic) => acoustic,
                Err(cause) => return failed(cause),
            };
        let (mut block, mut passages) = (Vec::new(), Vec::new());
        let truncated = loop {
            block.clear();
            match stream.next_block(&mut block) {
                Ok(true) => {}
                Ok(false) => break None,
                // What was good before is worth having.
                Err(cause) if cause.is_partial() || matches!(cause, AudioError::Malformed { .. }) => break Some(cause),
                Err(cause) => return Read::Failed(cause.into()),
            }
            analysis.push(&block, &mut passages);
            if let Err(cause) = acoustic.push(&block, analysis.fresh()) {
                return failed(cause);
            }
            for passage in passages.drain(..) {
                feed.passage(ticket, passage);
            }
            if feed.aborted() {
                break None;
            }
        };
        let samples = analysis.finish(&mut passages);
        if let Err(cause) = acoustic.finish(samples) {
            return failed(cause);
        }
        for passage in passages {
            feed.passage(ticket, passage);
        }
        match truncated {
            Some(cause) => Read::Truncated { digest, samples, cause },
            None => Read::Complete { digest, samples },
        }
    }

    /// On the writer's thread: one transaction.
    fn store(&self, writer: &Writer<'_>, task: &Task, done: Done<Read>) -> Result<Report, IndexError> {
        let (path, channel) = (task.path.clone(), task.channel);
        let failed = |cause| {
            let (path, status) = (path.clone(), Status::Failed(cause));
            Report { path, channel, status, samples: 0, segments: 0, fresh: false }
        };
        let source = |digest, samples, remark| task.source(digest, samples, self.segmenter_text(), remark);
        let (digest, samples, cause) = match done.outcome {
            Read::Failed(cause) => return Ok(failed(cause)),
            Read::Same { digest } => {
                let (samples, segments) = self.ledger.size(&task.key);
                writer.touch_source(source(digest, samples, task.remark.clone()))?;
                return Ok(Report {
                    status: remembered(&path, samples, segments, task.remark.clone()),
                    path,
                    channel,
                    samples,
                    segments: segments as usize,
                    fresh: false,
                });
            }
            Read::Complete { digest, samples } => (digest, samples, None),
            Read::Truncated { digest, samples, cause } => (digest, samples, Some(FileError::from(cause))),
        };
        let spans = match done.spans {
            Ok(spans) => spans,
            Err(cause) => return Ok(failed(FileError::Encoder { path: path.clone(), cause })),
        };
        let segments: Vec<Segment> =
            spans.into_iter().map(|(span, embedding)| Segment { span, label: None, text: None, embedding }).collect();
        let stored = segments.len();
        let status = match cause.or_else(|| (stored == 0).then(|| nothing_in(&path, samples))) {
            Some(cause) => Status::Partial(cause),
            None => Status::Indexed,
        };
        let labels = self.labels.get(&file_of(&task.key)).map(|labels| labels_of_channel(labels, &task.key));
        let remark = match &status {
            Status::Partial(cause) => Some(without_path(&path, cause)),
            _ => None,
        };
        writer.put_labelled_source(source(digest, samples, remark), segments, labels.as_deref())?;
        Ok(Report { path, channel, status, samples, segments: stored, fresh: true })
    }
}

/// Makes the acoustic frames of a recording block by block, and writes them to the frame store.
struct RecordingEncoder<'a> {
    stream: StreamingEncoder<'a>,
    /// Whether the model reads the same frames, so that they are made once.
    shared: bool,
    writer: FrameWriter,
}

impl<'a> RecordingEncoder<'a> {
    /// `features`: how the frames are made that come with each block of samples.
    fn new(
        frame_store: &FrameStore,
        network: &'a AcousticEncoder,
        key: &SourceKey,
        features: &FeatureConfig,
    ) -> Result<Self, FrameStoreError> {
        let shared = network.features() == features;
        let stream = if shared { StreamingEncoder::of_frames(network) } else { StreamingEncoder::new(network) };
        Ok(Self { stream, shared, writer: frame_store.create(key, network.dimension())? })
    }

    fn push(&mut self, block: &[f32], frames: &Features) -> Result<(), FrameStoreError> {
        match if self.shared { self.stream.push_frames(frames) } else { self.stream.push(block) } {
            Some(frames) => self.writer.push(&frames),
            None => Ok(()),
        }
    }

    fn finish(mut self, samples: u64) -> Result<(), FrameStoreError> {
        self.writer.push(&self.stream.finish())?;
        self.writer.finish(samples)
    }
}

/// What became of a recording that is as it was: also what was wrong with it, as long as that is so.
fn remembered(path: &Path, samples: u64, segments: u32, remark: Option<String>) -> Status {
    match (segments, remark) {
        (_, Some(remark)) => Status::Partial(FileError::Remembered { path: path.to_owned(), remark }),
        (0, None) => Status::Partial(nothing_in(path, samples)),
        _ => Status::Unchanged,
    }
}

/// A message without the file that it names.
fn without_path(path: &Path, cause: &FileError) -> String {
    let (message, named) = (cause.to_string(), format!("{}: ", path.display()));
    message.strip_prefix(&named).map_or(message.clone(), str::to_owned)
}

/// Why a recording that could be read has no segments.
fn nothing_in(path: &Path, samples: u64) -> FileError {
    let path = path.to_owned();
    if samples < FRAME_LENGTH as u64 { FileError::TooShort { path, samples } } else { FileError::Silent { path } }
}
