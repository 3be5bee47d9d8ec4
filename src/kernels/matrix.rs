//! The product of rows with a matrix that stays.

use pulp::{Simd, WithSimd};

use super::arch::Arch;
use super::fixed::{self, Pairs};
use super::tile::{self, Arithmetic, PANEL};

/// Rows that go through all panels before the next ones come: with their packed copy they stay in the second cache.
const BLOCK: usize = 96;

/// Weights and bias of an affine map, packed for the product.
#[derive(Debug, Clone)]
pub struct Matrix {
    inputs: usize,
    stride: usize,
    panels: Panels,
    bias: Vec<f32>,
    arch: Arch,
}

/// `[outputs / PANEL][cells][PANEL]`, the last panel filled up with zeros.
#[derive(Debug, Clone)]
enum Panels {
    /// An input a cell.
    Single(Vec<f32>),
    /// Two inputs a cell, and what 1 is worth of each output.
    Fixed(Vec<u32>, Vec<f32>),
}

/// Room that products work in.
#[derive(Debug, Default)]
pub struct QuantisedFrames {
    single: Vec<f32>,
    fixed: Vec<u32>,
    rows: Vec<u32>,
    worth: Vec<f32>,
}

/// Factors of single precision.
struct Single;

impl<S: Simd> Arithmetic<S> for Single {
    type Cell = f32;
    type Cells = S::f32s;

    #[inline(always)]
    fn load(cells: &[f32]) -> [S::f32s; 2] {
        let (cells, _) = S::as_simd_f32s(cells);
        [cells[0], cells[1]]
    }

    #[inline(always)]
    fn splat(simd: S, cell: f32) -> S::f32s {
        simd.splat_f32s(cell)
    }

    #[inline(always)]
    fn add_product(simd: S, sum: S::f32s, a: S::f32s, b: S::f32s) -> S::f32s {
        simd.mul_add_e_f32s(a, b, sum)
    }
}

impl Matrix {
    /// From `inputs` to `outputs` values; `weight(input, output)` and `bias(output)` say what stands where.
    pub fn new(
        inputs: usize,
        outputs: usize,
        weight: impl Fn(usize, usize) -> f32,
        bias: impl Fn(usize) -> f32,
    ) -> Matrix {
        let stride = outputs.next_multiple_of(PANEL);
        let mut panels = vec![0.0; stride * inputs];
        for (number, panel) in panels.chunks_exact_mut((PANEL * inputs).max(1)).enumerate() {
            let first = number * PANEL;
            let count = PANEL.min(outputs - first);
            for (input, row) in panel.chunks_exact_mut(PANEL).enumerate() {
                for (offset, cell) in row[..count].iter_mut().enumerate() {
                    *cell = weight(input, first + offset);
                }
            }
        }
        let bias = (0..stride).map(|output| if output < outputs { bias(output) } else { 0.0 }).collect();
        Matrix { inputs, stride, panels: Panels::Single(panels), bias, arch: Arch::new() }
    }

    /// The same map by 16-bit factors: half as much work again in the same time, with AVX-512 VNNI nearly twice as much. Values are off by about a
    /// 3000th of what they typically are.
    pub fn fixed_point(&self) -> Matrix {
        let Panels::Single(panels) = &self.panels else { return self.clone() };
        let cells = fixed::cells(self.inputs);
        let (mut pairs, mut worth) = (vec![0; self.stride * cells], Vec::with_capacity(self.stride));
        for output in 0..self.stride {
            let panel = &panels[output / PANEL * PANEL * self.inputs..];
            let column: Vec<f32> = (0..self.inputs).map(|input| panel[input * PANEL + output % PANEL]).collect();
            let (numbers, one) = fixed::weights(&column);
            let panel = &mut pairs[output / PANEL * PANEL * cells..];
            for (at, number) in numbers.into_iter().enumerate() {
                panel[at * PANEL + output % PANEL] = number;
            }
            worth.push(one);
        }
        Matrix { panels: Panels::Fixed(pairs, worth), ..self.clone() }
    }

