//! JSON Lines as Embedding Atlas (github.com/apple/embedding-atlas) reads them, and anything else that reads JSON.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rayon::prelude::*;
use serde::Serialize;

use super::{ExportError, Exporter, Format, Map, Shows, files::whole, map::grouped, mulaw, sound::stretches};
use crate::{
    audio::{AudioError, SAMPLE_RATE},
    projection::Random,
};

/// Neighbours a line.
const NEAR: usize = 10;

/// A line a point with its place, its neighbours and, up to a budget, its sound.
#[derive(Debug, Clone, Copy)]
pub struct Jsonl {
    /// Bytes of sound in the file, at most.
    pub audio_budget: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    id: usize,
    x: f32,
    y: f32,
    path: &'a str,
    /// Seconds into the file; in text the first line and the last.
    start: f64,
    end: f64,
    label: Option<&'a str>,
    text: Option<&'a str>,
    cluster: u8,
    neighbors: Near,
    /// The stretch of the recording, relative to this file's folder.
    link: String,
    /// A data URL: wav, µ-law.
    audio: Option<&'a str>,
}

#[derive(Serialize)]
struct Near {
    ids: Vec<u32>,
    /// 1 - cosine.
    distances: Vec<f32>,
}

/// How `export` offers it.
pub(super) const FORMAT: Format = Format {
    name: "jsonl",
    endings: &["jsonl", "ndjson"],
    about: "A line a point, as Embedding Atlas reads them",
    shows: Shows::Places,
    font: false,
    exporter: |options| Box::new(Jsonl { audio_budget: options.audio_budget }),
};

impl Exporter for Jsonl {
    fn export(&self, map: &Map, out: &Path) -> Result<Vec<String>, ExportError> {
        let layout = map.layout(out)?;
        let (clips, mut remarks) = if map.is_audio() { self.clips(map) } else { Default::default() };
        let carried = clips.iter().filter(|clip| clip.is_some()).count();
        if map.is_audio() && carried < map.points.len() {
            let (all, some) = (grouped(map.points.len()), grouped(carried));
            remarks
                .push(format!("{some} of {all} points carry their sound; --audio-budget says how much may be carried"));
        }
        whole(out, |file| write(map, &layout.places, &clips, file)).map_err(ExportError::write(out))?;
        Ok(remarks)
    }
}

impl Jsonl {
    /// Data URLs of points taken in a random order that is always the same, and what could not be read.
    fn clips(&self, map: &Map) -> (Vec<Option<String>>, Vec<String>) {
        let mut left = self.audio_budget;
        let mut by_file: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for number in Random::new(0).shuffled(map.points.len()) {
            let point = &map.points[number as usize];
            let letters = (u64::from(point.span.len) + 64).div_ceil(3) * 4;
            if letters <= left {
                left -= letters;
                by_file.entry(point.file).or_default().push(number as usize);
            }
        }
        let files: Vec<(u32, Vec<usize>)> = by_file.into_iter().collect();
        let read = |(file, points): &(u32, Vec<usize>)| {
            // By their start, as the points themselves are.
            let mut points = points.clone();
            points.sort_unstable();
            let spans: Vec<_> = points.iter().map(|&number| map.points[number].span).collect();
            let stretches = stretches(&map.files[*file as usize].place, &spans)?;
            let url = |samples: Vec<f32>| STANDARD.encode(mulaw::wav(&samples, SAMPLE_RATE));
            let urls = stretches.into_iter().map(|samples| format!("data:audio/wav;base64,{}", url(samples)));
            Ok::<Vec<(usize, String)>, AudioError>(points.into_iter().zip(urls).collect())
        };
        let read: Vec<_> = files.par_iter().map(read).collect();
        let (mut clips, mut failed) = (vec![None; map.points.len()], Vec::new());
        for file in read {
            match file {
                Ok(own) => own.into_iter().for_each(|(number, clip)| clips[number] = Some(clip)),
                Err(cause) => failed.push(cause.to_string()),
            }
        }
        (clips, failed)
    }
}

fn write(map: &Map, places: &[[f32; 2]], clips: &[Option<String>], out: &mut impl Write) -> io::Result<()> {
    for (id, (point, &[x, y])) in map.points.iter().zip(places).enumerate() {
        let (start, end) = map.times(point);
        let near = &map.neighbours.of(id)[..map.neighbours.of(id).len().min(NEAR)];
        let line = Line {
            id,
            x,
            y,
            path: &map.file(point).path,
            start,
            end,
            label: map.label(point),
            text: point.text.as_deref(),
            cluster: point.cluster + 1,
            neighbors: Near {
                ids: near.iter().map(|n| n.0).collect(),
                distances: near.iter().map(|n| (1.0 - n.1).max(0.0)).collect(),
            },
            link: map.link(point),
            audio: clips.get(id).and_then(Option::as_deref),
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
