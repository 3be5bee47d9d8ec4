//! Clips → embeddings: many short stretches, each read as a recording of its own.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    panic::catch_unwind,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use audiosearch_index::Span;
use thiserror::Error;

use super::{
    chunk::Chunker,
    pool::{self, Embedded, Feed},
};
use crate::{
    acoustic::{AcousticEncoder, Phase, QueryTemplate, REDUCTION, STEP},
    audio::{AudioError, Clip, ClipStream, ExternalDecoder, SAMPLE_RATE},
    encoder::{Encoder, EncoderError},
    features::{FRAME_LENGTH, FRAME_SHIFT, Features, Frontend as _, LogMel},
};

/// Why a clip has no embedding. Every message names the file.
#[derive(Debug, Error)]
pub enum ClipError {
    /// It cannot be read, or is no audio.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The recording that it is cut from has failed.
    #[error("{message}")]
    File {
        /// Why.
        message: String,
    },
    /// The stretch lies beyond the end.
    #[error("{}: nothing from {start} s to {end} s: the recording is {duration:.2} s long", path.display())]
    Beyond {
        /// The file.
        path: PathBuf,
        /// Seconds.
        start: f64,
        /// Seconds.
        end: f64,
        /// Seconds.
        duration: f64,
    },
    /// Less than a frame.
    #[error("{}: {samples} samples at 16 kHz are too short to hold a sound", path.display())]
    TooShort {
        /// The file.
        path: PathBuf,
        /// How many there are.
        samples: usize,
    },
    /// More than is looked for at once.
    #[error("{}: {seconds:.0} s are too long for one clip, at most {longest} s; name a part by --from and --to", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// How long it is.
        seconds: f64,
        /// How long it may be.
        longest: usize,
    },
    /// No sound in it.
    #[error("{}: nothing but silence", path.display())]
    Silent {
        /// The file.
        path: PathBuf,
    },
    /// The model failed on it.
    #[error("{}: {cause}", path.display())]
    Encoder {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: EncoderError,
    },
    /// A decoder broke off, or the run was stopped.
    #[error("{}: could not be read to its end", path.display())]
    Unfinished {
        /// The file.
        path: PathBuf,
    },
}

/// A stretch of a recording.
#[derive(Clone, Debug)]
pub struct ClipTask {
    /// The file; for errors alone where `clip` is given.
    pub path: PathBuf,
    /// What was read already (standard input).
    pub clip: Option<Clip>,
    /// Seconds; the beginning where `None`.
    pub start: Option<f64>,
    /// Seconds; the end where `None`.
    pub end: Option<f64>,
    /// The only channel of the file that is heard, counted from 0; all where `None`.
    pub channel: Option<u16>,
    /// Who decodes what is not read here.
    pub external: ExternalDecoder,
}

/// A clip that was embedded.
#[derive(Debug)]
pub struct EmbeddedClip {
    /// Where the clip begins in its recording, in samples.
    pub offset: u64,
    /// Its length in samples.
    pub samples: u64,
    /// Its spans, counted from the beginning of the clip.
    pub spans: Vec<Embedded>,
    /// Its vectors from moment to moment, where wanted; what is asked for lies between the first and the last of its spans.
    pub template: Option<QueryTemplate>,
    /// Why its recording ended early, if it did.
    pub truncated: Option<String>,
}

/// A recording, as far as it is wanted and could be read.
struct Recording {
    /// What was read before these samples and is not kept.
    first: usize,
    samples: Vec<f32>,
    truncated: Option<String>,
}

/// What is known of a clip before its spans are embedded.
struct Read {
    /// Where it begins and how long it is, in samples.
    offset: u64,
    samples: u64,
    /// Samples of its surroundings that were read before it.
    lead: u64,
    template: Option<QueryTemplate>,
    truncated: Option<String>,
}

/// Seconds of a clip that is looked for, at most: the work grows with their square, and these take a minute and a half.
const LONGEST_WANTED: usize = 300;
/// Seconds of any clip, at most: samples of a span are counted in 32 bits.
const LONGEST: usize = u32::MAX as usize / SAMPLE_RATE as usize;

type Outcome = Result<Read, ClipError>;

/// A file and its channel, which are read once; the ticket of what was read already.
type FileRead<'a> = (&'a Path, Option<u16>, Option<usize>);

/// Steps of its surroundings that are read on either side of a clip, where its recording has them (0.48 s).
const SURROUNDINGS: u64 = 12;

