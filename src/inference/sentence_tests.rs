//! The forward pass of sentences against LibTorch's.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use audiosearch_index::Embedding;

use super::InferenceTextEncoder;
use crate::encoder::{Cell, Device, Precision};
use crate::sentence::testing::{sentences, small_config, tokens};
use crate::sentence::{SentenceConfig, SentenceEncoder, SentenceError, SentenceReader as _, TextEncoder};

/// How far two passes may differ in any value of a unit vector.
const TOLERANCE: f32 = 1e-5;

fn apart(a: &[Embedding], b: &[Embedding]) -> f32 {
    assert_eq!(a.len(), b.len());
    let apart = |(a, b): (&Embedding, &Embedding)| {
        a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    a.iter().zip(b).map(apart).fold(0.0, f32::max)
}

/// Sentences of all lengths, some of them strange.
fn mixed(count: usize) -> Vec<String> {
    let mut all = sentences(count, 3);
    for (i, sentence) in all.iter_mut().enumerate() {
        let end = sentence.char_indices().map(|(at, _)| at).nth(1 + i * 7 % 40).unwrap_or(sentence.len());
        match i % 4 {
            0 => sentence.truncate(end),
            1 => *sentence = format!("{sentence}, {sentence}; {i}"),
            _ => {}
        }
    }
    all.extend(["x".into(), "שלום עולם".into(), "👩‍👩‍👧‍👦 \u{7}".into(), "the dog ".repeat(3000)]);
    all
}

fn largest(torch: &TextEncoder, own: &InferenceTextEncoder, all: &[String]) -> f32 {
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    apart(&torch.encode(&all).unwrap(), &own.encode(&all).unwrap())
}

/// A small network with other numbers than those of its start, as both passes read it.
fn both(config: SentenceConfig, folder: &Path) -> (TextEncoder, InferenceTextEncoder) {
    let path = folder.join("small.safetensors");
    let encoder = TextEncoder::untrained(config, tokens(), 1).unwrap();
    for (slot, tensor) in encoder.parameters.iter() {
        let noise = crate::encoder::testing::features(tensor.numel().div_ceil(8), tensor.numel() as u64).data;
        let noise = tch::Tensor::f_from_slice(&noise[..tensor.numel()]).unwrap().f_reshape(&slot.shape).unwrap();
        let values = tensor.f_detach().unwrap().f_add(&noise.f_mul_scalar(0.05).unwrap()).unwrap();
        encoder.parameters.assign(&slot.name, &values).unwrap();
    }
    encoder.save(&path, Precision::F32).unwrap();
    (TextEncoder::open(&path, Device::Cpu).unwrap(), InferenceTextEncoder::load(&path).unwrap())
}

#[test]
fn all_shapes_of_network_agree_with_libtorch_on_a_thousand_sentences() {
    let folder = tempfile::tempdir().unwrap();
    for cell in [Cell::Gru, Cell::Lstm] {
        for (centred, width) in [(true, 40), (false, 33)] {
            let config = SentenceConfig { cell, centred, width, token: 24, meaning: 11, ..small_config() };
            let (torch, own) = both(config, folder.path());
            assert_eq!(torch.fingerprint(), own.fingerprint());
            assert_eq!((torch.name(), torch.config()), (own.name(), own.config()));
            let largest = largest(&torch, &own, &mixed(1000));
            assert!(largest < TOLERANCE, "{cell:?}, {centred}: {largest}");
        }
    }
}

#[test]
fn the_built_in_model_agrees_with_libtorch() {
    let (torch, own) = (TextEncoder::shipped(Device::Cpu).unwrap(), InferenceTextEncoder::shipped().unwrap());
    assert_eq!((torch.fingerprint(), torch.name()), (own.fingerprint(), own.name()));
    let largest = largest(&torch, &own, &mixed(60));
    assert!(largest < TOLERANCE, "{largest}");
}

/// Takes a while without optimisation: `cargo test --release --lib thousand_sentences_of_all -- --ignored --nocapture`.
#[test]
#[ignore = "long; prints the largest difference"]
fn a_thousand_sentences_of_all_lengths_agree_with_libtorch() {
    let (torch, own) = (TextEncoder::shipped(Device::Cpu).unwrap(), InferenceTextEncoder::shipped().unwrap());
    let largest = largest(&torch, &own, &mixed(1000));
    println!("largest difference of 1,000 sentences: {largest:e}");
    assert!(largest < TOLERANCE);
}

#[test]
fn what_cannot_be_encoded_or_read_is_refused_as_libtorchs_pass_does() {
    let folder = tempfile::tempdir().unwrap();
    let config = SentenceConfig { width: 24, token: 16, meaning: 4, ..small_config() };
    let (_, own) = both(config, folder.path());
    assert!(matches!(own.encode(&["a", "\u{3000}"]).unwrap_err(), SentenceError::Blank { number: 2 }));
    assert!(own.encode(&[]).unwrap().is_empty());
    let path = folder.path().join("small.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let refusal = InferenceTextEncoder::load(&path).unwrap_err().to_string();
        assert!(refusal.contains("small.safetensors"), "{length}: {refusal}");
    }
}
