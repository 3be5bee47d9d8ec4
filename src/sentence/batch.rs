//! Sentences put together by length, and rows of token ids as one padded tensor.

use audiosearch_index::Embedding;
use tch::{Device, Kind, TchError, Tensor};

use super::error::SentenceError;
use super::tokens::{END, PAD, Tokens};
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
        rows.push(tokens.encode(sentence, longest)?);
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

/// Rows of ids, padded on the right.
#[derive(Debug)]
pub(crate) struct Padded {
    /// [rows, longest], int64.
    pub ids: Tensor,
    /// Ids of each row.
    pub lengths: Vec<i64>,
}

impl Padded {
    /// The rows as they are.
    pub fn new(rows: &[&[i64]], device: Device) -> Result<Padded, TchError> {
        Padded::of(rows.iter().map(|row| row.iter().copied()), device)
    }

    /// What the encoder reads: the end symbol, then the sentence from its end to its beginning.
    pub fn backward(rows: &[&[i64]], device: Device) -> Result<Padded, TchError> {
        Padded::of(rows.iter().map(|row| std::iter::once(END).chain(row.iter().rev().copied())), device)
    }

    fn of<I: Iterator<Item = i64>>(rows: impl Iterator<Item = I>, device: Device) -> Result<Padded, TchError> {
        let rows: Vec<Vec<i64>> = rows.map(Iterator::collect).collect();
        // A tensor without columns would be refused further on.
        let longest = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let mut ids = vec![PAD; rows.len() * longest];
        for (slot, row) in ids.chunks_mut(longest).zip(&rows) {
            slot[..row.len()].copy_from_slice(row);
        }
        Ok(Padded {
            ids: Tensor::f_from_slice(&ids)?.f_reshape([rows.len() as i64, longest as i64])?.f_to_device(device)?,
            lengths: rows.iter().map(|row| row.len() as i64).collect(),
        })
    }

    /// 1 on ids and 0 on padding, [rows, longest], float32.
    pub fn mask(&self) -> Result<Tensor, TchError> {
        self.ids.f_ne(PAD)?.f_to_kind(Kind::Float)
    }
}
