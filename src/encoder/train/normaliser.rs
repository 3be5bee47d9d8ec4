//! Fits what is done to vectors after training: each dimension scaled, or all of them whitened.

use tch::{Kind, TchError, Tensor};

use super::super::config::Normalisation;
use super::super::parameters::Parameters;

/// Share of the mean variance that is added to every variance, so that dimensions without news are not blown up.
const SOFTENING: f64 = 0.1;

/// Sets the normalisation of `parameters` from unit vectors [tokens, dimension] of training data, and of written words.
pub(crate) fn fit(
    kind: Normalisation,
    parameters: &Parameters,
    vectors: &Tensor,
    words: Option<&Tensor>,
) -> Result<(), TchError> {
    let _guard = tch::no_grad_guard();
    if kind == Normalisation::None {
        return Ok(());
    }
    let mean = vectors.f_mean_dim(0, false, Kind::Float)?;
    let centred = vectors.f_sub(&mean)?.f_to_kind(Kind::Double)?;
    let covariance = centred.f_tr()?.f_matmul(&centred)?.f_div_scalar(vectors.size()[0].max(1) as f64)?;
    let variance = covariance.f_diagonal(0, 0, 1)?;
    let soft = variance.f_mean(Kind::Double)?.f_double_value(&[])? * SOFTENING + 1e-9;
    let matrix = match kind {
        Normalisation::Standard => variance.f_add_scalar(soft)?.f_rsqrt()?.f_diag(0)?,
        _ => {
            let (values, axes) = covariance.f_linalg_eigh("L")?;
            let scale = values.f_clamp_min(0.0)?.f_add_scalar(soft)?.f_rsqrt()?;
            axes.f_mul(&scale.f_unsqueeze(0)?)?.f_matmul(&axes.f_tr()?)?
        }
    };
    parameters.assign("normalisation.mean", &mean)?;
    parameters.assign("normalisation.matrix", &matrix.f_to_kind(Kind::Float)?)?;
    if let Some(words) = words {
        parameters.assign("normalisation.spelling_mean", &words.f_mean_dim(0, false, Kind::Float)?)?;
    }
    Ok(())
}
