//! The sound of points, as much of it as a budget allows.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::Path,
};

use audiosearch_index::Span;
use rayon::prelude::*;

use super::{
    Map,
    adpcm::{BLOCK_BYTES, BLOCK_SAMPLES, Coder},
};
use crate::{
    audio::{AudioError, ClipStream},
    projection::Random,
};

/// Letters of base64 that a block takes.
pub(super) const BLOCK_LETTERS: usize = BLOCK_BYTES / 3 * 4;

/// Blocks of a file that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub file: u32,
    /// The first block's number in its file.
    pub first: u32,
    pub blocks: u32,
    /// Where the first lies among all blocks carried.
    pub at: u32,
}

/// Blocks of sound for points; what two points share is carried once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sound {
    pub runs: Vec<Run>,
    /// Block after block, [`BLOCK_BYTES`] each.
    pub data: Vec<u8>,
    /// How many points are carried whole.
    pub points: usize,
    /// Recordings that could not be read, and why.
    pub failed: Vec<String>,
}

/// Takes points in a random order that is always the same, until `budget` bytes of a page are full.
pub(super) fn carry(map: &Map, budget: u64) -> Sound {
    let mut wanted: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    let most = usize::try_from(budget).unwrap_or(usize::MAX) / BLOCK_LETTERS;
    let (mut count, mut taken) = (0, HashSet::new());
    for point in Random::new(0).shuffled(map.points.len()) {
        let own = &map.points[point as usize];
        let have = wanted.entry(own.file).or_default();
        let new: Vec<u32> = blocks(own.span).filter(|block| !have.contains(block)).collect();
        if count + new.len() <= most {
            count += new.len();
            have.extend(new);
            taken.insert(point);
        }
    }
    wanted.retain(|_, blocks| !blocks.is_empty());
    let files: Vec<(u32, Vec<u32>)> = wanted.into_iter().map(|(file, own)| (file, own.into_iter().collect())).collect();
    let read: Vec<_> = files.par_iter().map(|(file, own)| read(&map.files[*file as usize].place, own)).collect();
    let mut sound = Sound::default();
    let mut carried: HashSet<u32> = HashSet::new();
    for ((file, own), read) in files.iter().zip(read) {
        match read {
            Ok(data) => {
                sound.push(*file, own, &data);
                carried.insert(*file);
            }
            Err(cause) => sound.failed.push(cause.to_string()),
        }
    }
    sound.points = taken.iter().filter(|&&point| carried.contains(&map.points[point as usize].file)).count();
    sound
}

impl Sound {
    fn push(&mut self, file: u32, blocks: &[u32], data: &[u8]) {
        for (at, &block) in ((self.data.len() / BLOCK_BYTES) as u32..).zip(blocks) {
            match self.runs.last_mut().filter(|run| run.file == file && run.first + run.blocks == block) {
                Some(run) => run.blocks += 1,
                None => self.runs.push(Run { file, first: block, blocks: 1, at }),
            }
        }
        self.data.extend_from_slice(data);
    }
}

/// The numbers of the blocks that hold a span.
fn blocks(span: Span) -> impl Iterator<Item = u32> {
    let number = |sample: u64| (sample / BLOCK_SAMPLES as u64) as u32;
    number(span.start)..=number(span.end().saturating_sub(1).max(span.start))
}

/// The blocks of these numbers (rising), encoded; what lies beyond the end is silence.
fn read(path: &Path, wanted: &[u32]) -> Result<Vec<u8>, AudioError> {
    let mut stream = ClipStream::open(path)?;
    let mut out = Vec::with_capacity(wanted.len() * BLOCK_BYTES);
    // Samples of the file from `begin` on.
    let (mut held, mut begin, mut more): (Vec<f32>, u64, bool) = (Vec::new(), 0, true);
    let mut coder: Option<(u32, Coder)> = None;
    for &block in wanted {
        let from = u64::from(block) * BLOCK_SAMPLES as u64;
        while more && begin + (held.len() as u64) < from + BLOCK_SAMPLES as u64 {
            let past = usize::try_from(from.saturating_sub(begin)).unwrap_or(usize::MAX).min(held.len());
            held.drain(..past);
            begin += past as u64;
            more = next(&mut stream, &mut held)?;
        }
        let at = usize::try_from(from.saturating_sub(begin)).unwrap_or(usize::MAX).min(held.len());
        let samples = &held[at..held.len().min(at + BLOCK_SAMPLES)];
        let mut own = match coder {
            Some((before, coder)) if before + 1 == block => coder,
            _ => Coder::beginning(samples),
        };
        own.block(samples, &mut out);
        coder = Some((block, own));
    }
    Ok(out)
}

/// The samples of `spans`, which come by rising start, in one go through the recording; what lies beyond its end is left out.
pub(super) fn stretches(path: &Path, spans: &[Span]) -> Result<Vec<Vec<f32>>, AudioError> {
    let mut stream = ClipStream::open(path)?;
    let (mut held, mut begin, mut more): (Vec<f32>, u64, bool) = (Vec::new(), 0, true);
    let mut out = Vec::with_capacity(spans.len());
    for span in spans {
        let place = |sample: u64, begin: u64| usize::try_from(sample.saturating_sub(begin)).unwrap_or(usize::MAX);
        while more && begin + (held.len() as u64) < span.end() {
            let past = place(span.start, begin).min(held.len());
            held.drain(..past);
            begin += past as u64;
            more = next(&mut stream, &mut held)?;
        }
        let [from, to] = [span.start, span.end()].map(|sample| place(sample, begin).min(held.len()));
        out.push(held[from..to].to_vec());
    }
    Ok(out)
}

/// The next block; what came before a break is good.
fn next(stream: &mut ClipStream, held: &mut Vec<f32>) -> Result<bool, AudioError> {
    match stream.next_block(held) {
        Err(cause) if cause.is_partial() => Ok(false),
        other => other,
    }
}
