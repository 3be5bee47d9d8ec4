//! The recurrent encoder and decoder of token ids, over one table of token vectors.

use tch::{Device, TchError, Tensor};

use super::padded::Padded;
use super::tokens::PAD;
use crate::encoder::Cell;
use crate::encoder::parameters::Parameters;
use crate::encoder::recurrent::{Direction, Memory};

/// Reads rows of ids into states, and writes rows of ids out of states.
#[derive(Debug)]
pub(crate) struct Words {
    pub device: Device,
    table: Tensor,
    encoder: Direction,
    decoder: Direction,
    output: Tensor,
    bias: Tensor,
}

impl Words {
    pub fn new(parameters: &Parameters, cell: Cell) -> Result<Words, TchError> {
        let table = parameters.get("token.table")?;
        Ok(Words {
            device: table.device(),
            table,
            encoder: Direction::new(parameters, "encoder", cell)?,
            decoder: Direction::new(parameters, "decoder", cell)?,
            output: parameters.get("output.weight")?,
            bias: parameters.get("output.bias")?,
        })
    }

    /// Token vectors [rows, longest, token] of ids [rows, longest]; zeros for padding.
    fn embed(&self, ids: &Tensor) -> Result<Tensor, TchError> {
        Tensor::f_embedding(&self.table, ids, PAD, false, false)
    }

    /// The encoder's last state [rows, width], having read an end and then each row from its end to its beginning.
    pub fn read(&self, rows: &[&[i64]]) -> Result<Tensor, TchError> {
        let padded = Padded::backward(rows, self.device)?;
        last(&self.encoder.run(&self.embed(&padded.ids)?, None)?, &padded.lengths)
    }

    /// What the decoder remembers before it has written anything, from states [rows, width].
    pub fn begin(&self, states: &Tensor) -> Result<Memory, TchError> {
        self.decoder.begin(states)
    }

    /// What it remembers after it has written these ids [rows].
    pub fn advance(&self, ids: &Tensor, memory: &Memory) -> Result<Memory, TchError> {
        self.decoder.step(&self.embed(ids)?, memory)
    }

    /// Decoder states [rows, longest + 1, width] before each token and before the end, from states [rows, width], having been
    /// given the true tokens before it (teacher forcing).
    pub fn taught(&self, from: &Tensor, given: &Padded) -> Result<Tensor, TchError> {
        let states = self.decoder.run(&self.embed(&given.ids)?, Some(from))?;
        Tensor::f_cat(&[from.f_unsqueeze(1)?, states], 1)
    }

    /// Logits [rows, tokens] of what comes next after states [rows, width].
    pub fn logits(&self, states: &Tensor) -> Result<Tensor, TchError> {
        let reading = states.f_linear(&self.output, None::<&Tensor>)?;
        reading.f_linear(&self.table, Some(&self.bias))
    }
}

/// The state [rows, width] of each row's last step among states [rows, steps, width].
pub(crate) fn last(states: &Tensor, lengths: &[i64]) -> Result<Tensor, TchError> {
    let (rows, _, width) = states.size3()?;
    let at: Vec<i64> = lengths.iter().map(|length| length - 1).collect();
    let at = Tensor::f_from_slice(&at)?.f_to_device(states.device())?.f_reshape([rows, 1, 1])?;
    states.f_gather(1, &at.f_expand([rows, 1, width], false)?, false)?.f_squeeze_dim(1)
}
