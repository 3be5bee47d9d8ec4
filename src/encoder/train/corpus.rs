//! Training data in memory: the frames of every file, and which of them are words.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use half::f16;
use ignore::WalkBuilder;
use rayon::prelude::*;

use super::super::random::Random;
use super::super::training::DataSource;
use super::error::TrainError;
use super::manifest::{self, Row};
use crate::audio::{Clip, is_audio_path};
use crate::features::{FRAME_LENGTH, FRAME_SHIFT, FeatureConfig, Features, Frontend, LogMel};

/// Tokens of fewer frames say nothing.
pub(crate) const SHORTEST_TOKEN: usize = 4;
/// One file in this many is held out where there is no dev manifest.
const HELD_OUT: usize = 16;

/// Log-mel frames of one file; half precision keeps thousands of hours of words in memory.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    pub frames: usize,
    data: Vec<f16>,
}

impl Recording {
    /// Frames `begin..end` as float32, row-major.
    pub fn rows(&self, bands: usize, begin: usize, end: usize) -> Vec<f32> {
        self.data[begin * bands..end * bands].iter().map(|v| v.to_f32()).collect()
    }
}

/// Some frames of one recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub recording: u32,
    pub begin: u32,
    pub end: u32,
}

/// The tokens of one word, by source.
#[derive(Debug, Default)]
pub(crate) struct Word {
    pub label: String,
    pub tokens: Vec<Vec<Token>>,
}

impl Word {
    pub fn count(&self) -> usize {
        self.tokens.iter().map(Vec::len).sum()
    }
}

/// A row that was left out, and why.
#[derive(Debug, Clone)]
pub struct LeftOut {
    /// The file.
    pub path: PathBuf,
    /// What was wrong with it.
    pub cause: String,
}

/// All the data of a run.
#[derive(Debug)]
pub(crate) struct Corpus {
    pub bands: usize,
    pub recordings: Vec<Recording>,
    /// Words in ascending order of their labels.
    pub words: Vec<Word>,
    /// Recordings of each source that windows may come from.
    pub windows: Vec<Vec<u32>>,
    pub left_out: Vec<LeftOut>,
}

/// The frames that lie wholly inside a range of seconds, cut to the recording.
pub(crate) fn frame_range(start: f64, end: f64, frames: usize) -> (usize, usize) {
    let shift = f64::from(crate::audio::SAMPLE_RATE) / FRAME_SHIFT as f64;
    let begin = (start * shift).round() as usize;
    let overhang = (FRAME_LENGTH - FRAME_SHIFT) as f64 / FRAME_SHIFT as f64;
    let end = (end * shift - overhang).round().max(0.0) as usize;
    (begin.min(frames), end.min(frames))
}

/// The log-mel frames of one file.
pub(crate) fn read_features(path: &Path, config: &FeatureConfig) -> Result<Features, String> {
    let clip = Clip::read(path).map_err(|e| e.to_string())?;
    let mut features = Features { bands: config.bands, data: Vec::new() };
    LogMel::new(config).compute(clip.samples(), &mut features);
    if features.data.iter().any(|v| !v.is_finite()) {
        return Err("its samples are not finite".into());
    }
    Ok(features)
}

impl Corpus {
    /// Reads every source; a file that cannot be used is left out and noted, unless none is left.
    pub fn load(sources: &[DataSource], config: &FeatureConfig) -> Result<Corpus, TrainError> {
        let mut rows: Vec<(usize, Row)> = Vec::new();
        for (i, source) in sources.iter().enumerate() {
            let of_source = if source.path.extension().is_some_and(|e| e == "tsv" || e == "txt") {
                manifest::read(&source.path)?
            } else {
                unlabelled(&source.path)?
            };
            if of_source.is_empty() {
                return Err(TrainError::NoData {
                    path: source.path.clone(),
                    cause: "no sound in it; name a folder of recordings, or a list (.tsv, .txt)".into(),
                });
            }
            rows.extend(of_source.into_iter().map(|row| (i, row)));
        }
        let mut paths: Vec<&Path> = rows.iter().map(|(_, row)| row.path.as_path()).collect();
        paths.sort_unstable();
        paths.dedup();
        let read: Vec<Result<Recording, String>> = paths
            .par_iter()
            .map(|path| {
                let features = read_features(path, config)?;
                // Values lie in -16..30: half precision keeps them to 0.008, far below what noise does.
                let data = features.data.iter().map(|&v| f16::from_f32(v)).collect();
                Ok(Recording { frames: features.frames(), data })
            })
            .collect();
        let mut left_out = Vec::new();
        let mut index: HashMap<PathBuf, u32> = HashMap::new();
        let mut recordings = Vec::new();
        for (path, result) in paths.iter().zip(read) {
            match result {
                Ok(recording) => {
                    index.insert(path.to_path_buf(), recordings.len() as u32);
                    recordings.push(recording);
                }
                Err(cause) => left_out.push(LeftOut { path: path.to_path_buf(), cause }),
            }
        }
        if recordings.is_empty() {
            let cause = left_out.first().map_or("no file".into(), |l| format!("no file can be read: {}", l.cause));
            return Err(TrainError::NoData { path: sources[0].path.clone(), cause });
        }
        let mut corpus = Corpus {
            bands: config.bands,
            recordings,
            words: Vec::new(),
            windows: vec![Vec::new(); sources.len()],
            left_out,
        };
        corpus.place(&rows, &index, sources.len());
        Ok(corpus)
    }

