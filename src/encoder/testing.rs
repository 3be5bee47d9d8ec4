//! Small networks and sounds for the tests of this room.
#![allow(clippy::unwrap_used)]

use super::Precision;
use super::config::{Cell, ConvConfig, DecoderConfig, EncoderConfig, Normalisation, Pooling, SpellingConfig};
use super::layout::{Slot, layout};
use super::save::{Named, save};
#[cfg(feature = "torch")]
use super::{Checkpoint, Device, SpeechEncoder, parameters::Parameters};
use crate::features::FeatureConfig;
#[cfg(feature = "torch")]
use crate::features::Features;

pub(crate) const BANDS: usize = 8;

pub(crate) fn small_config() -> EncoderConfig {
    EncoderConfig {
        features: FeatureConfig { bands: BANDS, ..FeatureConfig::default() },
        convolutions: vec![ConvConfig { channels: 12, stride: 2 }, ConvConfig { channels: 10, stride: 1 }],
        cell: Cell::Gru,
        layers: 2,
        width: 9,
        bidirectional: true,
        pooling: Pooling::MeanMax,
        dimension: 6,
        dropout: 0.0,
        decoder: Some(DecoderConfig { cell: Cell::Gru, width: 7 }),
        spelling: Some(SpellingConfig { alphabet: "act".into(), character: 5, width: 6 }),
        normalisation: Normalisation::None,
    }
}

/// Values for every tensor of a network, a pure function of its shape and a seed.
pub(crate) fn small_tensors(config: &EncoderConfig, seed: u64) -> Vec<Named> {
    let tensor = |(i, slot): (usize, Slot)| {
        let count = slot.shape.iter().product::<i64>() as u64;
        let value = |n: u64| ((seed * 7919 + i as u64 * 131 + n * 17) as f32).sin() * 0.2 + 0.3;
        (slot.name, slot.shape.iter().map(|&n| n as usize).collect(), (0..count).map(value).collect())
    };
    layout(config).into_iter().enumerate().map(tensor).collect()
}

/// Tensors as a model file.
pub(crate) fn stored(config: &EncoderConfig, tensors: Vec<Named>, precision: Precision) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.safetensors");
    save(&path, config, "test", "speech", tensors, precision).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half-written stays");
    std::fs::read(&path).unwrap()
}

/// A small model file.
pub(crate) fn small_file(config: &EncoderConfig, seed: u64, precision: Precision) -> Vec<u8> {
    stored(config, small_tensors(config, seed), precision)
}

#[cfg(feature = "torch")]
pub(crate) fn small_checkpoint(config: &EncoderConfig, seed: u64) -> Checkpoint {
    let parameters = Parameters::fresh(layout(config), seed, tch::Device::Cpu).unwrap();
    Checkpoint { config: config.clone(), note: "test".into(), parameters }
}

#[cfg(feature = "torch")]
pub(crate) fn small_encoder(config: &EncoderConfig, seed: u64) -> SpeechEncoder {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.safetensors");
    small_checkpoint(config, seed).write(&path, Precision::F32).unwrap();
    SpeechEncoder::load(&path, Device::Cpu).unwrap()
}

/// Frames of noise.
#[cfg(feature = "torch")]
pub(crate) fn features(frames: usize, seed: u64) -> Features {
    let mut state = seed;
    let data = (0..frames * BANDS).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 22) as f32 - 2.0
    });
    Features { bands: BANDS, data: data.collect() }
}
