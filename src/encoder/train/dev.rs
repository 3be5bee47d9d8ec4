//! Held-out figures.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tch::{Kind, Tensor};

use super::super::error::EncoderError;
use super::super::recurrent::Mode;
use super::super::tensors::values;
use super::super::training::TrainConfig;
use super::batch::Padded;
use super::corpus::{Corpus, SHORTEST_TOKEN, Token, frame_range, read_features};
use super::error::TrainError;
use super::loss::Networks;
use super::manifest;
use crate::eval::{self, SameDifferent};

/// Rows embedded in one pass.
const ROWS: usize = 64;

/// Figures of one dev manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct DevFigures {
    /// The manifest's file stem.
    pub name: String,
    /// Word discrimination.
    pub same_different: SameDifferent,
    /// Average precision of written against spoken words, where the network spells.
    pub cross_view_ap: Option<f64>,
}

/// A manifest of labelled tokens, its frames in memory.
#[derive(Debug)]
pub(crate) struct DevSet {
    name: String,
    frames: Vec<Vec<f32>>,
    tokens: Vec<eval::Token>,
}

impl DevSet {
    /// Reads a manifest; every row needs a label, and every file must be readable.
    pub fn load(path: &Path, config: &TrainConfig) -> Result<DevSet, TrainError> {
        let rows = manifest::read(path)?;
        let mut files: Vec<PathBuf> = rows.iter().map(|row| row.path.clone()).collect();
        files.sort_unstable();
        files.dedup();
        let read = |file: &PathBuf| {
            read_features(file, &config.network.features)
                .map_err(|cause| TrainError::NoData { path: file.clone(), cause })
        };
        let features = files.par_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let (mut frames, mut tokens) = (Vec::new(), Vec::new());
        for (i, row) in rows.into_iter().enumerate() {
            let fail = |cause: &str| TrainError::Manifest { path: path.into(), line: row.line, cause: cause.into() };
            let label = row.label.clone().ok_or_else(|| fail("a dev row needs a label"))?;
            let features = &features[files.binary_search(&row.path).map_err(|_| fail("no such file"))?];
            let (begin, end) = row.range.map_or((0, features.frames()), |(s, e)| frame_range(s, e, features.frames()));
            if end < begin + SHORTEST_TOKEN {
                return Err(fail("the token is too short, or beyond the end of its file"));
            }
            frames.push(features.rows(begin..end).to_vec());
            // Tokens without a speaker count as everyone's own.
            tokens.push(eval::Token { label, speaker: row.speaker.unwrap_or_else(|| format!("row {i}")) });
        }
        if tokens.is_empty() {
            return Err(TrainError::NoData { path: path.into(), cause: "no rows".into() });
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(DevSet { name, frames, tokens })
    }

    /// The set's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Scores the networks as they are.
    pub fn score(&self, networks: &Networks, config: &TrainConfig) -> Result<DevFigures, TrainError> {
        let _guard = tch::no_grad_guard();
        let vectors = normalised(networks, &embed(networks, config, &self.frames)?)?;
        let same_different = eval::same_different(&vectors, &self.tokens);
        let cross_view_ap = match &networks.spelling {
            None => None,
            Some(spelling) => {
                let mut words: Vec<String> = self.tokens.iter().map(|t| t.label.clone()).collect();
                let labels = words.clone();
                words.sort_unstable();
                words.dedup();
                let written = spelling.run(&words, networks.device)?;
                let written = rows(&networks.speech.normalise_spelling(&written)?)?;
                Some(eval::cross_view_ap(&vectors, &labels, &written, &words))
            }
        };
        Ok(DevFigures { name: self.name.clone(), same_different, cross_view_ap })
    }
}

fn rows(tensor: &Tensor) -> Result<Vec<Vec<f32>>, EncoderError> {
    let size = tensor.size()[1] as usize;
    Ok(values(tensor)?.chunks(size).map(<[f32]>::to_vec).collect())
}

fn normalised(networks: &Networks, vectors: &Tensor) -> Result<Vec<Vec<f32>>, TrainError> {
    Ok(rows(&networks.speech.normalise(vectors)?)?)
}

/// Vectors [tokens, dimension] before the normalisation, each token embedded as a clip of its own.
fn embed(networks: &Networks, config: &TrainConfig, tokens: &[Vec<f32>]) -> Result<Tensor, TrainError> {
    let bands = config.network.features.bands;
    let mut order: Vec<usize> = (0..tokens.len()).collect();
    order.sort_by_key(|&i| tokens[i].len());
    let mut place = vec![0i64; tokens.len()];
    let mut parts = Vec::new();
    for chunk in order.chunks(ROWS) {
        let frames: Vec<Vec<f32>> = chunk.iter().map(|&i| tokens[i].clone()).collect();
        let padded = Padded::new(&frames, bands);
        parts.push(networks.embed_whole(&padded, bands, config.network.reduction() as i64, Mode::Inference)?);
    }
    for (at, &i) in order.iter().enumerate() {
        place[i] = at as i64;
    }
    let place = Tensor::f_from_slice(&place)?.f_to_device(networks.device)?;
    Ok(Tensor::f_cat(&parts, 0)?.f_index_select(0, &place)?)
}

/// Vectors of a sample of training tokens, at most `most`, evenly over the words.
pub(crate) fn sample(
    networks: &Networks,
    config: &TrainConfig,
    corpus: &Corpus,
    most: usize,
) -> Result<Tensor, TrainError> {
    let _guard = tch::no_grad_guard();
    let mut tokens: Vec<Token> = Vec::new();
    let mut round = 0;
    loop {
        let before = tokens.len();
        for word in &corpus.words {
            tokens.extend(word.tokens.iter().flatten().nth(round).copied());
        }
        round += 1;
        if tokens.len() == before || tokens.len() >= most {
            break;
        }
    }
    if tokens.is_empty() {
        let whole = corpus.windows.iter().flatten().map(|&recording| {
            let frames = corpus.recordings[recording as usize].frames as u32;
            Token { recording, begin: 0, end: frames.min(100) }
        });
        tokens.extend(whole.filter(|t| t.end > 0));
    }
    tokens.truncate(most);
    let frames = tokens
        .iter()
        .map(|t| corpus.recordings[t.recording as usize].rows(corpus.bands, t.begin as usize, t.end as usize));
    let vectors = embed(networks, config, &frames.collect::<Vec<_>>())?;
    Ok(vectors.f_to_kind(Kind::Float)?)
}
