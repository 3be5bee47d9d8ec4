//! Do sentences come back out of their vectors?

use std::num::NonZeroUsize;

use crate::{
    engine::{EngineError, Event, Observer, SentenceModel, Watch, Work},
    eval::{Reconstructed, Reconstruction, reconstruction},
    pipeline::encode_sentences,
    sentence::DecodeOptions,
};

/// Sentences that are decoded at a time, so that a request to stop is met.
const AT_A_TIME: usize = 512;

/// Encodes every sentence and decodes its vector again, with a beam of this width; `threads` encode.
///
/// # Errors
/// Where the model fails, or the observer asked to stop.
pub fn measure_reconstruction(
    model: &dyn SentenceModel,
    sentences: &[&str],
    (beam, threads): (NonZeroUsize, NonZeroUsize),
    observer: &mut impl Observer,
) -> Result<Vec<Reconstruction>, EngineError> {
    let mut watch = Watch::new(observer);
    let encoders = (0..threads.get()).map(|_| model.another()).collect::<Result<_, _>>()?;
    let (tokens, longest) = (model.tokens(), model.config().longest);
    let options = DecodeOptions { beam: beam.get(), longest };
    let vectors = encode_sentences(sentences, encoders, |_| ())?;
    let (mut results, of) = (Vec::with_capacity(sentences.len()), sentences.len());
    watch.begin(Work::Sentences, of);
    for (sentences, vectors) in sentences.chunks(AT_A_TIME).zip(vectors.chunks(AT_A_TIME)) {
        watch.check()?;
        for (sentence, written_ids) in sentences.iter().zip(model.decode_ids(vectors, options)?) {
            let ids = tokens.encode(sentence, longest);
            let written = tokens.decode(&written_ids);
            results.push(Reconstructed { sentence: (*sentence).to_owned(), written, ids, written_ids });
        }
        watch.emit(&Event::Progress { work: Work::Sentences, done: results.len(), of, amount: 0.0 });
    }
    watch.end(Work::Sentences);
    Ok(reconstruction(&results))
}
