//! Telling sound from silence, frame by frame.

use std::collections::VecDeque;

/// Frames on either side of a frame whose energies decide about it: about 10 s in all.
const CONTEXT: usize = 500;

/// Frames decided at a time.
const BLOCK: usize = 10;

/// Most frames that come after a frame before it is decided.
pub(super) const LAG: u64 = (CONTEXT + BLOCK) as u64;

/// The noise floor and the level of the loud parts, as shares of the frames around.
const FLOOR_SHARE: f32 = 0.10;
const LOUD_SHARE: f32 = 0.97;

/// Loud parts must stand out so far from the floor, in dB, for the floor to be silence: below that the sound is steady (rain,
/// a hum, dense music) and no part of it is silence.
const CONTRAST: f32 = 15.0;

/// Silence reaches this share of the contrast above the floor, but not further than so many dB.
const RISE: f32 = 0.3;
const MAX_RISE: f32 = 9.0;

/// A steady sound so many dB below what was loud earlier is a pause, not a sound of its own …
const PAUSE_CONTRAST: f32 = 35.0;

/// … but what was loud is forgotten by so many dB a block (0.1 dB/s).
const FORGETTING: f32 = 0.01;

/// One frame, decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    /// In dB re full scale.
    pub energy: f32,
    /// Whether it is sound.
    pub active: bool,
}

/// Decides for each frame whether it is sound or silence.
///
/// Silent is what lies below the absolute floor, and what lies near the running noise floor (a low percentile of the 10 s
/// around) where other parts of those 10 s, or what went before, stand out from it.
#[derive(Debug)]
pub(super) struct Activity {
    absolute: f32,
    /// Energies of the frames from the first one that still counts to the newest.
    energies: VecDeque<f32>,
    levels: Levels,
    /// Frames of `energies` that are decided already.
    decided: usize,
    loudest: f32,
}

impl Activity {
    /// With an absolute floor in dB re full scale.
    pub fn new(absolute: f32) -> Self {
        Self { absolute, energies: VecDeque::new(), levels: Levels::new(), decided: 0, loudest: f32::NEG_INFINITY }
    }

    /// Takes the energies of the next frames; hands each frame that is decided by now to `take`, in order.
    pub fn push(&mut self, energies: &[f32], mut take: impl FnMut(Frame)) {
        for &energy in energies {
            self.energies.push_back(energy);
            self.levels.add(energy);
            if self.energies.len() == self.decided + BLOCK + CONTEXT {
                self.decide(&mut take);
            }
        }
    }

    /// Hands out the frames that are left.
    pub fn finish(&mut self, mut take: impl FnMut(Frame)) {
        while self.decided < self.energies.len() {
            self.decide(&mut take);
        }
    }

    fn decide(&mut self, take: &mut impl FnMut(Frame)) {
        while self.decided > CONTEXT {
            if let Some(old) = self.energies.pop_front() {
                self.levels.remove(old);
            }
            self.decided -= 1;
        }
        let threshold = self.threshold();
        let block = self.energies.iter().skip(self.decided).take(BLOCK);
        let mut count = 0;
        for &energy in block {
            take(Frame { energy, active: energy > threshold });
            count += 1;
        }
        self.decided += count;
    }

    /// Frames above it are sound.
    fn threshold(&mut self) -> f32 {
        let (floor, loud) = (self.levels.percentile(FLOOR_SHARE), self.levels.percentile(LOUD_SHARE));
        self.loudest = loud.max(self.loudest - FORGETTING);
        let contrast = loud - floor;
        let relative = if contrast >= CONTRAST {
            floor + (RISE * contrast).min(MAX_RISE)
        } else if self.loudest - loud >= PAUSE_CONTRAST {
            loud + MAX_RISE
        } else {
            f32::NEG_INFINITY
        };
        relative.max(self.absolute)
    }
}

/// Counts of energies in steps of half a dB from -100 dB up: percentiles at a fixed cost.
#[derive(Debug)]
struct Levels {
    counts: [u32; Self::STEPS],
    total: u32,
}

