//! Do paragraphs come back out of their vectors?

use serde::Serialize;

use crate::{
    engine::{EngineError, Event, Observer, Watch, Work},
    eval::{bleu, rouge},
    sentence::paragraph::{Levels, ParagraphModel, Rewritten},
};

/// Paragraphs that are written at a time, so that a request to stop is met.
const AT_A_TIME: usize = 128;

/// The figures of a model.
#[derive(Debug, Serialize)]
pub struct ParagraphFigures {
    /// Its name.
    pub model: String,
    /// Flat, or of two levels.
    pub levels: Levels,
    /// Weights.
    pub parameters: usize,
    /// Width of the network.
    pub width: i64,
    /// Paragraphs that were measured.
    pub paragraphs: usize,
    /// Share that comes back character by character.
    pub exact: f64,
    /// Share with as many sentences as were read; none for a flat model, which tells none apart.
    pub sentences_right: Option<f64>,
    /// Corpus BLEU-4 over words.
    pub bleu: f64,
    /// Mean ROUGE-1 recall.
    pub rouge_1: f64,
    /// Mean ROUGE-2 recall.
    pub rouge_2: f64,
    /// The first so many, as they were read and written.
    pub examples: Vec<ParagraphExample>,
}

/// A paragraph and what came back.
#[derive(Debug, Serialize)]
pub struct ParagraphExample {
    /// As the model reads it.
    pub read: String,
    /// As it writes it.
    pub written: String,
}

/// Writes every paragraph again; `beam`: beginnings of a sentence that are followed at the same time; `show`: examples wanted.
///
/// # Errors
/// Where the model fails, or the observer asked to stop.
pub fn measure_paragraphs(
    name: String,
    model: &dyn ParagraphModel,
    paragraphs: &[&str],
    (beam, show): (usize, usize),
    observer: &mut impl Observer,
) -> Result<ParagraphFigures, EngineError> {
    let mut watch = Watch::new(observer);
    let (mut rewritten, of): (Vec<Rewritten>, usize) = (Vec::with_capacity(paragraphs.len()), paragraphs.len());
    watch.begin(Work::Paragraphs, of);
    for some in paragraphs.chunks(AT_A_TIME) {
        rewritten.extend(model.rewrite(some, beam)?);
        watch.emit(&Event::Progress { work: Work::Paragraphs, done: rewritten.len(), of, amount: 0.0 });
        watch.check()?;
    }
    watch.end(Work::Paragraphs);
    let share = |right: &dyn Fn(&Rewritten) -> bool| {
        rewritten.iter().filter(|one| right(one)).count() as f64 / rewritten.len() as f64
    };
    let pairs = || rewritten.iter().map(|one| (one.read.as_str(), one.written.as_str()));
    let example = |one: &Rewritten| ParagraphExample { read: one.read.clone(), written: one.written.clone() };
    let config = model.config();
    Ok(ParagraphFigures {
        model: name,
        levels: config.levels,
        parameters: model.parameter_count(),
        width: config.width,
        paragraphs: rewritten.len(),
        exact: share(&|one| one.read == one.written),
        sentences_right: (config.levels != Levels::Flat)
            .then(|| share(&|one| one.sentences_written == Some(one.sentences))),
        bleu: bleu(pairs()),
        rouge_1: rouge(pairs(), 1),
        rouge_2: rouge(pairs(), 2),
        examples: rewritten.iter().take(show).map(example).collect(),
    })
}
