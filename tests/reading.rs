//! Recordings of every supported kind become 16 kHz mono, in time.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::Cursor;
use std::path::{Path, PathBuf};

use audiosearch::audio::{AudioError, Clip, ClipStream};
use hound::{SampleFormat, WavSpec, WavWriter};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// The rising tone of the fixtures.
fn tone(rate: u32, samples: usize) -> Vec<f32> {
    let value = |t: f64| 0.5 * (std::f64::consts::TAU * (300.0 * t + 600.0 * t * t)).sin();
    (0..samples).map(|n| value(n as f64 / f64::from(rate)) as f32).collect()
}

/// A wav file in memory; `frames` are interleaved, ±1.
fn wav(rate: u32, channels: u16, bits: u16, format: SampleFormat, frames: &[f32]) -> Vec<u8> {
    let spec = WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format: format };
    let mut bytes = Vec::new();
    let mut writer = WavWriter::new(Cursor::new(&mut bytes), spec).unwrap();
    for &sample in frames {
        match format {
            SampleFormat::Float => writer.write_sample(sample).unwrap(),
            SampleFormat::Int => {
                let scale = (1_i64 << (bits - 1)) as f64;
                writer.write_sample((f64::from(sample) * scale).round().min(scale - 1.0) as i32).unwrap();
            }
        }
    }
    writer.finalize().unwrap();
    bytes
}

fn float_wav(rate: u32, samples: &[f32]) -> Vec<u8> {
    wav(rate, 1, 32, SampleFormat::Float, samples)
}

fn decode(bytes: Vec<u8>) -> Clip {
    Clip::from_bytes(bytes, Path::new("memory.wav")).unwrap()
}

fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| f64::from(x * y)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(1e-12)
}

/// How many samples `clip` comes later than the tone does, and how like it is there.
fn lag_of_tone(clip: &[f32]) -> (i64, f64) {
    let reference = tone(16_000, 16_000);
    (-1_300..=1_300_i64)
        .map(|lag| {
            let (a, b) = if lag >= 0 { (lag as usize, 0) } else { (0, (-lag) as usize) };
            (lag, correlation(&clip[a.min(clip.len())..], &reference[b..]))
        })
        .max_by(|x, y| x.1.total_cmp(&y.1))
        .unwrap()
}

#[test]
fn every_format_gives_the_same_tone_in_time() {
    let lossless = ["tone.flac", "alac.m4a", "tone.aiff", "alaw.wav", "mulaw.wav"];
    let lossy = [
        "tone.mp3",
        "tone.ogg",
        "second.ogg",
        "tone.m4a",
        "moov-last.m4a",
        "cover.m4a",
        "tone.opus",
        "tone.webm",
        "tone.mka",
        "opus.mp4",
        "ms.wav",
        "ima.wav",
        "ima.mov",
        "ima.caf",
    ];
    let lossless = [&lossless[..], &["flac.mka", "flac.ogg", "flac.mp4", "alac.caf", "ulaw.mov"]].concat();
    for name in lossless.iter().chain(&lossy) {
        let clip = Clip::read(&fixture(name)).unwrap_or_else(|error| panic!("{error}"));
        let (lag, likeness) = lag_of_tone(clip.samples());
        println!("{name}: {} samples, lag {lag}, likeness {likeness:.4}", clip.samples().len());
        assert!(lag.abs() <= 16 && likeness > 0.92, "{name}: lag {lag}, likeness {likeness}");
        let off_by = clip.samples().len().abs_diff(16_000);
        let allowed = if lossless.contains(name) { 0 } else { 1_600 };
        assert!(off_by <= allowed, "{name}: {} samples", clip.samples().len());
    }
}

#[test]
fn formats_that_do_not_tell_their_delay_are_read() {
    // AAC and mp3 without the encoder's tag start with the encoder's delay, at most 0.1 s
    for name in ["tone.aac", "untagged.mp3", "tone.mp2", "mp3.wav", "mp3.mkv", "aac.mkv", "fragments.mp4", "opus.caf"] {
        let clip = Clip::read(&fixture(name)).unwrap_or_else(|error| panic!("{error}"));
        let (lag, likeness) = lag_of_tone(clip.samples());
        println!("{name}: {} samples, lag {lag}, likeness {likeness:.4}", clip.samples().len());
        assert!(likeness > 0.9 && (0..=1_600).contains(&lag), "{name}: lag {lag}, likeness {likeness}");
    }
}

#[test]
fn every_wav_kind_gives_the_same_samples() {
    let samples = tone(16_000, 4_000);
    for (bits, format, error) in [
        (8, SampleFormat::Int, 1.0 / 128.0),
        (16, SampleFormat::Int, 1.0 / 32_768.0),
        (24, SampleFormat::Int, 1e-6),
        (32, SampleFormat::Int, 1e-6),
        (32, SampleFormat::Float, 0.0),
    ] {
        let clip = decode(wav(16_000, 1, bits, format, &samples));
        assert_eq!(clip.samples().len(), samples.len());
        let worst = clip.samples().iter().zip(&samples).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst <= error, "{bits} bits {format:?}: off by {worst}");
    }
}

