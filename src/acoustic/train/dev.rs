//! Held-out figures of a run.

use std::path::Path;

use rayon::prelude::*;
use tch::{Kind, TchError, Tensor};

use super::{
    super::{AcousticFrames, AcousticTrainConfig, FrameTemplate, REDUCTION, subsequence_dtw},
    corpus::{Corpus, Utterance},
    crop::{Batch, Sampler},
    loss::{agreement, right},
    network::Network,
};
use crate::{
    encoder::{
        TrainError,
        network::unit,
        tensors::values,
        train::{
            corpus::{frame_range, read_features},
            manifest::{self, Row},
        },
    },
    eval::{Token, Utterance as Said, query_by_example},
    features::{FeatureConfig, Features},
};

/// Batches of disturbed crops that figures are means over.
const BATCHES: u64 = 4;
/// Stream of random numbers.
const HELD_OUT: u64 = 1;
/// Frames of 10 ms read around a query that is a stretch of a recording: as `query` does.
const SURROUNDINGS: usize = 48;

/// Figures on recordings that are not trained on; those that the data allow.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AcousticFigures {
    /// Mean cosine with the teacher's targets, whole recordings, undisturbed.
    pub teacher: Option<f64>,
    /// Mean cosine of disturbed crops with the same moments encoded undisturbed and in their surroundings.
    pub agreement: Option<f64>,
    /// Mean cosine of moments that have nothing to do with each other: agreement is worth what it lies above that.
    pub unlike: Option<f64>,
    /// Share of steps whose phone is told right.
    pub phones: Option<f64>,
    /// Share of steps whose class is told right by the directions.
    pub thirds: Option<f64>,
    /// Mean average precision of query by example, by cosines and plain subsequence DTW.
    pub map: Option<f64>,
}

impl AcousticFigures {
    /// Name and value of each, in a fixed order.
    pub fn named(&self) -> [(&'static str, Option<f64>); 6] {
        [
            ("teacher", self.teacher),
            ("agreement", self.agreement),
            ("unlike", self.unlike),
            ("phones", self.phones),
            ("thirds", self.thirds),
            ("MAP", self.map),
        ]
    }

    /// What the best network is chosen by; higher is better. `directions`: the network itself does not change.
    pub fn score(&self, directions: bool) -> f64 {
        let apart = self.agreement.zip(self.unlike).map(|(agreement, unlike)| agreement - unlike);
        let thirds = if directions { self.thirds } else { None };
        thirds.or(self.map).or(self.teacher).or(apart).unwrap_or(0.0)
    }
}

/// Query by example: queries and recordings as log-mel frames.
#[derive(Debug)]
struct Queries {
    /// A query's log-mel frames with their surroundings, and which of its acoustic frames are asked for.
    asked: Vec<(Features, usize, usize)>,
    tokens: Vec<Token>,
    recordings: Vec<Features>,
    said: Vec<Said>,
}

/// What figures are taken of.
#[derive(Debug)]
pub(super) struct Dev<'a> {
    corpus: &'a Corpus,
    batches: Vec<Batch>,
    queries: Option<Queries>,
    device: tch::Device,
}

impl<'a> Dev<'a> {
    /// Draws the disturbed crops and reads the queries.
    ///
    /// # Errors
    /// Where a manifest or a recording of the queries cannot be read.
    pub fn new(corpus: &'a Corpus, config: &AcousticTrainConfig, device: tch::Device) -> Result<Self, TrainError> {
        let mut compared = config.clone();
        // Whatever is minimised, agreement is looked at.
        compared.objective.agreement = 1.0;
        compared.crops.length.1 = compared.crops.length.1.min(compared.crops.surroundings);
        let sampler = Sampler::new(corpus, &corpus.dev, &compared);
        let count = if corpus.dev.is_empty() { 0 } else { BATCHES };
        let batches = (0..count).map(|number| sampler.batch(HELD_OUT, number)).collect();
        let queries = match &config.queries {
            Some((queries, recordings)) => Some(Queries::read(queries, recordings, config.shape.bands)?),
            None => None,
        };
        Ok(Self { corpus, batches, queries, device })
    }

