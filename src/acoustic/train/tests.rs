//! Whole runs on a made-up language of tones.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use half::f16;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use tch::Tensor;

use super::{
    super::{
        AcousticEncoder, AcousticObjective, AcousticOptimiserConfig, AcousticShape, AcousticTrainConfig, CLASSES,
        CropConfig, OUTPUTS, disturbances, pass::Pass,
    },
    *,
};
use crate::{
    encoder::{
        AugmentConfig, Budget, Cell, Device, Precision, RunConfig, TrainError, network::unit, parameters::Parameters,
        tensors::values,
    },
    features::{Features, Frontend as _, LogMel, frames},
};

/// Seconds of a tone.
const TONE: f32 = 0.16;
/// Different tones, each of which stands for a phone.
const TONES: [f32; 4] = [300.0, 700.0, 1500.0, 3200.0];
const PHONES: [&str; 4] = ["AA", "IY", "S", "M"];
const DIMENSION: usize = 6;

/// A recording of tones in this order, by a speaker of this pitch.
fn tones(path: &Path, order: &[usize], pitch: f32) -> usize {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    let each = (TONE * 16_000.0) as usize;
    for at in 0..each * order.len() {
        let hertz = TONES[order[at / each]] * pitch;
        let noise = ((at * 7919) % 101) as f32 / 101.0 - 0.5;
        let value = (at as f32 / 16_000.0 * hertz * std::f32::consts::TAU).sin() * 0.3 + noise * 0.03;
        writer.write_sample((value * 32_000.0) as i16).unwrap();
    }
    writer.finalize().unwrap();
    each * order.len()
}

/// The target of a tone: a direction of its own.
fn direction(tone: usize) -> [f32; DIMENSION] {
    std::array::from_fn(|value| if value == tone { 2.0 } else { 0.1 * (value as f32 - 2.0) })
}

/// A folder of recordings with manifest, targets and times of phones.
struct Language {
    folder: tempfile::TempDir,
    manifest: PathBuf,
}

impl Language {
    fn new(count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("targets")).unwrap();
        let mut rows = String::from("path\tlabel\tspeaker\tsplit\tlang\n");
        let mut times = String::from("path\tstart\tend\tphone\n");
        let (mut names, mut targets) = (Vec::new(), Vec::new());
        for number in 0..count {
            let name = format!("{number}.wav");
            let order: Vec<usize> = (0..8).map(|at| (at * (number + 1) + number / 3 + at / 3) % TONES.len()).collect();
            let samples = tones(&folder.path().join(&name), &order, 1.0 + 0.02 * (number % 5) as f32);
            let split = if number % 5 == 4 { "dev" } else { "train" };
            let language = if number % 3 == 0 { "de" } else { "en" };
            rows.push_str(&format!("{name}\tah see\ts{}\t{split}\t{language}\n", number % 5));
            for (at, tone) in order.iter().enumerate() {
                let (start, end) = (at as f32 * TONE, (at + 1) as f32 * TONE);
                times.push_str(&format!("{name}\t{start:.3}\t{end:.3}\t{}\n", PHONES[*tone]));
            }
            // Every 20 ms, the middle of the filterbank's frame.
            let count = frames(samples).div_ceil(2);
            let tone_at = |at: usize| order[((at as f32 * 0.02 + 0.0125) / TONE) as usize % order.len()];
            let values: Vec<f32> = (0..count).flat_map(|at| direction(tone_at(at))).collect();
            targets.push((count, values.iter().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect::<Vec<u8>>()));
            names.push(name);
        }
        let views = names
            .iter()
            .zip(&targets)
            .map(|(name, (count, bytes))| (name, TensorView::new(Dtype::F16, vec![*count, DIMENSION], bytes).unwrap()));
        let file = safetensors::serialize(views, None).unwrap();
        fs::write(folder.path().join("targets/0.safetensors"), file).unwrap();
        fs::write(folder.path().join("phones.tsv"), times).unwrap();
        let manifest = folder.path().join("train.tsv");
        fs::write(&manifest, rows).unwrap();
        Self { folder, manifest }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self) -> AcousticTrainConfig {
        AcousticTrainConfig {
            data: vec![self.manifest.clone()],
            targets: Some(self.path("targets")),
            phones: Some(self.path("phones.tsv")),
            queries: None,
            out: self.path("m.safetensors"),
            from: None,
            shape: AcousticShape {
                bands: 40,
                channels: vec![12, 16],
                cell: Some(Cell::Gru),
                layers: 1,
                width: 16,
                dimension: DIMENSION,
                phones: OUTPUTS,
                classes: CLASSES,
            },
            objective: "teacher:1,phones:0.3".parse().unwrap(),
            crops: CropConfig { length: (32, 100), frames: 1600, surroundings: 100, ..CropConfig::default() },
            augment: AugmentConfig { warp: (0.98, 1.02), reverberation: 0.0, band_limit: 0.0, ..disturbances() },
            optimiser: AcousticOptimiserConfig {
                learning_rate: 1e-2,
                weight_decay: 1e-3,
                clip: 2.0,
                warm_up: 5,
                average: 0.9,
            },
            budget: Budget::Steps(60),
            epoch: 20,
            run: RunConfig { resume: false, seed: 1, device: Device::Cpu, precision: Precision::F32 },
        }
    }
}

