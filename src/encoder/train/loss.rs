//! What training minimises.

use tch::{Device, Kind, TchError, Tensor};

use super::super::decoder::Decoder;
use super::super::groups::Groups;
use super::super::network::SpeechNetwork;
use super::super::recurrent::Mode;
use super::super::spelling::SpellingNetwork;
use super::super::training::TrainConfig;
use super::batch::{Batch, Padded};

/// A similarity that no softmax ever picks.
const NEVER: f64 = -1e9;

/// The parts of the sum, unweighted; those without a weight are absent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Losses {
    /// The weighted sum.
    pub total: f64,
    /// Reconstruction of what was read.
    pub sa: Option<f64>,
    /// Reconstruction of the clean frames.
    pub dsa: Option<f64>,
    /// Reconstruction of another token.
    pub cae: Option<f64>,
    /// Telling words apart.
    pub contrastive: Option<f64>,
    /// Speech to written word.
    pub multiview: Option<f64>,
    /// A span in its surroundings against the same span cut out.
    pub agreement: Option<f64>,
}

impl Losses {
    fn parts(&mut self) -> [&mut Option<f64>; 6] {
        [&mut self.sa, &mut self.dsa, &mut self.cae, &mut self.contrastive, &mut self.multiview, &mut self.agreement]
    }

    pub(crate) fn add(&mut self, other: &Losses) {
        self.total += other.total;
        let mut other = *other;
        for (sum, part) in self.parts().into_iter().zip(other.parts()) {
            *sum = part.map(|part| sum.unwrap_or(0.0) + part).or(*sum);
        }
    }

    pub(crate) fn divided(mut self, count: u64) -> Losses {
        let count = count.max(1) as f64;
        self.total /= count;
        for part in self.parts() {
            *part = part.map(|sum| sum / count);
        }
        self
    }
}

/// The networks that train together.
#[derive(Debug)]
pub(crate) struct Networks {
    pub speech: SpeechNetwork,
    pub decoder: Option<Decoder>,
    pub spelling: Option<SpellingNetwork>,
    pub device: Device,
}

impl Networks {
    /// Unit vectors [rows, dimension] of a batch, and those of its fragments.
    fn embed(&self, batch: &Batch, bands: usize, mode: Mode) -> Result<(Tensor, Option<Tensor>), TchError> {
        let input = self.tensor(&batch.input, bands)?;
        let (states, _) = self.speech.states(&input, batch.input.lengths.clone(), mode)?;
        let index = |values: &[i64]| Tensor::f_from_slice(values)?.f_to_device(self.device);
        let pooled = |states: &Tensor, begin: &[i64], end: &[i64]| {
            self.speech.project(&self.speech.pool(states, &index(begin)?, &index(end)?)?)
        };
        let [rows, begin, end] = &batch.fragments;
        let fragments =
            if rows.is_empty() { None } else { Some(pooled(&states.f_index_select(0, &index(rows)?)?, begin, end)?) };
        Ok((pooled(&states, &batch.begin, &batch.end)?, fragments))
    }

    /// Unit vectors of whole rows, before the normalisation; one state stands for `reduction` frames.
    pub fn embed_whole(&self, rows: &Padded, bands: usize, reduction: i64, mode: Mode) -> Result<Tensor, TchError> {
        let (states, _) = self.speech.states(&self.tensor(rows, bands)?, rows.lengths.clone(), mode)?;
        let end: Vec<i64> = rows.lengths.iter().map(|l| (l + reduction - 1) / reduction).collect();
        let end = Tensor::f_from_slice(&end)?.f_to_device(self.device)?;
        self.speech.project(&self.speech.pool(&states, &end.f_zeros_like()?, &end)?)
    }

    /// [rows, longest, bands] on the device.
    pub fn tensor(&self, padded: &Padded, bands: usize) -> Result<Tensor, TchError> {
        let size = [padded.lengths.len() as i64, padded.longest as i64, bands as i64];
        Tensor::f_from_slice(&padded.data)?.f_reshape(size)?.f_to_device(self.device)
    }

