//! The one place with vector instructions: inner products and prefetching.
//!
//! Written by hand because simsimd 6.5, called once a row, took twice as long on 128 bytes (AMD EPYC with AVX-512): it
//! crosses into C for each, where here one call scores all links of a row. ARM takes the plain versions, which the
//! compiler turns into NEON, always there.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

use super::codes::CodesView;

/// Inner products for the processor at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kernel(Level);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Plain,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Kernel {
    /// The fastest that this processor has.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni") {
                return Self(Level::Avx512);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                return Self(Level::Avx2);
            }
        }
        Self(Level::Plain)
    }

    /// Inner product of two vectors of equal length.
    #[inline]
    pub fn dot(self, a: &[f32], b: &[f32]) -> f32 {
        match self.0 {
            Level::Plain => dot_plain(a, b),
            // SAFETY: `detect`, the only constructor, found the instructions on this processor.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { dot_avx2(a, b) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => unsafe { dot_avx512(a, b) },
        }
    }

    /// Scores of `rows` by their codes, into `scores`; rows outside score lowest.
    #[inline]
    pub fn score(self, weights: &[i8], codes: CodesView<'_>, rows: &[u32], scores: &mut Vec<i32>) {
        scores.clear();
        match self.0 {
            Level::Plain => {
                scores.extend(rows.iter().map(|&row| codes.of(row).map_or(i32::MIN, |c| plain(weights, c))))
            }
            // SAFETY: as in `dot`.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { score_avx2(weights, codes, rows, scores) },
            // SAFETY: as in `dot`.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => unsafe { score_avx512(weights, codes, rows, scores) },
        }
    }
}

/// Asks for the cache lines of `item`, which will be read soon.
#[inline]
pub(crate) fn prefetch<T>(item: &[T]) {
    #[cfg(target_arch = "x86_64")]
    for line in (0..size_of_val(item)).step_by(64) {
        // SAFETY: a prefetch reads nothing as far as the program can tell, and the address is inside `item`.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(item.as_ptr().cast::<i8>().wrapping_add(line)) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = item;
}

fn plain(weights: &[i8], code: &[u8]) -> i32 {
    weights.iter().zip(code).map(|(&w, &c)| i32::from(w) * i32::from(c)).sum()
}

fn dot_plain(a: &[f32], b: &[f32]) -> f32 {
    let (chunks_a, rest_a) = a.as_chunks::<16>();
    let (chunks_b, rest_b) = b.as_chunks::<16>();
    let mut sums = [0f32; 16];
    for (a, b) in chunks_a.iter().zip(chunks_b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn dot_avx2(a: &[f32], b: &[f32]) -> f32 {
    let (chunks_a, rest_a) = a.as_chunks::<32>();
    let (chunks_b, rest_b) = b.as_chunks::<32>();
    // Four sums, because each has to wait four cycles for its last addition.
    let mut sums = [_mm256_setzero_ps(); 4];
    for (a, b) in chunks_a.iter().zip(chunks_b) {
        for (quarter, sum) in sums.iter_mut().enumerate() {
            // SAFETY: 8 floats from place 0, 8, 16 or 24 of 32.
            let (a, b) =
                unsafe { (_mm256_loadu_ps(a.as_ptr().add(quarter * 8)), _mm256_loadu_ps(b.as_ptr().add(quarter * 8))) };
            *sum = _mm256_fmadd_ps(a, b, *sum);
        }
    }
    let sum = _mm256_add_ps(_mm256_add_ps(sums[0], sums[1]), _mm256_add_ps(sums[2], sums[3]));
    let four = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps::<1>(sum));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    let one = _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
    one + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn dot_avx512(a: &[f32], b: &[f32]) -> f32 {
    let (chunks_a, rest_a) = a.as_chunks::<32>();
    let (chunks_b, rest_b) = b.as_chunks::<32>();
    let mut sums = [_mm512_setzero_ps(); 2];
    for (a, b) in chunks_a.iter().zip(chunks_b) {
        for (half, sum) in sums.iter_mut().enumerate() {
            // SAFETY: 16 floats from place 0 or 16 of 32.
            let (a, b) =
                unsafe { (_mm512_loadu_ps(a.as_ptr().add(half * 16)), _mm512_loadu_ps(b.as_ptr().add(half * 16))) };
            *sum = _mm512_fmadd_ps(a, b, *sum);
        }
    }
    let sum = _mm512_reduce_add_ps(_mm512_add_ps(sums[0], sums[1]));
    sum + rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum::<f32>()
}

/// Four rows at a time share the loads of the weights and one last summing up.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn score_avx2(weights: &[i8], codes: CodesView<'_>, rows: &[u32], scores: &mut Vec<i32>) {
    let (fours, rest) = rows.as_chunks::<4>();
    for four in fours {
        let [Some(a), Some(b), Some(c), Some(d)] = four.map(|row| codes.of(row)) else {
            scores.extend(four.map(|row| codes.of(row).map_or(i32::MIN, |code| plain(weights, code))));
            continue;
        };
        let sums = sums_avx2(weights, [a, b, c, d]);
        let pairs = [_mm256_hadd_epi32(sums[0], sums[1]), _mm256_hadd_epi32(sums[2], sums[3])];
        let halves = _mm256_hadd_epi32(pairs[0], pairs[1]);
        let all = _mm_add_epi32(_mm256_castsi256_si128(halves), _mm256_extracti128_si256::<1>(halves));
        let mut lanes = [0i32; 4];
        // SAFETY: 16 bytes into 16.
        unsafe { _mm_storeu_si128(lanes.as_mut_ptr().cast(), all) };
        scores.extend_from_slice(&lanes);
    }
    scores.extend(rest.iter().map(|&row| {
        let Some(code) = codes.of(row) else { return i32::MIN };
        let [sum] = sums_avx2(weights, [code]);
        let four = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256::<1>(sum));
        let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b00_00_11_10>(four));
        _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b00_00_00_01>(two)))
    }));
}

