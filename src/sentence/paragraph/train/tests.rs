//! Whole runs on made-up paragraphs.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use super::super::{Levels, ParagraphEncoder, ParagraphModel, Rewritten};
use super::*;
use crate::encoder::{Budget, Cell, Device, Precision, RunConfig};
use crate::sentence::testing::paragraphs;
use crate::sentence::{Noise, Objective, TextOptimiserConfig};

const LEVELS: [Levels; 3] = [Levels::Flat, Levels::Hierarchical, Levels::Attention];

fn config(folder: &Path, levels: Levels) -> TextTrainConfig<ParagraphConfig> {
    let data = folder.join("paragraphs.txt");
    fs::write(&data, paragraphs(24, 1, 4).join("\n") + "\n\n\r\n").unwrap();
    TextTrainConfig {
        data: vec![data.clone()],
        dev: vec![data],
        out: folder.join("m.safetensors"),
        // So narrow that the start alone writes next to nothing again.
        network: ParagraphConfig { levels, longest: 80, sentences: 8, cell: Cell::Gru, token: 24, width: 72 },
        vocabulary: 330,
        noise: Noise { share: 0.0, drop: 0.0, swap: 0.0, mask: 0.0 },
        objective: Objective {
            reconstruction: 1.0,
            contrast: 0.0,
            view_drop: 0.0,
            temperature: 1.0,
            smoothing: 0.0,
            jitter: 0.01,
            sampling: 0.0,
        },
        optimiser: TextOptimiserConfig {
            batch: 400,
            learning_rate: 4e-3,
            weight_decay: 0.0,
            clip: 1.0,
            warm_up: 10,
            average: 0.0,
        },
        budget: Budget::Steps(200),
        epochs: None,
        epoch: 100,
        patience: 0,
        threads: 1,
        run: RunConfig { resume: false, seed: 1, device: Device::Cpu, precision: Precision::F32 },
    }
}

fn figures(config: &TextTrainConfig<ParagraphConfig>) -> (TrainReport, Vec<DevFigures>) {
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
fn a_tiny_model_learns_a_few_paragraphs_by_heart_and_ends_them() {
    for levels in LEVELS {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path(), levels);
        let (report, figures) = figures(&config);
        assert_eq!((report.steps, figures.len()), (200, 3));
        assert!(figures[2].loss < 0.3 * figures[0].loss, "{levels:?}: {figures:?}");
        let model = ParagraphEncoder::open(&config.out, Device::Cpu).unwrap();
        let all = paragraphs(24, 1, 4);
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let rewritten = model.rewrite(&all, 1).unwrap();
        let count = |right: &dyn Fn(&Rewritten) -> bool| rewritten.iter().filter(|one| right(one)).count();
        let exact = count(&|one| one.read == one.written);
        assert!(exact >= 20, "{levels:?}: {exact} of 24 exact, such as {:?}", rewritten[0]);
        if levels != Levels::Flat {
            let ended = count(&|one| one.sentences_written == Some(one.sentences));
            assert!(ended >= 22, "{levels:?}: {ended} of 24 with the right number of sentences");
        }
        // A paragraph that it has not seen ends by itself too.
        let other = model.rewrite(&["the dog bit the man again."], 1).unwrap().remove(0);
        assert!(other.written.len() < 400, "{other:?}");
    }
}

#[test]
fn a_resumed_run_is_the_unbroken_run() {
    for levels in [Levels::Flat, Levels::Attention] {
        let folder = tempfile::tempdir().unwrap();
        let whole = TextTrainConfig { budget: Budget::Steps(12), epoch: 4, ..config(folder.path(), levels) };
        figures(&whole);
        let unbroken = fs::read(&whole.out).unwrap();
        let other = TextTrainConfig { out: folder.path().join("other.safetensors"), ..whole.clone() };
        // Broken off without a chance to save, as kill -9 would.
        let mut seen = 0;
        let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            train(&other, &mut |progress| {
                seen += u32::from(matches!(progress, Progress::Step { .. }));
                assert!(seen < 7, "power is gone");
                true
            })
        }));
        assert!(broken.is_err());
        let (report, figures) =
            figures(&TextTrainConfig { run: RunConfig { resume: true, ..other.run }, ..other.clone() });
        assert_eq!((report.steps, figures.len()), (12, 2), "from step 4 on");
        assert!(fs::read(&other.out).unwrap() == unbroken, "the same bytes");
    }
}

#[test]
fn all_levels_are_given_the_same_text() {
    let given = LEVELS.map(|levels| {
        let folder = tempfile::tempdir().unwrap();
        let config = TextTrainConfig { budget: Budget::Steps(1), ..config(folder.path(), levels) };
        let mut given = None;
        train(&config, &mut |progress| {
            if let Progress::Loaded { lines, tokens, batches, .. } = progress {
                given = Some((*lines, *tokens, *batches));
            }
            true
        })
        .unwrap();
        given
    });
    assert!(given[0].is_some() && given[0] == given[1] && given[1] == given[2], "{given:?}");
}

#[test]
fn what_is_not_there_for_paragraphs_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path(), Levels::Flat);
    config.objective.contrast = 0.1;
    assert!(train(&config, &mut |_| true).unwrap_err().to_string().contains("without noise, contrast"));
    config.objective.contrast = 0.0;
    config.network.cell = Cell::Rnn;
    assert!(train(&config, &mut |_| true).unwrap_err().to_string().contains("gru or lstm"));
}
