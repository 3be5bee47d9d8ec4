//! The threads of text: one reads sentences into windows, encoders embed the windows, the caller gets them back in their order.
//!
//! A window holds sentences of one long file or of many short ones, enough that the encoder finds some of like length to put into one
//! batch. Since windows come back in order, so do files, and a file of any length needs no more memory than a few windows.

use std::{collections::BTreeMap, ops::ControlFlow, panic::resume_unwind, sync::mpsc, thread};

use audiosearch_index::Embedding;
use crossbeam_channel::{Receiver, Sender, bounded};

use crate::{
    sentence::{SentenceEncoder, SentenceError},
    text::{Sentence, normal_form},
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
        // Takes the receiving end with it, so that after an error no thread waits for a reader.
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
        // What is stored and shown stays as written.
        let texts: Vec<String> = sentences.iter().map(|sentence| normal_form(&sentence.text)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
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

/// The vectors of sentences, in the order given; each encoder runs on a thread of its own. `done` is called with how many more are done.
///
/// # Errors
/// The first that an encoder met.
pub fn encode_sentences(
    texts: &[&str],
    encoders: Vec<Box<dyn SentenceEncoder>>,
    mut done: impl FnMut(usize),
) -> Result<Vec<Embedding>, SentenceError> {
    let threads = encoders.len().max(1);
    let (sender, done_counts) = mpsc::channel();
    let shares = thread::scope(|scope| {
        let begun: Vec<_> = encoders
            .into_iter()
            .enumerate()
            .map(|(own, encoder)| {
                let sender = sender.clone();
                let encode = move |window: &[&str]| {
                    let vectors = embed(encoder.as_ref(), window);
                    // Nobody listens only where the caller has panicked.
                    let _ = sender.send(window.len());
                    vectors
                };
                scope.spawn(move || {
                    texts.chunks(SENTENCES).skip(own).step_by(threads).map(encode).collect::<Vec<_>>().into_iter()
                })
            })
            .collect();
        drop(sender);
        done_counts.into_iter().for_each(&mut done);
        let ended = begun.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        ended.collect::<Vec<_>>()
    });
    let mut shares = shares;
    let windows = (0..texts.len().div_ceil(SENTENCES)).filter_map(|window| shares[window % threads].next());
    windows.flatten().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use audiosearch_index::Fingerprint;

    use super::*;

    /// Knows a number when it sees one, and fails on what is none.
    struct Counting {
        pause: Duration,
    }

    impl SentenceEncoder for Counting {
        fn dimension(&self) -> usize {
            2
        }

        fn fingerprint(&self) -> Fingerprint {
            Fingerprint::new([0; 32])
        }

        fn encode(&self, sentences: &[&str]) -> Result<Vec<Embedding>, SentenceError> {
            thread::sleep(self.pause);
            let vector = |(at, text): (usize, &&str)| {
                let number: f32 = text.parse().map_err(|_| SentenceError::Blank { number: at + 1 })?;
                Embedding::new(vec![1.0, number]).map_err(|_| SentenceError::Blank { number: at + 1 })
            };
            sentences.iter().enumerate().map(vector).collect()
        }
    }

    fn encoders() -> Vec<Box<dyn SentenceEncoder>> {
        [0, 3]
            .map(|pause| Box::new(Counting { pause: Duration::from_millis(pause) }) as Box<dyn SentenceEncoder>)
            .into()
    }

    fn sentence(number: usize) -> Sentence {
        Sentence { text: number.to_string(), first: number as u64 + 1, last: number as u64 + 1, time: None }
    }

    fn number(vector: &Embedding) -> usize {
        (vector.as_slice()[1] / vector.as_slice()[0]).round() as usize
    }

    #[test]
    fn sentences_and_the_ends_of_files_come_back_in_order_whoever_was_faster() {
        // Files of every length, windows that begin in the middle of one, more ends than a window takes.
        let ends: Vec<usize> = (0..900).map(|file| file * file / 40).collect();
        let total = *ends.last().unwrap();
        let (mut next, mut seen) = (0, Vec::new());
        let read = |feed: &mut Feed<'_, usize>| {
            let mut at = 0;
            for (file, &end) in ends.iter().enumerate() {
                (at..end).for_each(|number| assert!(feed.sentence(sentence(number)).is_continue()));
                at = end;
                feed.end(file);
            }
        };
        let done = |window: Window<Embedded, usize>| {
            seen.extend(window.ends.iter().map(|(at, file)| (*file, next + at)));
            for (sentence, vector) in window.sentences {
                assert_eq!((sentence.text, number(&vector.unwrap())), (next.to_string(), next));
                next += 1;
            }
            Ok::<_, ()>(())
        };
        run(encoders(), read, done).unwrap();
        assert_eq!((next, seen), (total, ends.into_iter().enumerate().collect()));
    }

    #[test]
    fn a_sentence_that_fails_fails_alone() {
        let answers = embed(&Counting { pause: Duration::ZERO }, &["1", "no number", "3"]);
        assert!(answers[1].is_err());
        assert_eq!([0, 2].map(|at| number(answers[at].as_ref().unwrap())), [1, 3]);
    }

    #[test]
    fn an_error_of_the_caller_ends_the_reader_and_the_encoders() {
        let endless = |feed: &mut Feed<'_, ()>| while feed.sentence(sentence(7)).is_continue() {};
        assert_eq!(run(encoders(), endless, |_| Err("full")), Err("full"));
    }

    #[test]
    fn many_sentences_are_encoded_in_the_order_given() {
        let texts: Vec<String> = (0..5_000).map(|number| number.to_string()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut done = 0;
        let vectors = encode_sentences(&texts, encoders(), |more| done += more).unwrap();
        assert_eq!(done, texts.len());
        assert!(vectors.iter().map(number).eq(0..5_000));
        assert!(encode_sentences(&["1", "one"], encoders(), |_| ()).is_err());
        assert!(encode_sentences(&[], encoders(), |_| ()).unwrap().is_empty());
    }
}
