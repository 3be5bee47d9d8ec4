//! Rows of one padded batch put together by length, so that short ones are not carried through the steps of long ones.

use tch::{Device, TchError, Tensor};

/// Rows in a group, about: fewer make the matrix products of a step too small to be fast.
const ROWS: usize = 64;
/// Share of the steps that grouping must save to be worth the copies.
const SAVED: f64 = 0.1;

/// One group: its rows in the batch, and their lengths.
#[derive(Debug)]
pub(crate) struct Group {
    rows: Tensor,
    pub lengths: Vec<i64>,
    pub longest: i64,
}

impl Group {
    /// The group's rows of `batch` [rows, …].
    pub fn rows(&self, batch: &Tensor) -> Result<Tensor, TchError> {
        batch.f_index_select(0, &self.rows)
    }

    /// The group's rows of `batch` [rows, time, …], no longer than the longest of them.
    pub fn sequences(&self, batch: &Tensor) -> Result<Tensor, TchError> {
        self.rows(&batch.f_narrow(1, 0, self.longest)?)
    }
}

/// The groups of a batch, shortest first.
#[derive(Debug)]
pub(crate) struct Groups {
    pub all: Vec<Group>,
    back: Tensor,
    longest: i64,
}

impl Groups {
    /// None where the rows are few or alike and one group does as well.
    pub fn new(lengths: &[i64], device: Device) -> Result<Option<Groups>, TchError> {
        let count = lengths.len() / ROWS;
        let longest = lengths.iter().copied().max().unwrap_or(0);
        if count < 2 {
            return Ok(None);
        }
        let mut order: Vec<usize> = (0..lengths.len()).collect();
        order.sort_by_key(|&row| lengths[row]);
        let parts: Vec<&[usize]> = order.chunks(lengths.len().div_ceil(count)).collect();
        let longest_of = |part: &[usize]| part.last().map_or(0, |&row| lengths[row]);
        let steps: i64 = parts.iter().map(|part| longest_of(part) * part.len() as i64).sum();
        if steps as f64 > (1.0 - SAVED) * (longest * lengths.len() as i64) as f64 {
            return Ok(None);
        }
        let index = |values: Vec<i64>| Tensor::f_from_slice(&values)?.f_to_device(device);
        let all = parts.iter().map(|part| {
            Ok(Group {
                rows: index(part.iter().map(|&row| row as i64).collect())?,
                lengths: part.iter().map(|&row| lengths[row]).collect(),
                longest: longest_of(part),
            })
        });
        let all = all.collect::<Result<_, TchError>>()?;
        let mut back = vec![0; lengths.len()];
        order.iter().enumerate().for_each(|(at, &row)| back[row] = at as i64);
        Ok(Some(Groups { all, back: index(back)?, longest }))
    }

    /// `outputs` [rows, time, size] of the groups as one batch in the old order, zeros behind the shorter ones.
    pub fn together(&self, outputs: &[Tensor]) -> Result<Tensor, TchError> {
        let padded = outputs.iter().map(|o| o.f_constant_pad_nd([0, 0, 0, self.longest - o.size()[1]]));
        Tensor::f_cat(&padded.collect::<Result<Vec<_>, _>>()?, 0)?.f_index_select(0, &self.back)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tch::Kind;

    #[test]
    fn rows_come_back_in_their_order() {
        let lengths: Vec<i64> = (0..200).map(|i| 1 + (i * 37) % 50).collect();
        let time = Tensor::arange(50, (Kind::Float, Device::Cpu)).unsqueeze(0);
        let batch = (Tensor::arange(200, (Kind::Float, Device::Cpu)).unsqueeze(1) * 100.0 + time).unsqueeze(2);
        let groups = Groups::new(&lengths, Device::Cpu).unwrap().unwrap();
        assert!(groups.all.len() > 1);
        let outputs: Vec<Tensor> = groups.all.iter().map(|g| g.sequences(&batch).unwrap()).collect();
        let together = groups.together(&outputs).unwrap();
        assert_eq!(together.size(), [200, 50, 1]);
        for (row, &length) in lengths.iter().enumerate() {
            let same = together.get(row as i64).narrow(0, 0, length) == batch.get(row as i64).narrow(0, 0, length);
            assert!(same, "row {row}");
        }
    }

    #[test]
    fn rows_that_are_few_or_alike_stay_one_batch() {
        assert!(Groups::new(&[3, 90, 5], Device::Cpu).unwrap().is_none());
        assert!(Groups::new(&[30; 500], Device::Cpu).unwrap().is_none());
    }
}
