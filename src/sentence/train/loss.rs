//! What is minimised: writing the sentence again, and telling sentences apart by their meaning.

use tch::{Kind, Reduction, TchError, Tensor};

use super::super::network::{Network, unit};
use super::super::padded::Padded;
use super::super::tokens::END;
use super::super::training::Objective;
use super::super::words::Words;
use super::corpus::Batch;
use crate::encoder::random::Random;

/// Streams of random numbers.
const GUESSES: u64 = 1;
const JITTER: u64 = 2;

/// The losses of a step, or their mean over several.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Losses {
    /// What is minimised.
    pub total: f64,
    /// Cross-entropy a token in nats, smoothing included.
    pub reconstruction: f64,
    /// Share of tokens and ends that the decoder, given the true ones before, holds for the likeliest.
    pub accuracy: f64,
    /// The contrastive loss of the meaning part; none where it has no weight.
    pub contrast: Option<f64>,
}

impl Losses {
    pub(crate) fn add(&mut self, other: &Losses) {
        self.total += other.total;
        self.reconstruction += other.reconstruction;
        self.accuracy += other.accuracy;
        if let Some(contrast) = other.contrast {
            *self.contrast.get_or_insert(0.0) += contrast;
        }
    }

    pub(crate) fn divided(self, by: u64) -> Losses {
        let by = by.max(1) as f64;
        Losses {
            total: self.total / by,
            reconstruction: self.reconstruction / by,
            accuracy: self.accuracy / by,
            contrast: self.contrast.map(|contrast| contrast / by),
        }
    }
}

/// Logits [tokens of all rows, vocabulary] of every true token and end, and those [tokens of all rows] themselves.
pub(crate) struct Predictions {
    pub logits: Tensor,
    pub targets: Tensor,
}

impl Predictions {
    /// What the decoder says about `clean`, given `given` (the clean ids, or some of its own), from states [rows, width].
    pub fn of(words: &Words, from: &Tensor, clean: &[&[i64]], given: &[&[i64]]) -> Result<Predictions, TchError> {
        let states = words.taught(from, &Padded::new(given, words.device)?)?;
        let (_, steps, width) = states.size3()?;
        let mut targets = Vec::new();
        let mut at = Vec::new();
        for (row, ids) in clean.iter().enumerate() {
            targets.extend(ids.iter().copied().chain([END]));
            at.extend((0..=ids.len()).map(|step| row as i64 * steps + step as i64));
        }
        // Padding is left out before the largest product of all.
        let at = Tensor::f_from_slice(&at)?.f_to_device(words.device)?;
        let states = states.f_reshape([-1, width])?.f_index_select(0, &at)?;
        Ok(Predictions {
            logits: words.logits(&states)?,
            targets: Tensor::f_from_slice(&targets)?.f_to_device(words.device)?,
        })
    }

    /// Several as one.
    pub fn together(parts: &[Predictions]) -> Result<Predictions, TchError> {
        let logits: Vec<&Tensor> = parts.iter().map(|part| &part.logits).collect();
        let targets: Vec<&Tensor> = parts.iter().map(|part| &part.targets).collect();
        Ok(Predictions { logits: Tensor::f_cat(&logits, 0)?, targets: Tensor::f_cat(&targets, 0)? })
    }

    pub fn cross_entropy(&self, smoothing: f64) -> Result<Tensor, TchError> {
        let weight = None::<&Tensor>;
        self.logits.f_cross_entropy_loss(&self.targets, weight, Reduction::Mean, -100, smoothing)
    }

    /// Share of tokens and ends that are the likeliest.
    pub fn accuracy(&self) -> Result<f64, TchError> {
        let right = self.guesses()?.f_eq_tensor(&self.targets)?.f_to_kind(Kind::Float)?;
        right.f_mean(Kind::Double)?.f_double_value(&[])
    }

    fn guesses(&self) -> Result<Tensor, TchError> {
        self.logits.f_detach()?.f_argmax(-1, false)
    }
}

