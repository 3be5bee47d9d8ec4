//! Recall of spoilt copies: does a copy with words lost or swapped find its sentence among all others?

use std::collections::HashSet;

use rayon::prelude::*;
use serde::Serialize;

use crate::{
    engine::{Embedding, EngineError, Models, Observer},
    eval::Spoiler,
};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecallOptions {
    /// Sentences that are searched: the first so many different ones.
    pub among: usize,
    /// Copies that are looked for.
    pub copies: usize,
    /// Words dropped or swapped in each copy.
    pub words: usize,
    /// Seed of what is chosen and spoilt.
    pub seed: u64,
}

/// The figures.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RecallFigures {
    /// Sentences that were searched.
    pub sentences: usize,
    /// Copies that were looked for.
    pub copies: usize,
    /// Words dropped or swapped in each copy.
    pub words_spoilt: usize,
    /// Share of copies that found their sentence first.
    pub recall_at_1: f64,
    /// Share of copies that found their sentence among ten.
    pub recall_at_10: f64,
    /// Mean cosine of a copy and its sentence.
    pub cosine: f64,
}

/// Measures over the lines of `text`, each a sentence.
///
/// # Errors
/// Where no sentence is long enough to be spoilt, the model cannot be loaded, or the observer asked to stop.
pub fn measure_recall(
    models: &Models,
    text: &str,
    options: &RecallOptions,
    observer: &mut impl Observer,
) -> Result<RecallFigures, EngineError> {
    let mut seen = HashSet::new();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && seen.insert(*line));
    let sentences: Vec<&str> = lines.take(options.among).collect();
    let mut spoiler = Spoiler::new(options.seed);
    let mut left: Vec<usize> = (0..sentences.len()).collect();
    let mut copies: Vec<(usize, String)> = Vec::new();
    while copies.len() < options.copies && !left.is_empty() {
        let one = left.swap_remove(spoiler.below(left.len()));
        copies.extend(spoiler.spoil(sentences[one], options.words).map(|copy| (one, copy)));
    }
    if copies.is_empty() {
        let least = 2 * options.words;
        return Err(EngineError::Request(format!("no sentence of at least {least} words to spoil")));
    }
    let all = models.embed_sentences(&sentences, observer)?;
    let spoilt: Vec<&str> = copies.iter().map(|(_, copy)| copy.as_str()).collect();
    let spoilt = models.embed_sentences(&spoilt, observer)?;
    let ranked = copies.par_iter().zip(&spoilt).map(|((own, _), vector)| rank(&all, vector, *own));
    let ranks: Vec<usize> = ranked.collect();
    let share = |most: usize| ranks.iter().filter(|&&rank| rank <= most).count() as f64 / ranks.len() as f64;
    let cosines = copies.iter().zip(&spoilt).map(|((own, _), vector)| f64::from(all[*own].dot(vector)));
    Ok(RecallFigures {
        sentences: sentences.len(),
        copies: copies.len(),
        words_spoilt: options.words,
        recall_at_1: share(1),
        recall_at_10: share(10),
        cosine: cosines.sum::<f64>() / copies.len() as f64,
    })
}

/// The rank, from 1, of the sentence `own` among all by their likeness to `vector`.
fn rank(all: &[Embedding], vector: &Embedding, own: usize) -> usize {
    let likeness = all[own].dot(vector);
    1 + all.iter().enumerate().filter(|(i, other)| *i != own && other.dot(vector) > likeness).count()
}
