//! Figures on sentences that were not trained on.

use tch::Tensor;

use super::super::config::{DecodeOptions, SentenceConfig};
use super::super::decode;
use super::super::network::{Network, unit};
use super::corpus::Corpus;
use super::loss::{Predictions, slices};
use crate::encoder::TrainError;
use crate::encoder::parameters::Parameters;

/// Sentences that are looked at, and those of them that are written out in full, which takes longer.
const LOOKED_AT: usize = 1000;
const WRITTEN: usize = 400;
/// Sentences that the means are fitted on.
const FITTED: usize = 4000;
/// Sentences in one pass.
const ROWS: usize = 64;

/// How well held-out sentences are written again.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DevFigures {
    /// Cross-entropy a token in nats, without smoothing, the true tokens given.
    pub loss: f64,
    /// Share of tokens and ends that are the likeliest, the true tokens before them given.
    pub accuracy: f64,
    /// Share of sentences that come back exactly, written out greedily.
    pub exact: f64,
}

/// Held-out sentences in ascending length.
fn sorted(corpus: &Corpus, count: usize) -> Vec<Vec<i64>> {
    let mut rows: Vec<Vec<i64>> = (0..corpus.len().min(count)).map(|i| corpus.sentence(i)).collect();
    rows.sort_by_key(Vec::len);
    rows
}

/// Figures on the first sentences of a corpus.
pub(crate) fn figures(network: &Network, config: &SentenceConfig, corpus: &Corpus) -> Result<DevFigures, TrainError> {
    let _guard = tch::no_grad_guard();
    let (mut loss, mut right, mut tokens) = (0.0, 0.0, 0.0);
    for rows in sorted(corpus, LOOKED_AT).chunks(ROWS) {
        let rows = slices(rows);
        let written = Predictions::of(&network.words, &network.order(&rows)?, &rows, &rows)?;
        let count = written.targets.numel() as f64;
        loss += written.cross_entropy(0.0)?.f_double_value(&[])? * count;
        right += written.accuracy()? * count;
        tokens += count;
    }
    let mut exact = 0;
    let some = sorted(corpus, WRITTEN);
    for rows in some.chunks(ROWS) {
        let read = slices(rows);
        // Through the vector and back, as users have it.
        let vector = network.vector(&network.order(&read)?, &network.meaning(&read)?)?;
        let options = DecodeOptions { beam: 1, longest: config.longest };
        let written = decode::decode(&network.words, &network.restore(&vector)?, options)?;
        exact += rows.iter().zip(&written).filter(|(a, b)| a == b).count();
    }
    Ok(DevFigures { loss: loss / tokens, accuracy: right / tokens, exact: exact as f64 / some.len().max(1) as f64 })
}

/// Fits the means that are taken out of the two parts.
pub(crate) fn fit_means(
    network: &Network,
    config: &SentenceConfig,
    parameters: &Parameters,
    corpus: &Corpus,
) -> Result<(), TrainError> {
    if !config.centred {
        return Ok(());
    }
    let _guard = tch::no_grad_guard();
    let (mut orders, mut meanings) = (Vec::new(), Vec::new());
    for rows in sorted(corpus, FITTED).chunks(ROWS) {
        orders.push(unit(&network.order(&slices(rows))?)?.0);
        meanings.push(network.meaning(&slices(rows))?);
    }
    for (name, parts) in [("mean.order", orders), ("mean.meaning", meanings)] {
        let mean = Tensor::f_cat(&parts, 0)?.f_mean_dim(0, false, tch::Kind::Float)?;
        parameters.assign(name, &mean)?;
    }
    Ok(())
}
