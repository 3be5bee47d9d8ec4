//! The points as the page's script reads them (`data.js`): texts as they are, numbers as base64 of little-endian arrays.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rayon::prelude::*;
use serde::Serialize;

use crate::{
    audio::SAMPLE_RATE,
    export::{
        Layout, Map,
        adpcm::BLOCK_SAMPLES,
        map::grouped,
        sound::{BLOCK_LETTERS, Sound},
    },
    projection::Components,
};

/// Neighbours that the page knows of each point.
const NEAR: usize = 10;
/// Bytes that the vectors may take in the page; beyond, they are kept in fewer components.
const CODE_BYTES: usize = 4_000_000;
/// The fewest components that likeness is computed from.
const LEAST_COMPONENTS: usize = 16;
const NONE: u32 = u32::MAX;

/// All that the page knows.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<'a> {
    title: &'a str,
    about: String,
    drawn: String,
    collection: &'static str,
    /// What the page colours by at first.
    colour: &'static str,
    /// Samples a second in `start` and `length`.
    rate: u32,
    count: usize,
    files: Vec<&'a str>,
    links: Vec<&'a str>,
    labels: &'a [String],
    texts: Option<Vec<Option<&'a str>>>,
    clusters: usize,
    places: String,
    file: String,
    start: String,
    length: String,
    label: String,
    cluster: String,
    near: Near,
    codes: Codes,
    sound: Clips,
    arrows: Vec<ArrowLine<'a>>,
}

#[derive(Serialize)]
struct Near {
    k: usize,
    ids: String,
    scores: String,
}

#[derive(Serialize)]
struct Codes {
    columns: usize,
    values: String,
    note: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Clips {
    block_samples: usize,
    block_letters: usize,
    /// File, first block, blocks, where they lie.
    runs: Vec<[u32; 4]>,
    data: String,
}

#[derive(Serialize)]
struct ArrowLine<'a> {
    from: &'a str,
    to: &'a str,
    x0: f32,
    y0: f32,
    x1: f32,
    y1: f32,
}

pub(super) fn page<'a>(map: &'a Map, layout: &Layout, sound: &Sound) -> Page<'a> {
    let words = |pick: &dyn Fn(&'a crate::export::Point) -> u32| {
        let values = map.points.iter().flat_map(|point| pick(point).to_le_bytes());
        STANDARD.encode(values.collect::<Vec<u8>>())
    };
    let clamped = |value: u64| u32::try_from(value).unwrap_or(NONE);
    let has_text = map.points.iter().any(|point| point.text.is_some());
    let run = |run: &crate::export::sound::Run| [run.file, run.first, run.blocks, run.at];
    Page {
        title: &map.title,
        about: about(map, layout),
        drawn: drawn(map, sound),
        collection: map.collection.name(),
        colour: colour(map),
        rate: SAMPLE_RATE,
        count: map.points.len(),
        files: map.files.iter().map(|file| file.path.as_str()).collect(),
        links: map.files.iter().map(|file| file.link.as_str()).collect(),
        labels: &map.labels,
        texts: has_text.then(|| map.points.iter().map(|point| point.text.as_deref()).collect()),
        clusters: map.points.iter().map(|point| usize::from(point.cluster) + 1).max().unwrap_or(0),
        places: STANDARD.encode(layout.places.iter().flatten().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>()),
        file: words(&|point| point.file),
        start: words(&|point| clamped(point.span.start)),
        length: words(&|point| point.span.len),
        label: words(&|point| point.label.unwrap_or(NONE)),
        cluster: STANDARD.encode(map.points.iter().map(|point| point.cluster).collect::<Vec<u8>>()),
        near: near(map),
        codes: codes(map),
        sound: Clips {
            block_samples: BLOCK_SAMPLES,
            block_letters: BLOCK_LETTERS,
            runs: sound.runs.iter().map(run).collect(),
            data: STANDARD.encode(&sound.data),
        },
        arrows: map
            .arrows
            .iter()
            .map(|arrow| {
                let [[x0, y0], [x1, y1]] = arrow.ends;
                ArrowLine { from: &arrow.from, to: &arrow.to, x0, y0, x1, y1 }
            })
            .collect(),
    }
}

/// Labels where they group points, else clusters: as many labels as points would be as many colours.
fn colour(map: &Map) -> &'static str {
    let labelled = map.points.iter().filter(|point| point.label.is_some()).count();
    if !map.labels.is_empty() && 2 * map.labels.len() <= labelled { "label" } else { "cluster" }
}

fn about(map: &Map, layout: &Layout) -> String {
    let what = if map.is_audio() { "stretches of sound" } else { "sentences" };
    let files = if map.files.len() == 1 { "1 file".into() } else { format!("{} files", grouped(map.files.len())) };
    let trust = layout.trust.map_or_else(String::new, |trust| format!(", trustworthiness@10 {trust:.3}"));
    format!("{} {what} of {files}, by model {}; {}{trust}", grouped(map.points.len()), map.model, layout.method)
}

fn drawn(map: &Map, sound: &Sound) -> String {
    let mut out = format!("Drawn: {}.", map.drawn());
    if map.is_audio() {
        let megabytes = (sound.data.len() / 3 * 4) as f64 / 1e6;
        let (carried, all) = (grouped(sound.points), grouped(map.points.len()));
        out.push_str(&if sound.points == map.points.len() {
            format!(" The page carries the sound of all of them ({megabytes:.1} MB).")
        } else {
            format!(
                " The page carries the sound of {carried} of {all} ({megabytes:.1} MB); the others play from the recordings, by their paths relative to this page."
            )
        });
    }
    out
}

fn near(map: &Map) -> Near {
    let (mut ids, mut scores) = (Vec::new(), Vec::new());
    for point in 0..map.points.len() {
        let own = map.neighbours.of(point);
        for at in 0..NEAR {
            let (id, score) = own.get(at).copied().unwrap_or((NONE, 0.0));
            ids.extend_from_slice(&id.to_le_bytes());
            scores.extend_from_slice(&((score.clamp(-1.0, 1.0) * 32_767.0).round() as i16).to_le_bytes());
        }
    }
    Near { k: NEAR, ids: STANDARD.encode(ids), scores: STANDARD.encode(scores) }
}

/// The vectors in a byte a component: all components, or as many principal ones as there is room for.
fn codes(map: &Map) -> Codes {
    let (n, all) = (map.points.len(), map.vectors.columns());
    let columns = (CODE_BYTES / n.max(1)).clamp(LEAST_COMPONENTS, all.max(LEAST_COMPONENTS)).min(all);
    let (rows, note) = if columns == all {
        (map.vectors.iter().map(<[f32]>::to_vec).collect(), format!("Cosine of all {all} components, in a byte each."))
    } else {
        let components = Components::fit_products(&map.vectors, columns);
        let kept: f64 = components.explained().iter().sum();
        let rows: Vec<Vec<f32>> = (0..n).into_par_iter().map(|row| components.project(map.vectors.row(row))).collect();
        (rows, format!("Cosine of {columns} components of {all}, which hold {:.0} % of the vectors.", 100.0 * kept))
    };
    let largest = rows.iter().flatten().fold(0f32, |most, v| most.max(v.abs())).max(f32::MIN_POSITIVE);
    let code = |value: &f32| (value / largest * 127.0).round() as i8 as u8;
    Codes { columns, values: STANDARD.encode(rows.iter().flatten().map(code).collect::<Vec<u8>>()), note }
}