    /// The figures of a network.
    pub fn figures(&self, network: &Network) -> Result<AcousticFigures, TrainError> {
        let _guard = tch::no_grad_guard();
        let mut figures = AcousticFigures { teacher: self.teacher(network)?, ..AcousticFigures::default() };
        let mut means: [Vec<f64>; 4] = Default::default();
        for batch in &self.batches {
            let size = [batch.rows as i64, batch.frames as i64, self.corpus.bands as i64];
            let input = Tensor::f_from_slice(&batch.input)?.f_reshape(size)?.f_to_device(self.device)?;
            let passed = network.run(&input, false)?;
            let frames = unit(&passed.output)?;
            if let Some(around) = &batch.surroundings {
                let crops = frames.f_narrow(0, 0, around.rows as i64)?;
                let cosine = agreement(network, around, &crops, self.corpus.bands, self.device)?;
                means[0].push(cosine.f_double_value(&[])?);
            }
            means[1].push(unlike(&frames)?);
            let (phones, thirds) = right(network, &passed, batch)?;
            means[2].extend(phones);
            means[3].extend(thirds);
        }
        let mean = |values: &[f64]| (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        [figures.agreement, figures.unlike, figures.phones, figures.thirds] = means.map(|values| mean(&values));
        if let Some(queries) = &self.queries {
            figures.map = Some(queries.map(network, self.device)?);
        }
        Ok(figures)
    }

    fn teacher(&self, network: &Network) -> Result<Option<f64>, TrainError> {
        let (mut sum, mut count) = (0.0, 0.0_f64);
        for utterance in &self.corpus.dev {
            let Some((targets, target)) = self.corpus.target(utterance) else { continue };
            let encoded = encoded(network, &log_mel(utterance, self.corpus.bands), self.device)?;
            let mut wanted = vec![0.0; targets.dimension];
            for at in 0..encoded.len() {
                if targets.at(target, (utterance.offset + at * REDUCTION) as f32, &mut wanted) {
                    let length = wanted.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-9);
                    let dot: f32 = encoded.row(at).iter().zip(&wanted).map(|(a, b)| a * b).sum();
                    sum += f64::from(dot / length);
                    count += 1.0;
                }
            }
        }
        Ok((count > 0.0).then(|| sum / count))
    }
}

fn log_mel(utterance: &Utterance, bands: usize) -> Features {
    Features { bands, data: utterance.rows(bands, 0, utterance.frames) }
}

/// Mean cosine of each step with the same step of the next row.
fn unlike(frames: &Tensor) -> Result<f64, TchError> {
    let other = frames.f_roll([1], [0])?;
    frames.f_mul(&other)?.f_sum_dim_intlist(-1, false, Kind::Float)?.f_mean(Kind::Float)?.f_double_value(&[])
}

/// The acoustic frames of a sound.
fn encoded(network: &Network, features: &Features, device: tch::Device) -> Result<AcousticFrames, TrainError> {
    let size = [1, features.frames() as i64, features.bands() as i64];
    let input = Tensor::f_from_slice(&features.data)?.f_reshape(size)?.f_to_device(device)?;
    let output = unit(&network.run(&input, false)?.output)?;
    let dimension = output.size()[2] as usize;
    Ok(AcousticFrames::from_values(dimension, values(&output)?))
}

impl Queries {
    fn read(queries: &Path, recordings: &Path, bands: usize) -> Result<Self, TrainError> {
        let config = FeatureConfig { bands, ..FeatureConfig::default() };
        let features = |row: &Row| {
            read_features(&row.path, &config).map_err(|cause| TrainError::NoData { path: row.path.clone(), cause })
        };
        let named = |path: &Path, row: &Row| match (&row.label, &row.speaker) {
            (Some(label), Some(speaker)) => Ok((label.clone(), speaker.clone())),
            _ => {
                let cause = "a query and a recording need label and speaker".into();
                Err(TrainError::Manifest { path: path.into(), line: row.line, cause })
            }
        };
        let (asked_rows, rows) = (manifest::read(queries)?, manifest::read(recordings)?);
        let (mut tokens, mut said) = (Vec::new(), Vec::new());
        for row in &asked_rows {
            let (label, speaker) = named(queries, row)?;
            tokens.push(Token { label, speaker });
        }
        for row in &rows {
            let (label, speaker) = named(recordings, row)?;
            said.push(Said::new(&label, &speaker));
        }
        let asked = asked_rows.par_iter().map(|row| {
            let all = features(row)?;
            let (begin, end) =
                row.range.map_or((0, all.frames()), |(start, end)| frame_range(start, end, all.frames()));
            let first = begin.saturating_sub(SURROUNDINGS) / REDUCTION * REDUCTION;
            let part = all.rows(first..(end + SURROUNDINGS).min(all.frames()));
            let (from, to) = ((begin - first + 2) / REDUCTION, (end - first).div_ceil(REDUCTION));
            Ok((Features { bands, data: part.to_vec() }, from, to.max(from + 2)))
        });
        let asked = asked.collect::<Result<_, TrainError>>()?;
        let recordings = rows.par_iter().map(features).collect::<Result<_, _>>()?;
        Ok(Self { asked, tokens, recordings, said })
    }

    fn map(&self, network: &Network, device: tch::Device) -> Result<f64, TrainError> {
        let recordings =
            self.recordings.iter().map(|features| encoded(network, features, device)).collect::<Result<Vec<_>, _>>()?;
        let mut scores = Vec::new();
        for (features, from, to) in &self.asked {
            let query = FrameTemplate::of_cosines(&encoded(network, features, device)?.part(*from, *to));
            let score =
                |recording: &AcousticFrames| subsequence_dtw(&query, recording, 1).first().map(|best| best.likeness);
            scores.push(recordings.par_iter().map(score).collect());
        }
        Ok(query_by_example(&scores, &self.tokens, &self.said).map)
    }
}
