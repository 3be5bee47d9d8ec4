//! Whole runs on made-up sentences.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use super::*;
use crate::encoder::{Budget, Cell, Device, Precision, RunConfig};
use crate::sentence::testing::{sentences, small_config};
use crate::sentence::{
    DecodeOptions, Noise, Objective, SentenceConfig, SentenceEncoder, TextEncoder, TextOptimiserConfig,
};

fn config(folder: &Path) -> TextTrainConfig {
    let data = folder.join("sentences.txt");
    fs::write(&data, sentences(300, 1).join("\n") + "\n\n\r\n").unwrap();
    TextTrainConfig {
        data: vec![data],
        dev: Vec::new(),
        out: folder.join("m.safetensors"),
        network: SentenceConfig { token: 16, width: 32, meaning: 8, ..small_config() },
        vocabulary: 320,
        noise: Noise { share: 0.5, drop: 0.05, swap: 0.05, mask: 0.05 },
        objective: Objective {
            reconstruction: 1.0,
            contrast: 0.1,
            view_drop: 0.3,
            temperature: 0.1,
            smoothing: 0.05,
            jitter: 0.05,
            sampling: 0.2,
        },
        optimiser: TextOptimiserConfig {
            batch: 400,
            learning_rate: 3e-3,
            weight_decay: 1e-4,
            clip: 1.0,
            warm_up: 5,
            average: 0.5,
        },
        budget: Budget::Steps(30),
        epochs: None,
        epoch: 10,
        patience: 0,
        threads: 1,
        run: RunConfig { resume: false, seed: 1, device: Device::Cpu, precision: Precision::F32 },
    }
}

fn losses(config: &TextTrainConfig) -> (TrainReport, Vec<DevFigures>) {
    let mut figures = Vec::new();
    let report = train(config, &mut |progress| {
        if let Progress::Epoch { dev, .. } = progress {
            figures.push(*dev);
        }
        true
    });
    (report.unwrap(), figures)
}

#[test]
fn training_lowers_the_held_out_loss_and_writes_a_model() {
    for cell in [Cell::Gru, Cell::Lstm] {
        let folder = tempfile::tempdir().unwrap();
        let plain = config(folder.path());
        let config = TextTrainConfig { network: SentenceConfig { cell, ..plain.network.clone() }, ..plain };
        let (report, figures) = losses(&config);
        assert_eq!((report.steps, figures.len()), (30, 4), "one before the first step, three after ten each");
        assert!(figures[3].loss < 0.8 * figures[0].loss, "{figures:?}");
        let encoder = TextEncoder::open(&config.out, Device::Cpu).unwrap();
        let vectors = encoder.encode(&["the dog bit the man at night"]).unwrap();
        assert_eq!(encoder.decode(&vectors, DecodeOptions::default()).unwrap().len(), 1);
        let log = fs::read_to_string(folder.path().join("m.safetensors.csv")).unwrap();
        assert_eq!(log.lines().count(), 5, "{log}");
        let columns = |line: &str| line.split(',').count();
        assert!(log.lines().all(|line| columns(line) == 13), "{log}");
    }
}

#[test]
fn a_resumed_run_is_the_unbroken_run() {
    let folder = tempfile::tempdir().unwrap();
    let whole = config(folder.path());
    losses(&whole);
    let unbroken = fs::read(&whole.out).unwrap();
    let other = TextTrainConfig { out: folder.path().join("other.safetensors"), ..whole.clone() };
    // Broken off in the middle of an epoch without a chance to save, as kill -9 would: what is lost is drawn again.
    let mut seen = 0;
    let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        train(&other, &mut |progress| {
            seen += u32::from(matches!(progress, Progress::Step { .. }));
            assert!(seen < 17, "power is gone");
            true
        })
    }));
    assert!(broken.is_err());
    let (report, figures) = losses(&TextTrainConfig { run: RunConfig { resume: true, ..other.run }, ..other.clone() });
    assert_eq!((report.steps, figures.len()), (30, 2), "from step 10 on");
    assert!(fs::read(&other.out).unwrap() == unbroken, "the same bytes");
}

#[test]
fn a_state_of_other_settings_is_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let first = TextTrainConfig { budget: Budget::Steps(2), ..config(folder.path()) };
    losses(&first);
    let other = TextTrainConfig { run: RunConfig { resume: true, seed: 2, ..first.run }, ..first };
    let refusal = train(&other, &mut |_| true).unwrap_err();
    assert!(refusal.to_string().contains("another") || refusal.to_string().contains("other settings"), "{refusal}");
}

#[test]
fn epochs_are_counted_in_batches_and_bad_lines_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = TextTrainConfig { epochs: Some(1.5), ..config(folder.path()) };
    config.optimiser.batch = 2000;
    let mut bytes = fs::read(&config.data[0]).unwrap();
    bytes.extend(b"caf\xE9\n");
    fs::write(&config.data[0], bytes).unwrap();
    let mut batches = 0;
    let report = train(&config, &mut |progress| {
        if let Progress::Loaded { batches: count, .. } = progress {
            batches = *count;
        }
        true
    });
    let report = report.unwrap();
    assert_eq!(report.steps, (1.5 * batches as f64).ceil() as u64);
    assert_eq!(report.left_out, 1);
    config.data = vec![folder.path().join("gone.txt")];
    let refusal = train(&config, &mut |_| true).unwrap_err().to_string();
    assert!(refusal.contains("gone.txt"), "{refusal}");
}