impl Recording {
    /// What these tasks want of a file and one channel, or all, which is read no further than that.
    fn read<'a>(path: &Path, tasks: impl Iterator<Item = &'a ClipTask>) -> Result<Self, AudioError> {
        // All from the least beginning to the greatest end; of one that is not given, to that of the file.
        let (mut from, mut to) = (usize::MAX, Some(0));
        let (mut external, mut channel) = (ExternalDecoder::None, None);
        for task in tasks {
            channel = task.channel;
            external = external.or(task.external);
            from = from.min(task.start.map_or(0, place));
            to = to.zip(task.end).map(|(to, end)| to.max(place(end)));
        }
        let around = (SURROUNDINGS * STEP) as usize;
        let (from, to) = (from.saturating_sub(around), to.map(|to| to.saturating_add(around)));
        let mut stream = ClipStream::open_with(path, external)?.channel(channel);
        let (mut first, mut samples) = (0, Vec::new());
        let truncated = loop {
            let end = first + samples.len();
            if to.is_some_and(|to| end >= to) {
                break None;
            }
            match stream.next_block(&mut samples) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(cause) if cause.is_partial() && end > 0 => break Some(cause.to_string()),
                Err(cause) => return Err(cause),
            }
            let before = from.saturating_sub(first).min(samples.len());
            samples.drain(..before);
            first += before;
        };
        match first + samples.len() {
            0 => Err(AudioError::Empty { path: path.to_owned(), reason: "it has no samples" }),
            _ => Ok(Self { first, samples, truncated }),
        }
    }

    /// Samples from its beginning to where reading ended.
    fn total(&self) -> usize {
        self.first + self.samples.len()
    }
}

/// The sample that is nearest to a moment.
fn place(seconds: f64) -> usize {
    (seconds * f64::from(SAMPLE_RATE)).round() as usize
}

/// Embeds the spans that `cut` finds in each clip. The answers stand in the order of the tasks.
///
/// A file is read once, however many clips are cut from it. A clip knows nothing of what surrounds it in its file.
pub fn embed_clips(
    tasks: &[ClipTask],
    encoders: Vec<Box<dyn Encoder>>,
    readers: NonZeroUsize,
    interrupt: &AtomicBool,
    cut: impl Fn(&Clip) -> Vec<Span> + Sync,
    progress: impl FnMut(f64),
) -> Vec<Result<EmbeddedClip, ClipError>> {
    run(tasks, encoders, readers, interrupt, cut, None, progress)
}

/// As [`embed_clips`], for clips that are looked for: their vectors from moment to moment come with them, and a clip that is a
/// stretch of a longer recording goes through the encoder within its surroundings, as the indexed spans do.
pub fn embed_query_clips(
    tasks: &[ClipTask],
    encoders: Vec<Box<dyn Encoder>>,
    readers: NonZeroUsize,
    interrupt: &AtomicBool,
    cut: impl Fn(&Clip) -> Vec<Span> + Sync,
    network: &AcousticEncoder,
) -> Vec<Result<EmbeddedClip, ClipError>> {
    run(tasks, encoders, readers, interrupt, cut, Some(network), |_| {})
}

fn run(
    tasks: &[ClipTask],
    encoders: Vec<Box<dyn Encoder>>,
    readers: NonZeroUsize,
    interrupt: &AtomicBool,
    cut: impl Fn(&Clip) -> Vec<Span> + Sync,
    network: Option<&AcousticEncoder>,
    mut progress: impl FnMut(f64),
) -> Vec<Result<EmbeddedClip, ClipError>> {
    let unfinished = |task: &ClipTask| Err(ClipError::Unfinished { path: task.path.clone() });
    let mut answers: Vec<_> = tasks.iter().map(unfinished).collect();
    let Some(encoder) = encoders.first() else { return answers };
    let front = LogMel::new(encoder.feature_config());
    // What was read already is each a file of its own, whatever it is called.
    let mut by_file: BTreeMap<FileRead<'_>, Vec<usize>> = BTreeMap::new();
    for (ticket, task) in tasks.iter().enumerate() {
        by_file.entry((&task.path, task.channel, task.clip.is_some().then_some(ticket))).or_default().push(ticket);
    }
    let files: Vec<Vec<usize>> = by_file.into_values().collect();
    let read = |tickets: &Vec<usize>, feed: &mut Feed<'_, Outcome>| {
        let Some(first) = tickets.first() else { return };
        let whole = match &tasks[*first].clip {
            Some(clip) => Ok(Recording { first: 0, samples: clip.samples().to_vec(), truncated: None }),
            None => catch_unwind(|| Recording::read(&tasks[*first].path, tickets.iter().map(|&ticket| &tasks[ticket])))
                .map_err(|_| ClipError::Unfinished { path: tasks[*first].path.clone() })
                .and_then(|recording| Ok(recording?)),
        };
        for &ticket in tickets {
            let outcome = match &whole {
                Ok(recording) => {
                    let clip = read_clip(&tasks[ticket], ticket, recording, &front, &cut, network, feed);
                    clip.map(|clip| Read { truncated: recording.truncated.clone(), ..clip })
                }
                Err(cause) => Err(ClipError::File { message: cause.to_string() }),
            };
            feed.end(ticket, outcome);
        }
    };
    let ended: Result<(), std::convert::Infallible> = pool::run(encoders, readers, &files, interrupt, read, |done| {
        let path = &tasks[done.ticket].path;
        answers[done.ticket] = done.outcome.and_then(|read| match done.spans {
            Ok(mut spans) => {
                spans.iter_mut().for_each(|(span, _)| span.start -= read.lead);
                let Read { offset, samples, template, truncated, .. } = read;
                Ok(EmbeddedClip { offset, samples, spans, template, truncated })
            }
            Err(cause) => Err(ClipError::Encoder { path: path.clone(), cause }),
        });
        let samples = answers[done.ticket].as_ref().map_or(0, |clip| clip.samples);
        progress(samples as f64 / f64::from(SAMPLE_RATE));
        Ok(())
    });
    match ended {
        Ok(()) => answers,
    }
}

