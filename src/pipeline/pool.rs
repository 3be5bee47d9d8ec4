//! The threads: readers cut recordings into passages, encoders embed them in batches, the caller gets whole recordings back.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use audiosearch_index::{Embedding, Span};
use crossbeam_channel::{Receiver, Sender, bounded};

use super::chunk::Passage;
use crate::encoder::{Encoder, EncoderError, Stretch};

/// Frames that an encoder takes on at once (about 2½ minutes): enough that one batch keeps a core busy in full.
const BATCH_FRAMES: usize = 16_000;
/// Passages that wait for an encoder, for each of them: the bound on memory.
const QUEUE: usize = 32;

/// One span of a recording, embedded.
pub type Embedded = (Span, Embedding);

/// A recording that is through.
pub struct Done<I> {
    /// Which: the number that its reader gave.
    pub ticket: usize,
    /// What its reader said in the end.
    pub outcome: I,
    /// All its spans by start and length, or why the encoder failed.
    pub spans: Result<Vec<Embedded>, EncoderError>,
}

/// Where a reader puts what it reads.
pub struct Feed<'a, I> {
    passages: &'a Sender<(usize, Passage)>,
    events: &'a Sender<Event<I>>,
    stop: &'a AtomicBool,
    sent: usize,
}

enum Event<I> {
    Encoded { ticket: usize, spans: Result<Vec<Embedded>, EncoderError> },
    Read { ticket: usize, outcome: I, passages: usize },
}

impl<I> Feed<'_, I> {
    /// Hands on a passage of recording `ticket`; waits while the encoders have enough to do.
    pub fn passage(&mut self, ticket: usize, passage: Passage) {
        self.sent += 1;
        if self.passages.send((ticket, passage)).is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Recording `ticket` is read to its end, or as far as it goes.
    pub fn end(&mut self, ticket: usize, outcome: I) {
        let passages = std::mem::take(&mut self.sent);
        if self.events.send(Event::Read { ticket, outcome, passages }).is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Whether nobody wants the rest any more.
    pub fn aborted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Runs `read` over the tasks on threads of its own, each encoder on another; `done` gets each recording as it is complete, on the
/// caller's thread.
///
/// A reader answers every ticket with [`Feed::end`] exactly once, after its passages and before the next ticket. Once `interrupt`
/// is set no further task is begun, but those under way are completed.
///
/// # Errors
/// The first error of `done`, which ends everything.
pub fn run<T, I, X>(
    encoders: Vec<Box<dyn Encoder>>,
    readers: NonZeroUsize,
    tasks: &[T],
    interrupt: &AtomicBool,
    read: impl Fn(&T, &mut Feed<'_, I>) + Sync,
    mut done: impl FnMut(Done<I>) -> Result<(), X>,
) -> Result<(), X>
where
    T: Sync,
    I: Send,
{
    let (passages, to_encode) = bounded(QUEUE * encoders.len());
    let (events, results) = bounded(QUEUE * encoders.len());
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for encoder in encoders {
            let (to_encode, events) = (to_encode.clone(), events.clone());
            scope.spawn(move || encode(encoder.as_ref(), &to_encode, &events));
        }
        drop(to_encode);
        for _ in 0..readers.get() {
            let (passages, events, read, next, stop) = (passages.clone(), events.clone(), &read, &next, &stop);
            scope.spawn(move || {
                let mut feed = Feed { passages: &passages, events: &events, stop, sent: 0 };
                while !feed.aborted() && !interrupt.load(Ordering::Relaxed) {
                    let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    read(task, &mut feed);
                }
            });
        }
        drop((passages, events));
        // Takes the receiving end with it, so that after an error no thread waits for a reader.
        let collected = collect(results, &mut done);
        stop.store(true, Ordering::Relaxed);
        collected
    })
}

/// Brings the parts of each recording together.
fn collect<I, X>(results: Receiver<Event<I>>, done: &mut impl FnMut(Done<I>) -> Result<(), X>) -> Result<(), X> {
    struct Part<I> {
        spans: Result<Vec<Embedded>, EncoderError>,
        encoded: usize,
        read: Option<(I, usize)>,
    }
    let mut parts: HashMap<usize, Part<I>> = HashMap::new();
    for event in results {
        let ticket = match &event {
            Event::Encoded { ticket, .. } | Event::Read { ticket, .. } => *ticket,
        };
        let part = parts.entry(ticket).or_insert_with(|| Part { spans: Ok(Vec::new()), encoded: 0, read: None });
        match event {
            Event::Encoded { spans, .. } => {
                part.encoded += 1;
                match (&mut part.spans, spans) {
                    (Ok(all), Ok(mut more)) => all.append(&mut more),
                    (all, Err(cause)) => *all = Err(cause),
                    (Err(_), Ok(_)) => {}
                }
            }
            Event::Read { outcome, passages, .. } => part.read = Some((outcome, passages)),
        }
        let complete = part.read.as_ref().is_some_and(|(_, passages)| *passages == part.encoded);
        if complete && let Some(Part { mut spans, read: Some((outcome, _)), .. }) = parts.remove(&ticket) {
            if let Ok(spans) = &mut spans {
                // Passages come back in any order.
                spans.sort_by_key(|(span, _)| (span.start, span.len));
            }
            done(Done { ticket, outcome, spans })?;
        }
    }
    Ok(())
}

/// Takes what waits, up to a batch, and embeds it.
fn encode<I>(encoder: &dyn Encoder, passages: &Receiver<(usize, Passage)>, events: &Sender<Event<I>>) {
    while let Ok(first) = passages.recv() {
        let mut frames = first.1.features.frames();
        let mut batch = vec![first];
        while frames < BATCH_FRAMES {
            let Ok(more) = passages.try_recv() else { break };
            frames += more.1.features.frames();
            batch.push(more);
        }
        let stretches: Vec<_> =
            batch.iter().map(|(_, passage)| Stretch { features: &passage.features, spans: &passage.frames }).collect();
        let answers: Vec<Result<Vec<Embedding>, EncoderError>> = match encoder.encode(&stretches) {
            Ok(embeddings) => embeddings.into_iter().map(Ok).collect(),
            // One bad passage must not take its neighbours down with it.
            Err(cause) if batch.len() == 1 => vec![Err(cause)],
            Err(_) => stretches
                .iter()
                .map(|one| encoder.encode(std::slice::from_ref(one)).map(|all| all.into_iter().flatten().collect()))
                .collect(),
        };
        for ((ticket, passage), answer) in batch.into_iter().zip(answers) {
            let spans = answer.map(|embeddings| passage.spans.into_iter().zip(embeddings).collect());
            if events.send(Event::Encoded { ticket, spans }).is_err() {
                return;
            }
        }
    }
}
