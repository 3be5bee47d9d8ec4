//! Recurrent layers over padded batches.

use tch::{Kind, TchError, Tensor};

use super::config::Cell;
use super::groups::Groups;
use super::parameters::Parameters;
use super::random::Random;

/// Whether gradients are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Running statistics, nothing dropped.
    Inference,
    /// The batch's own statistics, and dropout drawn from this seed.
    Training {
        /// Different for every step.
        seed: u64,
    },
}

/// The weights of one direction of one layer.
#[derive(Debug)]
pub(crate) struct Direction {
    cell: Cell,
    weights: [Tensor; 4],
}

impl Direction {
    pub fn new(parameters: &Parameters, name: &str, cell: Cell) -> Result<Direction, TchError> {
        let get = |part: &str| parameters.get(&format!("{name}.{part}"));
        Ok(Direction { cell, weights: [get("input")?, get("hidden")?, get("input_bias")?, get("hidden_bias")?] })
    }

    /// States [batch, time, width] for input [batch, time, size], from the start state [batch, width] or zeros.
    pub fn run(&self, input: &Tensor, start: Option<&Tensor>) -> Result<Tensor, TchError> {
        let width = self.weights[1].size()[1];
        let start = match start {
            Some(start) => start.f_unsqueeze(0)?,
            None => Tensor::f_zeros([1, input.size()[0], width], (input.kind(), input.device()))?,
        };
        // One layer and one direction a call: LibTorch's own second direction would begin inside the padding.
        Ok(match self.cell {
            Cell::Rnn => input.f_rnn_tanh(&start, &self.weights, true, 1, 0.0, false, false, true)?.0,
            Cell::Gru => input.f_gru(&start, &self.weights, true, 1, 0.0, false, false, true)?.0,
            Cell::Lstm => {
                let memory = start.f_zeros_like()?;
                input.f_lstm(&[start, memory], &self.weights, true, 1, 0.0, false, false, true)?.0
            }
        })
    }
}

/// What a cell remembers between two steps, [batch, width] each.
#[derive(Debug)]
pub(crate) struct Memory {
    pub state: Tensor,
    /// The LSTM's cell; the others have none.
    cell: Option<Tensor>,
}

impl Memory {
    /// The memory of these rows, in this order.
    pub fn rows(&self, index: &Tensor) -> Result<Memory, TchError> {
        let cell = self.cell.as_ref().map(|cell| cell.f_index_select(0, index)).transpose()?;
        Ok(Memory { state: self.state.f_index_select(0, index)?, cell })
    }
}

impl Direction {
    /// The memory before the first step, for the start state [batch, width].
    pub fn begin(&self, start: &Tensor) -> Result<Memory, TchError> {
        let cell = match self.cell {
            Cell::Lstm => Some(start.f_zeros_like()?),
            Cell::Rnn | Cell::Gru => None,
        };
        Ok(Memory { state: start.shallow_clone(), cell })
    }

    /// One step with input [batch, size]: what [`run`](Self::run) does with each, for those who must look in between.
    pub fn step(&self, input: &Tensor, memory: &Memory) -> Result<Memory, TchError> {
        let [w_input, w_hidden, b_input, b_hidden] = &self.weights;
        let (b_input, b_hidden) = (Some(b_input), Some(b_hidden));
        Ok(match (self.cell, &memory.cell) {
            (Cell::Lstm, Some(cell)) => {
                let (state, cell) = input.f_lstm_cell(&[&memory.state, cell], w_input, w_hidden, b_input, b_hidden)?;
                Memory { state, cell: Some(cell) }
            }
            (Cell::Rnn, _) => {
                let state = input.f_rnn_tanh_cell(&memory.state, w_input, w_hidden, b_input, b_hidden)?;
                Memory { state, cell: None }
            }
            (Cell::Gru | Cell::Lstm, _) => {
                let state = input.f_gru_cell(&memory.state, w_input, w_hidden, b_input, b_hidden)?;
                Memory { state, cell: None }
            }
        })
    }
}

/// Lengths of the sequences in one padded batch, and what follows from them.
#[derive(Debug)]
pub(crate) struct Lengths {
    values: Vec<i64>,
    /// [batch, longest] of 1 on frames and 0 on padding; none where nothing is padded.
    mask: Option<Tensor>,
    /// [batch, longest, 1]: the index that reverses each sequence and leaves its padding in place.
    reversal: Option<Tensor>,
}

