//! A long recording goes through the network in chunks, each read with a stretch before and after that belongs to its neighbours.
//!
//! Chunks lie on fixed places of the recording, counted from its beginning. So memory is bounded, and what a recording gives does not depend
//! on the blocks that it comes in.

use std::ops::Range;

use super::REDUCTION;

/// Acoustic frames of a chunk (16 s).
const CHUNK: usize = 400;
/// Acoustic frames that are read on either side of it and belong to others (1.28 s): what lies further away hardly counts.
const OVERLAP: usize = 32;
/// Chunks of one pass: so many rows has a step's product.
pub const TOGETHER: usize = 4;

/// How many chunks a sound of so many log-mel frames has.
pub fn count(frames: usize) -> usize {
    frames.div_ceil(REDUCTION).div_ceil(CHUNK)
}

/// The log-mel frames that chunk `number` reads, as far as the sound has them.
pub fn read(number: usize) -> Range<usize> {
    (number * CHUNK).saturating_sub(OVERLAP) * REDUCTION..((number + 1) * CHUNK + OVERLAP) * REDUCTION
}

/// Of the acoustic frames of what chunk `number` reads those that are its own, where the sound has `total` log-mel frames.
pub fn own(number: usize, total: usize) -> Range<usize> {
    let before = read(number).start / REDUCTION;
    let end = ((number + 1) * CHUNK).min(total.div_ceil(REDUCTION));
    number * CHUNK - before..end - before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_a_sound_once() {
        for total in [1, 4, 1_599, 1_600, 1_601, 10_000] {
            let frames: usize = (0..count(total)).map(|number| own(number, total).len()).sum();
            assert_eq!(frames, total.div_ceil(REDUCTION), "{total}");
            assert!(
                (0..count(total)).all(|number| own(number, total).end * REDUCTION <= read(number).len() + REDUCTION)
            );
        }
        assert_eq!((count(0), own(1, 100_000).start), (0, OVERLAP));
    }
}
