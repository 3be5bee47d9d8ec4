//! How fast each room of audiosearch is by itself, on one thread: `rooms FILE…`, a JSON object on standard output.
//!
//! CPU time of the thread, not of the clock, so that a busy machine does not show; writing to disk is by the clock.

use std::{env, fs, ops::Range, path::PathBuf, time::Instant};

use anyhow::{Context as _, Result, bail};
use audiosearch::{
    audio::{ClipStream, SAMPLE_RATE},
    encoder::{Device, Encoder, SpeechEncoder, Stretch, single_threaded},
    features::{FRAME_LENGTH, FRAME_SHIFT, FeatureConfig, Features, FrameStream, LogMel},
    forward::ForwardEncoder,
    frames::{FrameNetwork, HeardStream},
    segment::{SegmentConfig, SegmentMode, energy_db},
};
use audiosearch_index::{Collection, Embedding, Index, Schema, Segment, Source, SourceKey, Span};
use cpu_time::ThreadTime;
use serde_json::{Map, Value, json};

/// Frames of a passage, as the pipeline cuts them.
const PASSAGE: usize = 800;
/// Frames that an encoder is given at once, as the pipeline does.
const BATCH: usize = 16_000;

fn main() -> Result<()> {
    single_threaded();
    let paths: Vec<PathBuf> = env::args_os().skip(1).map(PathBuf::from).collect();
    if paths.is_empty() {
        bail!("usage: rooms FILE…");
    }
    let mut rooms = Rooms { audio: 0.0, lines: Map::new() };
    let mut recordings = Vec::new();
    let decode = ThreadTime::now();
    for path in &paths {
        let mut stream = ClipStream::open(path).with_context(|| path.display().to_string())?;
        let mut samples = Vec::new();
        while stream.next_block(&mut samples)? {}
        recordings.push(samples);
    }
    let decoded = decode.elapsed().as_secs_f64();
    rooms.audio = recordings.iter().map(|samples| samples.len() as f64 / f64::from(SAMPLE_RATE)).sum();
    rooms.tell("decode", decoded);
    rooms.tell("resample from 44.1 kHz", resample(&recordings)?);

    let network = FrameNetwork::shipped()?;
    let own = ForwardEncoder::shipped()?;
    let config = *own.feature_config();
    let begun = ThreadTime::now();
    let features: Vec<Features> = recordings.iter().map(|samples| log_mel(samples, &config)).collect();
    rooms.tell("features", begun.elapsed().as_secs_f64());
    let begun = ThreadTime::now();
    let spans: Vec<Vec<Span>> = recordings.iter().map(|samples| segments(samples)).collect();
    rooms.tell("segment", begun.elapsed().as_secs_f64());
    let begun = ThreadTime::now();
    for features in &features {
        let mut stream = HeardStream::of_frames(&network);
        for rows in features.data.chunks(PASSAGE * config.bands) {
            stream.push_frames(&Features { bands: config.bands, data: rows.to_vec() });
        }
        stream.finish();
    }
    rooms.tell("frame network", begun.elapsed().as_secs_f64());

    let passages = passages(&features, &spans);
    let (encoded, embeddings) = encode(&own, &passages)?;
    rooms.tell("encode", encoded);
    let torch = SpeechEncoder::shipped(Device::Cpu)?;
    rooms.tell("encode by LibTorch", encode(&torch, &passages)?.0);
    store(&mut rooms, &own, &embeddings)?;
    println!("{}", json!({ "seconds": rooms.audio, "segments": embeddings.len(), "rooms": rooms.lines }));
    Ok(())
}

struct Rooms {
    /// Seconds of sound.
    audio: f64,
    lines: Map<String, Value>,
}

impl Rooms {
    fn tell(&mut self, room: &str, seconds: f64) {
        eprintln!("{room:24} {:8.0} × real time", self.audio / seconds);
        self.lines.insert(room.to_owned(), json!(seconds));
    }
}

/// CPU seconds of reading the same sound as 44.1 kHz wav, less those of reading it as 16 kHz wav.
fn resample(recordings: &[Vec<f32>]) -> Result<f64> {
    let mut seconds = [0.0, 0.0];
    for samples in recordings {
        for (rate, seconds) in [44_100, SAMPLE_RATE].into_iter().zip(&mut seconds) {
            let count = samples.len() as u64 * u64::from(rate) / u64::from(SAMPLE_RATE);
            let at = |n: u64| samples[(n * u64::from(SAMPLE_RATE) / u64::from(rate)) as usize];
            let bytes = wav(rate, (0..count).map(at));
            let begun = ThreadTime::now();
            let (mut stream, mut out) = (ClipStream::from_bytes(bytes, "resampled.wav".as_ref())?, Vec::new());
            while stream.next_block(&mut out)? {}
            *seconds += begun.elapsed().as_secs_f64();
        }
    }
    Ok(seconds[0] - seconds[1])
}

