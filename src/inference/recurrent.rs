//! Recurrent layers over many sequences at once.

use super::affine::Columns;
use super::sequences::Sequences;
use super::weights::Weights;
use crate::encoder::{Cell, EncoderError};
use crate::kernels::{Arch, Matrix, QuantisedFrames, Simd, WithSimd, sigmoid, tanh};

/// Rows whose input products are made ahead of the steps that use them: few enough to be still near when they do.
const AHEAD: usize = 192;
/// Widths are multiples of it, so that no vector is cut.
const LANES: usize = 16;

/// One direction of one layer.
#[derive(Debug)]
pub struct Direction {
    cell: Cell,
    width: usize,
    input: Matrix,
    hidden: Matrix,
}

/// Room that the steps work in.
#[derive(Debug, Default)]
pub struct Room {
    packed: QuantisedFrames,
    gates: Vec<f32>,
    product: Vec<f32>,
    state: Vec<f32>,
    memory: Vec<f32>,
}

/// Where the states of a direction go: values `column..column + width` of rows of `stride` values.
#[derive(Debug)]
pub struct States<'a> {
    pub rows: &'a mut [f32],
    pub stride: usize,
    pub column: usize,
}

/// What a row of one direction's states holds.
pub fn state_columns(width: usize) -> Columns {
    Columns::wide(width, width.next_multiple_of(LANES))
}

impl Direction {
    /// `name.input` and so on of a checkpoint, which reads rows of `columns`.
    pub fn new(
        weights: &Weights,
        name: &str,
        cell: Cell,
        width: usize,
        columns: &Columns,
    ) -> Result<Direction, EncoderError> {
        let get = |part: &str| weights.get(&format!("{name}.{part}"));
        let (input, hidden) = (get("input")?, get("hidden")?);
        let (input_bias, hidden_bias) = (get("input_bias")?, get("hidden_bias")?);
        let own = state_columns(width);
        let gates = own.repeated(cell.gates() as usize);
        let matrix = |weight: &[f32], columns: &Columns, bias: &dyn Fn(usize) -> f32| {
            let inputs = columns.values();
            let at = |place, output| match (columns.at(place), gates.at(output)) {
                (Some(value), Some(row)) => weight[row * inputs + value],
                _ => 0.0,
            };
            Matrix::new(columns.width(), gates.width(), at, |output| gates.at(output).map_or(0.0, bias))
        };
        // The GRU's last bias stands within the product with the reset gate; all others can be added beforehand.
        let apart = |row: usize| cell == Cell::Gru && row >= 2 * width;
        let before = |row: usize| input_bias[row] + if apart(row) { 0.0 } else { hidden_bias[row] };
        let within = |row: usize| if apart(row) { hidden_bias[row] } else { 0.0 };
        let (input, hidden) = (matrix(input, columns, &before), matrix(hidden, &own, &within));
        Ok(Direction { cell, width: own.width(), input, hidden })
    }

    /// The same with products in fixed point.
    pub fn fixed_point(&self) -> Direction {
        let (input, hidden) = (self.input.fixed_point(), self.hidden.fixed_point());
        Direction { cell: self.cell, width: self.width, input, hidden }
    }

    /// Width of its states, room included.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Products of `rows` rows of input with the input's weights, biases added, as [`end`](Self::end) takes them:
    /// `[rows, gates]`.
    pub fn products(&self, input: &[f32], rows: usize) -> Vec<f32> {
        let mut gates = vec![0.0; rows * self.input.stride()];
        self.input.run(input, self.input.inputs(), rows, &mut gates);
        gates
    }

    /// Runs over all sequences from states of zero, where each row of theirs is one of few: `row` says which of the `products`. Gives
    /// the last state of each sequence, `[sequences, width]`.
    pub fn end<'a>(&self, sequences: &Sequences, products: &[f32], row: &[u32], room: &'a mut Room) -> &'a [f32] {
        Arch::new().dispatch(End { direction: self, sequences, products, row, room: &mut *room });
        &room.state
    }

    /// Runs over all sequences from states of zero, `backward` from their ends; `input` has rows of as many values as it was made for.
    pub fn run(&self, sequences: &Sequences, input: &[f32], backward: bool, states: States<'_>, room: &mut Room) {
        Arch::new().dispatch(Run { direction: self, sequences, input, backward, states, room });
    }
}

