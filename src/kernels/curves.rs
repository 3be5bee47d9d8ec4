//! The curves of recurrent cells, a vector at a time.

use pulp::Simd;

/// Adding it rounds to a whole number, which then stands in the lowest bits.
const ROUND: f32 = 12_582_912.0;
/// ln 2 in two parts, so that subtracting a multiple of it loses nothing.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// (eʳ - 1 - r) / r² for |r| ≤ ln 2 / 2, by the polynomial of Cephes' `expf` (Moshier).
const SERIES: [f32; 6] = [1.987_569_2e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1];

/// eˣ to 2e-7 of its value, for x in -87..=87; what lies beyond counts as the bound.
#[inline(always)]
fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let x = simd.min_f32s(simd.max_f32s(x, simd.splat_f32s(-87.0)), simd.splat_f32s(87.0));
    let rounded = simd.mul_add_e_f32s(x, simd.splat_f32s(std::f32::consts::LOG2_E), simd.splat_f32s(ROUND));
    let whole = simd.sub_f32s(rounded, simd.splat_f32s(ROUND));
    let r = simd.mul_add_e_f32s(whole, simd.splat_f32s(-LN_2_HIGH), x);
    let r = simd.mul_add_e_f32s(whole, simd.splat_f32s(-LN_2_LOW), r);
    let mut series = simd.splat_f32s(SERIES[0]);
    for &factor in &SERIES[1..] {
        series = simd.mul_add_e_f32s(series, r, simd.splat_f32s(factor));
    }
    let value = simd.mul_add_e_f32s(series, simd.mul_f32s(r, r), simd.add_f32s(r, simd.splat_f32s(1.0)));
    // The whole number goes straight into the exponent's bits.
    let power = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(rounded), simd.splat_u32s(23));
    simd.transmute_f32s_u32s(simd.add_u32s(simd.transmute_u32s_f32s(value), power))
}

/// 1 / (1 + e⁻ˣ) to 2e-7.
#[inline(always)]
pub fn sigmoid<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let one = simd.splat_f32s(1.0);
    simd.div_f32s(one, simd.add_f32s(one, exp(simd, simd.neg_f32s(x))))
}

/// The hyperbolic tangent to 3e-7.
#[inline(always)]
pub fn tanh<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    let half = sigmoid(simd, simd.add_f32s(x, x));
    simd.sub_f32s(simd.add_f32s(half, half), simd.splat_f32s(1.0))
}

#[cfg(test)]
mod tests {
    use super::super::arch::Arch;
    use super::*;
    use pulp::WithSimd;

    struct Curve<'a>(&'a [f32], &'a mut [f32], bool);

    impl WithSimd for Curve<'_> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let (input, _) = S::as_simd_f32s(self.0);
            let (output, _) = S::as_mut_simd_f32s(self.1);
            for (x, y) in input.iter().zip(output) {
                *y = if self.2 { tanh(simd, *x) } else { sigmoid(simd, *x) };
            }
        }
    }

    #[test]
    fn curves_are_exact_to_a_millionth() {
        let input: Vec<f32> = (-160_000..160_000).map(|i| i as f32 * 6.25e-4).collect();
        for arch in Arch::all() {
            let mut output = vec![9.0; input.len()];
            arch.dispatch(Curve(&input, &mut output, true));
            let wrong = |(x, y): (&f32, &f32)| (f64::from(*x).tanh() - f64::from(*y)).abs();
            assert!(input.iter().zip(&output).map(wrong).fold(0.0, f64::max) < 3e-7);
            arch.dispatch(Curve(&input, &mut output, false));
            let wrong = |(x, y): (&f32, &f32)| (1.0 / (1.0 + f64::from(-x).exp()) - f64::from(*y)).abs();
            assert!(input.iter().zip(&output).map(wrong).fold(0.0, f64::max) < 2e-7);
        }
    }
}
