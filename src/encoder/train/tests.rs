//! Whole runs on a made-up language of tones.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use super::super::training::{AugmentConfig, BatchConfig, Budget, DataSource, Objective, OptimiserConfig, RunConfig};
use super::*;
use crate::encoder::testing::{BANDS, small_config};
use crate::encoder::{Checkpoint, Device, EncoderConfig, Normalisation, Precision};

/// Words are two tones, speakers differ in pitch.
fn tones(path: &Path, word: usize, speaker: usize, seconds: f32) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    let samples = (seconds * 16_000.0) as usize;
    for i in 0..samples {
        let (a, b) = (300.0 + 350.0 * (word % 4) as f32, 500.0 + 700.0 * (word / 4) as f32);
        let hertz = if i < samples / 2 { a } else { b } * (1.0 + 0.03 * speaker as f32);
        let noise = ((i * 7919) % 101) as f32 / 101.0 - 0.5;
        let value = (i as f32 / 16_000.0 * hertz * std::f32::consts::TAU).sin() * 0.3 + noise * 0.02;
        writer.write_sample((value * 32_000.0) as i16).unwrap();
    }
    writer.finalize().unwrap();
}

/// A manifest of 8 words by 4 speakers.
fn language(folder: &Path) -> PathBuf {
    let mut rows = String::from("path\tlabel\tspeaker\n");
    for word in 0..8 {
        for speaker in 0..4 {
            let name = format!("{word}-{speaker}.wav");
            tones(&folder.join(&name), word, speaker, 0.5);
            rows.push_str(&format!("{name}\tword{}\ts{speaker}\n", ["a", "b", "c", "d", "e", "f", "g", "h"][word]));
        }
    }
    let path = folder.join("words.tsv");
    fs::write(&path, rows).unwrap();
    path
}

fn config(folder: &Path, data: &str) -> TrainConfig {
    TrainConfig {
        data: vec![data.parse().unwrap()],
        dev: Vec::new(),
        out: folder.join("m.safetensors"),
        from: None,
        network: EncoderConfig { spelling: None, dropout: 0.1, ..small_config() },
        objective: "contrastive,dsa:0.5".parse().unwrap(),
        batch: BatchConfig { words: 6, windows: 4, longest: 64, window_frames: (12, 30), ..BatchConfig::default() },
        augment: AugmentConfig {
            tempo: (0.9, 1.1),
            floor: (8.0, 11.0),
            reverberation: 0.0,
            band_limit: 0.0,
            babble: (0.1, 3.0, 6.0),
            ..AugmentConfig::default()
        },
        optimiser: OptimiserConfig {
            learning_rate: 1e-2,
            weight_decay: 1e-3,
            clip: 5.0,
            warm_up: 5,
            average: 0.9,
            temperature: 0.1,
            margin: 0.0,
            hardness: 0.0,
        },
        budget: Budget::Steps(40),
        epoch: 10,
        patience: 0,
        threads: 1,
        run: RunConfig { resume: false, seed: 1, device: Device::Cpu, precision: Precision::F32 },
    }
}

fn losses(config: &TrainConfig) -> Vec<f64> {
    let mut all = Vec::new();
    train(config, &mut |p| {
        if let Progress::Step { losses, .. } = p {
            all.push(losses.total);
        }
        true
    })
    .unwrap();
    all
}

#[test]
fn every_objective_learns() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = language(folder.path());
    let base = config(folder.path(), manifest.to_str().unwrap());
    for objective in
        ["sa", "dsa", "cae", "contrastive", "multiview", "contrastive,dsa:0.5,cae:0.5,sa:0.1,multiview:0.5"]
    {
        let config = TrainConfig { objective: objective.parse().unwrap(), ..base.clone() };
        let losses = losses(&config);
        let mean = |l: &[f64]| l.iter().sum::<f64>() / l.len() as f64;
        let (first, last) = (mean(&losses[..5]), mean(&losses[35..]));
        assert!(last < 0.95 * first, "{objective}: {first} to {last}");
        let (checkpoint, _) = Checkpoint::read(&config.out).unwrap();
        assert_eq!(checkpoint.config.spelling.is_some(), objective.contains("multiview"));
    }
}

