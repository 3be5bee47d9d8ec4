//! Another voice, another room, another microphone: distortions of log-mel frames, on plain slices.

use super::super::random::Random;
use super::super::training::AugmentConfig;

/// Frames [frames, bands] row-major, and the span of interest inside them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct View {
    pub data: Vec<f32>,
    pub begin: usize,
    pub end: usize,
}

/// ln(e^a + e^b): energies added.
fn add_energy(a: f32, b: f32) -> f32 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    // Beyond 8 nepers the smaller changes nothing that half-precision features could tell.
    if high - low > 8.0 { high } else { high + (low - high).exp().ln_1p() }
}

/// The level that `share` of the values lie below.
fn level(data: &[f32], share: f32) -> f32 {
    let mut values = data.to_vec();
    let at = ((values.len() as f32 * share) as usize).min(values.len() - 1);
    *values.select_nth_unstable_by(at, f32::total_cmp).1
}

/// Distorts a view; `babble` are frames of another recording with as many bands.
pub(crate) fn distort(
    view: &View,
    bands: usize,
    babble: Option<&[f32]>,
    config: &AugmentConfig,
    random: &mut Random,
) -> View {
    let mut out = resample(view, bands, config, random);
    pad(&mut out, bands, config, random);
    reverberate(&mut out.data, bands, config, random);
    colour(&mut out.data, bands, config, random);
    let peak = level(&out.data, 0.98);
    if let Some(babble) = babble.filter(|b| b.len() >= bands) {
        let below = random.uniform(config.babble.1, config.babble.2);
        let shift = peak - below - level(babble, 0.98);
        for (i, value) in out.data.iter_mut().enumerate() {
            *value = add_energy(*value, babble[i % (babble.len() / bands * bands)] + shift);
        }
    }
    floor(&mut out.data, bands, peak, config, random);
    if random.chance(config.band_limit) {
        limit_band(&mut out.data, bands, peak, random);
    }
    if random.chance(config.mask.0) && config.mask.1 > 0 {
        let width = (1 + random.below(config.mask.1)).min(bands);
        let from = random.below(bands - width + 1);
        let mean = out.data.iter().sum::<f32>() / out.data.len() as f32;
        for row in out.data.chunks_exact_mut(bands) {
            row[from..from + width].fill(mean);
        }
    }
    let gain = random.uniform(-config.gain, config.gain);
    out.data.iter_mut().for_each(|v| *v += gain);
    out
}

/// Tempo and vocal-tract length: a bilinear resampling of the time and mel axes.
fn resample(view: &View, bands: usize, config: &AugmentConfig, random: &mut Random) -> View {
    let frames = view.data.len() / bands;
    let tempo = random.uniform(config.tempo.0, config.tempo.1);
    let (warp, shift) = (random.uniform(config.warp.0, config.warp.1), random.uniform(-1.0, 1.0));
    let length = ((frames as f32 * tempo).round() as usize).max(frames.min(8));
    let scale = if length > 1 { (frames - 1) as f32 / (length - 1) as f32 } else { 0.0 };
    let mel: Vec<(usize, f32)> = (0..bands)
        .map(|m| {
            let at = (m as f32 * warp + shift).clamp(0.0, (bands - 1) as f32);
            let low = (at as usize).min(bands.saturating_sub(2));
            (low, at - low as f32)
        })
        .collect();
    let mut data = Vec::with_capacity(length * bands);
    let mut mixed = vec![0f32; bands];
    for t in 0..length {
        let at = t as f32 * scale;
        let low = (at as usize).min(frames - 1);
        let share = at - low as f32;
        let row = &view.data[low * bands..][..bands];
        let next = &view.data[(low + 1).min(frames - 1) * bands..][..bands];
        for ((m, a), b) in mixed.iter_mut().zip(row).zip(next) {
            *m = a + share * (b - a);
        }
        data.extend(mel.iter().map(|&(i, w)| mixed[i] + w * (mixed[(i + 1).min(bands - 1)] - mixed[i])));
    }
    let stretch = |at: usize| (at as f32 * length as f32 / frames as f32).round() as usize;
    let begin = stretch(view.begin).min(length - 1);
    View { data, begin, end: stretch(view.end).clamp(begin + 1, length) }
}

/// Quiet noise around the span, which takes it in: so stands a word in a clip of its own.
fn pad(view: &mut View, bands: usize, config: &AugmentConfig, random: &mut Random) {
    if !random.chance(config.padding.0) {
        return;
    }
    let quiet = level(&view.data, 0.02) - random.uniform(0.0, 3.0);
    let (before, after) = (random.below(config.padding.1 + 1), random.below(config.padding.1 + 1));
    let mut noise = |frames: usize| (0..frames * bands).map(|_| quiet + 0.5 * random.normal()).collect::<Vec<f32>>();
    let mut data = noise(before);
    data.extend_from_slice(&view.data[view.begin * bands..view.end * bands]);
    data.extend(noise(after));
    *view = View { begin: 0, end: data.len() / bands, data };
}