fn run(config: &AcousticTrainConfig) -> AcousticReport {
    train_acoustic(config, &mut |_| true).unwrap()
}

#[test]
fn a_network_learns_its_targets_and_phones_on_recordings_that_it_never_heard() {
    let language = Language::new(20);
    for cell in [Some(Cell::Gru), Some(Cell::Lstm), None] {
        let mut config = language.config();
        if cell.is_none() {
            config.shape = AcousticShape { channels: vec![12, 16, 16], layers: 0, width: 0, ..config.shape };
        }
        config.shape.cell = cell;
        config.budget = Budget::Steps(120);
        let report = run(&config);
        let figures = report.after;
        assert!(figures.teacher.unwrap() > 0.8, "{cell:?} {figures:?}");
        assert!(figures.phones.unwrap() > 0.6, "{cell:?} {figures:?}");
        assert!(figures.agreement.unwrap() > figures.unlike.unwrap() + 0.2, "{cell:?} {figures:?}");
        let log = fs::read_to_string(language.path("m.safetensors.csv")).unwrap();
        assert_eq!(log.lines().count(), 1 + 6, "{log}");
        assert!(log.lines().next().unwrap().ends_with("dev MAP"));
    }
}

#[test]
fn a_run_that_begins_with_a_network_says_what_was_gained() {
    let language = Language::new(20);
    let config = language.config();
    run(&config);
    // Recordings alone: no manifest, no targets, no phones.
    let more = AcousticTrainConfig {
        data: vec![language.folder.path().to_owned()],
        targets: None,
        phones: None,
        from: Some(config.out.clone()),
        out: language.path("more.safetensors"),
        objective: "agreement:1,own:0.5".parse().unwrap(),
        shape: AcousticShape { width: 99, ..config.shape.clone() },
        optimiser: AcousticOptimiserConfig { learning_rate: 2e-3, ..config.optimiser },
        ..config.clone()
    };
    let report = run(&more);
    let (before, after) = (report.before.unwrap(), report.after);
    assert_eq!((before.teacher, before.phones), (None, None));
    let apart = |figures: &AcousticFigures| figures.agreement.unwrap() - figures.unlike.unwrap();
    assert!(apart(&after) > apart(&before) - 0.02, "{before:?} {after:?}");
    // Directions of phones alone: the network stays as it was.
    let directions = AcousticTrainConfig {
        from: Some(config.out.clone()),
        out: language.path("directions.safetensors"),
        objective: AcousticObjective::default(),
        optimiser: AcousticOptimiserConfig { learning_rate: 2e-1, ..config.optimiser },
        ..config
    };
    let report = run(&directions);
    assert_eq!(report.before.unwrap().teacher, report.after.teacher);
    assert!(report.after.thirds.unwrap() > report.before.unwrap().thirds.unwrap() + 0.1, "{report:?}");
}

#[test]
fn a_transcript_without_times_teaches_phones_too() {
    let language = Language::new(12);
    let config = AcousticTrainConfig {
        targets: None,
        phones: None,
        objective: "phones:1".parse().unwrap(),
        // Whole recordings: a transcript says nothing of a crop.
        crops: CropConfig { length: (160, 160), frames: 1600, surroundings: 160, ..CropConfig::default() },
        ..language.config()
    };
    let mut losses = Vec::new();
    train_acoustic(&config, &mut |progress| {
        if let AcousticProgress::Step { losses: now, .. } = progress {
            losses.push(now.phones.unwrap());
        }
        true
    })
    .unwrap();
    assert!(losses[59] < 0.5 * losses[0], "{losses:?}");
}

#[test]
fn a_resumed_run_ends_as_an_unbroken_one() {
    let language = Language::new(12);
    let mut config = AcousticTrainConfig { budget: Budget::Steps(12), epoch: 4, ..language.config() };
    config.objective = "teacher:1,phones:0.3,thirds:0.1,agreement:0.2".parse().unwrap();
    run(&config);
    let whole = fs::read(language.path("m.safetensors.state")).unwrap();
    config.out = language.path("broken.safetensors");
    let mut steps = 0;
    train_acoustic(&config, &mut |progress| {
        steps += usize::from(matches!(progress, AcousticProgress::Step { .. }));
        steps < 4
    })
    .unwrap();
    config.run.resume = true;
    run(&config);
    let tensors = |bytes: &[u8]| bytes[8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize..].to_vec();
    let broken = fs::read(language.path("broken.safetensors.state")).unwrap();
    assert!(tensors(&whole) == tensors(&broken), "weights and moments are equal to the bit");
    config.optimiser.learning_rate *= 2.0;
    assert!(matches!(train_acoustic(&config, &mut |_| true), Err(TrainError::OtherRun { .. })));
}

