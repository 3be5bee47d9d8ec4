//! The course of a run: load, step, evaluate, save, stop.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Instant;

use super::super::config::{EncoderConfig, SpellingConfig};
use super::super::decoder::Decoder;
use super::super::layout::layout;
use super::super::network::SpeechNetwork;
use super::super::parameters::Parameters;
use super::super::recurrent::Mode;
use super::super::spelling::SpellingNetwork;
use super::super::tensors::Checkpoint;
use super::super::training::TrainConfig;
use super::batch::{Batch, Sampler};
use super::corpus::{Corpus, Token};
use super::dev::{self, DevSet};
use super::error::TrainError;
use super::logs::{Logs, Row};
use super::loss::{Losses, Networks};
use super::optimiser::{self, AdamW, Limits};
use super::start::Start;
use super::state::{TrainingState, Weights};
use super::{DevFigures, Progress, TrainReport, gradient, normaliser};

/// What the state of a run calls itself.
const KIND: &str = "speech-training";
/// Batches made ahead.
const AHEAD: usize = 2;
/// Streams of random numbers.
const TRAINING: u64 = 0;
const HELD_OUT: u64 = 1;
const GRADIENT: u64 = 2;
/// Batches that the held-out loss is the mean of.
const HELD_OUT_BATCHES: u64 = 4;
/// Tokens that the normalisation is fitted on.
const NORMALISER_TOKENS: usize = 4000;

pub(super) fn run(
    config: &TrainConfig,
    progress: &mut dyn FnMut(&Progress) -> bool,
) -> Result<TrainReport, TrainError> {
    let mut config = config.clone();
    let start = config.from.as_deref().map(Start::read).transpose()?;
    if let Some(start) = &start {
        start.shape(&mut config);
    }
    check(&config)?;
    tch::set_num_threads(config.threads.max(1) as i32);
    let corpus = Corpus::load(&config.data, &config.network.features)?;
    let dev = config.dev.iter().map(|path| DevSet::load(path, &config)).collect::<Result<Vec<_>, _>>()?;
    let loaded = Progress::Loaded {
        recordings: corpus.recordings.len(),
        tokens: corpus.words.iter().map(|w| w.count()).sum(),
        words: corpus.words.len(),
        frames: corpus.recordings.iter().map(|r| r.frames as u64).sum(),
        left_out: corpus.left_out.len(),
    };
    progress(&loaded);
    complete(&mut config, &corpus, start.as_ref());
    let (corpus, held) = if dev.is_empty() { corpus.hold_out() } else { (corpus, None) };
    Run::new(&config, &corpus, held.as_ref(), dev, start)?.go(progress)
}

fn check(config: &TrainConfig) -> Result<(), TrainError> {
    let fail = |cause: &str| Err(TrainError::Config(cause.into()));
    if config.data.is_empty() {
        return fail("no data to train on");
    }
    if config.objective.decodes() && config.network.decoder.is_none() {
        return fail("the objectives sa, dsa and cae need a decoder");
    }
    let optimiser = &config.optimiser;
    if config.epoch == 0 || config.batch.longest < 32 || optimiser.temperature <= 0.0 || optimiser.learning_rate <= 0.0
    {
        return fail("epoch, longest stretch (32 frames), temperature and learning rate must be above 0");
    }
    let (shortest, longest) = config.batch.window_frames;
    if shortest < 8 || longest < shortest {
        return fail("windows need at least 8 frames, and no longest below the shortest");
    }
    let mut network = config.network.clone();
    if let Some(spelling) = &mut network.spelling {
        spelling.alphabet = "a".into();
    }
    network.check().map_err(TrainError::Config)
}

