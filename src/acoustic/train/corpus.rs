//! Recordings in memory with what is known of every moment of them.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
};

use half::f16;
use rayon::prelude::*;

use super::{
    super::{AcousticTrainConfig, Letters},
    phones::{self, PhoneTimes},
    targets::{Target, Targets},
};
use crate::{
    encoder::{
        TrainError,
        train::{
            LeftOut,
            corpus::{frame_range, read_features, unlabelled},
            manifest::{self, Row},
        },
    },
    features::FeatureConfig,
};

/// Frames of 10 ms that a recording must have at least.
const SHORTEST: usize = 12;
/// One recording in so many is held out where the manifests name no split `dev`, and at most so many.
const HELD_OUT: usize = 16;
const MOST_HELD_OUT: usize = 60;

/// A recording, or a stretch of one.
#[derive(Debug)]
pub(super) struct Utterance {
    pub frames: usize,
    data: Vec<f16>,
    /// The path in the manifest, under which targets are kept.
    pub name: String,
    /// Its first frame in the recording.
    pub offset: usize,
    /// Whether its language is another than the most frequent one.
    pub other: bool,
    pub speaker: String,
    /// The class of each frame, where the times of its phones are known.
    pub classes: Vec<u8>,
    /// The phones of its transcript, where there is one and their times are unknown.
    pub transcript: Vec<i64>,
}

impl Utterance {
    /// Log-mel frames `begin..end`, `[frames, bands]`.
    pub fn rows(&self, bands: usize, begin: usize, end: usize) -> Vec<f32> {
        self.data[begin * bands..end * bands].iter().map(|value| value.to_f32()).collect()
    }
}

/// All the data of a run.
#[derive(Debug)]
pub(super) struct Corpus {
    pub bands: usize,
    pub train: Vec<Utterance>,
    pub dev: Vec<Utterance>,
    pub targets: Option<Targets>,
    pub left_out: Vec<LeftOut>,
}