/// The loss of a batch, and its parts. `sampling` is the chance that the decoder is given its own guess.
pub(crate) fn loss(
    network: &Network,
    batch: &Batch,
    objective: &Objective,
    sampling: f32,
) -> Result<(Tensor, Losses), TchError> {
    let clean = slices(&batch.clean);
    let mut losses = Losses::default();
    let mut total = Tensor::f_zeros([], (Kind::Float, network.words.device))?;
    if objective.reconstruction > 0.0 {
        let order = jittered(&network.order(&slices(&batch.read))?, objective.jitter, batch.seed)?;
        let own = if sampling > 0.0 { Some(guessed(network, &order, batch, sampling)?) } else { None };
        let given = own.as_ref().map_or_else(|| clean.clone(), |own| slices(own));
        let written = Predictions::of(&network.words, &order, &clean, &given)?;
        let entropy = written.cross_entropy(objective.smoothing)?;
        losses.reconstruction = entropy.f_double_value(&[])?;
        losses.accuracy = written.accuracy()?;
        total = total.f_add(&entropy.f_mul_scalar(objective.reconstruction)?)?;
    }
    if let Some([one, other]) = &batch.views {
        let contrast =
            contrast(&network.meaning(&slices(one))?, &network.meaning(&slices(other))?, objective.temperature)?;
        losses.contrast = Some(contrast.f_double_value(&[])?);
        total = total.f_add(&contrast.f_mul_scalar(objective.contrast)?)?;
    }
    losses.total = total.f_double_value(&[])?;
    Ok((total, losses))
}

/// States [rows, width] with noise of `share` of their length.
pub(crate) fn jittered(order: &Tensor, share: f32, seed: u64) -> Result<Tensor, TchError> {
    if share == 0.0 {
        return Ok(order.shallow_clone());
    }
    let (rows, width) = order.size2()?;
    let mut random = Random::new(&[seed, JITTER]);
    let noise: Vec<f32> = (0..rows * width).map(|_| random.normal()).collect();
    let noise = Tensor::f_from_slice(&noise)?.f_reshape([rows, width])?.f_to_device(order.device())?;
    let lengths = unit(order)?.1.f_detach()?.f_mul_scalar(f64::from(share) / (width as f64).sqrt())?;
    order.f_add(&noise.f_mul(&lengths)?)
}

pub(crate) fn slices(rows: &[Vec<i64>]) -> Vec<&[i64]> {
    rows.iter().map(Vec::as_slice).collect()
}

/// The clean ids, some of them replaced by what the decoder would have written there; guesses of a first pass in which it
/// was given the true tokens stand for those of a run of its own, so that all steps are computed at once (Duckworth et al. 2019).
fn guessed(network: &Network, order: &Tensor, batch: &Batch, sampling: f32) -> Result<Vec<Vec<i64>>, TchError> {
    let _guard = tch::no_grad_guard();
    let clean = slices(&batch.clean);
    let guesses = Predictions::of(&network.words, order, &clean, &clean)?.guesses()?.f_to_device(tch::Device::Cpu)?;
    let mut flat = vec![0i64; guesses.numel()];
    let count = flat.len();
    guesses.f_copy_data(&mut flat, count)?;
    let mut random = Random::new(&[batch.seed, GUESSES]);
    let mut rest = flat.as_slice();
    let rows = batch.clean.iter().map(|row| {
        let (guesses, later) = rest.split_at(row.len() + 1);
        rest = later;
        // An end that came too early is not given: nothing follows it.
        let mut pick =
            |(&target, &guess): (&i64, &i64)| if guess != END && random.chance(sampling) { guess } else { target };
        row.iter().zip(guesses).map(&mut pick).collect()
    });
    Ok(rows.collect())
}

/// Mean cross-entropy of finding each row's other view among all of the batch, both ways (InfoNCE, van den Oord et al.
/// 2018); views are unit vectors [rows, values].
fn contrast(one: &Tensor, other: &Tensor, temperature: f64) -> Result<Tensor, TchError> {
    let rows = one.size()[0];
    let similar = one.f_matmul(&other.f_transpose(0, 1)?)?.f_div_scalar(temperature)?;
    let own = Tensor::f_arange(rows, (Kind::Int64, one.device()))?;
    let entropy = |logits: &Tensor| logits.f_cross_entropy_loss(&own, None::<&Tensor>, Reduction::Mean, -100, 0.0);
    entropy(&similar)?.f_add(&entropy(&similar.f_transpose(0, 1)?)?)?.f_mul_scalar(0.5)
}
