//! The product of rows with a matrix that stays.

use pulp::{Arch, Simd, WithSimd};

/// Outputs that lie side by side in memory; rows of outputs are as long as a multiple of it.
pub const PANEL: usize = 32;
/// Rows that go through all panels before the next ones come: with their packed copy they stay in the second cache.
const BLOCK: usize = 96;
/// Rows of a tile, where there are registers for so many.
const WIDE: usize = 12;
const NARROW: usize = 6;

/// Weights and bias of an affine map, packed for the product: `[outputs / PANEL][inputs][PANEL]`, the last panel filled up with zeros.
#[derive(Debug, Clone)]
pub struct Matrix {
    inputs: usize,
    stride: usize,
    panels: Vec<f32>,
    bias: Vec<f32>,
    arch: Arch,
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
        Matrix { inputs, stride, panels, bias, arch: Arch::new() }
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
        let packed = Vec::with_capacity(BLOCK.min(rows) * self.inputs);
        self.arch.dispatch(Product { matrix: self, input, step, rows, output, packed });
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
        packed: &mut Vec<f32>,
    ) {
        let tile = if S::F32_LANES >= 16 { WIDE } else { NARROW };
        let mut begin = 0;
        while begin < rows {
            let count = BLOCK.min(rows - begin);
            let input = &input[begin * step..];
            pack(input, step, count, self.inputs, tile, packed);
            let output = &mut output[begin * self.stride..][..count * self.stride];
            for panel in 0..self.stride / PANEL {
                let first = panel * PANEL;
                let weights = &self.panels[first * self.inputs..][..PANEL * self.inputs];
                for part in (0..PANEL).step_by(2 * S::F32_LANES) {
                    let strip = Strip { weights, part, bias: &self.bias[first + part..], column: first + part };
                    strip.run(simd, packed, self.inputs, count, tile, output, self.stride);
                }
            }
            begin += count;
        }
    }
}

/// How many rows the next tile takes of so many.
#[inline(always)]
fn next_tile(rows: usize, most: usize) -> usize {
    match rows {
        12.. if most >= 12 => 12,
        8.. if most >= 12 => 8,
        6.. => 6,
        4.. => 4,
        2.. => 2,
        _ => 1,
    }
}

/// Copies rows into tiles, `[tile][inputs][rows of the tile]`: what a step of the product needs lies side by side.
#[inline(always)]
fn pack(input: &[f32], step: usize, rows: usize, inputs: usize, most: usize, packed: &mut Vec<f32>) {
    packed.resize(rows * inputs, 0.0);
    let mut row = 0;
    while row < rows {
        let height = next_tile(rows - row, most);
        let tile = &mut packed[row * inputs..][..height * inputs];
        for offset in 0..height {
            let values = &input[(row + offset) * step..][..inputs];
            for (cell, value) in tile[offset..].iter_mut().step_by(height).zip(values) {
                *cell = *value;
            }
        }
        row += height;
    }
}

/// Two vectors' width of a panel.
struct Strip<'a> {
    weights: &'a [f32],
    part: usize,
    bias: &'a [f32],
    column: usize,
}

impl Strip<'_> {
    #[inline(always)]
    #[allow(clippy::too_many_arguments)]
    fn run<S: Simd>(
        &self,
        simd: S,
        packed: &[f32],
        inputs: usize,
        rows: usize,
        most: usize,
        output: &mut [f32],
        stride: usize,
    ) {
        let mut row = 0;
        while row < rows {
            let height = next_tile(rows - row, most);
            let tile = &packed[row * inputs..][..height * inputs];
            let output = &mut output[row * stride..];
            match height {
                12 => self.tile::<S, 12>(simd, tile, output, stride),
                8 => self.tile::<S, 8>(simd, tile, output, stride),
                6 => self.tile::<S, 6>(simd, tile, output, stride),
                4 => self.tile::<S, 4>(simd, tile, output, stride),
                2 => self.tile::<S, 2>(simd, tile, output, stride),
                _ => self.tile::<S, 1>(simd, tile, output, stride),
            }
            row += height;
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const ROWS: usize>(&self, simd: S, tile: &[f32], output: &mut [f32], stride: usize) {
        let lanes = S::F32_LANES;
        let (bias, _) = S::as_simd_f32s(&self.bias[..2 * lanes]);
        let mut sums = [[bias[0], bias[1]]; ROWS];
        for (values, weights) in tile.as_chunks::<ROWS>().0.iter().zip(self.weights.as_chunks::<PANEL>().0) {
            let (weights, _) = S::as_simd_f32s(&weights[self.part..self.part + 2 * lanes]);
            let (left, right) = (weights[0], weights[1]);
            for (sum, value) in sums.iter_mut().zip(values) {
                let value = simd.splat_f32s(*value);
                sum[0] = simd.mul_add_e_f32s(value, left, sum[0]);
                sum[1] = simd.mul_add_e_f32s(value, right, sum[1]);
            }
        }
        for (number, sum) in sums.iter().enumerate() {
            let place = &mut output[number * stride + self.column..][..2 * lanes];
            S::as_mut_simd_f32s(place).0.copy_from_slice(sum);
        }
    }
}

struct Product<'a> {
    matrix: &'a Matrix,
    input: &'a [f32],
    step: usize,
    rows: usize,
    output: &'a mut [f32],
    packed: Vec<f32>,
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
        for arch in [Arch::new(), Arch::Scalar] {
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
}
