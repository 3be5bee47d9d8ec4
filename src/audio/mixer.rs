//! Several channels → one.

/// Power of the mean, as a share of what unrelated channels would leave, below which channels cancel: 0.2 is a correlation of -0.8.
const CANCELLED: f64 = 0.2;

/// The same for going back to the mean.
const RESTORED: f64 = 0.7;

/// What is decided at a time, in seconds.
const BLOCK: f64 = 0.25;

/// Hum of the mains that both wires of a line carry is no reason to keep the mean; what lies below this is not weighed.
const WEIGHED_FROM: f64 = 150.0;

/// Mixes channels to their mean, or takes the strongest one while the mean would cancel: a balanced line in a stereo jack carries the
/// same sound twice, once turned round.
///
/// Decided for blocks of a quarter of a second that are counted from the beginning of the recording, so that the result does not depend on
/// how it is read. One block is kept.
pub(super) struct Mixer {
    rate: u32,
    channels: usize,
    /// The only channel that is wanted; all where `None`.
    only: Option<usize>,
    pending: Vec<f32>,
    /// The channel that is heard; none for the mean.
    chosen: Option<usize>,
    begun: bool,
    /// Slow part of each channel and of the mean.
    slow: Vec<f64>,
}

impl Mixer {
    pub(super) fn new(rate: u32, channels: usize) -> Self {
        Self {
            rate,
            channels,
            only: None,
            pending: Vec::new(),
            chosen: None,
            begun: false,
            slow: vec![0.0; channels + 1],
        }
    }

    /// Takes one channel, counted from 0 and one of those that there are, and leaves the others out.
    pub(super) fn only(self, channel: Option<usize>) -> Self {
        Self { only: channel, ..self }
    }

    /// Whether frames are of this kind.
    pub(super) fn fits(&self, rate: u32, channels: usize) -> bool {
        (self.rate, self.channels) == (rate, channels)
    }

    /// Takes interleaved frames and appends what is decided.
    pub(super) fn push(&mut self, frames: &[f32], out: &mut Vec<f32>) {
        if self.channels == 1 {
            out.extend_from_slice(frames);
            return;
        }
        if let Some(channel) = self.only {
            out.extend(frames.chunks_exact(self.channels).filter_map(|frame| frame.get(channel)));
            return;
        }
        self.pending.extend_from_slice(frames);
        let block = ((f64::from(self.rate) * BLOCK) as usize).max(1) * self.channels;
        let mut at = 0;
        while self.pending.len() - at >= block {
            self.mix(at, at + block, out);
            at += block;
        }
        self.pending.drain(..at);
    }

    /// Appends what is left, after the last frame.
    pub(super) fn finish(mut self, out: &mut Vec<f32>) {
        let whole = self.pending.len() - self.pending.len() % self.channels;
        self.mix(0, whole, out);
    }