    /// The weighted sum as a tensor, and its parts.
    pub fn loss(
        &self,
        batch: &Batch,
        bands: usize,
        config: &TrainConfig,
        mode: Mode,
    ) -> Result<(Tensor, Losses), TchError> {
        let (vectors, fragments) = self.embed(batch, bands, mode)?;
        let mut total = Tensor::f_zeros([1], (Kind::Float, self.device))?;
        let mut losses = Losses::default();
        let mut add = |weight: f64, loss: &Tensor| -> Result<Option<f64>, TchError> {
            total = total.f_add(&loss.f_mul_scalar(weight)?)?;
            Ok(Some(loss.f_double_value(&[])?))
        };
        let objective = &config.objective;
        if let Some(decoder) = &self.decoder {
            let reconstruct = |target: &Padded| self.reconstruction(decoder, &vectors, target, bands);
            if let Some(target) = &batch.own {
                losses.sa = add(objective.sa, &reconstruct(target)?)?;
            }
            if let Some(target) = &batch.clean {
                losses.dsa = add(objective.dsa, &reconstruct(target)?)?;
            }
            if let Some(target) = &batch.partner {
                losses.cae = add(objective.cae, &reconstruct(target)?)?;
            }
        }
        if objective.contrastive > 0.0 {
            let mut classes = batch.classes.clone();
            // A fragment is of a class of its own: nothing is drawn to it, and everything is drawn away.
            let next = classes.iter().max().map_or(0, |c| c + 1);
            classes.extend(next..next + batch.fragments[0].len() as i64);
            let classes = Tensor::f_from_slice(&classes)?.f_to_device(self.device)?;
            let all = match &fragments {
                Some(fragments) => Tensor::f_cat(&[&vectors, fragments], 0)?,
                None => vectors.shallow_clone(),
            };
            losses.contrastive = add(objective.contrastive, &contrastive(&all, &classes, config)?)?;
        }
        if let Some(spelling) = self.spelling.as_ref().filter(|_| objective.multiview > 0.0 && !batch.words.is_empty())
        {
            let written: Vec<&String> = batch.words.iter().chain(&batch.decoys).collect();
            let words = spelling.run(&written, self.device)?;
            let spoken = vectors.f_narrow(0, 0, batch.word_rows as i64)?;
            let classes = Tensor::f_from_slice(&batch.classes[..batch.word_rows])?.f_to_device(self.device)?;
            let spoken_words = batch.words.len() as i64;
            let loss =
                multiview(&spoken, fragments.as_ref(), &words, spoken_words, &classes, config.optimiser.temperature)?;
            losses.multiview = add(objective.multiview, &loss)?;
        }
        if let Some((cut, rows)) = &batch.cut {
            let alone = self.embed_whole(cut, bands, config.network.reduction() as i64, mode)?;
            let rows = Tensor::f_from_slice(rows)?.f_to_device(self.device)?;
            let cosine = vectors.f_index_select(0, &rows)?.f_mul(&alone)?.f_sum_dim_intlist(1, false, Kind::Float)?;
            losses.agreement = add(objective.agreement, &cosine.f_mean(Kind::Float)?.f_neg()?.f_add_scalar(1.0)?)?;
        }
        losses.total = total.f_double_value(&[0])?;
        Ok((total, losses))
    }

    fn reconstruction(
        &self,
        decoder: &Decoder,
        vectors: &Tensor,
        target: &Padded,
        bands: usize,
    ) -> Result<Tensor, TchError> {
        let frames_of = self.tensor(target, bands)?;
        let error = match Groups::new(&target.lengths, self.device)? {
            None => self.error(decoder, vectors, &frames_of, &target.lengths)?,
            Some(groups) => {
                let errors = groups.all.iter().map(|group| {
                    self.error(decoder, &group.rows(vectors)?, &group.sequences(&frames_of)?, &group.lengths)
                });
                Tensor::f_stack(&errors.collect::<Result<Vec<_>, TchError>>()?, 0)?.f_sum(Kind::Float)?
            }
        };
        let frames: i64 = target.lengths.iter().sum();
        error.f_div_scalar((frames * bands as i64) as f64)
    }

    /// Sum of squared differences between what the decoder makes of `vectors` and `target` [rows, longest, bands].
    fn error(&self, decoder: &Decoder, vectors: &Tensor, target: &Tensor, lengths: &[i64]) -> Result<Tensor, TchError> {
        let output = decoder.run(vectors, lengths)?;
        let time = Tensor::f_arange(target.size()[1], (Kind::Int64, self.device))?.f_unsqueeze(0)?;
        let lengths = Tensor::f_from_slice(lengths)?.f_to_device(self.device)?.f_unsqueeze(1)?;
        let inside = time.f_lt_tensor(&lengths)?.f_to_kind(Kind::Float)?.f_unsqueeze(2)?;
        output.f_sub(target)?.f_square()?.f_mul(&inside)?.f_sum(Kind::Float)
    }
}

