//! Triangular filters, equally wide on the mel scale.

use super::FeatureConfig;

/// `1127 · ln(1 + hz / 700)`: the mel scale of HTK and Kaldi.
fn mel(hz: f64) -> f64 {
    1127.0 * (hz / 700.0).ln_1p()
}

/// Triangles over the bins of a power spectrum; of each only the part that is not zero is kept.
#[derive(Clone)]
pub(super) struct MelFilters {
    /// First bin of each band, and where its weights end in `weights`.
    bands: Vec<(usize, usize)>,
    weights: Vec<f32>,
    end: usize,
}

impl MelFilters {
    /// For spectra of `bins` bins, `width` Hz apart.
    pub fn new(config: &FeatureConfig, bins: usize, width: f64) -> Self {
        let (low, high) = (mel(config.low_hz.into()), mel(config.high_hz.into()));
        let step = (high - low) / (config.bands + 1) as f64;
        let (mut bands, mut weights, mut last) = (Vec::with_capacity(config.bands), Vec::new(), 0);
        for band in 0..config.bands {
            let left = low + band as f64 * step;
            let mut first = None;
            for bin in 0..bins {
                let place = (mel(bin as f64 * width) - left) / step;
                let weight = place.min(2.0 - place);
                if weight > 0.0 {
                    first.get_or_insert(bin);
                    weights.push(weight as f32);
                    last = last.max(bin + 1);
                }
            }
            bands.push((first.unwrap_or(0), weights.len()));
        }
        Self { bands, weights, end: last }
    }

    /// Number of bins, from the lowest, that any filter looks at.
    pub fn bins(&self) -> usize {
        self.end
    }

    /// Number of filters.
    pub fn bands(&self) -> usize {
        self.bands.len()
    }

    /// Energy in each band, `[bands]`, of a power spectrum of at least [`bins`](Self::bins) bins.
    pub fn apply(&self, power: &[f32], out: &mut [f32]) {
        let mut start = 0;
        for (value, &(first, end)) in out.iter_mut().zip(&self.bands) {
            let weights = &self.weights[start..end];
            let products = weights.iter().zip(&power[first..]).map(|(weight, power)| weight * power);
            *value = products.sum();
            start = end;
        }
    }

    /// A smooth power spectrum with about these energies in its bands: each bin takes the mean density of the bands over it. Bins that no
    /// band looks at get nothing.
    pub fn spread(&self, energies: &[f32], power: &mut [f32]) {
        power.fill(0.0);
        let mut shares = vec![0.0; power.len()];
        let mut start = 0;
        for (energy, &(first, end)) in energies.iter().zip(&self.bands) {
            let weights = &self.weights[start..end];
            let density = energy / weights.iter().sum::<f32>().max(f32::MIN_POSITIVE);
            for ((power, share), weight) in power[first..].iter_mut().zip(&mut shares[first..]).zip(weights) {
                *power += weight * density;
                *share += weight;
            }
            start = end;
        }
        for (power, share) in power.iter_mut().zip(shares).filter(|(_, share)| *share > 0.0) {
            *power /= share;
        }
    }
}
