//! States of a span → one vector, on plain numbers.

use std::ops::Range;

use super::config::Pooling;

/// The states of a span of frames, where a stretch has `count` states, one for `reduction` frames: at least one.
pub(crate) fn states_of(span: &Range<u32>, reduction: usize, count: usize) -> Range<usize> {
    let begin = (span.start as usize / reduction).min(count - 1);
    begin..(span.end as usize).div_ceil(reduction).clamp(begin + 1, count)
}

/// Appends what the states `range` come to. A row of states has the forward direction in its first `forward` values and the other
/// one, where there is any, behind; `weights` are the attention's, one for each state of the stretch.
pub(crate) fn pool<'a>(
    pooling: Pooling,
    forward: usize,
    range: Range<usize>,
    row: impl Fn(usize) -> &'a [f32],
    weights: Option<&[f32]>,
    out: &mut Vec<f32>,
) {
    if pooling == Pooling::Last {
        out.extend_from_slice(&row(range.end - 1)[..forward]);
        out.extend_from_slice(&row(range.start)[forward..]);
        return;
    }
    let base = out.len();
    let first = row(range.start);
    out.resize(base + first.len(), 0.0);
    out.extend_from_slice(first);
    let (mean, largest) = out[base..].split_at_mut(first.len());
    let shares = weights.map(|weights| softmax(&weights[range.clone()]));
    let even = 1.0 / range.len() as f32;
    for (i, row) in range.map(row).enumerate() {
        let share = shares.as_ref().map_or(even, |shares| shares[i]);
        for ((mean, largest), &value) in mean.iter_mut().zip(largest.iter_mut()).zip(row) {
            *mean += share * value;
            *largest = largest.max(value);
        }
    }
}

fn softmax(weights: &[f32]) -> Vec<f32> {
    let top = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let raised: Vec<f32> = weights.iter().map(|w| (w - top).exp()).collect();
    let sum: f32 = raised.iter().sum();
    raised.iter().map(|w| w / sum).collect()
}