    /// Values read of each row.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Values written for each row: outputs, then zeros up to a multiple of [`PANEL`].
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Maps `rows` rows of `input`, each beginning `step` values after the one before it (they may overlap), to `output`
    /// `[rows, stride]`. Panics where `input` or `output` is too short, as a slice does.
    pub fn run(&self, input: &[f32], step: usize, rows: usize, output: &mut [f32]) {
        self.arch.dispatch(Product { matrix: self, input, step, rows, output, packed: QuantisedFrames::default() });
    }

    /// [`run`](Self::run) inside of code that knows its vector instructions already; `packed` is room to work in.
    #[inline(always)]
    pub fn run_with<S: Simd>(
        &self,
        simd: S,
        input: &[f32],
        step: usize,
        rows: usize,
        output: &mut [f32],
        packed: &mut QuantisedFrames,
    ) {
        for begin in (0..rows).step_by(BLOCK) {
            let count = BLOCK.min(rows - begin);
            let row = |at: usize| &input[(begin + at) * step..][..self.inputs];
            let output = &mut output[begin * self.stride..][..count * self.stride];
            match &self.panels {
                Panels::Single(panels) => self.single(simd, panels, count, row, output, packed),
                Panels::Fixed(panels, worth) => self.in_fixed_point(simd, panels, worth, count, row, output, packed),
            }
        }
    }

    #[inline(always)]
    fn single<'a, S: Simd>(
        &self,
        simd: S,
        panels: &[f32],
        rows: usize,
        row: impl Fn(usize) -> &'a [f32],
        output: &mut [f32],
        packed: &mut QuantisedFrames,
    ) {
        tile::pack(rows, self.inputs, tile::most_rows::<S>(), row, &mut packed.single);
        for first in (0..self.stride).step_by(PANEL) {
            let weights = &panels[first * self.inputs..][..PANEL * self.inputs];
            for part in (0..PANEL).step_by(2 * S::F32_LANES) {
                let place = first + part;
                let start = <Single as Arithmetic<S>>::load(&self.bias[place..place + 2 * S::F32_LANES]);
                tile::strip::<S, Single>(
                    simd,
                    &packed.single,
                    rows,
                    weights,
                    part,
                    start,
                    #[inline(always)]
                    |row, sums| {
                        store::<S>(&mut output[row * self.stride + place..], sums);
                    },
                );
            }
        }
    }

    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn in_fixed_point<'a, S: Simd>(
        &self,
        simd: S,
        panels: &[u32],
        worth: &[f32],
        rows: usize,
        row: impl Fn(usize) -> &'a [f32],
        output: &mut [f32],
        packed: &mut QuantisedFrames,
    ) {
        let cells = fixed::cells(self.inputs);
        packed.rows.resize(rows * cells, 0);
        packed.worth.clear();
        for (at, numbers) in packed.rows.chunks_exact_mut(cells.max(1)).enumerate() {
            packed.worth.push(fixed::inputs(simd, row(at), numbers));
        }
        let QuantisedFrames { rows: numbers, fixed, worth: of_row, .. } = packed;
        tile::pack(rows, cells, tile::most_rows::<S>(), |at| &numbers[at * cells..][..cells], fixed);
        for first in (0..self.stride).step_by(PANEL) {
            let weights = &panels[first * cells..][..PANEL * cells];
            for part in (0..PANEL).step_by(2 * S::F32_LANES) {
                let place = first + part;
                let range = place..place + 2 * S::F32_LANES;
                let bias = <Single as Arithmetic<S>>::load(&self.bias[range.clone()]);
                let worth = <Single as Arithmetic<S>>::load(&worth[range]);
                let start = [simd.splat_u32s(0); 2];
                tile::strip::<S, Pairs>(
                    simd,
                    fixed,
                    rows,
                    weights,
                    part,
                    start,
                    #[inline(always)]
                    |row, sums| {
                        let one = simd.splat_f32s(of_row[row]);
                        let left =
                            simd.mul_add_e_f32s(fixed::floats(simd, sums[0]), simd.mul_f32s(worth[0], one), bias[0]);
                        let right =
                            simd.mul_add_e_f32s(fixed::floats(simd, sums[1]), simd.mul_f32s(worth[1], one), bias[1]);
                        store::<S>(&mut output[row * self.stride + place..], [left, right]);
                    },
                );
            }
        }
    }
}

