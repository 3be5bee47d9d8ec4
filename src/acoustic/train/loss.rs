//! What a step is judged by.

use tch::{Kind, Reduction, TchError, Tensor};

use super::{
    super::AcousticObjective,
    crop::{Batch, NOT_KNOWN, Surroundings},
    network::{Network, Passed},
    phones::BLANK,
};
use crate::encoder::network::unit;

/// Share of the squared error beside the cosine.
const SQUARED: f64 = 0.05;

/// Means over a batch, those that were looked at.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AcousticLosses {
    /// What is minimised.
    pub total: f64,
    /// Cosine with the teacher's targets.
    pub teacher: Option<f64>,
    /// Cross-entropy of phones, in nats.
    pub phones: Option<f64>,
    /// Cross-entropy of the thirds of phones, in nats.
    pub thirds: Option<f64>,
    /// Cosine of a disturbed crop with its surroundings as the running mean of the weights hears them.
    pub agreement: Option<f64>,
    /// The same as the weights hear them that the run began with.
    pub own: Option<f64>,
}

impl AcousticLosses {
    /// Name and value of each, in a fixed order; the total first.
    pub fn named(&self) -> [(&'static str, Option<f64>); 6] {
        [
            ("loss", Some(self.total)),
            ("teacher", self.teacher),
            ("phones", self.phones),
            ("thirds", self.thirds),
            ("agreement", self.agreement),
            ("own", self.own),
        ]
    }
}

/// The networks of a step: the one that learns, and those that it is compared with.
pub(super) struct Networks {
    pub learning: Network,
    pub mean: Network,
    pub first: Option<Network>,
}

fn tensor(values: &[f32], shape: &[i64]) -> Result<Tensor, TchError> {
    Tensor::f_from_slice(values)?.f_reshape(shape)
}

/// The mean over what a mask of ones and zeros names.
fn masked_mean(values: &Tensor, mask: &Tensor) -> Result<Tensor, TchError> {
    values.f_mul(mask)?.f_sum(Kind::Float)?.f_div(&mask.f_sum(Kind::Float)?.f_clamp_min(1.0)?)
}

impl Networks {
    /// The loss of a batch, to be gone back through.
    pub fn loss(
        &self,
        batch: &Batch,
        bands: usize,
        objective: &AcousticObjective,
        device: tch::Device,
    ) -> Result<(Tensor, AcousticLosses), TchError> {
        let (rows, steps) = (batch.rows as i64, batch.steps as i64);
        let input = tensor(&batch.input, &[rows, batch.frames as i64, bands as i64])?.f_to_device(device)?;
        // Where nothing but directions is fitted, the network itself stays as it is.
        let train = objective.teacher + objective.phones + objective.thirds + objective.agreement + objective.own > 0.0;
        let passed = {
            let _guard = (!train).then(tch::no_grad_guard);
            self.learning.run(&input, train)?
        };
        let frames = unit(&passed.output)?;
        let mut total = Tensor::f_zeros([], (Kind::Float, device))?;
        let mut losses = AcousticLosses::default();
        if objective.teacher > 0.0 && batch.taught.iter().any(|&taught| taught > 0.0) {
            let mask = tensor(&batch.taught, &[rows, steps])?.f_to_device(device)?;
            let targets = tensor(&batch.targets, &[rows, steps, -1])?.f_to_device(device)?;
            let cosine =
                masked_mean(&frames.f_mul(&unit(&targets)?)?.f_sum_dim_intlist(-1, false, Kind::Float)?, &mask)?;
            let error = passed.output.f_sub(&targets)?.f_square()?.f_mean_dim(-1, false, Kind::Float)?;
            let error = masked_mean(&error, &mask)?.f_mul_scalar(SQUARED)?;
            losses.teacher = Some(cosine.f_double_value(&[])?);
            let loss = error.f_sub(&cosine)?.f_add_scalar(1.0)?;
            total = total.f_add(&loss.f_mul_scalar(objective.teacher)?)?;
        }
        if objective.phones > 0.0
            && let Some(loss) = phones(&self.learning.phones(&passed)?, batch, device)?
        {
            losses.phones = Some(loss.f_double_value(&[])?);
            total = total.f_add(&loss.f_mul_scalar(objective.phones)?)?;
        }
        if batch.classes.iter().any(|&class| class != NOT_KNOWN) {
            // Without a weight, directions are fitted to frames that they do not change.
            let (seen, weight) = match objective.thirds > 0.0 {
                true => (frames.shallow_clone(), objective.thirds),
                false => (frames.f_detach()?, 1.0),
            };
            if let Some(odds) = self.learning.classes(&seen)? {
                let loss = known(&odds, &batch.classes, device)?;
                losses.thirds = Some(loss.f_double_value(&[])?);
                total = total.f_add(&loss.f_mul_scalar(weight)?)?;
            }
        }
        if let Some(around) = &batch.surroundings {
            let crops = frames.f_narrow(0, 0, around.rows as i64)?;
            if objective.agreement > 0.0 {
                let cosine = agreement(&self.mean, around, &crops, bands, device)?;
                losses.agreement = Some(cosine.f_double_value(&[])?);
                total = total.f_add(&cosine.f_neg()?.f_add_scalar(1.0)?.f_mul_scalar(objective.agreement)?)?;
            }
            if objective.own > 0.0
                && let Some(first) = &self.first
            {
                let cosine = agreement(first, around, &crops, bands, device)?;
                losses.own = Some(cosine.f_double_value(&[])?);
                total = total.f_add(&cosine.f_neg()?.f_add_scalar(1.0)?.f_mul_scalar(objective.own)?)?;
            }
        }
        losses.total = total.f_double_value(&[])?;
        Ok((total, losses))
    }
}

/// Cross-entropy of the steps whose class is known.
fn known(odds: &Tensor, classes: &[i64], device: tch::Device) -> Result<Tensor, TchError> {
    let classes = Tensor::f_from_slice(classes)?.f_to_device(device)?;
    let count = odds.size().last().copied().unwrap_or(1);
    odds.f_reshape([-1, count])?.f_nll_loss::<Tensor>(&classes, None, Reduction::Mean, NOT_KNOWN)
}

/// Cross-entropy where the times of phones are known, CTC where the transcript is; none where neither is.
fn phones(odds: &Tensor, batch: &Batch, device: tch::Device) -> Result<Option<Tensor>, TchError> {
    let mut sum: Option<Tensor> = None;
    if batch.phones.iter().any(|&phone| phone != NOT_KNOWN) {
        sum = Some(known(odds, &batch.phones, device)?);
    }
    // CTC needs a step a phone, and one more between two that are the same.
    let enough = |phones: &[i64]| phones.len() + phones.windows(2).filter(|pair| pair[0] == pair[1]).count();
    let written: Vec<_> = batch.transcripts.iter().filter(|(_, steps, phones)| enough(phones) <= *steps).collect();
    if !written.is_empty() {
        let rows: Vec<i64> = written.iter().map(|(row, ..)| *row as i64).collect();
        let steps: Vec<i64> = written.iter().map(|(_, steps, _)| *steps as i64).collect();
        let counts: Vec<i64> = written.iter().map(|(.., phones)| phones.len() as i64).collect();
        let all: Vec<i64> = written.iter().flat_map(|(.., phones)| phones.iter().copied()).collect();
        let odds = odds.f_index_select(0, &Tensor::f_from_slice(&rows)?.f_to_device(device)?)?.f_transpose(0, 1)?;
        let all = Tensor::f_from_slice(&all)?.f_to_device(device)?;
        // The mean over the phones of each row, as it is for steps above.
        let loss = Tensor::f_ctc_loss(&odds, &all, steps, counts, BLANK as i64, Reduction::Mean, true)?;
        sum = Some(match sum {
            Some(sum) => sum.f_add(&loss)?,
            None => loss,
        });
    }
    Ok(sum)
}

/// Mean cosine of crops `[rows, steps, dimension]` with the same moments of their surroundings as `network` hears them.
pub(super) fn agreement(
    network: &Network,
    around: &Surroundings,
    crops: &Tensor,
    bands: usize,
    device: tch::Device,
) -> Result<Tensor, TchError> {
    let (rows, steps, dimension) = crops.size3()?;
    let wide = {
        let _guard = tch::no_grad_guard();
        let input = tensor(&around.input, &[rows, around.frames as i64, bands as i64])?.f_to_device(device)?;
        unit(&network.run(&input, false)?.output)?
    };
    let before = Tensor::f_from_slice(&around.before)?.f_to_device(device)?.f_reshape([rows, steps, 1])?;
    let share = tensor(&around.share, &[rows, steps, 1])?.f_to_device(device)?;
    let mask = tensor(&around.inside, &[rows, steps])?.f_to_device(device)?;
    let at = |index: &Tensor| wide.f_gather(1, &index.f_expand([rows, steps, dimension], false)?, false);
    let (low, high) = (at(&before)?, at(&before.f_add_scalar(1)?.f_clamp_max(wide.size()[1] - 1)?)?);
    let there = unit(&low.f_add(&high.f_sub(&low)?.f_mul(&share)?)?)?;
    masked_mean(&crops.f_mul(&there)?.f_sum_dim_intlist(-1, false, Kind::Float)?, &mask)
}

/// Phone head and directions on steps whose phones are known: share of each that is right, by the pass of a network.
pub(super) fn right(network: &Network, passed: &Passed, batch: &Batch) -> Result<(Option<f64>, Option<f64>), TchError> {
    let share = |odds: &Tensor, classes: &[i64]| -> Result<Option<f64>, TchError> {
        let known: Vec<f32> = classes.iter().map(|&class| f32::from(u8::from(class != NOT_KNOWN))).collect();
        if known.iter().all(|&known| known == 0.0) {
            return Ok(None);
        }
        let best = odds.f_argmax(-1, false)?.f_reshape([-1])?;
        let right =
            best.f_eq_tensor(&Tensor::f_from_slice(classes)?.f_to_device(best.device())?)?.f_to_kind(Kind::Float)?;
        let mask = Tensor::f_from_slice(&known)?.f_to_device(best.device())?;
        Ok(Some(masked_mean(&right, &mask)?.f_double_value(&[])?))
    };
    let of_phones = share(&network.phones(passed)?, &batch.phones)?;
    let of_classes = match network.classes(&unit(&passed.output)?)? {
        Some(odds) => share(&odds, &batch.classes)?,
        None => None,
    };
    Ok((of_phones, of_classes))
}
