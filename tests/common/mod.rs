//! What the stories share: a folder of synthesised recordings, and the program to run on it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use audiosearch::audio::{AudioError, ClipStream};
use tempfile::TempDir;

pub const RATE: u32 = 16_000;

/// A temporary folder to tell a story in.
pub struct Place {
    dir: TempDir,
}

/// What a run of the program came to.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// With `count` recordings of `seconds`, `rec/00.wav` and so on, every one different.
    pub fn with_recordings(count: u64, seconds: f64) -> Self {
        let place = Self::new();
        for number in 0..count {
            place.wav(format!("rec/{number:02}.wav"), &babble(number + 1, seconds));
        }
        place
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// Writes 16-bit mono samples at 16 kHz.
    pub fn wav(&self, name: impl AsRef<Path>, samples: &[f32]) -> PathBuf {
        let path = self.join(name);
        write_wav(&path, samples, 1, RATE, 16);
        path
    }

    /// A small model for sentences that has seen nothing: like sentences still have like vectors. Returns its name in this folder.
    /// `cargo test --features torch --test train_text small_model -- --ignored` wrote it.
    pub fn text_model(&self) -> &'static str {
        self.file("tiny.safetensors", include_bytes!("../fixtures/text-model.safetensors"));
        "tiny.safetensors"
    }

    /// Indexes with that model.
    pub fn read(&self, paths: &[&str]) -> Ran {
        let model = self.text_model();
        self.ok(["index", "--text-model", model].iter().chain(paths).copied().collect::<Vec<_>>())
    }

    pub fn file(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The program, in this folder.
    pub fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_audiosearch"));
        command.args(args).current_dir(self.path());
        command.env_remove("AUDIOSEARCH_STORE").env("NO_COLOR", "1").stdin(Stdio::null());
        command
    }

    pub fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        self.command(args).output().unwrap().into()
    }

    /// Runs what must succeed.
    pub fn ok<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code, Some(0), "stdout: {}\nstderr: {}", ran.stdout, ran.stderr);
        ran
    }

    /// Paths and segment counts, as `list --json` prints them.
    pub fn listed(&self) -> Vec<(String, u64)> {
        let ran = self.run(["list", "--json"]);
        let lines = ran.json();
        lines.iter().map(|line| (text(line, "path"), line["segments"].as_u64().unwrap())).collect()
    }
}

impl Ran {
    /// Standard output as JSON Lines.
    pub fn json(&self) -> Vec<serde_json::Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    /// Says that the run must have failed in part, with a line on standard error that holds all of `words`.
    pub fn complains(&self, words: &[&str]) -> &Self {
        let line = self.stderr.lines().find(|line| words.iter().all(|word| line.contains(word)));
        assert!(line.is_some(), "no line with {words:?} in: {}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        assert_eq!(self.code, Some(2), "{}", self.stderr);
        self
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

pub fn text(line: &serde_json::Value, field: &str) -> String {
    line[field].as_str().unwrap().to_owned()
}

/// Syllables of changing pitch and colour with short gaps: no language, but never the same twice.
pub fn babble(seed: u64, seconds: f64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 24) as f32
    };
    let total = (seconds * f64::from(RATE)) as usize;
    let mut samples = Vec::with_capacity(total);
    while samples.len() < total {
        let length = (0.10 + 0.15 * random()) * RATE as f32;
        let (pitch, glide) = (90.0 + 160.0 * random(), 0.8 + 0.4 * random());
        let (first, second) = (250.0 + 650.0 * random(), 900.0 + 1800.0 * random());
        let hiss = if random() < 0.3 { 0.25 } else { 0.01 };
        let mut phase = 0.0_f32;
        for n in 0..length as usize {
            let at = n as f32 / length;
            let hertz = pitch * (1.0 + (glide - 1.0) * at);
            phase += hertz / RATE as f32;
            let voice: f32 = (1..=24)
                .map(|harmonic| {
                    let frequency = hertz * harmonic as f32;
                    let near = |formant: f32| (-((frequency - formant) / 180.0).powi(2)).exp();
                    (near(first) + 0.6 * near(second) + 0.02) * (std::f32::consts::TAU * phase * harmonic as f32).sin()
                })
                .sum();
            let envelope = (std::f32::consts::PI * at).sin().sqrt();
            samples.push(0.2 * envelope * (voice + hiss * (random() - 0.5)));
        }
        let gap = (0.02 + 0.06 * random()) * RATE as f32;
        samples.extend((0..gap as usize).map(|_| 0.0005 * (random() - 0.5)));
    }
    samples.truncate(total);
    samples
}

/// A stretch of samples, by seconds.
pub fn cut(samples: &[f32], start: f64, seconds: f64) -> &[f32] {
    let at = |seconds: f64| (seconds * f64::from(RATE)).round() as usize;
    &samples[at(start)..at(start + seconds)]
}

pub fn write_wav(path: &Path, samples: &[f32], channels: u16, rate: u32, bits: u16) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let spec =
        hound::WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    let full = f64::from(bits - 1).exp2() - 1.0;
    for sample in samples {
        for _ in 0..channels {
            writer.write_sample((f64::from(sample.clamp(-1.0, 1.0)) * full).round() as i32).unwrap();
        }
    }
    writer.finalize().unwrap();
}

pub fn write_float_wav(path: &Path, samples: &[f32]) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    samples.iter().for_each(|sample| writer.write_sample(*sample).unwrap());
    writer.finalize().unwrap();
}

/// The bytes of a file of tests/fixtures.
pub fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

/// What is heard of a recording of these bytes that says nothing by its name, and what it ends with.
pub fn decoded(bytes: &[u8]) -> (Vec<f32>, Option<AudioError>) {
    let mut stream = match ClipStream::from_bytes(bytes.to_vec(), Path::new("recording")) {
        Ok(stream) => stream,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut samples = Vec::new();
    loop {
        match stream.next_block(&mut samples) {
            Ok(true) => {}
            Ok(false) => return (samples, None),
            Err(error) => return (samples, Some(error)),
        }
    }
}