#[test]
fn what_cannot_be_is_refused_and_what_cannot_be_read_is_left_out() {
    let language = Language::new(6);
    let refused = |change: &dyn Fn(&mut AcousticTrainConfig)| {
        let mut config = language.config();
        change(&mut config);
        train_acoustic(&config, &mut |_| true).unwrap_err().to_string()
    };
    assert!(refused(&|config| config.targets = None).contains("--targets"));
    assert!(refused(&|config| config.objective.own = 1.0).contains("--from"));
    assert!(refused(&|config| config.crops.length = (50, 20)).contains("crops"));
    assert!(refused(&|config| config.from = Some("no.safetensors".into())).contains("no.safetensors"));
    let text = fs::read_to_string(&language.manifest).unwrap();
    fs::write(&language.manifest, format!("{text}gone.wav\tx\ts9\ttrain\ten\n")).unwrap();
    let mut config = language.config();
    config.budget = Budget::Steps(2);
    let report = run(&config);
    assert!(report.left_out.len() == 1 && report.left_out[0].path.ends_with("gone.wav"), "{:?}", report.left_out);
    assert!("teachers:1".parse::<AcousticObjective>().is_err() && "phones:-1".parse::<AcousticObjective>().is_err());
}

/// The least cosine of two runs of unit vectors, row by row.
fn least_cosine(a: &[f32], b: &[f32], dimension: usize) -> f32 {
    assert_eq!(a.len(), b.len());
    let cosine = |(a, b): (&[f32], &[f32])| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    a.chunks_exact(dimension).zip(b.chunks_exact(dimension)).map(cosine).fold(f32::INFINITY, f32::min)
}

fn noise(frames: usize) -> Features {
    let data = (0..frames * 40).map(|i| ((i * 7919 + i / 40 * 31) % 1009) as f32 / 100.0 - 12.0).collect();
    Features { bands: 40, data }
}

#[test]
fn the_pass_without_libtorch_gives_the_same_frames() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    for cell in [Some(Cell::Gru), Some(Cell::Lstm), None] {
        let (channels, layers, width) = if cell.is_some() { (vec![20, 24], 2, 24) } else { (vec![20, 24, 24], 0, 0) };
        let shape = AcousticShape { bands: 40, channels, cell, layers, width, dimension: 10, phones: 41, classes: 118 };
        let weights = Parameters::fresh(network::layout(&shape), 5, tch::Device::Cpu).unwrap();
        for (name, value) in
            [("input_mean", -7.0), ("input_std", 3.0), ("b1.running_mean", 0.2), ("b2.running_var", 1.7)]
        {
            let tensor = weights.get(name).unwrap();
            weights.assign(name, &tensor.full_like(value)).unwrap();
        }
        network::write(&path, &shape, "test", &weights, Precision::F32).unwrap();
        let bytes = fs::read(&path).unwrap();
        let pass = Pass::new(&SafeTensors::deserialize(&bytes).unwrap(), &shape).unwrap();
        let torch = network::Network::new(&shape, &weights).unwrap();
        for frames in [1, 5, 30, 403, 1700] {
            let features = noise(frames);
            let input = Tensor::from_slice(&features.data).reshape([1, frames as i64, 40]);
            let output = tch::no_grad(|| unit(&torch.run(&input, false).unwrap().output).unwrap());
            let expected = values(&output).unwrap();
            assert!(least_cosine(&expected, &pass.vectors(&[&features.data])[0], 10) > 0.99999, "{cell:?} {frames}");
            let fixed = &pass.fixed_point().vectors(&[&features.data])[0];
            assert!(least_cosine(&expected, fixed, 10) > 0.999, "{cell:?} {frames} in fixed point");
        }
    }
}

#[test]
fn a_run_can_begin_with_the_network_that_comes_with_the_program() {
    let language = Language::new(6);
    let config = AcousticTrainConfig {
        data: vec![language.folder.path().to_owned()],
        targets: None,
        phones: None,
        from: Some("recurrent".into()),
        objective: "agreement:1,own:0.5".parse().unwrap(),
        budget: Budget::Steps(1),
        ..language.config()
    };
    run(&config);
    // What was written is a network that recordings can be encoded with.
    let encoder = AcousticEncoder::load(&config.out).unwrap();
    assert_eq!(encoder.dimension(), AcousticEncoder::load(Path::new("recurrent")).unwrap().dimension());
}

#[test]
fn chunks_of_a_long_recording_hardly_differ_from_the_whole() {
    let encoder = AcousticEncoder::load(Path::new("recurrent")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.wav");
    tones(&path, &(0..300).map(|at| at * 7 % 4).collect::<Vec<_>>(), 1.0);
    let clip = crate::audio::Clip::read(&path).unwrap();
    let mut features = Features::new(40);
    LogMel::new(encoder.features()).compute(clip.samples(), &mut features);
    let whole = encoder.encode(&features);
    assert!(whole.len() > 1_000);
    // Six seconds across the border of two chunks, as a recording of their own.
    let mut part = Features::new(40);
    part.extend_from_slice(features.rows(1_200..1_800));
    let alone = encoder.encode(&part);
    let border = least_cosine(whole.part(380, 420).data(), alone.part(80, 120).data(), encoder.dimension());
    assert!(border > 0.98, "{border}");
}