#[test]
fn a_click_stays_at_its_time_at_any_rate() {
    for rate in
        [1_000_u32, 7_919, 8_000, 11_025, 12_000, 22_050, 32_000, 44_100, 44_101, 48_000, 96_000, 192_000, 384_000]
    {
        for at in [0.1, 0.5, 0.93] {
            let mut samples = vec![0.0; rate as usize];
            let click = (at * f64::from(rate)) as usize;
            samples[click] = 1.0;
            let clip = decode(float_wav(rate, &samples));
            let peak =
                (0..clip.samples().len()).max_by(|&a, &b| clip.samples()[a].total_cmp(&clip.samples()[b])).unwrap();
            let late = peak as f64 / 16_000.0 - click as f64 / f64::from(rate);
            assert!(late.abs() <= 0.001, "{rate} Hz: a click at {at} s comes {late} s late");
        }
    }
}

#[test]
fn the_length_is_right_to_a_sample() {
    for rate in [1_000_usize, 8_000, 11_025, 16_000, 44_100, 48_000, 192_000] {
        for samples in [1, 2, 3, 160, 1_023, 12_345, 100_000] {
            let clip = decode(float_wav(rate as u32, &vec![0.25; samples]));
            assert_eq!(clip.samples().len(), (samples * 16_000).div_ceil(rate), "{samples} samples of {rate} Hz");
        }
    }
}

#[test]
fn a_tone_keeps_its_level_and_what_lies_above_the_new_band_is_removed() {
    let sine = |hz: f64| -> Vec<f32> {
        (0..48_000).map(|n| (std::f64::consts::TAU * hz * f64::from(n) / 48_000.0).sin() as f32).collect()
    };
    let level = |samples: &[f32]| {
        let middle = &samples[4_000..12_000];
        (middle.iter().map(|s| s * s).sum::<f32>() / middle.len() as f32).sqrt()
    };
    let kept = level(decode(float_wav(48_000, &sine(7_000.0))).samples());
    assert!((kept - 0.5_f32.sqrt()).abs() < 0.002, "7 kHz: {kept}");
    let removed = level(decode(float_wav(48_000, &sine(9_000.0))).samples());
    assert!(removed < 1e-3, "9 kHz, an alias at 7 kHz: {removed}");
}

#[test]
fn channels_are_averaged() {
    let stereo: Vec<f32> = (0..8_000).flat_map(|_| [0.5, -0.25]).collect();
    let clip = decode(wav(16_000, 2, 16, SampleFormat::Int, &stereo));
    assert_eq!(clip.samples().len(), 8_000);
    assert!(clip.samples().iter().all(|s| (s - 0.125).abs() < 1e-4));
    let many = vec![0.5; 64 * 100];
    assert_eq!(decode(wav(16_000, 64, 16, SampleFormat::Int, &many)).samples().len(), 100);
    let too_many = Clip::from_bytes(wav(16_000, 65, 16, SampleFormat::Int, &[0.5; 65]), Path::new("m.wav"));
    assert!(matches!(too_many, Err(AudioError::Channels { channels: 65, .. })));
}

#[test]
fn blocks_are_at_most_a_second_and_join_to_the_whole() {
    let samples = tone(8_000, 60_000);
    let bytes = float_wav(8_000, &samples);
    let whole = decode(bytes.clone());
    let mut stream = ClipStream::from_bytes(bytes, Path::new("m.wav")).unwrap();
    let (mut joined, mut blocks) = (Vec::new(), 0);
    loop {
        let before = joined.len();
        if !stream.next_block(&mut joined).unwrap() {
            break;
        }
        blocks += 1;
        assert!((1..=16_000).contains(&(joined.len() - before)));
    }
    assert!(blocks >= 8);
    assert_eq!(joined, whole.samples());
    assert!(!stream.next_block(&mut joined).unwrap());
}

#[test]
fn the_content_decides_not_the_name() {
    let flac = std::fs::read(fixture("tone.flac")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("liar 中文\t.wav");
    std::fs::write(&path, flac).unwrap();
    assert_eq!(Clip::read(&path).unwrap(), Clip::read(&fixture("tone.flac")).unwrap());
}

#[test]
fn links_of_a_chained_ogg_follow_each_other_whatever_their_rates() {
    let mut bytes = std::fs::read(fixture("tone.ogg")).unwrap();
    let first = Clip::read(&fixture("tone.ogg")).unwrap().samples().len();
    bytes.extend(std::fs::read(fixture("second.ogg")).unwrap());
    let clip = Clip::from_bytes(bytes, Path::new("chained.ogg")).unwrap();
    assert!(clip.samples().len().abs_diff(first + 16_000) <= 1_600, "{}", clip.samples().len());
    let (lag, likeness) = lag_of_tone(&clip.samples()[first..]);
    assert!(lag.abs() <= 16 && likeness > 0.98, "lag {lag}, likeness {likeness}");
}
