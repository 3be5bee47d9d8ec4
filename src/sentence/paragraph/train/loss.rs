//! What is minimised, and the figures on what is held out.

use tch::{TchError, Tensor};

use super::super::super::train::loss::{Predictions, jittered, slices};
use super::super::super::train::{DevFigures, Losses};
use super::super::super::training::Objective;
use super::super::config::ParagraphConfig;
use super::super::decode::decode;
use super::super::network::{Network, Read, groups};
use super::corpus::{Batch, Corpus};
use crate::encoder::TrainError;

/// Held-out paragraphs that are looked at, and those of them that are written out in full, which takes longer.
const LOOKED_AT: usize = 500;
const WRITTEN: usize = 100;
/// Paragraphs in one pass.
const ROWS: usize = 25;

/// What the decoder says about the rows of these paragraphs, given the true ones, from what was read of them.
fn written(network: &Network, paragraphs: &[Vec<Vec<i64>>], read: &Read) -> Result<Predictions, TchError> {
    let rows: Vec<Vec<i64>> = paragraphs.iter().flat_map(|paragraph| network.rows(paragraph)).collect();
    let starts = network.starts(read)?;
    let parts = groups(&rows).into_iter().map(|group| {
        let index: Vec<i64> = group.iter().map(|&row| row as i64).collect();
        let index = Tensor::f_from_slice(&index)?.f_to_device(network.words.device)?;
        let rows: Vec<&[i64]> = group.iter().map(|&row| rows[row].as_slice()).collect();
        Predictions::of(&network.words, &starts.f_index_select(0, &index)?, &rows, &rows)
    });
    Predictions::together(&parts.collect::<Result<Vec<_>, TchError>>()?)
}

/// The loss of a batch, and its parts.
pub(crate) fn loss(network: &Network, batch: &Batch, objective: &Objective) -> Result<(Tensor, Losses), TchError> {
    let mut read = network.read(&batch.paragraphs)?;
    read.vectors = jittered(&read.vectors, objective.jitter, batch.seed)?;
    let written = written(network, &batch.paragraphs, &read)?;
    let entropy = written.cross_entropy(objective.smoothing)?;
    let reconstruction = entropy.f_double_value(&[])?;
    let total = entropy.f_mul_scalar(objective.reconstruction)?;
    let losses = Losses {
        total: objective.reconstruction * reconstruction,
        reconstruction,
        accuracy: written.accuracy()?,
        contrast: None,
    };
    Ok((total, losses))
}

/// Figures on the first paragraphs of a corpus.
pub(crate) fn figures(network: &Network, config: &ParagraphConfig, corpus: &Corpus) -> Result<DevFigures, TrainError> {
    let _guard = tch::no_grad_guard();
    let (mut loss, mut right, mut tokens) = (0.0, 0.0, 0.0);
    let all = &corpus.paragraphs()[..corpus.len().min(LOOKED_AT)];
    for paragraphs in all.chunks(ROWS) {
        let written = written(network, paragraphs, &network.read(paragraphs)?)?;
        let count = written.targets.numel() as f64;
        loss += written.cross_entropy(0.0)?.f_double_value(&[])? * count;
        right += written.accuracy()? * count;
        tokens += count;
    }
    let some = &all[..all.len().min(WRITTEN)];
    let mut exact = 0;
    for paragraphs in some.chunks(ROWS) {
        let written = decode(network, config, &network.read(paragraphs)?, 1)?;
        exact += paragraphs.iter().zip(&written).filter(|(a, b)| slices(a).concat() == slices(b).concat()).count();
    }
    Ok(DevFigures { loss: loss / tokens, accuracy: right / tokens, exact: exact as f64 / some.len().max(1) as f64 })
}