/// One clip out of its recording.
fn read_clip<I>(
    task: &ClipTask,
    ticket: usize,
    whole: &Recording,
    front: &LogMel,
    cut: &impl Fn(&Clip) -> Vec<Span>,
    network: Option<&AcousticEncoder>,
    feed: &mut Feed<'_, I>,
) -> Result<Read, ClipError> {
    let path = || task.path.clone();
    let total = whole.total();
    let sample = |seconds: f64| place(seconds).min(total);
    let (start, end) = (task.start.map_or(0, sample), task.end.map_or(total, sample));
    if start >= end && total > 0 {
        let (duration, start) = (total as f64 / f64::from(SAMPLE_RATE), task.start.unwrap_or(0.0));
        return Err(ClipError::Beyond { path: path(), start, end: task.end.unwrap_or(duration), duration });
    }
    if end - start < FRAME_LENGTH {
        return Err(ClipError::TooShort { path: path(), samples: end - start });
    }
    let longest = if network.is_some() { LONGEST_WANTED } else { LONGEST };
    if end - start > longest * SAMPLE_RATE as usize {
        let seconds = (end - start) as f64 / f64::from(SAMPLE_RATE);
        return Err(ClipError::TooLong { path: path(), seconds, longest });
    }
    let clip = Clip::new(whole.samples[start - whole.first..end - whole.first].to_vec())?;
    if clip.samples().iter().all(|&sample| sample == 0.0) {
        return Err(ClipError::Silent { path: path() });
    }
    let mut spans = cut(&clip);
    spans.retain(|span| span.len as usize >= FRAME_LENGTH);
    if spans.is_empty() {
        return Err(ClipError::Silent { path: path() });
    }
    spans.sort_by_key(|span| (span.end(), span.start));
    // Whole steps, so that the clip's own frames and vectors are the same with and without its surroundings.
    let (lead, tail) = match network {
        Some(_) => ((start as u64 / STEP).min(SURROUNDINGS) * STEP, SURROUNDINGS * STEP),
        None => (0, 0),
    };
    let surrounded = start - lead as usize..(end + tail as usize).min(total);
    let samples = &whole.samples[surrounded.start - whole.first..surrounded.end - whole.first];
    let features = front.config();
    let mut frames = Features::new(features.bands);
    front.clone().compute(samples, &mut frames);
    let template = network.map(|network| {
        let first = spans.iter().map(|span| span.start).min().unwrap_or(0);
        let last = spans.iter().map(Span::end).max().unwrap_or(0);
        let clip = Span { start: lead, len: (end - start) as u32 };
        let wanted = Span { start: lead + first, len: (last - first) as u32 };
        if network.features() == features {
            query_template(network, &frames, clip, wanted)
        } else {
            let mut own = Features::new(network.features().bands);
            LogMel::new(network.features()).compute(samples, &mut own);
            query_template(network, &own, clip, wanted)
        }
    });
    let mut chunker = Chunker::new(features.bands, u64::MAX);
    *chunker.append() = frames;
    spans.into_iter().for_each(|span| chunker.announce(Span { start: span.start + lead, ..span }));
    let mut passages = Vec::new();
    chunker.finish(&mut passages);
    for passage in passages {
        feed.passage(ticket, passage);
    }
    Ok(Read { offset: start as u64, samples: (end - start) as u64, lead, template, truncated: None })
}

/// The template of a query: `clip` and the part of it that is wanted are spans of samples within `frames`.
fn query_template(network: &AcousticEncoder, frames: &Features, clip: Span, wanted: Span) -> QueryTemplate {
    // A span's last frame begins a frame's length before its end.
    let own = u64::from(wanted.len).saturating_sub(FRAME_LENGTH as u64 / 2);
    let count = ((own + STEP / 2) / STEP).max(2);
    let phase = |number: usize| {
        let shift = (number * FRAME_SHIFT) as u64;
        let acoustic = network.encode_from(frames, number);
        // The vector that is nearest to where it begins.
        let from = (wanted.start + STEP / 2).saturating_sub(shift) / STEP;
        let part = acoustic.part(from as usize, (from + count) as usize);
        let start = from * STEP + shift;
        let lead = start as i64 - wanted.start as i64;
        let tail = wanted.end() as i64 - (start + count * STEP) as i64;
        (
            acoustic,
            from as usize,
            Phase { template: network.template(&part), speech: network.speech(&part), frames: part, lead, tail },
        )
    };
    let (acoustic, from, first) = phase(0);
    let to = from + count as usize;
    let end = (clip.end() / STEP) as usize;
    let (before, after) = (acoustic.part((clip.start / STEP) as usize, from), acoustic.part(to, end.max(to)));
    let expected = first.template.clone();
    let phases = std::iter::once(first).chain((1..REDUCTION).map(|number| phase(number).2)).collect();
    QueryTemplate { before, expected, after, phases, phones: None }
}