/// 16-bit mono.
fn wav(rate: u32, samples: impl Iterator<Item = f32>) -> Vec<u8> {
    let data: Vec<u8> = samples.flat_map(|v| ((v.clamp(-1.0, 1.0) * 32_767.0) as i16).to_le_bytes()).collect();
    let mut out = Vec::with_capacity(44 + data.len());
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(36 + data.len() as u32).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    out.extend_from_slice(&rate.to_le_bytes());
    out.extend_from_slice(&(rate * 2).to_le_bytes());
    out.extend_from_slice(b"\x02\0\x10\0data");
    out.extend_from_slice(&(data.len() as u32).to_le_bytes());
    out.extend_from_slice(&data);
    out
}

fn log_mel(samples: &[f32], config: &FeatureConfig) -> Features {
    let mut stream = FrameStream::new(LogMel::new(config));
    let mut out = Features::new(config.bands);
    for block in samples.chunks(16_384) {
        stream.push(block, &mut out);
    }
    out
}

fn segments(samples: &[f32]) -> Vec<Span> {
    let (mut segmenter, _) = SegmentConfig::default().segmenter(SegmentMode::Auto, None);
    let mut spans = Vec::new();
    segmenter.push(&energy_db(samples), &mut spans);
    segmenter.finish(samples.len() as u64, &mut spans);
    spans
}

/// Recordings in pieces of 8 s, with the spans that lie in each.
fn passages(features: &[Features], spans: &[Vec<Span>]) -> Vec<(Features, Vec<Range<u32>>)> {
    let mut passages = Vec::new();
    for (features, spans) in features.iter().zip(spans) {
        for (number, rows) in features.data.chunks(PASSAGE * features.bands).enumerate() {
            let piece = Features { bands: features.bands, data: rows.to_vec() };
            let (first, count) = ((number * PASSAGE) as u64, piece.frames() as u64);
            let inside = spans.iter().filter_map(|span| {
                let start = (span.start / FRAME_SHIFT as u64).checked_sub(first).filter(|start| *start < count)?;
                let frames = (u64::from(span.len).saturating_sub(FRAME_LENGTH as u64) / FRAME_SHIFT as u64).max(1);
                Some(start as u32..(start + frames).min(count) as u32)
            });
            let inside: Vec<Range<u32>> = inside.collect();
            passages.push((piece, inside));
        }
    }
    passages
}

/// CPU seconds, and the embeddings.
fn encode(encoder: &dyn Encoder, passages: &[(Features, Vec<Range<u32>>)]) -> Result<(f64, Vec<Embedding>)> {
    let stretches: Vec<Stretch<'_>> = passages.iter().map(|(features, spans)| Stretch { features, spans }).collect();
    let batches: Vec<&[Stretch<'_>]> = stretches.chunks(BATCH / PASSAGE).collect();
    // The first pass of any program pays for pages and plans.
    encoder.encode(batches[0])?;
    let begun = ThreadTime::now();
    let mut embeddings = Vec::new();
    for batch in batches {
        embeddings.extend(encoder.encode(batch)?.into_iter().flatten());
    }
    Ok((begun.elapsed().as_secs_f64(), embeddings))
}

/// A transaction a hundred segments, one flush for all, one commit.
fn store(rooms: &mut Rooms, encoder: &dyn Encoder, embeddings: &[Embedding]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let dimension = u32::try_from(encoder.dimension())?;
    let schema = Schema { dimension, fingerprint: encoder.fingerprint(), model: "speech".into() };
    let index = Index::create(folder.path(), Collection::Audio, schema)?;
    let writer = index.writer()?;
    let begun = Instant::now();
    for (number, part) in embeddings.chunks(100).enumerate() {
        let segment = |(at, embedding): (usize, &Embedding)| Segment {
            span: Span { start: at as u64 * 3200, len: 16_000 },
            label: None,
            text: None,
            embedding: embedding.clone(),
        };
        let source = Source {
            key: SourceKey::new(number.to_be_bytes().to_vec()),
            path: format!("{number}.wav").into(),
            size: 1,
            modified_ns: 1,
            digest: [0; 32],
            samples: 3200 * 100,
            segmenter: String::new(),
        };
        writer.put_source(source, part.iter().enumerate().map(segment).collect())?;
    }
    rooms.tell("insert", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    writer.flush()?;
    rooms.tell("fsync", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    writer.commit()?;
    rooms.tell("freeze", begun.elapsed().as_secs_f64());
    drop(index);
    let bytes: u64 = fs::read_dir(folder.path())?.flatten().filter_map(|e| e.metadata().ok()).map(|m| m.len()).sum();
    eprintln!("{} segments, {:.1} MB", embeddings.len(), bytes as f64 / 1e6);
    Ok(())
}