struct Run<'a> {
    direction: &'a Direction,
    sequences: &'a Sequences,
    input: &'a [f32],
    backward: bool,
    states: States<'a>,
    room: &'a mut Room,
}

impl WithSimd for Run<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Run { direction, sequences, input, backward, states, room } = self;
        let Room { packed, gates, product, state, memory } = room;
        let (width, stride, size) = (direction.width, direction.hidden.stride(), direction.input.inputs());
        for values in [&mut *state, &mut *memory] {
            values.clear();
            values.resize(sequences.count() * width, 0.0);
        }
        product.resize(sequences.count() * stride, 0.0);
        let steps = sequences.steps();
        let mut done = 0;
        while done < steps {
            // The steps `first..last` in time.
            let (mut first, mut last) = if backward { (steps - done, steps - done) } else { (done, done) };
            while last - first < steps - done && sequences.rows_of(first, last) < AHEAD {
                if backward { first -= 1 } else { last += 1 }
            }
            done += last - first;
            let begin = sequences.step(first).start;
            let rows = sequences.rows_of(first, last);
            gates.resize(rows * stride, 0.0);
            direction.input.run_with(simd, &input[begin * size..], size, rows, gates, packed);
            for turn in 0..last - first {
                let step = sequences.step(if backward { last - 1 - turn } else { first + turn });
                direction.hidden.run_with(simd, state, width, step.len(), product, packed);
                for (sequence, row) in step.enumerate() {
                    let gates = &gates[(row - begin) * stride..][..stride];
                    let product = &product[sequence * stride..][..stride];
                    let state = &mut state[sequence * width..][..width];
                    let memory = &mut memory[sequence * width..][..width];
                    direction.cell(simd, gates, product, state, memory);
                    states.rows[row * states.stride + states.column..][..width].copy_from_slice(state);
                }
            }
        }
    }
}

struct End<'a> {
    direction: &'a Direction,
    sequences: &'a Sequences,
    products: &'a [f32],
    row: &'a [u32],
    room: &'a mut Room,
}

impl WithSimd for End<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let End { direction, sequences, products, row, room } = self;
        let Room { packed, product, state, memory, .. } = room;
        let (width, stride) = (direction.width, direction.hidden.stride());
        for values in [&mut *state, &mut *memory] {
            values.clear();
            values.resize(sequences.count() * width, 0.0);
        }
        product.resize(sequences.count() * stride, 0.0);
        for step in 0..sequences.steps() {
            let step = sequences.step(step);
            direction.hidden.run_with(simd, state, width, step.len(), product, packed);
            // Sequences that have ended stand behind those that go on, and keep their states.
            for (sequence, &row) in row[step].iter().enumerate() {
                let gates = &products[row as usize * stride..][..stride];
                let product = &product[sequence * stride..][..stride];
                let state = &mut state[sequence * width..][..width];
                let memory = &mut memory[sequence * width..][..width];
                direction.cell(simd, gates, product, state, memory);
            }
        }
    }
}

impl Direction {
    /// One step of one sequence, in place.
    #[inline(always)]
    fn cell<S: Simd>(&self, simd: S, gates: &[f32], product: &[f32], state: &mut [f32], memory: &mut [f32]) {
        match self.cell {
            Cell::Rnn => plain(simd, gates, product, state),
            Cell::Gru => gated(simd, gates, product, state),
            Cell::Lstm => long_short(simd, gates, product, state, memory),
        }
    }
}

/// h ← tanh(x + h)
#[inline(always)]
fn plain<S: Simd>(simd: S, gates: &[f32], product: &[f32], state: &mut [f32]) {
    let width = state.len();
    let state = S::as_mut_simd_f32s(state).0;
    let [x] = parts::<S, 1>(gates, width);
    let [h] = parts::<S, 1>(product, width);
    for ((state, x), h) in state.iter_mut().zip(x).zip(h) {
        *state = tanh(simd, simd.add_f32s(*x, *h));
    }
}