/// The products of each of `N` codes with the weights, to be summed up lane by lane. Adding two products in 16 bits
/// loses nothing, because a weight is at most [`super::codes::LARGEST_WEIGHT`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn sums_avx2<const N: usize>(weights: &[i8], codes: [&[u8]; N]) -> [__m256i; N] {
    let ones = _mm256_set1_epi16(1);
    let weights = weights.as_chunks::<32>().0;
    let codes = codes.map(|code| code.as_chunks::<32>().0);
    let count = codes.iter().map(|code| code.len()).fold(weights.len(), usize::min);
    let mut sums = [_mm256_setzero_si256(); N];
    for (at, w) in weights[..count].iter().enumerate() {
        // SAFETY: 32 bytes from 32.
        let w = unsafe { _mm256_loadu_si256(w.as_ptr().cast()) };
        for (sum, code) in sums.iter_mut().zip(codes) {
            // SAFETY: `at` is below `count`, which is at most the number of this code's chunks of 32 bytes.
            let c = unsafe { _mm256_loadu_si256(code.get_unchecked(at).as_ptr().cast()) };
            let products = _mm256_madd_epi16(_mm256_maddubs_epi16(c, w), ones);
            *sum = _mm256_add_epi32(*sum, products);
        }
    }
    sums
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vnni")]
fn score_avx512(weights: &[i8], codes: CodesView<'_>, rows: &[u32], scores: &mut Vec<i32>) {
    scores.extend(rows.iter().map(|&row| {
        let Some(code) = codes.of(row) else { return i32::MIN };
        let mut sum = _mm512_setzero_si512();
        for (w, c) in weights.as_chunks::<64>().0.iter().zip(code.as_chunks::<64>().0) {
            // SAFETY: 64 bytes from 64.
            let (w, c) = unsafe { (_mm512_loadu_si512(w.as_ptr().cast()), _mm512_loadu_si512(c.as_ptr().cast())) };
            sum = _mm512_dpbusd_epi32(sum, c, w);
        }
        _mm512_reduce_add_epi32(sum)
    }));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::search::codes::LARGEST_WEIGHT;
    use proptest::prelude::*;

    fn levels() -> Vec<Kernel> {
        let mut all = vec![Kernel(Level::Plain), Kernel::detect()];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            all.push(Kernel(Level::Avx2));
        }
        all
    }

    proptest! {
        #[test]
        fn every_instruction_set_gives_the_same_scores(
            lines in 1usize..5,
            weights in prop::collection::vec(-LARGEST_WEIGHT..=LARGEST_WEIGHT, 256),
            extreme in any::<bool>(),
            bytes in prop::collection::vec(any::<u8>(), 256 * 3),
            rows in prop::collection::vec(0u32..5, 0..11),
        ) {
            let stride = 64 * lines;
            // The largest products that there can be, all of one sign, overflow first.
            let largest = |w: &i8| if *w < 0 { -LARGEST_WEIGHT } else { LARGEST_WEIGHT };
            let weights: Vec<i8> = weights[..stride].iter().map(|w| if extreme { largest(w) } else { *w }).collect();
            let bytes: Vec<u8> = bytes[..stride * 3].iter().map(|b| if extreme { 255 } else { *b }).collect();
            let codes = CodesView { stride, bytes: &bytes };
            let expected: Vec<i32> =
                rows.iter().map(|&row| codes.of(row).map_or(i32::MIN, |c| plain(&weights, c))).collect();
            for kernel in levels() {
                let mut scores = Vec::new();
                kernel.score(&weights, codes, &rows, &mut scores);
                prop_assert_eq!(&scores, &expected, "{:?}", kernel);
            }
        }

        #[test]
        fn every_instruction_set_gives_the_same_product(v in prop::collection::vec(-1f32..1.0, 1..300)) {
            let expected = v.iter().map(|c| f64::from(*c).powi(2)).sum::<f64>();
            for kernel in levels() {
                prop_assert!((f64::from(kernel.dot(&v, &v)) - expected).abs() < 1e-3, "{:?}", kernel);
            }
        }
    }
}
