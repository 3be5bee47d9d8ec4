//! The energy of frames.

use crate::features::{FRAME_LENGTH, FRAME_SHIFT};

/// The energy of digital silence, in dB re full scale; no frame is reported lower.
pub const SILENCE_DB: f32 = -100.0;

/// Frame length and shift are whole numbers of these.
const STEP: usize = 80;

const STEPS_PER_FRAME: usize = FRAME_LENGTH / STEP;
const STEPS_PER_SHIFT: usize = FRAME_SHIFT / STEP;
const _: () = assert!(STEPS_PER_FRAME * STEP == FRAME_LENGTH && STEPS_PER_SHIFT * STEP == FRAME_SHIFT);

/// The energy of each whole frame of 16 kHz samples: the mean square about the frame's mean, in dB re full scale (0 dB: a
/// square wave between ±1), at least [`SILENCE_DB`]. Without its mean, since an offset is no sound.
///
/// A frame takes [`FRAME_LENGTH`] samples, the next one begins [`FRAME_SHIFT`] later. A caller that streams keeps the
/// samples from the first unfinished frame on for its next call, and gets the same numbers as from one call.
pub fn energy_db(samples: &[f32]) -> Vec<f32> {
    let steps: Vec<(f64, f64)> = samples.chunks_exact(STEP).map(sums).collect();
    steps.windows(STEPS_PER_FRAME).step_by(STEPS_PER_SHIFT).map(frame_db).collect()
}

/// Sum and sum of squares of a step.
fn sums(step: &[f32]) -> (f64, f64) {
    // Independent lanes, so that the compiler can use vector registers; f64, so that a large offset leaves the rest exact.
    let mut lanes = [(0.0_f64, 0.0_f64); 4];
    for four in step.chunks_exact(4) {
        for (lane, &sample) in lanes.iter_mut().zip(four) {
            let sample = f64::from(sample);
            lane.0 += sample;
            lane.1 += sample * sample;
        }
    }
    lanes.iter().fold((0.0, 0.0), |total, lane| (total.0 + lane.0, total.1 + lane.1))
}

fn frame_db(steps: &[(f64, f64)]) -> f32 {
    let (sum, squares) = steps.iter().fold((0.0, 0.0), |total, step| (total.0 + step.0, total.1 + step.1));
    let count = FRAME_LENGTH as f64;
    let mean = sum / count;
    let power = (squares / count - mean * mean).max(SILENCE_POWER);
    (10.0 * power.log10()) as f32
}

/// [`SILENCE_DB`] as a mean square.
const SILENCE_POWER: f64 = 1e-10;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn energies_are_mean_squares_about_the_mean() {
        let square: Vec<f32> = (0..1_000).map(|i| if i % 2 == 0 { 0.1 } else { -0.1 }).collect();
        assert_eq!(energy_db(&square).len(), 4);
        assert!(energy_db(&square).iter().all(|db| (db + 20.0).abs() < 1e-3));
        let shifted: Vec<f32> = square.iter().map(|sample| sample + 0.5).collect();
        assert!(energy_db(&shifted).iter().all(|db| (db + 20.0).abs() < 1e-3));
        assert_eq!(energy_db(&[0.25; 400]), [SILENCE_DB]);
        assert!(energy_db(&[0.25; 399]).is_empty());
    }

    #[test]
    fn streaming_gives_the_same_numbers() {
        let samples: Vec<f32> = (0..5_003_u32).map(|i| ((i * i % 977) as f32 / 977.0 - 0.5) * 0.3).collect();
        let whole = energy_db(&samples);
        for block in [1, 37, 160, 1_000] {
            let (mut carry, mut streamed) = (Vec::new(), Vec::new());
            for part in samples.chunks(block) {
                carry.extend_from_slice(part);
                let energy = energy_db(&carry);
                carry.drain(..energy.len() * FRAME_SHIFT);
                streamed.extend(energy);
            }
            assert_eq!(streamed, whole);
        }
    }
}