/// Fills in what only the data know.
fn complete(config: &mut TrainConfig, corpus: &Corpus, start: Option<&Start>) {
    let mut alphabet = corpus.alphabet();
    if let Some(known) = start.and_then(Start::alphabet)
        && alphabet.chars().all(|character| known.contains(character))
    {
        alphabet = known.to_owned();
    }
    config.network.spelling = match (config.objective.multiview > 0.0, alphabet.is_empty()) {
        (true, false) => {
            let given = config.network.spelling.take();
            let shape = given.unwrap_or(SpellingConfig { alphabet: String::new(), character: 48, width: 128 });
            Some(SpellingConfig { alphabet, ..shape })
        }
        _ => None,
    };
}

fn networks(config: &EncoderConfig, parameters: &Parameters, device: tch::Device) -> Result<Networks, TrainError> {
    Ok(Networks {
        speech: SpeechNetwork::new(config, parameters)?,
        decoder: config.decoder.as_ref().map(|d| Decoder::new(d, parameters)).transpose()?,
        spelling: config.spelling.as_ref().map(|s| SpellingNetwork::new(s, parameters)).transpose()?,
        device,
    })
}

/// Sums of losses over an epoch.
#[derive(Default)]
struct Sums {
    losses: Losses,
    norms: (f64, f64),
    frames: u64,
    steps: u64,
}

impl Sums {
    fn add(&mut self, losses: &Losses, norms: (f64, f64), frames: u64) {
        self.losses.add(losses);
        self.norms.0 += norms.0;
        self.norms.1 += norms.1;
        self.frames += frames;
        self.steps += 1;
    }
}

struct Run<'a> {
    config: &'a TrainConfig,
    corpus: &'a Corpus,
    sampler: Sampler<'a>,
    held: Option<Sampler<'a>>,
    dev: Vec<DevSet>,
    device: tch::Device,
    weights: Weights,
    state: TrainingState,
    resumed: bool,
}

