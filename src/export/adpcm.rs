//! IMA ADPCM (Interactive Multimedia Association, 1992): four bits a sample. Blocks that can be decoded one by one; the page has the
//! other half (`html/sound.js`).

/// Samples in a block: a quarter of a second.
pub(super) const BLOCK_SAMPLES: usize = 4_000;
/// Two bytes of the first value, one of the step, one unused, then two samples a byte; a multiple of three, so that base64 has no
/// gaps between blocks.
pub(super) const BLOCK_BYTES: usize = 4 + BLOCK_SAMPLES / 2;

const MOVES: [i32; 8] = [-1, -1, -1, -1, 2, 4, 6, 8];
#[rustfmt::skip]
const STEPS: [i32; 89] = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143,
    157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552,
    1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487,
    12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
];

/// What coder and decoder both know.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Coder {
    value: i32,
    step: i32,
}

impl Coder {
    /// For sound that begins with `samples`: the first value as it is, and a step that its changes ask for.
    pub fn beginning(samples: &[f32]) -> Self {
        let head = &samples[..samples.len().min(64)];
        let change = head.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0f32, f32::max) * 32_767.0;
        let step = STEPS.partition_point(|&step| (step as f32) < change).min(STEPS.len() - 1);
        Self { value: head.first().map_or(0, |&sample| whole(sample)), step: step as i32 }
    }

    /// The next block of up to [`BLOCK_SAMPLES`] samples; what lacks is silence.
    pub fn block(&mut self, samples: &[f32], out: &mut Vec<u8>) {
        out.extend_from_slice(&(self.value as i16).to_le_bytes());
        out.extend_from_slice(&[self.step as u8, 0]);
        let at = |n: usize| samples.get(n).copied().unwrap_or(0.0);
        for n in (0..BLOCK_SAMPLES).step_by(2) {
            let low = self.code(whole(at(n)));
            out.push(low | (self.code(whole(at(n + 1))) << 4));
        }
    }

    fn code(&mut self, wanted: i32) -> u8 {
        let size = STEPS[self.step as usize];
        let mut left = wanted - self.value;
        let mut code = if left < 0 { 8u8 } else { 0 };
        left = left.abs();
        for (bit, part) in [(4, size), (2, size >> 1), (1, size >> 2)] {
            if left >= part {
                code |= bit;
                left -= part;
            }
        }
        self.follow(code);
        code
    }

    /// What the decoder makes of a code.
    fn follow(&mut self, code: u8) {
        let size = STEPS[self.step as usize];
        let parts = [(1, size >> 2), (2, size >> 1), (4, size)];
        let change = (size >> 3) + parts.iter().map(|(bit, part)| if code & bit != 0 { *part } else { 0 }).sum::<i32>();
        let change = if code & 8 != 0 { -change } else { change };
        self.value = (self.value + change).clamp(-32_768, 32_767);
        self.step = (self.step + MOVES[usize::from(code & 7)]).clamp(0, 88);
    }
}

fn whole(sample: f32) -> i32 {
    (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(block: &[u8]) -> Vec<f32> {
        let value = i32::from(i16::from_le_bytes([block[0], block[1]]));
        let mut coder = Coder { value, step: i32::from(block[2]) };
        let codes = block[4..].iter().flat_map(|byte| [byte & 15, byte >> 4]);
        codes
            .map(|code| {
                coder.follow(code);
                coder.value as f32 / 32_767.0
            })
            .collect()
    }

    #[test]
    fn every_block_is_heard_again_by_itself() {
        let wave: Vec<f32> = (0..2 * BLOCK_SAMPLES)
            .map(|n| n as f32 / 16_000.0)
            .map(|t| 0.5 * (1_500.0 * t).sin() + 0.2 * (7_000.0 * t).sin())
            .collect();
        let (mut coder, mut out) = (Coder::beginning(&wave), Vec::new());
        wave.chunks(BLOCK_SAMPLES).for_each(|block| coder.block(block, &mut out));
        assert_eq!(out.len(), 2 * BLOCK_BYTES);
        let power = |v: &mut dyn Iterator<Item = f32>| v.map(|x| x * x).sum::<f32>();
        for (block, said) in out.chunks(BLOCK_BYTES).zip(wave.chunks(BLOCK_SAMPLES)) {
            let decoded = decode(block);
            let noise = power(&mut decoded.iter().zip(said).map(|(a, b)| a - b));
            assert!(noise < 0.01 * power(&mut said.iter().copied()), "20 dB at least: {noise}");
        }
    }

    #[test]
    fn full_scale_does_not_wrap() {
        let square: Vec<f32> = (0..BLOCK_SAMPLES).map(|n| if n / 40 % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let mut out = Vec::new();
        Coder::beginning(&square).block(&square, &mut out);
        let decoded = decode(&out);
        assert!(decoded[39] > 0.9 && decoded[79] < -0.9 && decoded[3_999] < -0.9);
    }
}
