//! How far back in time a gradient reaches: what makes plain cells forget and gated ones remember.

use tch::{Kind, TchError, Tensor};

use super::batch::Batch;
use super::loss::Networks;

/// Lags that are looked at, in states.
pub(crate) const LAGS: usize = 48;

/// Mean norm of ∂s/∂x(T−lag) over a batch's rows that are long enough, s the sum of the first layer's last forward
/// state h(T) and x its inputs: vanishing and exploding gradients (Bengio et al. 1994) as figures. NaN where no row
/// is that long.
pub(crate) fn by_lag(networks: &Networks, batch: &Batch, bands: usize) -> Result<Vec<f64>, TchError> {
    let input = networks.tensor(&batch.input, bands)?;
    let (input, lengths) = networks.speech.front(&input, batch.input.lengths.clone(), false)?;
    let Some(direction) = networks.speech.first_direction() else { return Ok(Vec::new()) };
    let input = input.f_detach()?.set_requires_grad(true);
    let states = direction.run(&input, None)?;
    let (rows, _, width) = states.size3()?;
    let last: Vec<i64> = lengths.values().iter().map(|l| l - 1).collect();
    let at = Tensor::f_from_slice(&last)?.f_to_device(networks.device)?.f_reshape([rows, 1, 1])?;
    let end = states.f_gather(1, &at.f_expand([rows, 1, width], false)?, false)?;
    let gradient = Tensor::f_run_backward(&[end.f_sum(Kind::Float)?], &[&input], false, false)?.remove(0);
    let norms = gradient.f_square()?.f_sum_dim_intlist(2, false, Kind::Double)?.f_sqrt()?;
    let (mut sums, mut counts) = (vec![0.0; LAGS], vec![0.0; LAGS]);
    for (row, &length) in lengths.values().iter().enumerate() {
        for lag in 0..LAGS.min(length as usize) {
            sums[lag] += norms.f_double_value(&[row as i64, length - 1 - lag as i64])?;
            counts[lag] += 1.0;
        }
    }
    Ok(sums.iter().zip(&counts).map(|(sum, count)| sum / count).collect())
}