#[test]
fn a_trained_network_tells_words_of_new_speakers_apart() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = language(folder.path());
    let dev = folder.path().join("dev");
    fs::create_dir(&dev).unwrap();
    let dev = language(&dev);
    for normalisation in [Normalisation::Standard, Normalisation::Whitening] {
        let mut config = config(folder.path(), manifest.to_str().unwrap());
        config.network.normalisation = normalisation;
        config.dev = vec![dev.clone()];
        // Rounding differs between processors, and a short run's end with it: more steps than it takes, and a wide margin.
        config.budget = Budget::Steps(120);
        let report = train(&config, &mut |_| true).unwrap();
        assert!(report.best.unwrap().0 > 0.4, "SWDP AP {:?}; chance is about 0.1", report.best);
    }
}

#[test]
fn a_run_that_begins_with_a_model_goes_on_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = language(folder.path());
    let first = TrainConfig {
        objective: "contrastive,dsa:0.5,multiview:0.5".parse().unwrap(),
        ..config(folder.path(), manifest.to_str().unwrap())
    };
    let from_nothing = losses(&first);
    let second = TrainConfig {
        from: Some(first.out.clone()),
        out: folder.path().join("second.safetensors"),
        // The model's shape counts, not what is asked for here.
        network: EncoderConfig { width: 24, ..first.network.clone() },
        ..first.clone()
    };
    let from_there = losses(&second);
    assert!(from_there[0] < 0.8 * from_nothing[0], "{from_nothing:?} {from_there:?}");
    let (model, _) = Checkpoint::read(&second.out).unwrap();
    assert_eq!(model.config, Checkpoint::read(&first.out).unwrap().0.config);
    // What the objective does not train would not fit the vectors any more.
    let third = TrainConfig {
        objective: "contrastive".parse().unwrap(),
        network: EncoderConfig { decoder: None, ..first.network.clone() },
        budget: Budget::Steps(1),
        ..second.clone()
    };
    losses(&third);
    let (model, _) = Checkpoint::read(&third.out).unwrap();
    assert_eq!((model.config.decoder.is_none(), model.config.spelling.is_none()), (true, true));
    let missing = TrainConfig { from: Some(folder.path().join("no.safetensors")), ..second };
    assert!(train(&missing, &mut |_| true).unwrap_err().to_string().contains("no.safetensors"));
}

#[test]
fn a_resumed_run_ends_as_an_unbroken_one() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = language(folder.path());
    let mut config = config(folder.path(), manifest.to_str().unwrap());
    config.budget = Budget::Steps(30);
    losses(&config);
    let whole = fs::read(folder.path().join("m.safetensors.state")).unwrap();
    let log = fs::read_to_string(folder.path().join("m.safetensors.csv")).unwrap();

    config.out = folder.path().join("broken.safetensors");
    let mut steps = 0;
    train(&config, &mut |p| {
        steps += usize::from(matches!(p, Progress::Step { .. }));
        steps < 10
    })
    .unwrap();
    config.run.resume = true;
    let mut resumed_at = None;
    train(&config, &mut |p| {
        if let Progress::Resumed { step } = p {
            resumed_at = Some(*step);
        }
        true
    })
    .unwrap();
    assert_eq!(resumed_at, Some(10));
    let tensors = |bytes: &[u8]| {
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        bytes[8 + length..].to_vec()
    };
    let broken = fs::read(folder.path().join("broken.safetensors.state")).unwrap();
    assert!(tensors(&whole) == tensors(&broken), "weights and moments are equal to the bit");
    let again = fs::read_to_string(folder.path().join("broken.safetensors.csv")).unwrap();
    let steps = |log: &str| log.lines().map(|l| l.split(',').next().unwrap().to_string()).collect::<Vec<_>>();
    assert_eq!(steps(&log), steps(&again));

    config.optimiser.learning_rate *= 2.0;
    assert!(matches!(train(&config, &mut |_| true), Err(TrainError::OtherRun { .. })));
}

#[test]
fn a_folder_without_labels_trains_on_windows() {
    let folder = tempfile::tempdir().unwrap();
    language(folder.path());
    let config = config(folder.path(), folder.path().to_str().unwrap());
    let losses = losses(&config);
    assert!(losses[39] < losses[0], "{losses:?}");
}

