//! AdamW with its whole state in plain tensors, so that a resumed run goes on exactly.

use tch::{TchError, Tensor};

use super::super::layout::Slot;
use super::super::parameters::Parameters;
use super::super::training::TrainConfig;

const BETA_FIRST: f64 = 0.9;
const BETA_SECOND: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// What holds the weights back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limits {
    /// Longest gradient, by its norm.
    pub clip: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
}

/// First and second moments of every gradient (Loshchilov and Hutter 2019).
#[derive(Debug)]
pub(crate) struct AdamW {
    pub first: Parameters,
    pub second: Parameters,
}

impl AdamW {
    pub fn new(parameters: &Parameters) -> Result<AdamW, TchError> {
        Ok(AdamW { first: parameters.zeros()?, second: parameters.zeros()? })
    }

    /// One update from the gradients that `backward` left, which are then forgotten. `step` counts from 1. Returns the
    /// gradient's norm before and after clipping.
    pub fn step(
        &mut self,
        parameters: &Parameters,
        step: u64,
        rate: f64,
        limits: &Limits,
    ) -> Result<(f64, f64), TchError> {
        let _guard = tch::no_grad_guard();
        let trained: Vec<(&Slot, &Tensor)> = parameters.trained().collect();
        let mut square = 0.0;
        for (_, tensor) in &trained {
            let gradient = tensor.f_grad()?;
            if gradient.defined() {
                square += gradient.f_square()?.f_sum(tch::Kind::Double)?.f_double_value(&[])?;
            }
        }
        let norm = square.sqrt();
        if !norm.is_finite() {
            return Ok((norm, norm));
        }
        let shrink = if norm > limits.clip { limits.clip / norm } else { 1.0 };
        let first_correction = 1.0 - BETA_FIRST.powi(step.min(1 << 30) as i32);
        let second_correction = 1.0 - BETA_SECOND.powi(step.min(1 << 30) as i32);
        for (slot, tensor) in trained {
            let gradient = tensor.f_grad()?;
            if !gradient.defined() {
                continue;
            }
            let gradient = gradient.f_mul_scalar(shrink)?;
            let mut first = self.first.get(&slot.name)?;
            let mut second = self.second.get(&slot.name)?;
            let _ = first.f_lerp_(&gradient, 1.0 - BETA_FIRST)?;
            let _ = second.f_lerp_(&gradient.f_square()?, 1.0 - BETA_SECOND)?;
            let scale = second.f_div_scalar(second_correction)?.f_sqrt()?.f_add_scalar(EPSILON)?;
            let update = first.f_div(&scale)?.f_mul_scalar(rate / first_correction)?;
            let mut tensor = tensor.shallow_clone();
            // Vectors (biases, scales) are not decayed.
            if slot.shape.len() > 1 {
                let _ = tensor.f_mul_scalar_(1.0 - rate * limits.weight_decay)?;
            }
            let _ = tensor.f_sub_(&update)?;
            tensor.zero_grad();
        }
        Ok((norm, norm * shrink))
    }
}

/// The learning rate: linear warm-up, then a cosine down to zero at the end of the budget.
pub(crate) fn rate(config: &TrainConfig, step: u64, seconds: f64) -> f64 {
    config.optimiser.learning_rate * share(config.optimiser.warm_up, config.budget.spent(step, seconds), step)
}

/// What share of the highest learning rate is used where so much of the budget is spent.
pub(crate) fn share(warm_up: u64, spent: f64, step: u64) -> f64 {
    let warm = ((step + 1) as f64 / warm_up.max(1) as f64).min(1.0);
    warm * 0.5 * (1.0 + (std::f64::consts::PI * spent).cos())
}

/// Moves the running mean of weights and batch statistics toward the present ones.
pub(crate) fn average(mean: &Parameters, now: &Parameters, decay: f64, step: u64) -> Result<(), TchError> {
    let _guard = tch::no_grad_guard();
    // Early weights are forgotten fast.
    let decay = decay.min((1.0 + step as f64) / (10.0 + step as f64));
    for ((slot, mean), (_, now)) in mean.iter().zip(now.iter()) {
        if !slot.name.starts_with("normalisation.") {
            let _ = mean.shallow_clone().f_lerp_(&now.f_detach()?, 1.0 - decay)?;
        }
    }
    Ok(())
}