#[inline(always)]
fn store<S: Simd>(place: &mut [f32], values: [S::f32s; 2]) {
    S::as_mut_simd_f32s(&mut place[..2 * S::F32_LANES]).0.copy_from_slice(&values);
}

struct Product<'a> {
    matrix: &'a Matrix,
    input: &'a [f32],
    step: usize,
    rows: usize,
    output: &'a mut [f32],
    packed: QuantisedFrames,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        self.matrix.run_with(simd, self.input, self.step, self.rows, self.output, &mut self.packed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0).collect()
    }

    #[test]
    fn products_of_all_sizes_are_those_of_the_definition() {
        for arch in Arch::all() {
            for (rows, inputs, outputs) in
                [(1, 1, 1), (3, 5, 40), (13, 40, 128), (23, 64, 33), (100, 17, 96), (0, 4, 4)]
            {
                let (weights, bias) = (noise(inputs * outputs, 1), noise(outputs, 2));
                let mut matrix = Matrix::new(inputs, outputs, |i, o| weights[o * inputs + i], |o| bias[o]);
                matrix.arch = arch;
                // Rows that overlap, as those of a convolution do.
                let step = inputs.div_ceil(2);
                let input = noise(rows * step + inputs, 3);
                let mut output = vec![7.0; rows * matrix.stride()];
                matrix.run(&input, step, rows, &mut output);
                for (row, found) in output.chunks(matrix.stride()).enumerate() {
                    for (o, value) in found.iter().enumerate() {
                        let sum = |o: usize| {
                            (0..inputs).map(|i| input[row * step + i] * weights[o * inputs + i]).sum::<f32>()
                        };
                        let expected = if o < outputs { sum(o) + bias[o] } else { 0.0 };
                        assert!((expected - value).abs() < 1e-4, "{rows} {inputs} {outputs}: {row} {o}");
                    }
                }
            }
        }
    }

    #[test]
    fn in_fixed_point_products_are_nearly_those_and_everywhere_the_same() {
        for (rows, inputs, outputs) in
            [(1, 1, 1), (3, 5, 40), (13, 40, 128), (23, 64, 33), (100, 17, 96), (5, 640, 128)]
        {
            let (weights, bias) = (noise(inputs * outputs, 1), noise(outputs, 2));
            let exact = Matrix::new(inputs, outputs, |i, o| weights[o * inputs + i], |o| bias[o]);
            let step = inputs.div_ceil(2);
            let input: Vec<f32> = noise(rows * step + inputs, 3).iter().map(|value| value * 50.0).collect();
            let mut expected = vec![7.0; rows * exact.stride()];
            exact.run(&input, step, rows, &mut expected);
            let answers = Arch::all().into_iter().map(|arch| {
                let mut fixed = exact.fixed_point();
                fixed.arch = arch;
                let mut output = vec![7.0; rows * fixed.stride()];
                fixed.run(&input, step, rows, &mut output);
                output
            });
            let answers: Vec<_> = answers.collect();
            // Each of the products is off by half a step of either factor at most; signs differ, so a sum of them is off by far less.
            let bound = 50.0 * (inputs as f32).sqrt() * 4.0 / 4095.0 * (inputs as f32 / 128.0).max(1.0);
            for answer in &answers {
                assert!(expected.iter().zip(answer).all(|(a, b)| (a - b).abs() <= bound), "{rows} {inputs} {outputs}");
                assert!(answers[0].iter().zip(answer).all(|(a, b)| (a - b).abs() <= 1e-5 * (1.0 + a.abs())));
            }
        }
    }

    #[test]
    fn no_sum_leaves_32_bits_and_nothing_stays_nothing() {
        for (inputs, weight) in [(1, 3e9), (7, -2.0), (640, 1e-9), (4096, 1.0), (2000, 0.0)] {
            for value in [0.0, 1.0, -1e-20, 1e-42, 3e8] {
                let matrix = Matrix::new(inputs, 1, |_, _| weight, |_| 0.0).fixed_point();
                let mut output = vec![7.0; matrix.stride()];
                matrix.run(&vec![value; inputs], inputs, 1, &mut output);
                let expected = inputs as f32 * weight * value;
                assert!(
                    (output[0] - expected).abs() <= expected.abs() * 0.01 + 1e-25,
                    "{inputs} {weight} {value}: {output:?}"
                );
            }
        }
    }
}