impl Levels {
    const STEPS: usize = 256;
    const LOWEST: f32 = -100.0;
    const STEPS_PER_DB: f32 = 2.0;

    fn new() -> Self {
        Self { counts: [0; Self::STEPS], total: 0 }
    }

    fn step(energy: f32) -> usize {
        // The cast saturates: what is lower or not a number counts as the lowest.
        (((energy - Self::LOWEST) * Self::STEPS_PER_DB) as usize).min(Self::STEPS - 1)
    }

    fn add(&mut self, energy: f32) {
        self.counts[Self::step(energy)] += 1;
        self.total += 1;
    }

    fn remove(&mut self, energy: f32) {
        self.counts[Self::step(energy)] -= 1;
        self.total -= 1;
    }

    /// The level in dB that this share of the energies does not exceed.
    fn percentile(&self, share: f32) -> f32 {
        let wanted = (share * self.total as f32).ceil().max(1.0) as u32;
        let mut below = 0;
        for (step, count) in self.counts.iter().enumerate() {
            below += count;
            if below >= wanted {
                return Self::LOWEST + step as f32 / Self::STEPS_PER_DB;
            }
        }
        Self::LOWEST
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    fn decide(energies: &[f32]) -> Vec<bool> {
        let mut activity = Activity::new(-70.0);
        let mut active = Vec::new();
        activity.push(energies, |frame| active.push(frame.active));
        activity.finish(|frame| active.push(frame.active));
        assert_eq!(active.len(), energies.len());
        active
    }

    fn share(active: &[bool]) -> f64 {
        active.iter().filter(|&&active| active).count() as f64 / active.len() as f64
    }

    /// Levels that wander by ±`spread` dB.
    fn around(level: f32, spread: f32, frames: usize) -> Vec<f32> {
        (0..frames).map(|i| level + spread * (i as f32 * 1.7).sin()).collect()
    }

    #[test]
    fn below_the_absolute_floor_all_is_silence() {
        assert_eq!(share(&decide(&around(-80.0, 5.0, 3_000))), 0.0);
        assert_eq!(share(&decide(&[-100.0; 3_000])), 0.0);
    }

    #[test]
    fn a_steady_sound_is_no_silence_at_any_level() {
        for level in [-60.0, -40.0, -10.0] {
            assert_eq!(share(&decide(&around(level, 3.0, 6_000))), 1.0, "{level}");
        }
    }

    #[test]
    fn pauses_of_noisy_speech_are_silence_and_its_words_are_not() {
        for noise in [-90.0, -60.0, -45.0] {
            let mut energies = Vec::new();
            for _ in 0..10 {
                energies.extend(around(noise, 2.0, 60));
                energies.extend(around(-22.0, 6.0, 80));
            }
            let active = decide(&energies);
            for (sentence, _) in energies.chunks(140).enumerate() {
                let (pause, words) = active[sentence * 140..][..140].split_at(60);
                assert_eq!(share(pause), 0.0, "{noise}");
                assert_eq!(share(words), 1.0, "{noise}");
            }
        }
    }

    #[test]
    fn a_single_word_stands_out_from_room_noise() {
        let mut energies = around(-62.0, 2.0, 1_500);
        energies[700..740].fill(-20.0);
        let active = decide(&energies);
        assert_eq!(share(&active[700..740]), 1.0);
        assert_eq!(share(&active[640..700]), 0.0);
        assert_eq!(share(&active[740..800]), 0.0);
    }

    #[test]
    fn room_noise_after_speech_is_a_pause_but_a_long_quiet_recording_is_not() {
        let mut energies = around(-22.0, 6.0, 3_000);
        energies.extend(around(-64.0, 2.0, 18_000));
        let active = decide(&energies);
        assert_eq!(share(&active[3_100..5_000]), 0.0);
        assert_eq!(share(&active[16_000..]), 1.0);
    }
}
