//! The threads of text: one reads sentences into windows, encoders embed the windows, the caller gets them back in their order.
//!
//! A window holds sentences of one long file or of many short ones, enough that the encoder finds some of like length to put into one
//! batch. Since windows come back in order, so do files, and a file of any length needs no more memory than a few windows.

use std::{collections::BTreeMap, ops::ControlFlow, panic::resume_unwind, thread};

use audiosearch_index::Embedding;
use crossbeam_channel::{Receiver, Sender, bounded};

use crate::{
    sentence::{SentenceEncoder, SentenceError},
    text::Sentence,
};

/// Sentences in a window, or bytes of them, or files that end in it, at most.
const SENTENCES: usize = 1024;
const BYTES: usize = 1 << 19;
const ENDS: usize = 256;
/// Windows that wait for an encoder, for each of them.
const QUEUE: usize = 2;

/// Sentences one after the other, and the files that end among them.
pub(super) struct Window<S, E> {
    pub sentences: Vec<S>,
    /// After how many of the sentences a file ends, and what its reader said in the end.
    pub ends: Vec<(usize, E)>,
}

impl<S, E> Default for Window<S, E> {
    fn default() -> Self {
        Self { sentences: Vec::new(), ends: Vec::new() }
    }
}

/// A sentence with its vector, or why it has none.
pub(super) type Embedded = (Sentence, Result<Embedding, SentenceError>);

/// Where the reader puts what it reads.
pub(super) struct Feed<'a, E> {
    windows: &'a Sender<(usize, Window<Sentence, E>)>,
    open: Window<Sentence, E>,
    bytes: usize,
    number: usize,
    aborted: bool,
}

impl<E> Feed<'_, E> {
    /// The next sentence of the file under way; waits while the encoders have enough to do, breaks off where nobody wants more.
    pub fn sentence(&mut self, sentence: Sentence) -> ControlFlow<()> {
        self.bytes += sentence.text.len();
        self.open.sentences.push(sentence);
        if self.open.sentences.len() >= SENTENCES || self.bytes >= BYTES {
            self.hand_on();
        }
        if self.aborted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// The file under way is over.
    pub fn end(&mut self, outcome: E) {
        self.open.ends.push((self.open.sentences.len(), outcome));
        if self.open.ends.len() >= ENDS {
            self.hand_on();
        }
    }

    /// Windows handed on so far.
    pub fn handed_on(&self) -> usize {
        self.number
    }

    /// Whether nobody wants the rest any more.
    pub fn aborted(&self) -> bool {
        self.aborted
    }

    fn hand_on(&mut self) {
        let window = std::mem::take(&mut self.open);
        self.bytes = 0;
        if !window.sentences.is_empty() || !window.ends.is_empty() {
            self.aborted |= self.windows.send((self.number, window)).is_err();
            self.number += 1;
        }
    }
}

/// Runs `read` on a thread of its own and each encoder on another; `done` gets the windows in order, on the caller's thread.
///
/// # Errors
/// The first error of `done`, which ends everything.
pub(super) fn run<E: Send, X>(
    encoders: Vec<Box<dyn SentenceEncoder>>,
    read: impl FnOnce(&mut Feed<'_, E>) + Send,
    mut done: impl FnMut(Window<Embedded, E>) -> Result<(), X>,
) -> Result<(), X> {
    let (windows, to_encode) = bounded(QUEUE * encoders.len());
    let (encoded, results) = bounded(QUEUE * encoders.len());
    thread::scope(|scope| {
        for encoder in encoders {
            let (to_encode, encoded) = (to_encode.clone(), encoded.clone());
            scope.spawn(move || encode(encoder.as_ref(), &to_encode, &encoded));
        }
        drop((to_encode, encoded));
        scope.spawn(move || {
            let mut feed = Feed { windows: &windows, open: Window::default(), bytes: 0, number: 0, aborted: false };
            read(&mut feed);
            feed.hand_on();
        });
        // Takes the receiving end with it, so that after an error no thread waits to be heard.
        in_order(results, &mut done)
    })
}

/// Windows come back in any order.
fn in_order<E, X>(
    results: Receiver<(usize, Window<Embedded, E>)>,
    done: &mut impl FnMut(Window<Embedded, E>) -> Result<(), X>,
) -> Result<(), X> {
    let (mut waiting, mut next) = (BTreeMap::new(), 0);
    for (number, window) in results {
        waiting.insert(number, window);
        while let Some(window) = waiting.remove(&next) {
            next += 1;
            done(window)?;
        }
    }
    Ok(())
}

fn encode<E>(
    encoder: &dyn SentenceEncoder,
    windows: &Receiver<(usize, Window<Sentence, E>)>,
    encoded: &Sender<(usize, Window<Embedded, E>)>,
) {
    for (number, Window { sentences, ends }) in windows {
        let texts: Vec<&str> = sentences.iter().map(|sentence| sentence.text.as_str()).collect();
        let vectors = embed(encoder, &texts);
        let sentences = sentences.into_iter().zip(vectors).collect();
        if encoded.send((number, Window { sentences, ends })).is_err() {
            return;
        }
    }
}

/// One answer a sentence, in the order given.
fn embed(encoder: &dyn SentenceEncoder, texts: &[&str]) -> Vec<Result<Embedding, SentenceError>> {
    match encoder.encode(texts) {
        Ok(vectors) => vectors.into_iter().map(Ok).collect(),
        // One bad sentence must not take its neighbours down with it.
        Err(_) => {
            texts.iter().map(|text| encoder.encode(&[text])?.pop().ok_or(SentenceError::Blank { number: 1 })).collect()
        }
    }
}

/// The vectors of sentences, in the order given; each encoder runs on a thread of its own.
///
/// # Errors
/// The first that an encoder met.
pub fn encode_sentences(
    texts: &[&str],
    encoders: Vec<Box<dyn SentenceEncoder>>,
) -> Result<Vec<Embedding>, SentenceError> {
    let threads = encoders.len().max(1);
    let shares = thread::scope(|scope| {
        let begun: Vec<_> = encoders
            .into_iter()
            .enumerate()
            .map(|(own, encoder)| {
                let encode = move |window| embed(encoder.as_ref(), window);
                scope.spawn(move || {
                    texts.chunks(SENTENCES).skip(own).step_by(threads).map(encode).collect::<Vec<_>>().into_iter()
                })
            })
            .collect();
        let ended = begun.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        ended.collect::<Vec<_>>()
    });
    let mut shares = shares;
    let windows = (0..texts.len().div_ceil(SENTENCES)).filter_map(|window| shares[window % threads].next());
    windows.flatten().collect()
}