#[test]
fn bad_data_is_left_out_or_named() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = language(folder.path());
    let mut text = String::from("path\tstart\tend\tlabel\tspeaker\n");
    for row in fs::read_to_string(&manifest).unwrap().lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        text.push_str(&format!("{}\t\t\t{}\t{}\n", cells[0], cells[1], cells[2]));
    }
    text.push_str("gone.wav\t\t\tgone\ts0\n0-0.wav\t0.10\t0.11\ttiny\ts0\n0-0.wav\t9\t10\tbeyond\ts0\n0-0.wav\t0\t0.4\tlone\ts0\n");
    fs::write(&manifest, text).unwrap();
    let mut bad = config(folder.path(), manifest.to_str().unwrap());
    bad.budget = Budget::Steps(3);
    let report = train(&bad, &mut |_| true).unwrap();
    let causes: Vec<String> = report.left_out.iter().map(|l| format!("{} {}", l.path.display(), l.cause)).collect();
    assert_eq!(causes.len(), 3, "{causes:?}");
    assert!(causes.iter().any(|c| c.contains("gone.wav")));

    // Sound that is no sound: named with the reason, and the rest goes on.
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(folder.path().join("nan.wav"), spec).unwrap();
    (0..8000).for_each(|i| writer.write_sample(if i == 4000 { f32::NAN } else { 0.1 }).unwrap());
    writer.finalize().unwrap();
    let with_nan = format!("{}nan.wav\t\t\tspoilt\ts0\n", fs::read_to_string(&manifest).unwrap());
    fs::write(&manifest, with_nan).unwrap();
    let report = train(&bad, &mut |_| true).unwrap();
    let spoilt = report.left_out.iter().find(|l| l.path.ends_with("nan.wav")).unwrap();
    assert!(spoilt.cause.contains("nan.wav") && spoilt.cause.to_lowercase().contains("nan"), "{}", spoilt.cause);

    // Words of one token each: there is nothing to draw together, and yet nothing breaks.
    let single = (0..8).map(|word| format!("{word}-0.wav\t{}\ts0\n", char::from(b'a' + word)));
    let path = folder.path().join("single.tsv");
    fs::write(&path, format!("path\tlabel\tspeaker\n{}", single.collect::<String>())).unwrap();
    let mut lone = config(folder.path(), path.to_str().unwrap());
    lone.objective = "contrastive,cae:0.5,multiview:0.5".parse().unwrap();
    lone.budget = Budget::Steps(3);
    assert!(losses(&lone).iter().all(|loss| loss.is_finite()));

    let fail = |text: &str| {
        let path = folder.path().join("bad.tsv");
        fs::write(&path, text).unwrap();
        train(&config(folder.path(), path.to_str().unwrap()), &mut |_| true).unwrap_err().to_string()
    };
    assert!(fail("file\tword\nx\ty\n").contains("no column named path"));
    assert!(fail("path\tlabel\nnowhere.wav\tx\n").contains("nowhere.wav"));
    assert!(fail("path\tlabel\n").contains("no sound"));
}

#[test]
fn settings_that_contradict_themselves_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path(), "nothing:1");
    config.network.decoder = None;
    assert!(train(&config, &mut |_| true).unwrap_err().to_string().contains("decoder"));
    assert!("sa:0".parse::<Objective>().is_err());
    assert!("sb".parse::<Objective>().is_err());
    let source: DataSource = "a:b.tsv:0.5:0".parse().unwrap();
    assert_eq!((source.path.to_str().unwrap(), source.words, source.windows), ("a:b.tsv", 0.5, 0.0));
    assert_eq!(BANDS, config.network.features.bands);
}

#[test]
fn the_log_says_how_far_gradients_reach() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = language(folder.path());
    let mut config = config(folder.path(), manifest.to_str().unwrap());
    config.budget = Budget::Steps(20);
    losses(&config);
    let log = fs::read_to_string(folder.path().join("m.safetensors.gradient.csv")).unwrap();
    let rows: Vec<Vec<&str>> = log.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!((rows.len(), rows[0][0], rows[1][0], rows[2][0]), (3, "step", "10", "20"));
    let norm = |lag: usize| rows[2][1 + lag].parse::<f64>().unwrap();
    assert!(norm(0) > 0.0 && norm(10) < norm(0), "{} {}", norm(0), norm(10));
}

#[test]
fn a_run_can_begin_with_the_model_that_comes_with_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = language(folder.path());
    let config = TrainConfig {
        from: Some("speech".into()),
        budget: Budget::Steps(1),
        objective: "contrastive".parse().unwrap(),
        ..config(folder.path(), manifest.to_str().unwrap())
    };
    losses(&config);
    assert_eq!(Checkpoint::read(&config.out).unwrap().0.config.features.bands, 40);
}