/// An exponential tail of every band's energy.
fn reverberate(data: &mut [f32], bands: usize, config: &AugmentConfig, random: &mut Random) {
    if !random.chance(config.reverberation) {
        return;
    }
    // Energy falls by 60 dB, 13.8 nepers, in the reverberation time; frames are 10 ms apart.
    let decay = 13.8 * 0.01 / random.uniform(0.2, 0.7);
    let onset = random.uniform(1.0, 3.0);
    let mut tail = vec![-100f32; bands];
    for row in data.chunks_exact_mut(bands) {
        for (value, tail) in row.iter_mut().zip(&mut tail) {
            let direct = *value;
            *value = add_energy(direct, *tail);
            *tail = add_energy(direct - onset, *tail - decay);
        }
    }
}

/// Microphone and room: a tilt and a random walk over the bands.
fn colour(data: &mut [f32], bands: usize, config: &AugmentConfig, random: &mut Random) {
    let tilt = random.uniform(-config.colour.0, config.colour.0);
    let mut walk = 0.0;
    let curve: Vec<f32> = (0..bands)
        .map(|m| {
            walk += config.colour.1 * random.normal();
            walk + tilt * m as f32
        })
        .collect();
    for row in data.chunks_exact_mut(bands) {
        row.iter_mut().zip(&curve).for_each(|(v, c)| *v += c);
    }
}

/// Steady noise of a random colour below the peak.
fn floor(data: &mut [f32], bands: usize, peak: f32, config: &AugmentConfig, random: &mut Random) {
    let height = peak - random.uniform(config.floor.0, config.floor.1);
    let mut walk = 0.0;
    let curve: Vec<f32> = (0..bands)
        .map(|_| {
            walk += 0.15 * random.normal();
            height + walk
        })
        .collect();
    for row in data.chunks_exact_mut(bands) {
        for (value, level) in row.iter_mut().zip(&curve) {
            *value = add_energy(*value, level + 0.5 * random.normal());
        }
    }
}

/// A low-pass or a telephone: the bands outside carry noise alone.
fn limit_band(data: &mut [f32], bands: usize, peak: f32, random: &mut Random) {
    let high = bands * (60 + random.below(35)) / 100;
    let low = if random.chance(0.5) { bands * (3 + random.below(9)) / 100 } else { 0 };
    let level = peak - random.uniform(8.0, 14.0);
    for row in data.chunks_exact_mut(bands) {
        for (m, value) in row.iter_mut().enumerate() {
            if m < low || m >= high {
                *value = value.min(level + 0.5 * random.normal());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(frames: usize, bands: usize) -> View {
        let data = (0..frames * bands).map(|i| ((i * 37) % 11) as f32 - 5.0).collect();
        View { data, begin: frames / 4, end: frames * 3 / 4 }
    }

    #[test]
    fn spans_stay_inside_and_values_finite() {
        let config = AugmentConfig::default();
        for seed in 0..200 {
            let mut random = Random::new(&[seed]);
            let view = view(4 + seed as usize, 40);
            let babble = view.data.clone();
            let out = distort(&view, 40, Some(&babble), &config, &mut random);
            assert!(out.begin < out.end && out.end <= out.data.len() / 40, "{} {}", out.begin, out.end);
            assert!(out.data.iter().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn nothing_asked_for_changes_nothing() {
        let still = AugmentConfig {
            warp: (1.0, 1.0),
            tempo: (1.0, 1.0),
            colour: (0.0, 0.0),
            reverberation: 0.0,
            band_limit: 0.0,
            mask: (0.0, 0),
            padding: (0.0, 0),
            gain: 0.0,
            ..AugmentConfig::default()
        };
        let view = view(40, 8);
        let mut random = Random::new(&[1]);
        let mut out = resample(&view, 8, &still, &mut random);
        // The mel shift alone remains; it is at most one band.
        out.data.clone_from(&view.data);
        reverberate(&mut out.data, 8, &still, &mut random);
        colour(&mut out.data, 8, &still, &mut random);
        assert_eq!(out, view);
    }

    #[test]
    fn padding_takes_the_place_of_the_surroundings() {
        let config = AugmentConfig { padding: (1.0, 10), ..AugmentConfig::default() };
        let (view, mut longer) = (view(40, 8), 0);
        for seed in 0..20 {
            let mut out = view.clone();
            pad(&mut out, 8, &config, &mut Random::new(&[seed]));
            assert_eq!((out.begin, out.end), (0, out.data.len() / 8));
            let word = &view.data[view.begin * 8..view.end * 8];
            assert!(out.data.windows(word.len()).any(|part| part == word), "the span itself is untouched");
            longer = longer.max(out.end - (view.end - view.begin));
        }
        assert!((1..=20).contains(&longer));
    }

    #[test]
    fn energies_add() {
        assert!((add_energy(0.0, 0.0) - 2f32.ln()).abs() < 1e-6);
        assert_eq!(add_energy(3.0, -20.0), 3.0);
    }
}