    fn place(&mut self, rows: &[(usize, Row)], index: &HashMap<PathBuf, u32>, sources: usize) {
        let mut words: BTreeMap<&str, Vec<Vec<Token>>> = BTreeMap::new();
        for (source, row) in rows {
            let Some(&recording) = index.get(&row.path) else { continue };
            let frames = self.recordings[recording as usize].frames;
            let (begin, end) = match row.range {
                Some((start, end)) => frame_range(start, end, frames),
                None => (0, frames),
            };
            if end < begin + SHORTEST_TOKEN {
                let cause = format!("line {}: too short, or beyond the end of the file", row.line);
                self.left_out.push(LeftOut { path: row.path.clone(), cause });
                continue;
            }
            if self.windows[*source].last() != Some(&recording) {
                self.windows[*source].push(recording);
            }
            if let Some(label) = &row.label {
                let token = Token { recording, begin: begin as u32, end: end as u32 };
                words.entry(label).or_insert_with(|| vec![Vec::new(); sources])[*source].push(token);
            }
        }
        for windows in &mut self.windows {
            windows.sort_unstable();
            windows.dedup();
        }
        self.words = words.into_iter().map(|(label, tokens)| Word { label: label.into(), tokens }).collect();
    }

    /// Every character of the labels once, in ascending order.
    pub fn alphabet(&self) -> String {
        let mut characters: Vec<char> = self.words.iter().flat_map(|w| w.label.chars()).collect();
        characters.sort_unstable();
        characters.dedup();
        characters.into_iter().collect()
    }

    /// Mean and standard deviation of each band over every frame.
    pub fn statistics(&self) -> (Vec<f32>, Vec<f32>) {
        let mut sums = vec![(0f64, 0f64); self.bands];
        let mut count = 0u64;
        for recording in &self.recordings {
            for row in recording.data.chunks_exact(self.bands) {
                count += 1;
                for (sum, value) in sums.iter_mut().zip(row) {
                    let value = f64::from(value.to_f32());
                    sum.0 += value;
                    sum.1 += value * value;
                }
            }
        }
        let n = count.max(1) as f64;
        let mean: Vec<f64> = sums.iter().map(|s| s.0 / n).collect();
        let std = sums.iter().zip(&mean).map(|(s, m)| (s.1 / n - m * m).max(1e-4).sqrt() as f32).collect();
        (mean.iter().map(|&m| m as f32).collect(), std)
    }

    /// Splits recordings into those to train on and, one in 16, those to hold out; none where that leaves nothing.
    pub fn hold_out(mut self) -> (Corpus, Option<Corpus>) {
        let mut held = Corpus {
            bands: self.bands,
            recordings: Vec::new(),
            words: Vec::new(),
            windows: vec![Vec::new(); self.windows.len()],
            left_out: Vec::new(),
        };
        let out: Vec<bool> =
            (0..self.recordings.len()).map(|i| Random::new(&[i as u64, 0xD0]).below(HELD_OUT) == 0).collect();
        if self.recordings.len() < HELD_OUT || !out.contains(&true) {
            return (self, None);
        }
        let mut moved = vec![0u32; self.recordings.len()];
        for (i, recording) in self.recordings.iter_mut().enumerate().filter(|(i, _)| out[*i]) {
            moved[i] = held.recordings.len() as u32;
            held.recordings.push(std::mem::take(recording));
        }
        for word in &mut self.words {
            let mut tokens = vec![Vec::new(); self.windows.len()];
            for (kept, held) in word.tokens.iter_mut().zip(&mut tokens) {
                let away = kept.iter().filter(|t| out[t.recording as usize]);
                held.extend(away.map(|t| Token { recording: moved[t.recording as usize], ..*t }));
                kept.retain(|t| !out[t.recording as usize]);
            }
            if tokens.iter().any(|t| !t.is_empty()) {
                held.words.push(Word { label: word.label.clone(), tokens });
            }
        }
        self.words.retain(|word| word.count() > 0);
        for (kept, held) in self.windows.iter_mut().zip(&mut held.windows) {
            held.extend(kept.iter().filter(|&&r| out[r as usize]).map(|&r| moved[r as usize]));
            kept.retain(|&r| !out[r as usize]);
        }
        (self, Some(held))
    }
}

/// A row for each recording in a folder, of which nothing else is known.
///
/// # Errors
/// Where the folder cannot be read.
pub(crate) fn unlabelled(path: &Path) -> Result<Vec<Row>, TrainError> {
    let mut rows = Vec::new();
    for entry in WalkBuilder::new(path).standard_filters(false).sort_by_file_name(|a, b| a.cmp(b)).build() {
        let entry = entry.map_err(|e| TrainError::NoData { path: path.into(), cause: e.to_string() })?;
        if entry.file_type().is_some_and(|t| t.is_file()) && is_audio_path(entry.path()) {
            let name = entry.path().strip_prefix(path).unwrap_or(entry.path()).to_string_lossy().into_owned();
            let path = entry.into_path();
            rows.push(Row {
                path,
                name,
                range: None,
                label: None,
                speaker: None,
                split: None,
                language: None,
                line: 0,
            });
        }
    }
    Ok(rows)
}