impl Corpus {
    /// Reads everything; a recording that cannot be used is left out and noted, unless none is left.
    ///
    /// # Errors
    /// Where a manifest, the targets or the table of phones cannot be used, or no recording can.
    pub fn load(config: &AcousticTrainConfig) -> Result<Self, TrainError> {
        let mut rows = Vec::new();
        for path in &config.data {
            let of_source = match path.extension() {
                Some(ending) if ending == "tsv" || ending == "txt" => manifest::read(path)?,
                _ => unlabelled(path)?,
            };
            if of_source.is_empty() {
                let cause = "no sound in it; name a folder of recordings, or a list (.tsv, .txt)".into();
                return Err(TrainError::NoData { path: path.clone(), cause });
            }
            rows.extend(of_source);
        }
        let times = config.phones.as_deref().map(PhoneTimes::read).transpose()?;
        let names: HashSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        let targets = config.targets.as_deref().map(|folder| Targets::load(folder, |name| names.contains(name)));
        let targets = targets.transpose()?;
        let features = FeatureConfig { bands: config.shape.bands, ..FeatureConfig::default() };
        let letters = (config.objective.phones > 0.0).then(Letters::shipped).transpose();
        let letters = letters.map_err(|cause| TrainError::Config(cause.to_string()))?;
        let mut by_path: BTreeMap<&Path, Vec<&Row>> = BTreeMap::new();
        rows.iter().for_each(|row| by_path.entry(&row.path).or_default().push(row));
        let by_path: Vec<(&Path, Vec<&Row>)> = by_path.into_iter().collect();
        let read: Vec<_> = by_path
            .par_iter()
            .map(|(path, rows)| {
                let found = read_features(path, &features);
                let of_row = |row: &&Row| match &found {
                    Ok(all) => utterance(row, all, features.bands, times.as_ref(), letters.as_ref()),
                    Err(cause) => Err(LeftOut { path: path.to_path_buf(), cause: cause.clone() }),
                };
                rows.iter().map(of_row).collect::<Vec<_>>()
            })
            .collect();
        let frequent = most_frequent(&rows);
        let (mut train, mut dev, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        let rows_in_order = by_path.iter().flat_map(|(_, rows)| rows);
        for (row, found) in rows_in_order.zip(read.into_iter().flatten()) {
            match found {
                Ok(mut utterance) => {
                    utterance.other = row.language.as_deref().is_some_and(|language| Some(language) != frequent);
                    if utterance.other {
                        // The letters network reads English alone.
                        utterance.transcript.clear();
                    }
                    let held = row.split.as_deref() == Some("dev");
                    if held { dev.push(utterance) } else { train.push(utterance) }
                }
                Err(why) => left_out.push(why),
            }
        }
        if train.is_empty() {
            let cause = left_out
                .first()
                .map_or("no recording".into(), |first| format!("no recording can be used: {}", first.cause));
            return Err(TrainError::NoData { path: config.data[0].clone(), cause });
        }
        let mut corpus = Self { bands: features.bands, train, dev, targets, left_out };
        if corpus.dev.is_empty() && corpus.train.len() >= HELD_OUT {
            corpus.hold_out();
        }
        Ok(corpus)
    }

    /// Holds some recordings out, evenly spread over all; none where there are too few.
    fn hold_out(&mut self) {
        let mut kept = Vec::new();
        for (number, utterance) in std::mem::take(&mut self.train).into_iter().enumerate() {
            let held = self.dev.len() < MOST_HELD_OUT && number % HELD_OUT == HELD_OUT / 2;
            if held { self.dev.push(utterance) } else { kept.push(utterance) }
        }
        self.train = kept;
    }

    /// Mean and standard deviation of each band over the training recordings.
    pub fn statistics(&self) -> (Vec<f32>, Vec<f32>) {
        let mut sums = vec![(0.0_f64, 0.0_f64); self.bands];
        let mut count = 0.0;
        for utterance in &self.train {
            for row in utterance.data.chunks_exact(self.bands).step_by(3) {
                count += 1.0;
                for (sum, value) in sums.iter_mut().zip(row) {
                    let value = f64::from(value.to_f32());
                    sum.0 += value;
                    sum.1 += value * value;
                }
            }
        }
        let count = f64::max(count, 1.0);
        let mean: Vec<f64> = sums.iter().map(|sum| sum.0 / count).collect();
        let std = sums.iter().zip(&mean).map(|(sum, mean)| (sum.1 / count - mean * mean).max(1e-4).sqrt() as f32);
        (mean.iter().map(|&mean| mean as f32).collect(), std.collect())
    }

    /// The targets of a recording, where there are any.
    pub fn target(&self, utterance: &Utterance) -> Option<(&Targets, &Target)> {
        let targets = self.targets.as_ref()?;
        Some((targets, targets.of(&utterance.name)?))
    }
}

/// One row of a manifest, its language still to be judged.
fn utterance(
    row: &Row,
    features: &crate::features::Features,
    bands: usize,
    times: Option<&PhoneTimes>,
    letters: Option<&Letters>,
) -> Result<Utterance, LeftOut> {
    let all = features.frames();
    let (begin, end) = row.range.map_or((0, all), |(start, end)| frame_range(start, end, all));
    if end < begin + SHORTEST {
        let cause = format!("line {}: shorter than {} ms, or beyond the end of the file", row.line, SHORTEST * 10);
        return Err(LeftOut { path: row.path.clone(), cause });
    }
    // Values lie in -16..30: half precision keeps them to 0.008, far below what noise does.
    let data = features.data[begin * bands..end * bands].iter().map(|&value| f16::from_f32(value)).collect();
    let classes = times.and_then(|times| times.classes(&row.name, begin, end - begin)).unwrap_or_default();
    let transcript = match (letters, &row.label) {
        (Some(letters), Some(text)) if classes.is_empty() => phones::of_transcript(text, letters),
        _ => Vec::new(),
    };
    let speaker = row.speaker.clone().unwrap_or_else(|| row.name.clone());
    let name = row.name.clone();
    Ok(Utterance { frames: end - begin, data, name, offset: begin, other: false, speaker, classes, transcript })
}

/// The language of most rows.
fn most_frequent(rows: &[Row]) -> Option<&str> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    rows.iter()
        .filter_map(|row| row.language.as_deref())
        .for_each(|language| *counts.entry(language).or_default() += 1);
    counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0))).map(|(language, _)| language)
}