impl Lengths {
    pub fn new(values: Vec<i64>, like: &Tensor) -> Result<Lengths, TchError> {
        let longest = values.iter().copied().max().unwrap_or(0);
        if values.iter().all(|&v| v == longest) {
            return Ok(Lengths { values, mask: None, reversal: None });
        }
        let lengths = Tensor::f_from_slice(&values)?.f_to_device(like.device())?.f_unsqueeze(1)?;
        let time = Tensor::f_arange(longest, (Kind::Int64, like.device()))?.f_unsqueeze(0)?;
        let inside = time.f_lt_tensor(&lengths)?;
        let reversed = lengths.f_sub_scalar(1)?.f_sub(&time)?;
        let reversal = reversed.f_where_self(&inside, &time.f_expand_as(&inside)?)?.f_unsqueeze(2)?;
        Ok(Lengths { values, mask: Some(inside.f_to_kind(like.kind())?), reversal: Some(reversal) })
    }

    pub fn values(&self) -> &[i64] {
        &self.values
    }

    /// 1 on frames, 0 on padding, [batch, time]; none where nothing is padded.
    pub fn mask(&self) -> Option<&Tensor> {
        self.mask.as_ref()
    }

    /// `input` [batch, time, size] with every sequence in reverse order.
    pub fn reverse(&self, input: &Tensor) -> Result<Tensor, TchError> {
        match &self.reversal {
            None => input.f_flip([1]),
            Some(index) => input.f_gather(1, &index.f_expand(input.size(), false)?, false),
        }
    }
}

/// A stack of recurrent layers, one or both directions.
#[derive(Debug)]
pub(crate) struct Stack {
    layers: Vec<(Direction, Option<Direction>)>,
    dropout: f64,
}

impl Stack {
    pub fn new(
        parameters: &Parameters,
        name: &str,
        cell: Cell,
        layers: i64,
        bidirectional: bool,
        dropout: f64,
    ) -> Result<Stack, TchError> {
        let layers = (0..layers).map(|layer| {
            let forward = Direction::new(parameters, &format!("{name}.{layer}.forward"), cell)?;
            let backward = if bidirectional {
                Some(Direction::new(parameters, &format!("{name}.{layer}.backward"), cell)?)
            } else {
                None
            };
            Ok((forward, backward))
        });
        Ok(Stack { layers: layers.collect::<Result<_, TchError>>()?, dropout })
    }

    /// The first layer's forward direction.
    pub fn first(&self) -> Option<&Direction> {
        self.layers.first().map(|(forward, _)| forward)
    }

    /// States [batch, time, directions × width] of the last layer. What stands in the padding is not defined.
    pub fn run(&self, input: &Tensor, lengths: &Lengths, mode: Mode) -> Result<Tensor, TchError> {
        // Training draws rows of all lengths; what asks for inference puts its batches together by length itself.
        let Mode::Training { seed } = mode else { return self.layers(input, lengths, mode) };
        let Some(groups) = Groups::new(lengths.values(), input.device())? else {
            return self.layers(input, lengths, mode);
        };
        let states = groups.all.iter().enumerate().map(|(i, group)| {
            let lengths = Lengths::new(group.lengths.clone(), input)?;
            let mode = Mode::Training { seed: seed ^ ((i as u64 + 1) << 8) };
            self.layers(&group.sequences(input)?, &lengths, mode)
        });
        groups.together(&states.collect::<Result<Vec<_>, TchError>>()?)
    }

    fn layers(&self, input: &Tensor, lengths: &Lengths, mode: Mode) -> Result<Tensor, TchError> {
        let mut states = input.shallow_clone();
        for (i, (forward, backward)) in self.layers.iter().enumerate() {
            if let (1.., Mode::Training { seed }) = (i, mode) {
                // Own numbers, not LibTorch's one generator for all: a run is exact whatever else the process does.
                let kept = Random::new(&[seed, i as u64]).dropout(states.numel(), self.dropout);
                let kept = Tensor::f_from_slice(&kept)?.f_reshape(states.size())?;
                states = states.f_mul(&kept.f_to_device(states.device())?)?;
            }
            let ahead = forward.run(&states, None)?;
            states = match backward {
                None => ahead,
                Some(backward) => {
                    let back = lengths.reverse(&backward.run(&lengths.reverse(&states)?, None)?)?;
                    Tensor::f_cat(&[ahead, back], 2)?
                }
            };
        }
        Ok(states)
    }
}