    fn mix(&mut self, start: usize, end: usize, out: &mut Vec<f32>) {
        let block = &self.pending[start..end];
        if !self.begun {
            // what is the same all along is no sound
            let first =
                block.iter().take(self.channels).map(|&sample| f64::from(sample)).filter(|sample| sample.is_finite());
            let first: Vec<f64> = first.collect();
            if first.len() == self.channels {
                self.slow = first.iter().copied().chain([first.iter().sum::<f64>() / self.channels as f64]).collect();
            }
        }
        let scale = 1.0 / self.channels as f32;
        let mean = |frame: &[f32]| frame.iter().map(|sample| sample * scale).sum::<f32>();
        let share = 1.0 - (-std::f64::consts::TAU * WEIGHED_FROM / f64::from(self.rate.max(1))).exp();
        let mut powers = vec![0.0_f64; self.channels + 1];
        for frame in block.chunks_exact(self.channels) {
            let all = frame.iter().copied().chain(std::iter::once(mean(frame)));
            for ((sample, slow), power) in all.zip(&mut self.slow).zip(&mut powers) {
                // what is no number is refused later, by its time
                let sample = if sample.is_finite() { f64::from(sample) } else { 0.0 };
                *slow += (sample - *slow) * share;
                *power += (sample - *slow).powi(2);
            }
        }
        let of_mean = powers.pop().unwrap_or(0.0);
        let unrelated = powers.iter().sum::<f64>() / (self.channels * self.channels) as f64;
        let before = self.chosen;
        if unrelated > 0.0 {
            let limit = if before.is_some() { RESTORED } else { CANCELLED };
            if of_mean < limit * unrelated {
                let strongest = (0..self.channels).max_by(|&a, &b| powers[a].total_cmp(&powers[b])).unwrap_or(0);
                // no change between channels that are about as strong
                let kept = before.filter(|&channel| powers[channel] * 4.0 > powers[strongest]);
                self.chosen = Some(kept.unwrap_or(strongest));
            } else {
                self.chosen = None;
            }
        }
        let one = |frame: &[f32], chosen: Option<usize>| chosen.map_or_else(|| mean(frame), |channel| frame[channel]);
        let fade = if before == self.chosen || !self.begun { 0 } else { self.rate as usize / 100 };
        self.begun = true;
        for (index, frame) in block.chunks_exact(self.channels).enumerate() {
            let now = one(frame, self.chosen);
            out.push(if index < fade {
                let weight = index as f32 / fade as f32;
                one(frame, before) * (1.0 - weight) + now * weight
            } else {
                now
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixed(frames: &[f32], channels: usize, step: usize) -> Vec<f32> {
        let mut mixer = Mixer::new(8_000, channels);
        let mut out = Vec::new();
        frames.chunks(step * channels).for_each(|part| mixer.push(part, &mut out));
        mixer.finish(&mut out);
        out
    }

    fn tone(index: usize) -> f32 {
        (index as f32 * 0.5).sin()
    }

    fn power(samples: &[f32]) -> f32 {
        samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32
    }

    #[test]
    fn channels_that_cancel_are_heard_and_others_are_averaged() {
        let anti: Vec<f32> = (0..20_001).flat_map(|i| [tone(i), -tone(i)]).collect();
        let chosen = mixed(&anti, 2, 1_000);
        assert_eq!(chosen.len(), 20_001);
        assert!((power(&chosen) - 0.5).abs() < 0.01);
        // nearly so, and with the hum of both wires
        let hum = |i: usize| 0.3 * (i as f32 * 0.04).sin();
        let line: Vec<f32> = (0..20_000).flat_map(|i| [0.9 * tone(i) + hum(i), hum(i) - tone(i)]).collect();
        assert!(power(&mixed(&line, 2, 1_000)) > 0.4);
        let two: Vec<f32> = (0..20_000).flat_map(|i| [tone(i), (i as f32 * 0.83).sin()]).collect();
        for (index, sample) in mixed(&two, 2, 1_000).iter().enumerate() {
            assert!((sample - (two[2 * index] + two[2 * index + 1]) / 2.0).abs() < 1e-6);
        }
        let one_of_four: Vec<f32> = (0..20_000).flat_map(|i| [0.0, tone(i), 0.0, 0.0]).collect();
        assert!((power(&mixed(&one_of_four, 4, 1_000)) - 0.5 / 16.0).abs() < 0.001);
        let pair_of_four: Vec<f32> = (0..20_000).flat_map(|i| [0.0, tone(i), 0.0, -tone(i)]).collect();
        assert!((power(&mixed(&pair_of_four, 4, 1_000)) - 0.5).abs() < 0.01);
    }

    #[test]
    fn the_blocks_that_it_is_given_do_not_matter() {
        let frames: Vec<f32> = (0..30_000)
            .flat_map(|i| if i / 7_000 % 2 == 0 { [tone(i), -tone(i)] } else { [tone(i), 0.5 * tone(i)] })
            .collect();
        let whole = mixed(&frames, 2, 30_000);
        for step in [1, 7, 999, 4_000] {
            assert_eq!(mixed(&frames, 2, step), whole, "{step}");
        }
    }
}