impl<'a> Run<'a> {
    fn new(
        config: &'a TrainConfig,
        corpus: &'a Corpus,
        held: Option<&'a Corpus>,
        dev: Vec<DevSet>,
        start: Option<Start>,
    ) -> Result<Run<'a>, TrainError> {
        let device = config.run.device.torch()?;
        let (mean, std) = start.as_ref().map_or_else(|| Ok(corpus.statistics()), Start::statistics)?;
        let sampler = Sampler::new(corpus, config, mean.clone(), std.clone());
        let held = held.map(|held| Sampler::new(held, config, mean.clone(), std.clone()));
        let (words, windows) = sampler.can_draw();
        if !words && !windows {
            return Err(TrainError::TooLittle(
                "nothing to draw batches from: no labelled tokens, and no recording that windows may come from".into(),
            ));
        }
        let now = Parameters::fresh(layout(&config.network), config.run.seed, device)?;
        now.assign("input.mean", &tch::Tensor::f_from_slice(&mean)?)?;
        now.assign("input.std", &tch::Tensor::f_from_slice(&std)?)?;
        if let Some(start) = start {
            start.fill(&config.network, &now)?;
        }
        let average = now.copied()?;
        let optimiser = AdamW::new(&now)?;
        let weights = Weights { now, mean: average, optimiser };
        let run = digest(config, corpus);
        let state =
            if config.run.resume { weights.resume(&config.out, KIND, &config.network, &run, device)? } else { None };
        let resumed = state.is_some();
        let fresh = TrainingState { run, step: 0, seconds: 0.0, best: None, best_step: 0, epochs_without_better: 0 };
        let state = state.unwrap_or(fresh);
        Ok(Run { config, corpus, sampler, held, dev, device, weights, state, resumed })
    }

    fn go(mut self, progress: &mut dyn FnMut(&Progress) -> bool) -> Result<TrainReport, TrainError> {
        if self.resumed {
            progress(&Progress::Resumed { step: self.state.step });
        }
        let logs = Logs::open(&self.config.out, &self.dev, self.state.step)?;
        let first = self.state.step;
        let (sender, receiver) = sync_channel(AHEAD);
        let sampler = self.sampler.clone();
        thread::scope(|scope| {
            scope.spawn(move || {
                // Ends when the receiver is dropped.
                let _ = (first..).find(|&number| sender.send(sampler.batch(TRAINING, number)).is_err());
            });
            self.steps(receiver, &logs, progress)
        })
    }

    fn steps(
        &mut self,
        batches: Receiver<Batch>,
        logs: &Logs,
        progress: &mut dyn FnMut(&Progress) -> bool,
    ) -> Result<TrainReport, TrainError> {
        let config = self.config;
        let bands = config.network.features.bands;
        let networks = networks(&config.network, &self.weights.now, self.device)?;
        let before = self.state.seconds;
        let start = Instant::now();
        let mut sums = Sums::default();
        let (mut early, mut interrupted) = (false, false);
        let mut epoch_start = Instant::now();
        while config.budget.spent(self.state.step, self.state.seconds) < 1.0 {
            let Ok(batch) = batches.recv() else {
                return Err(TrainError::TooLittle("the thread that makes batches has died".into()));
            };
            let step = self.state.step;
            let mode = Mode::Training { seed: config.run.seed ^ (step << 20) };
            let (loss, losses) = networks.loss(&batch, bands, config, mode)?;
            if !losses.total.is_finite() {
                return Err(TrainError::Diverged { loss: losses.total, step });
            }
            loss.f_backward()?;
            let rate = optimiser::rate(config, step, self.state.seconds);
            let limits = Limits { clip: config.optimiser.clip, weight_decay: config.optimiser.weight_decay };
            let norms = self.weights.optimiser.step(&self.weights.now, step + 1, rate, &limits)?;
            if !norms.0.is_finite() {
                return Err(TrainError::Diverged { loss: norms.0, step });
            }
            optimiser::average(&self.weights.mean, &self.weights.now, config.optimiser.average, step)?;
            sums.add(&losses, norms, batch.frames);
            self.state.step += 1;
            self.state.seconds = before + start.elapsed().as_secs_f64();
            let spent = config.budget.spent(self.state.step, self.state.seconds);
            let report = Progress::Step {
                step: self.state.step,
                losses,
                frames_per_second: sums.frames as f64 / epoch_start.elapsed().as_secs_f64().max(1e-9),
                seconds_left: self.state.seconds * (1.0 - spent) / spent.max(1e-9),
            };
            interrupted = !progress(&report);
            if self.state.step.is_multiple_of(config.epoch) || spent >= 1.0 || interrupted {
                let pace = sums.frames as f64 / epoch_start.elapsed().as_secs_f64().max(1e-9);
                early = self.epoch(&std::mem::take(&mut sums), pace, rate, logs, progress)?;
                epoch_start = Instant::now();
                if early || interrupted {
                    break;
                }
            }
        }
        drop(batches);
        Ok(TrainReport {
            out: config.out.clone(),
            steps: self.state.step,
            seconds: self.state.seconds,
            best: self.state.best.map(|best| (best, self.state.best_step)),
            early,
            interrupted,
            left_out: self.corpus.left_out.clone(),
        })
    }

    /// Evaluates, logs and saves; true when nothing has improved for long enough.
    fn epoch(
        &mut self,
        sums: &Sums,
        pace: f64,
        rate: f64,
        logs: &Logs,
        progress: &mut dyn FnMut(&Progress) -> bool,
    ) -> Result<bool, TrainError> {
        let config = self.config;
        let weights = if config.optimiser.average > 0.0 { &self.weights.mean } else { &self.weights.now };
        let networks = networks(&config.network, weights, self.device)?;
        let vectors = dev::sample(&networks, config, self.corpus, NORMALISER_TOKENS)?;
        let spelt = self.spelt(&networks)?;
        normaliser::fit(config.network.normalisation, weights, &vectors, spelt.as_ref())?;
        let figures = self.dev.iter().map(|set| set.score(&networks, config)).collect::<Result<Vec<_>, _>>()?;
        let losses = sums.losses.divided(sums.steps);
        let score = self.score(&figures, &networks, &losses)?;
        let best = self.state.best.is_none_or(|best| score > best);
        if best {
            self.state.best = Some(score);
            self.state.best_step = self.state.step;
            self.state.epochs_without_better = 0;
            let checkpoint = Checkpoint {
                config: config.network.clone(),
                note: format!("objective {}, {} steps", config.objective, self.state.step),
                parameters: weights.share(),
            };
            checkpoint.write(&config.out, config.run.precision)?;
        } else {
            self.state.epochs_without_better += 1;
        }
        let (step, seconds, steps) = (self.state.step, self.state.seconds, sums.steps.max(1) as f64);
        let norms = (sums.norms.0 / steps, sums.norms.1 / steps);
        logs.epoch(&Row { step, seconds, rate, pace, losses: &losses, norms, figures: &figures, score })?;
        logs.lags(step, &self.lags(weights)?)?;
        self.weights.save(&config.out, KIND, &config.network, &self.state)?;
        progress(&Progress::Epoch { step: self.state.step, losses, dev: figures, score, best });
        Ok(config.patience > 0 && self.state.epochs_without_better >= config.patience)
    }

    fn spelt(&self, networks: &Networks) -> Result<Option<tch::Tensor>, TrainError> {
        let _guard = tch::no_grad_guard();
        let words: Vec<&str> = self.corpus.words.iter().map(|w| w.label.as_str()).take(NORMALISER_TOKENS).collect();
        Ok(networks.spelling.as_ref().map(|spelling| spelling.run(&words, self.device)).transpose()?)
    }

    /// Higher is better: mean SWDP AP on the dev manifests, else the held-out loss turned negative, else the mean
    /// training loss.
    fn score(&self, figures: &[DevFigures], networks: &Networks, losses: &Losses) -> Result<f64, TrainError> {
        let swdp = figures.iter().map(|f| {
            let figures = f.same_different;
            if figures.swdp_ap.is_nan() { figures.ap } else { figures.swdp_ap }
        });
        let known: Vec<f64> = swdp.filter(|ap| !ap.is_nan()).collect();
        if !known.is_empty() {
            return Ok(known.iter().sum::<f64>() / known.len() as f64);
        }
        let Some(held) = self.held.as_ref().filter(|held| held.can_draw() != (false, false)) else {
            return Ok(-losses.total);
        };
        let _guard = tch::no_grad_guard();
        let mut total = 0.0;
        for number in 0..HELD_OUT_BATCHES {
            let batch = held.batch(HELD_OUT, number);
            total += networks.loss(&batch, self.corpus.bands, self.config, Mode::Inference)?.1.total;
        }
        Ok(-total / HELD_OUT_BATCHES as f64)
    }

    /// How much of the gradient is left, by time lag.
    fn lags(&self, weights: &Parameters) -> Result<Vec<f64>, TrainError> {
        let networks = networks(&self.config.network, weights, self.device)?;
        Ok(gradient::by_lag(&networks, &self.sampler.batch(GRADIENT, 0), self.corpus.bands)?)
    }
}

/// Settings and data in one short text: a state goes on only with its own.
fn digest(config: &TrainConfig, corpus: &Corpus) -> String {
    let mut hasher = blake3::Hasher::new();
    let same = TrainConfig { out: Default::default(), threads: 0, ..config.clone() };
    hasher.update(serde_json::to_string(&same).unwrap_or_default().as_bytes());
    for recording in &corpus.recordings {
        hasher.update(&(recording.frames as u64).to_le_bytes());
    }
    for word in &corpus.words {
        hasher.update(word.label.as_bytes());
        for Token { recording, begin, end } in word.tokens.iter().flatten() {
            hasher.update(&[*recording, *begin, *end].map(u32::to_le_bytes).concat());
        }
    }
    hasher.finalize().to_hex()[..16].to_string()
}
