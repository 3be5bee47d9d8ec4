//! Rows of token ids as one padded tensor.

use tch::{Device, Kind, TchError, Tensor};

use super::tokens::{END, PAD};

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