/// Supervised contrastive loss (Khosla et al. 2020): every other row of the same class is a positive.
fn contrastive(vectors: &Tensor, classes: &Tensor, config: &TrainConfig) -> Result<Tensor, TchError> {
    let similarity = vectors.f_matmul(&vectors.f_tr()?)?;
    let rows = vectors.size()[0];
    let own = Tensor::f_eye(rows, (Kind::Bool, vectors.device()))?;
    let same = classes.f_unsqueeze(1)?.f_eq_tensor(&classes.f_unsqueeze(0)?)?;
    let positive = same.f_logical_and(&own.f_logical_not()?)?.f_to_kind(Kind::Float)?;
    let mut logits = similarity
        .f_sub(&positive.f_mul_scalar(config.optimiser.margin)?)?
        .f_div_scalar(config.optimiser.temperature)?;
    logits = logits.f_masked_fill(&own, NEVER)?;
    let mut against = logits.shallow_clone();
    if config.optimiser.hardness > 0.0 {
        // Importance of each negative, mean 1 over a row's negatives; no gradient flows through it.
        let weight = similarity.f_detach()?.f_mul_scalar(config.optimiser.hardness)?.f_masked_fill(&same, NEVER)?;
        let count = same.f_logical_not()?.f_sum_dim_intlist(1, true, Kind::Float)?.f_clamp_min(1.0)?;
        let mean = weight.f_logsumexp([1], true)?.f_sub(&count.f_log()?)?;
        against = against.f_add(&weight.f_sub(&mean)?.f_masked_fill(&same, 0.0)?)?;
    }
    let log_share = logits.f_sub(&against.f_logsumexp([1], true)?)?;
    let count = positive.f_sum_dim_intlist(1, false, Kind::Float)?;
    let each = log_share.f_mul(&positive)?.f_sum_dim_intlist(1, false, Kind::Float)?.f_div(&count.f_clamp_min(1.0)?)?;
    let with = count.f_gt(0.0)?.f_sum(Kind::Float)?.f_clamp_min(1.0)?;
    each.f_sum(Kind::Float)?.f_div(&with)?.f_neg()
}

/// Contrastive across the views, both ways: speech among words and word among tokens (after He et al. 2017). The first
/// `spoken_words` rows of `words` are those of the classes, the others are in no row of `spoken`; `fragments` are of no word.
fn multiview(
    spoken: &Tensor,
    fragments: Option<&Tensor>,
    words: &Tensor,
    spoken_words: i64,
    classes: &Tensor,
    temperature: f64,
) -> Result<Tensor, TchError> {
    let logits = spoken.f_matmul(&words.f_tr()?)?.f_div_scalar(temperature)?;
    let to_word = logits.f_cross_entropy_loss::<&Tensor>(classes, None, tch::Reduction::Mean, -100, 0.0)?;
    let logits = logits.f_narrow(1, 0, spoken_words)?;
    let among = match fragments {
        Some(fragments) => {
            let missed = fragments.f_matmul(&words.f_narrow(0, 0, spoken_words)?.f_tr()?)?.f_div_scalar(temperature)?;
            Tensor::f_cat(&[&logits, &missed], 0)?
        }
        None => logits.shallow_clone(),
    };
    let word = Tensor::f_arange(spoken_words, (Kind::Int64, words.device()))?.f_unsqueeze(0)?;
    let match_ = classes.f_unsqueeze(1)?.f_eq_tensor(&word)?.f_to_kind(Kind::Float)?;
    let log_share = logits.f_sub(&among.f_logsumexp([0], true)?)?;
    let count = match_.f_sum_dim_intlist(0, false, Kind::Float)?.f_clamp_min(1.0)?;
    let to_speech = log_share.f_mul(&match_)?.f_sum_dim_intlist(0, false, Kind::Float)?.f_div(&count)?;
    to_word.f_sub(&to_speech.f_mean(Kind::Float)?)
}
