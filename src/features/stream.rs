//! Frames of a sound that comes block by block.

use super::{FRAME_SHIFT, Features, Frontend, LogMel, frames};

/// A log-mel filterbank for blocks of any size: the rows are those of the whole sound in one piece, bit by bit.
#[derive(Clone)]
pub struct FrameStream {
    frontend: LogMel,
    /// From the first sample that a frame to come begins with.
    carry: Vec<f32>,
}

impl FrameStream {
    /// At the beginning of a sound.
    pub fn new(frontend: LogMel) -> Self {
        Self { frontend, carry: Vec::new() }
    }

    /// Takes the next 16 kHz samples, and appends the frames that they complete to `out`.
    pub fn push(&mut self, block: &[f32], out: &mut Features) {
        self.carry.extend_from_slice(block);
        self.frontend.compute(&self.carry, out);
        self.carry.drain(..frames(self.carry.len()) * FRAME_SHIFT);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::features::FeatureConfig;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn any_blocks_give_the_same_numbers(sizes in prop::collection::vec(0..1500_usize, 0..12), seed in any::<u32>()) {
            let mut state = seed;
            let mut noise = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f32::from((state >> 16) as u16) / 32_768.0 - 1.0
            };
            let samples: Vec<f32> = (0..sizes.iter().sum()).map(|_| noise()).collect();
            let mut whole = Features::new(40);
            LogMel::new(&FeatureConfig::default()).compute(&samples, &mut whole);

            let mut stream = FrameStream::new(LogMel::new(&FeatureConfig::default()));
            let (mut parts, mut rest) = (Features::new(40), &samples[..]);
            for size in sizes {
                let (block, after) = rest.split_at(size);
                stream.push(block, &mut parts);
                rest = after;
            }
            prop_assert_eq!(whole, parts);
        }
    }
}