/// r = σ(xᵣ + hᵣ), z = σ(x_z + h_z), n = tanh(xₙ + r hₙ), h ← n + z (h - n): the order and the place of r are LibTorch's.
#[inline(always)]
fn gated<S: Simd>(simd: S, gates: &[f32], product: &[f32], state: &mut [f32]) {
    let width = state.len();
    let state = S::as_mut_simd_f32s(state).0;
    let [x_r, x_z, x_n] = parts::<S, 3>(gates, width);
    let [h_r, h_z, h_n] = parts::<S, 3>(product, width);
    for (at, state) in state.iter_mut().enumerate() {
        let reset = sigmoid(simd, simd.add_f32s(x_r[at], h_r[at]));
        let keep = sigmoid(simd, simd.add_f32s(x_z[at], h_z[at]));
        let new = tanh(simd, simd.mul_add_e_f32s(reset, h_n[at], x_n[at]));
        *state = simd.mul_add_e_f32s(keep, simd.sub_f32s(*state, new), new);
    }
}

/// i, f, o = σ(x + h), g = tanh(x + h), c ← f c + i g, h ← o tanh(c): in the order i, f, g, o.
#[inline(always)]
fn long_short<S: Simd>(simd: S, gates: &[f32], product: &[f32], state: &mut [f32], memory: &mut [f32]) {
    let width = state.len();
    let (state, memory) = (S::as_mut_simd_f32s(state).0, S::as_mut_simd_f32s(memory).0);
    let [x_i, x_f, x_g, x_o] = parts::<S, 4>(gates, width);
    let [h_i, h_f, h_g, h_o] = parts::<S, 4>(product, width);
    for (at, (state, memory)) in state.iter_mut().zip(memory).enumerate() {
        let enter = sigmoid(simd, simd.add_f32s(x_i[at], h_i[at]));
        let keep = sigmoid(simd, simd.add_f32s(x_f[at], h_f[at]));
        let new = tanh(simd, simd.add_f32s(x_g[at], h_g[at]));
        let show = sigmoid(simd, simd.add_f32s(x_o[at], h_o[at]));
        *memory = simd.mul_add_e_f32s(keep, *memory, simd.mul_f32s(enter, new));
        *state = simd.mul_f32s(show, tanh(simd, *memory));
    }
}

/// The first `COUNT` stretches of `width` values, as vectors.
#[inline(always)]
fn parts<S: Simd, const COUNT: usize>(row: &[f32], width: usize) -> [&[S::f32s]; COUNT] {
    std::array::from_fn(|part| S::as_simd_f32s(&row[part * width..][..width]).0)
}

/// A stack of layers, one or both directions.
#[derive(Debug)]
pub struct Stack {
    layers: Vec<(Direction, Option<Direction>)>,
    columns: Columns,
}

impl Stack {
    /// `name.LAYER.forward` and so on of a checkpoint; the first layer reads rows of `input`.
    pub fn new(
        weights: &Weights,
        name: &str,
        cell: Cell,
        layers: usize,
        width: usize,
        bidirectional: bool,
        input: &Columns,
    ) -> Result<Stack, EncoderError> {
        let columns = state_columns(width).repeated(if bidirectional { 2 } else { 1 });
        let layers = (0..layers).map(|layer| {
            let input = if layer == 0 { input } else { &columns };
            let direction = |way: &str| Direction::new(weights, &format!("{name}.{layer}.{way}"), cell, width, input);
            Ok((direction("forward")?, if bidirectional { Some(direction("backward")?) } else { None }))
        });
        Ok(Stack { layers: layers.collect::<Result<_, EncoderError>>()?, columns })
    }

    /// The same with products in fixed point.
    pub fn fixed_point(&self) -> Stack {
        let layer = |(forward, backward): &(Direction, Option<Direction>)| {
            (forward.fixed_point(), backward.as_ref().map(Direction::fixed_point))
        };
        Stack { layers: self.layers.iter().map(layer).collect(), columns: self.columns.clone() }
    }

    /// What a row of states holds: the forward direction, then the backward one.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// States `[rows, columns]` of the last layer, for rows of input laid out by `sequences`.
    pub fn run(&self, sequences: &Sequences, mut input: Vec<f32>) -> Vec<f32> {
        let stride = self.columns.width();
        let mut room = Room::default();
        let mut states = Vec::new();
        for (forward, backward) in &self.layers {
            states.resize(sequences.rows() * stride, 0.0);
            forward.run(sequences, &input, false, States { rows: &mut states, stride, column: 0 }, &mut room);
            if let Some(backward) = backward {
                let states = States { rows: &mut states, stride, column: forward.width() };
                backward.run(sequences, &input, true, states, &mut room);
            }
            std::mem::swap(&mut input, &mut states);
        }
        input
    }
}
