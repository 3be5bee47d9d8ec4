//! Samples: read, resampled, joined, cut; and the frames made of them.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use audiosearch::{
    audio::{ClipStream, SAMPLE_RATE},
    features::{Features, FrameStream, LogMel},
    segment::{SegmentConfig, SegmentMode, energy_db},
};
use audiosearch_index::Span;

use super::{
    blocks,
    meter::{Cost, Meter, cost},
};

/// At 16 kHz.
pub fn seconds(samples: usize) -> f64 {
    samples as f64 / f64::from(SAMPLE_RATE)
}

pub fn read(path: &Path) -> Result<Vec<f32>> {
    let named = || path.display().to_string();
    blocks(ClipStream::open(path).with_context(named)?).with_context(named)
}

/// The cost of reading the same sound as 44.1 kHz wav, less that of reading it as 16 kHz wav.
pub fn resample(meter: &mut Meter, recordings: &[Vec<f32>]) -> Result<()> {
    let mut costs = [Cost { cpu: 0.0, wall: 0.0, grown_mb: Some(0.0) }; 2];
    for samples in recordings {
        for (rate, sum) in [44_100, SAMPLE_RATE].into_iter().zip(&mut costs) {
            let count = samples.len() as u64 * u64::from(rate) / u64::from(SAMPLE_RATE);
            let at = |n: u64| samples[(n * u64::from(SAMPLE_RATE) / u64::from(rate)) as usize];
            let bytes = wav(rate, (0..count).map(at));
            let stream = ClipStream::from_bytes(bytes, "resampled.wav".as_ref())?;
            let (read, one) = cost(|| blocks(stream));
            read?;
            sum.cpu += one.cpu;
            sum.wall += one.wall;
            sum.grown_mb = sum.grown_mb.zip(one.grown_mb).map(|(most, this)| most.max(this));
        }
    }
    let [there, plain] = costs;
    meter.add("resample from 44.1 kHz", Cost { cpu: there.cpu - plain.cpu, wall: there.wall - plain.wall, ..there });
    Ok(())
}

/// The recordings one after another, from the first again where they are too few, as 16-bit wav.
pub fn join(out: &Path, length: f64, paths: &[PathBuf]) -> Result<()> {
    let wanted = (length * f64::from(SAMPLE_RATE)) as usize;
    let mut file = BufWriter::new(File::create(out).with_context(|| out.display().to_string())?);
    file.write_all(&header(SAMPLE_RATE, u32::try_from(wanted * 2).context("a wav file holds 4 GB")?))?;
    let mut written = 0;
    while written < wanted {
        let before = written;
        for path in paths {
            let mut samples = read(path)?;
            samples.truncate(wanted - written);
            written += samples.len();
            file.write_all(&pcm(samples.into_iter()))?;
        }
        ensure!(written > before, "recordings without a sample");
    }
    Ok(file.flush()?)
}

/// 16-bit mono.
fn wav(rate: u32, samples: impl Iterator<Item = f32>) -> Vec<u8> {
    let data = pcm(samples);
    let mut out = header(rate, data.len() as u32);
    out.extend_from_slice(&data);
    out
}

fn pcm(samples: impl Iterator<Item = f32>) -> Vec<u8> {
    samples.flat_map(|v| ((v.clamp(-1.0, 1.0) * 32_767.0) as i16).to_le_bytes()).collect()
}

/// For so many bytes of samples.
fn header(rate: u32, bytes: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(44 + bytes as usize);
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(36 + bytes).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    out.extend_from_slice(&rate.to_le_bytes());
    out.extend_from_slice(&(rate * 2).to_le_bytes());
    out.extend_from_slice(b"\x02\0\x10\0data");
    out.extend_from_slice(&bytes.to_le_bytes());
    out
}

pub fn log_mel(samples: &[f32], frames: &LogMel) -> Features {
    let mut stream = FrameStream::new(frames.clone());
    let mut out = Features::new(frames.config().bands);
    for block in samples.chunks(16_384) {
        stream.push(block, &mut out);
    }
    out
}

pub fn segments(samples: &[f32]) -> Vec<Span> {
    let (mut segmenter, _) = SegmentConfig::default().segmenter(SegmentMode::Auto, None);
    let mut spans = Vec::new();
    segmenter.push(&energy_db(samples), &mut spans);
    segmenter.finish(samples.len() as u64, &mut spans);
    spans
}
