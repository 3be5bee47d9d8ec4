//! Small networks and sounds for the tests of this room.
#![allow(clippy::unwrap_used)]

use super::config::{Cell, ConvConfig, DecoderConfig, EncoderConfig, Normalisation, Pooling, SpellingConfig};
use super::parameters::{Parameters, layout};
use super::{Checkpoint, Device, Precision, SpeechEncoder};
use crate::features::{FeatureConfig, Features};

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

pub(crate) fn small_checkpoint(config: &EncoderConfig, seed: u64) -> Checkpoint {
    let parameters = Parameters::fresh(layout(config), seed, tch::Device::Cpu).unwrap();
    Checkpoint { config: config.clone(), note: "test".into(), parameters }
}

pub(crate) fn small_encoder(config: &EncoderConfig, seed: u64) -> SpeechEncoder {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.safetensors");
    small_checkpoint(config, seed).write(&path, Precision::F32).unwrap();
    SpeechEncoder::load(&path, Device::Cpu).unwrap()
}

/// Frames of noise.
pub(crate) fn features(frames: usize, seed: u64) -> Features {
    let mut state = seed;
    let data = (0..frames * BANDS).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 22) as f32 - 2.0
    });
    Features { bands: BANDS, data: data.collect() }
}
