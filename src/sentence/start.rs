//! How a sentence network begins.
//!
//! Before any training the encoder is a linear memory and the decoder reads it back: with the update gate shut and the
//! reset gate open, reading tokens x backwards gives the state s = Σ Rⁱ B xᵢ, R a rotation and B an embedding of token
//! vectors in the state; the decoder reads the first token as the nearest to Bᵀ s and goes on with Rᵀ (s − B x). Rotations
//! keep what is old as loud as what is new (Arjovsky et al. 2016, unitary networks), and training only has to undo how
//! tokens disturb one another.

use tch::{Device, Kind, TchError, Tensor};

use super::config::SentenceConfig;
use super::layout::layout;
use crate::encoder::Cell;
use crate::encoder::parameters::Parameters;
use crate::encoder::random::Random;

/// Bias that holds a gate all but open, or shut.
const GATE: f64 = 4.0;
/// Deviation of the gates' weights.
const GATE_WEIGHT: f32 = 0.01;
/// Factor on token similarities before the softmax.
const SHARPNESS: f64 = 8.0;

/// Fresh tensors, a pure function of configuration, number of tokens and seed.
pub(crate) fn fresh(config: &SentenceConfig, tokens: usize, seed: u64, device: Device) -> Result<Parameters, TchError> {
    let parameters = Parameters::fresh(layout(config, tokens), seed, device)?;
    begin_words(&parameters, config.cell, config.token, config.width, seed)?;
    Ok(parameters)
}

/// Makes encoder and decoder of ids a memory and its reader.
pub(super) fn begin_words(
    parameters: &Parameters,
    cell: Cell,
    token: i64,
    width: i64,
    seed: u64,
) -> Result<(), TchError> {
    let _guard = tch::no_grad_guard();
    let mut table = parameters.get("token.table")?.f_select(0, super::tokens::PAD)?;
    let _ = table.f_zero_()?;
    let rotation = orthogonal(width, width, &[seed, 1 << 32])?;
    let spread = orthogonal(width, token, &[seed, 2 << 32])?;
    let back = rotation.f_transpose(0, 1)?;
    memory(parameters, "encoder", cell, &rotation, &spread, seed)?;
    memory(parameters, "decoder", cell, &back, &back.f_matmul(&spread)?.f_neg()?, seed ^ 1)?;
    parameters.assign("output.weight", &spread.f_transpose(0, 1)?.f_mul_scalar(SHARPNESS)?)
}

/// A cell that is a linear memory: state ← hidden · state + input · token.
pub(super) fn memory(
    parameters: &Parameters,
    name: &str,
    cell: Cell,
    hidden: &Tensor,
    input: &Tensor,
    seed: u64,
) -> Result<(), TchError> {
    // Gates in LibTorch's order, the candidate left out: reset and update, or input, forget and output.
    let (before, after): (&[f64], &[f64]) = match cell {
        Cell::Rnn => (&[], &[]),
        Cell::Gru => (&[GATE, -GATE], &[]),
        Cell::Lstm => (&[GATE, -GATE], &[GATE]),
    };
    let open = 1.0 / (1.0 + (-GATE).exp());
    // What the open gates take off is given back, so that the memory neither fades nor grows.
    let restored = hidden.f_mul_scalar(1.0 / (open * open))?;
    let input = input.f_mul_scalar(1.0 / open)?;
    let stacked = |candidate: &Tensor, stream: u64| -> Result<Tensor, TchError> {
        let [rows, columns] = candidate.size()[..] else {
            return Err(TchError::Shape("a candidate is a matrix".into()));
        };
        let gates = |count: usize, part: u64| -> Result<Tensor, TchError> {
            let mut random = Random::new(&[seed, stream, part]);
            let values: Vec<f32> =
                (0..count * (rows * columns) as usize).map(|_| GATE_WEIGHT * random.normal()).collect();
            Tensor::f_from_slice(&values)?.f_reshape([count as i64 * rows, columns])
        };
        Tensor::f_cat(&[gates(before.len(), 1)?, candidate.shallow_clone(), gates(after.len(), 2)?], 0)
    };
    parameters.assign(&format!("{name}.hidden"), &stacked(&restored, 3)?)?;
    parameters.assign(&format!("{name}.input"), &stacked(&input, 4)?)?;
    let width = hidden.size()[0];
    let biases: Vec<Tensor> = before
        .iter()
        .chain(&[0.0])
        .chain(after)
        .map(|&bias| Tensor::f_full([width], bias, (Kind::Float, Device::Cpu)))
        .collect::<Result<_, _>>()?;
    let biases = Tensor::f_cat(&biases, 0)?;
    parameters.assign(&format!("{name}.input_bias"), &biases)?;
    parameters.assign(&format!("{name}.hidden_bias"), &biases.f_zeros_like()?)
}

/// A random matrix [rows, columns], no wider than high, whose columns are orthonormal.
pub(super) fn orthogonal(rows: i64, columns: i64, seeds: &[u64]) -> Result<Tensor, TchError> {
    let mut random = Random::new(seeds);
    let values: Vec<f32> = (0..rows * columns).map(|_| random.normal()).collect();
    let (q, r) = Tensor::f_linalg_qr(&Tensor::f_from_slice(&values)?.f_reshape([rows, columns])?, "reduced")?;
    // The signs of the diagonal make the rotation uniform among all of them (Mezzadri 2007).
    q.f_mul(&r.f_diagonal(0, 0, 1)?.f_sign()?)
}
