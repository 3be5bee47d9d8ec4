//! Tiles of a product, whatever its numbers are.

use pulp::Simd;

/// Outputs that lie side by side in memory; rows of outputs are as long as a multiple of it.
pub const PANEL: usize = 32;
/// Rows of a tile, where there are registers for so many.
const WIDE: usize = 12;
const NARROW: usize = 6;

/// What a product is made of: cells of inputs and of weights, and vectors of their sums.
pub trait Arithmetic<S: Simd> {
    /// What is multiplied: a number, or two.
    type Cell: Copy + Default;
    /// A vector of cells, or of sums.
    type Cells: Copy;

    /// Two vectors' width of cells that lie on end.
    fn load(cells: &[Self::Cell]) -> [Self::Cells; 2];
    /// One cell in all places.
    fn splat(simd: S, cell: Self::Cell) -> Self::Cells;
    /// `sum` and the product of `a` and `b`.
    fn add_product(simd: S, sum: Self::Cells, a: Self::Cells, b: Self::Cells) -> Self::Cells;
}

/// How many rows a tile has at most with such vectors.
#[inline(always)]
pub fn most_rows<S: Simd>() -> usize {
    if S::F32_LANES >= 16 { WIDE } else { NARROW }
}

/// How many rows the next tile takes of so many.
#[inline(always)]
fn next_height(rows: usize, most: usize) -> usize {
    match rows {
        12.. if most >= 12 => 12,
        8.. if most >= 12 => 8,
        6.. => 6,
        4.. => 4,
        2.. => 2,
        _ => 1,
    }
}

/// Copies rows into tiles, `[tile][cells of a row][rows of the tile]`: what a step of the product needs lies side by side. `row` gives
/// the cells of a row.
#[inline(always)]
pub fn pack<'a, C: Copy + Default + 'a>(
    rows: usize,
    cells: usize,
    most: usize,
    row: impl Fn(usize) -> &'a [C],
    packed: &mut Vec<C>,
) {
    packed.resize(rows * cells, C::default());
    let mut first = 0;
    while first < rows {
        let height = next_height(rows - first, most);
        let tile = &mut packed[first * cells..][..height * cells];
        for offset in 0..height {
            for (cell, value) in tile[offset..].iter_mut().step_by(height).zip(row(first + offset)) {
                *cell = *value;
            }
        }
        first += height;
    }
}

/// Sums of all rows with two vectors' width of a panel's outputs: those beginning at `part` of `weights` `[cells][PANEL]`, from `start`.
/// `finish` gets each row's.
#[inline(always)]
pub fn strip<S: Simd, A: Arithmetic<S>>(
    simd: S,
    packed: &[A::Cell],
    rows: usize,
    weights: &[A::Cell],
    part: usize,
    start: [A::Cells; 2],
    mut finish: impl FnMut(usize, [A::Cells; 2]),
) {
    let cells = weights.len() / PANEL;
    let mut row = 0;
    while row < rows {
        let height = next_height(rows - row, most_rows::<S>());
        let values = &packed[row * cells..][..height * cells];
        match height {
            12 => tile::<S, A, 12>(simd, values, weights, part, start, row, &mut finish),
            8 => tile::<S, A, 8>(simd, values, weights, part, start, row, &mut finish),
            6 => tile::<S, A, 6>(simd, values, weights, part, start, row, &mut finish),
            4 => tile::<S, A, 4>(simd, values, weights, part, start, row, &mut finish),
            2 => tile::<S, A, 2>(simd, values, weights, part, start, row, &mut finish),
            _ => tile::<S, A, 1>(simd, values, weights, part, start, row, &mut finish),
        }
        row += height;
    }
}

#[inline(always)]
fn tile<S: Simd, A: Arithmetic<S>, const ROWS: usize>(
    simd: S,
    values: &[A::Cell],
    weights: &[A::Cell],
    part: usize,
    start: [A::Cells; 2],
    row: usize,
    finish: &mut impl FnMut(usize, [A::Cells; 2]),
) {
    let mut sums = [start; ROWS];
    for (values, weights) in values.as_chunks::<ROWS>().0.iter().zip(weights.as_chunks::<PANEL>().0) {
        let [left, right] = A::load(&weights[part..part + 2 * S::F32_LANES]);
        for (sum, value) in sums.iter_mut().zip(values) {
            let value = A::splat(simd, *value);
            sum[0] = A::add_product(simd, sum[0], value, left);
            sum[1] = A::add_product(simd, sum[1], value, right);
        }
    }
    for (offset, sum) in sums.into_iter().enumerate() {
        finish(row + offset, sum);
    }
}
