//! Sentences put together by length.

use audiosearch_index::Embedding;

use super::error::SentenceError;
use super::tokens::Tokens;
use crate::encoder::EncoderError;

/// Embeds sentences in passes of like length, the longest first: `pass` gets the ids of at most `most.0` sentences with at most
/// `most.1` tokens, ends and padding counted, and gives a vector for each.
///
/// # Errors
/// A blank sentence, or what the pass met.
pub(crate) fn embedded(
    sentences: &[&str],
    tokens: &Tokens,
    longest: usize,
    most: (usize, usize),
    mut pass: impl FnMut(&[&[i64]]) -> Result<Vec<Embedding>, SentenceError>,
) -> Result<Vec<Embedding>, SentenceError> {
    let mut rows = Vec::with_capacity(sentences.len());
    for (i, sentence) in sentences.iter().enumerate() {
        if sentence.trim().is_empty() {
            return Err(SentenceError::Blank { number: i + 1 });
        }
        rows.push(tokens.encode(sentence, longest));
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(rows[i].len()));
    let mut out: Vec<Option<Embedding>> = vec![None; rows.len()];
    let mut rest = order.as_slice();
    while let Some(&first) = rest.first() {
        // Longest first, so that the first of a batch says how many fit.
        let fit = (most.1 / (rows[first].len() + 1)).clamp(1, most.0);
        let (now, later) = rest.split_at(fit.min(rest.len()));
        let batch: Vec<&[i64]> = now.iter().map(|&i| rows[i].as_slice()).collect();
        for (&i, vector) in now.iter().zip(pass(&batch)?) {
            out[i] = Some(vector);
        }
        rest = later;
    }
    let missing = || EncoderError::Torch("the network gave fewer vectors than sentences".into());
    out.into_iter().map(|vector| Ok(vector.ok_or_else(missing)?)).collect()
}
