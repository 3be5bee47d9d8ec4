//! The forward pass against LibTorch's.
#![allow(clippy::unwrap_used)]

use std::ops::Range;
use std::path::Path;

use audiosearch_index::Embedding;

use super::InferenceEncoder;
use crate::audio::Clip;
use crate::encoder::testing::{features, small_checkpoint, small_config};
use crate::encoder::{Cell, Device, Encoder, EncoderConfig, Normalisation, Pooling, Precision, SpeechEncoder, Stretch};
use crate::features::{Features, Frontend as _, LogMel};

/// How far two passes may differ in any value of a unit vector.
const TOLERANCE: f32 = 1e-5;

fn apart(a: &[Vec<Embedding>], b: &[Vec<Embedding>]) -> f32 {
    let pairs = a.iter().flatten().zip(b.iter().flatten());
    let apart = |a: &Embedding, b: &Embedding| {
        a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    assert_eq!(a.iter().map(Vec::len).collect::<Vec<_>>(), b.iter().map(Vec::len).collect::<Vec<_>>());
    pairs.map(|(a, b)| apart(a, b)).fold(0.0, f32::max)
}

/// A small network none of whose numbers is zero or one by chance, as both passes read it.
fn both(config: &EncoderConfig, folder: &Path) -> (SpeechEncoder, InferenceEncoder) {
    let checkpoint = small_checkpoint(config, 1);
    for (slot, tensor) in checkpoint.parameters.iter() {
        let noise = features(tensor.numel().div_ceil(8), tensor.numel() as u64);
        let positive = slot.name.ends_with("std") || slot.name.ends_with("variance");
        let value = |v: &f32| if positive { 1.0 + v.abs() } else { v * 0.4 };
        let values: Vec<f32> = noise.data[..tensor.numel()].iter().map(value).collect();
        let values = tch::Tensor::f_from_slice(&values).unwrap().f_reshape(&slot.shape).unwrap();
        checkpoint.parameters.assign(&slot.name, &values).unwrap();
    }
    let path = folder.join("small.safetensors");
    checkpoint.write(&path, Precision::F32).unwrap();
    (SpeechEncoder::load(&path, Device::Cpu).unwrap(), InferenceEncoder::load(&path).unwrap())
}

#[test]
fn all_shapes_of_network_agree_with_libtorch() {
    let folder = tempfile::tempdir().unwrap();
    let normalisations = [Normalisation::None, Normalisation::Standard, Normalisation::Whitening];
    let shapes = [(1, true, 9, 2), (2, false, 17, 1), (3, true, 5, 0)];
    let clips = [features(37, 1), features(64, 2), features(5, 3), features(130, 4), features(1, 5), features(64, 6)];
    let spans: Vec<Vec<Range<u32>>> =
        vec![vec![0..37, 3..20], vec![60..64], vec![], vec![0..130, 7..9], vec![0..1], vec![1..63]];
    let stretches: Vec<Stretch<'_>> =
        clips.iter().zip(&spans).map(|(features, spans)| Stretch { features, spans }).collect();
    for cell in [Cell::Rnn, Cell::Gru, Cell::Lstm] {
        for pooling in [Pooling::Last, Pooling::MeanMax, Pooling::Attention] {
            for ((layers, bidirectional, width, convolutions), normalisation) in shapes.into_iter().zip(normalisations)
            {
                let small = small_config();
                let convolutions = small.convolutions[..convolutions].to_vec();
                let config =
                    EncoderConfig { cell, pooling, layers, bidirectional, width, convolutions, normalisation, ..small };
                let (torch, own) = both(&config, folder.path());
                assert_eq!(torch.fingerprint(), own.fingerprint());
                assert_eq!(torch.name(), own.name());
                let apart = apart(&torch.encode(&stretches).unwrap(), &own.encode(&stretches).unwrap());
                assert!(apart < TOLERANCE, "{config:?}: {apart}");
            }
        }
    }
}

#[test]
fn words_agree_with_libtorch() {
    let folder = tempfile::tempdir().unwrap();
    for normalisation in [Normalisation::None, Normalisation::Whitening] {
        let (torch, own) = both(&EncoderConfig { normalisation, ..small_config() }, folder.path());
        let shipped = (SpeechEncoder::shipped(Device::Cpu).unwrap(), InferenceEncoder::shipped().unwrap());
        for text in ["cat", "c", "tac at ca", "北京", &"ß".repeat(1000)] {
            for (torch, own) in [(&torch, &own), (&shipped.0, &shipped.1)] {
                let vectors = [torch.encode_text(text), own.encode_text(text)].map(|v| vec![vec![v.unwrap()]]);
                assert!(apart(&vectors[0], &vectors[1]) < TOLERANCE, "{text}");
            }
        }
        assert!(own.encode_text("  ").is_err());
    }
    let silent = EncoderConfig { spelling: None, ..small_config() };
    assert!(both(&silent, folder.path()).1.encode_text("cat").is_err());
}

/// The largest difference of the built-in model's vectors on so many random clips of 0.1 s to 10 s.
fn largest_on(count: u64) -> f32 {
    let (torch, own) = (SpeechEncoder::shipped(Device::Cpu).unwrap(), InferenceEncoder::shipped().unwrap());
    let mut largest = 0f32;
    for first in (0..count).step_by(25) {
        let clip = |seed: u64| {
            let frames = 10 + (seed * 7919 % 991) as usize;
            // What the filterbank gives lies between -16 and 16, and neighbours are alike.
            let noise = features(frames * 5, seed).data;
            let smooth = noise.iter().scan(0.0, |level, value| {
                *level = 0.8 * *level + 3.0 * value;
                Some(*level - 6.0)
            });
            Features { bands: own.feature_config().bands, data: smooth.collect() }
        };
        let clips: Vec<Features> = (first..count.min(first + 25)).map(clip).collect();
        let spans: Vec<Range<u32>> = clips.iter().map(|clip| 0..clip.frames() as u32).collect();
        let whole = clips.iter().zip(&spans);
        let stretches: Vec<Stretch<'_>> =
            whole.map(|(features, span)| Stretch { features, spans: std::slice::from_ref(span) }).collect();
        largest = largest.max(apart(&torch.encode(&stretches).unwrap(), &own.encode(&stretches).unwrap()));
    }
    largest
}

#[test]
fn the_built_in_model_agrees_with_libtorch() {
    let largest = largest_on(30);
    assert!(largest < TOLERANCE, "{largest}");
}

/// Takes minutes without optimisation: `cargo test --release --lib thousand -- --ignored --nocapture`.
#[test]
#[ignore = "long; prints the largest difference"]
fn a_thousand_random_clips_agree_with_libtorch() {
    let largest = largest_on(1000);
    println!("largest difference of 1,000 clips: {largest:e}");
    assert!(largest < TOLERANCE);
}

#[test]
fn golden_clips_agree_with_libtorch() {
    let (torch, own) = (SpeechEncoder::shipped(Device::Cpu).unwrap(), InferenceEncoder::shipped().unwrap());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["tests/golden/fbank.wav", "tests/fixtures/second.ogg", "tools/demo/queries/umbrella.flac"] {
        let clip = Clip::read(&root.join(name)).unwrap();
        let mut frames = Features::new(own.feature_config().bands);
        LogMel::new(own.feature_config()).compute(clip.samples(), &mut frames);
        let count = frames.frames() as u32;
        let spans = [0..count, count / 4..count / 2];
        let stretch = [Stretch { features: &frames, spans: &spans }];
        let apart = apart(&torch.encode(&stretch).unwrap(), &own.encode(&stretch).unwrap());
        assert!(apart < TOLERANCE, "{name}: {apart}");
    }
}
