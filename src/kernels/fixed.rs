//! Factors of 16 bits, two to a cell, and their sums of 32.
//!
//! Two products and their sum are one instruction, of twice as many numbers as in single precision. The sums are exact, so that every
//! processor comes to the same. An input is a multiple of a 4095th of its row's largest, a weight of the least that leaves no sum beyond 32
//! bits: some five times as fine as bfloat16, and with AVX2 already.

use pulp::Simd;
use pulp::bytemuck::{Pod, cast, cast_slice, cast_slice_mut};

use super::tile::Arithmetic;

/// What a row's largest input becomes.
const LARGEST_INPUT: f32 = 4095.0;
/// What the numbers of an output's weights may come to: times the largest input it is below 2³¹.
const LARGEST_SUM: f32 = 524_288.0;
/// What a weight may become.
const LARGEST_WEIGHT: f32 = 32_767.0;
/// Adding it rounds to a whole number, which then stands in the lowest bits.
const ROUND: f32 = 12_582_912.0;

/// Pairs of 16-bit numbers, the first in the lower half.
pub struct Pairs;

impl<S: Simd> Arithmetic<S> for Pairs {
    type Cell = u32;
    type Cells = S::u32s;

    #[inline(always)]
    fn load(cells: &[u32]) -> [S::u32s; 2] {
        let (cells, _) = S::as_simd_u32s(cells);
        [cells[0], cells[1]]
    }

    #[inline(always)]
    fn splat(simd: S, cell: u32) -> S::u32s {
        simd.splat_u32s(cell)
    }

    #[inline(always)]
    fn add_product(simd: S, sum: S::u32s, a: S::u32s, b: S::u32s) -> S::u32s {
        simd.add_u32s(sum, products(simd, a, b))
    }
}

/// How many cells a row of so many values has.
pub fn cells(inputs: usize) -> usize {
    inputs.div_ceil(2)
}

/// An output's weights as cells, the first half in their lower and the second in their upper halves, and what 1 is worth.
pub fn weights(weights: &[f32]) -> (Vec<u32>, f32) {
    let (sum, most) = weights.iter().fold((0f32, 0f32), |(sum, most), w| (sum + w.abs(), most.max(w.abs())));
    // Rounding may add a half a weight.
    let room = LARGEST_SUM - weights.len() as f32;
    let scale = (room / sum).min(LARGEST_WEIGHT / most);
    if !scale.is_finite() {
        return (vec![0; cells(weights.len())], 0.0);
    }
    let number = |weight: &f32| (weight * scale).round() as i16 as u16;
    let (low, high) = weights.split_at(cells(weights.len()));
    let pair = |at: usize| u32::from(number(&low[at])) | u32::from(high.get(at).map_or(0, number)) << 16;
    ((0..low.len()).map(pair).collect(), scale.recip())
}

/// A row of inputs as cells in the same order, into `out`. Returns what 1 is worth.
#[inline(always)]
pub fn inputs<S: Simd>(simd: S, row: &[f32], out: &mut [u32]) -> f32 {
    let (head, tail) = S::as_simd_f32s(row);
    let largest = head.iter().fold(
        simd.splat_f32s(0.0),
        #[inline(always)]
        |most, x| simd.max_f32s(most, simd.abs_f32s(*x)),
    );
    let most = tail.iter().fold(simd.reduce_max_f32s(largest), |most, x| most.max(x.abs()));
    let scale = LARGEST_INPUT / most;
    // Nothing, or so little that it counts as nothing.
    if !scale.is_finite() {
        out.fill(0);
        return 0.0;
    }
    let (low, high) = row.split_at(out.len());
    let (low_head, _) = S::as_simd_f32s(low);
    let (high_head, _) = S::as_simd_f32s(high);
    let (out_head, _) = S::as_mut_simd_u32s(&mut *out);
    let (by, round, mask) = (simd.splat_f32s(scale), simd.splat_f32s(ROUND), simd.splat_u32s(0xffff));
    let sixteen = simd.splat_u32s(16);
    let mut done = 0;
    for ((out, low), high) in out_head.iter_mut().zip(low_head).zip(high_head) {
        let low = simd.transmute_u32s_f32s(simd.mul_add_e_f32s(*low, by, round));
        let high = simd.transmute_u32s_f32s(simd.mul_add_e_f32s(*high, by, round));
        *out = simd.or_u32s(simd.and_u32s(low, mask), simd.wrapping_dyn_shl_u32s(high, sixteen));
        done += S::F32_LANES;
    }
    let number = |x: f32| x.mul_add(scale, ROUND).to_bits();
    for (at, out) in out.iter_mut().enumerate().skip(done) {
        *out = number(low[at]) & 0xffff | high.get(at).map_or(0, |x| number(*x) << 16);
    }
    scale.recip()
}

/// Sums of both products of each pair.
#[inline(always)]
fn products<S: Simd>(simd: S, a: S::u32s, b: S::u32s) -> S::u32s {
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(v4) = this::<S, pulp::x86::V4>(simd) {
            return same(v4.multiply_wrapping_add_adjacent_i16x32(same(a), same(b)));
        }
        if let Some(v3) = this::<S, pulp::x86::V3>(simd) {
            return same(v3.multiply_wrapping_add_adjacent_i16x16(same(a), same(b)));
        }
    }
    each(simd, a, b, |a, b| {
        let product = |shift: u32| i32::from((a >> shift) as i16) * i32::from((b >> shift) as i16);
        (product(0) + product(16)) as u32
    })
}

/// Sums as floating-point numbers.
#[inline(always)]
pub fn floats<S: Simd>(simd: S, sums: S::u32s) -> S::f32s {
    #[cfg(target_arch = "x86_64")]
    {
        if let Some(v4) = this::<S, pulp::x86::V4>(simd) {
            return same(v4.convert_i32x16_to_f32x16(same(sums)));
        }
        if let Some(v3) = this::<S, pulp::x86::V3>(simd) {
            return same(v3.convert_i32x8_to_f32x8(same(sums)));
        }
    }
    simd.transmute_f32s_u32s(each(simd, sums, sums, |sum, _| (sum as i32 as f32).to_bits()))
}

/// `simd` where it is a `T`: known when it is compiled, so that nothing is asked at run time.
#[inline(always)]
fn this<S: Simd, T: Simd>(simd: S) -> Option<T> {
    (&simd as &dyn std::any::Any).downcast_ref::<T>().copied()
}

/// The same bits.
#[inline(always)]
fn same<A: Pod, B: Pod>(a: A) -> B {
    cast(a)
}

/// Lane by lane.
#[inline(always)]
fn each<S: Simd>(simd: S, a: S::u32s, b: S::u32s, of: impl Fn(u32, u32) -> u32) -> S::u32s {
    let mut out = simd.splat_u32s(0);
    let lanes = cast_slice_mut::<S::u32s, u32>(std::slice::from_mut(&mut out));
    let (a, b) = ([a], [b]);
    let (a, b) = (cast_slice::<S::u32s, u32>(&a), cast_slice::<S::u32s, u32>(&b));
    for ((out, a), b) in lanes.iter_mut().zip(a).zip(b) {
        *out = of(*a, *b);
    }
    out
}
