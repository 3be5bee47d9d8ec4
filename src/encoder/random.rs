//! A small generator whose stream is a pure function of its seeds, so that step N of a resumed run draws what step N of
//! an unbroken run drew.

/// xoshiro256++ (Blackman and Vigna 2019), seeded by SplitMix64.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: [u64; 4],
}

impl Random {
    /// The stream that belongs to these numbers, for instance run seed, step and item.
    pub fn new(seeds: &[u64]) -> Random {
        let mut mix = 0x9E37_79B9_7F4A_7C15u64;
        let mut split = |value: u64| {
            mix = mix.wrapping_add(value).wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = mix;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mix ^= z;
            z ^ (z >> 31)
        };
        for &seed in seeds {
            split(seed);
        }
        Random { state: [split(1), split(2), split(3), split(4)] }
    }

    fn next(&mut self) -> u64 {
        let s = &mut self.state;
        let out = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// Uniform in 0..1.
    pub fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Uniform in low..high.
    pub fn uniform(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Uniform in 0..n; 0 where n is 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// Uniform in -n..=n.
    pub fn jitter(&mut self, n: usize) -> i64 {
        self.below(2 * n + 1) as i64 - n as i64
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// Zero mean and unit variance, bell-shaped: the sum of four uniforms, for noise need not have tails.
    pub fn normal(&mut self) -> f32 {
        let bits = self.next();
        let sum: u64 = (0..4).map(|i| (bits >> (16 * i)) & 0xFFFF).sum();
        (sum as f32 / 65536.0 - 2.0) * 3f32.sqrt()
    }

    /// Factors that drop a share of values and scale the rest up to keep their mean.
    pub fn dropout(&mut self, count: usize, share: f64) -> Vec<f32> {
        let kept = 1.0 / (1.0 - share as f32);
        let threshold = (share * 65536.0) as u64;
        let mut out = Vec::with_capacity(count + 3);
        while out.len() < count {
            let bits = self.next();
            out.extend((0..4).map(|i| if (bits >> (16 * i)) & 0xFFFF < threshold { 0.0 } else { kept }));
        }
        out.truncate(count);
        out
    }

    /// An index drawn with the probabilities whose running sum is `cumulative`.
    pub fn weighted(&mut self, cumulative: &[f64]) -> usize {
        let total = cumulative.last().copied().unwrap_or(0.0);
        let at = f64::from(self.unit()) * total;
        cumulative.partition_point(|&c| c <= at).min(cumulative.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seeds_same_stream_and_neighbours_differ() {
        let draw = |seeds: &[u64]| {
            let mut random = Random::new(seeds);
            (0..8).map(|_| random.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(&[1, 2, 3]), draw(&[1, 2, 3]));
        assert_ne!(draw(&[1, 2, 3]), draw(&[1, 2, 4]));
        assert_ne!(draw(&[1, 2, 3]), draw(&[2, 1, 3]));
    }

    #[test]
    fn draws_have_the_moments_they_claim() {
        let mut random = Random::new(&[7]);
        let n = 40_000;
        let (mut mean, mut square, mut unit) = (0.0, 0.0, 0.0);
        for _ in 0..n {
            let v = random.normal();
            mean += v / n as f32;
            square += v * v / n as f32;
            unit += random.unit() / n as f32;
        }
        assert!(mean.abs() < 0.02 && (square - 1.0).abs() < 0.03 && (unit - 0.5).abs() < 0.01);
    }
}
