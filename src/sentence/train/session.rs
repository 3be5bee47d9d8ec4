//! The course of a run: load, step, evaluate, save, stop.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Instant;

use tch::Tensor;

use super::super::checkpoint::{Checkpoint, Shape};
use super::super::layout;
use super::super::network::Network;
use super::super::tokens::Tokens;
use super::config::TextTrainConfig;
use super::corpus::{Batch, Corpus, Lines, Sampler};
use super::dev::{self, DevFigures};
use super::loss::{Losses, loss};
use super::{Progress, TrainReport};
use crate::encoder::TrainError;
use crate::encoder::parameters::Parameters;
use crate::encoder::train::Budget;
use crate::encoder::train::journal::Journal;
use crate::encoder::train::optimiser::{self, AdamW, Limits};
use crate::encoder::train::state::{Standing, Weights, beside};

/// What the state of a run calls itself.
const KIND: &str = "sentence-training";
/// Batches made ahead.
const AHEAD: usize = 4;
/// Weight of a word that stands in every sentence.
const LEAST_WEIGHT: f32 = 0.01;

pub(super) fn run(
    config: &TextTrainConfig,
    progress: &mut dyn FnMut(&Progress) -> bool,
) -> Result<TrainReport, TrainError> {
    config.check().map_err(TrainError::Config)?;
    tch::set_num_threads(config.threads.max(1) as i32);
    let mut lines = Lines::read(&config.data)?;
    let held = if config.dev.is_empty() { lines.hold_out(config.seed) } else { Lines::read(&config.dev)?.sentences };
    if lines.sentences.is_empty() || held.is_empty() {
        return Err(TrainError::TooLittle("two sentences are the least: one to train on, one to hold out".into()));
    }
    let tokens = Tokens::train(lines.sentences.iter().map(String::as_str), config.vocabulary)?;
    let corpus = Corpus::new(&lines.sentences, &tokens, config.network.longest)?;
    let held = Corpus::new(&held, &tokens, config.network.longest)?;
    let left_out = lines.left_out;
    drop(lines);
    let sampler = Sampler::new(&corpus, config);
    progress(&Progress::Loaded {
        sentences: corpus.len(),
        tokens: corpus.ids().len() as u64,
        vocabulary: tokens.count(),
        held_out: held.len(),
        batches: sampler.count(),
    });
    let mut config = config.clone();
    if let Some(epochs) = config.epochs {
        config.budget = Budget::Steps((epochs * sampler.count() as f64).ceil() as u64);
    }
    Run::new(&config, &corpus, &held, tokens, left_out)?.go(progress)
}

/// Sums over the steps since the last evaluation.
#[derive(Default)]
struct Sums {
    losses: Losses,
    norms: (f64, f64),
    tokens: u64,
    steps: u64,
}

impl Sums {
    fn add(&mut self, losses: &Losses, norms: (f64, f64), tokens: u64) {
        self.losses.add(losses);
        self.norms.0 += norms.0;
        self.norms.1 += norms.1;
        self.tokens += tokens;
        self.steps += 1;
    }
}

struct Run<'a> {
    config: &'a TextTrainConfig,
    corpus: &'a Corpus,
    held: &'a Corpus,
    shape: Shape,
    tokens: Tokens,
    weights: Weights,
    standing: Standing,
    resumed: bool,
    left_out: usize,
}

impl<'a> Run<'a> {
    fn new(
        config: &'a TextTrainConfig,
        corpus: &'a Corpus,
        held: &'a Corpus,
        tokens: Tokens,
        left_out: usize,
    ) -> Result<Run<'a>, TrainError> {
        let device = config.device.torch()?;
        let network = config.network.clone();
        let now = layout::fresh(&network, tokens.count(), config.seed, tch::Device::Cpu)?;
        begin_meaning(&now, corpus, &tokens)?;
        let now = now.on(device)?;
        let weights = Weights { mean: now.copied()?, optimiser: AdamW::new(&now)?, now };
        let shape = Shape { network, merges: tokens.merges().to_vec() };
        let run = digest(config, corpus);
        let standing = match config.resume {
            true => weights.resume(&config.out, KIND, &shape, &run, device)?,
            false => None,
        };
        let resumed = standing.is_some();
        let fresh = Standing { run, step: 0, seconds: 0.0, best: None, best_step: 0, epochs_without_better: 0 };
        let standing = standing.unwrap_or(fresh);
        Ok(Run { config, corpus, held, shape, tokens, weights, standing, resumed, left_out })
    }

    fn go(mut self, progress: &mut dyn FnMut(&Progress) -> bool) -> Result<TrainReport, TrainError> {
        if self.resumed {
            progress(&Progress::Resumed { step: self.standing.step });
        }
        let columns = "step,seconds,learning_rate,tokens_per_second,loss,reconstruction,accuracy,contrast,\
                       gradient_norm,clipped_norm,held_out_loss,held_out_accuracy,held_out_exact";
        let journal = Journal::open(&beside(&self.config.out, ".csv"), columns, self.standing.step)?;
        let first = self.standing.step;
        let (sender, receiver) = sync_channel(AHEAD);
        let mut sampler = Sampler::new(self.corpus, self.config);
        thread::scope(|scope| {
            scope.spawn(move || {
                // Ends when the receiver is dropped.
                let _ = (first..).find(|&number| sender.send(sampler.batch(number)).is_err());
            });
            self.steps(receiver, &journal, progress)
        })
    }

    fn steps(
        &mut self,
        batches: Receiver<Batch>,
        journal: &Journal,
        progress: &mut dyn FnMut(&Progress) -> bool,
    ) -> Result<TrainReport, TrainError> {
        let config = self.config;
        let limits = Limits { clip: config.clip, weight_decay: config.weight_decay };
        let network = Network::new(&config.network, &self.weights.now)?;
        let before = self.standing.seconds;
        let start = Instant::now();
        let mut sums = Sums::default();
        let (mut early, mut interrupted) = (false, false);
        let mut epoch_start = Instant::now();
        if self.standing.step == 0 {
            // What the start alone can do stands in the first row.
            self.epoch(&sums, 0.0, 0.0, journal, progress)?;
        }
        while config.budget.spent(self.standing.step, self.standing.seconds) < 1.0 {
            let Ok(batch) = batches.recv() else {
                return Err(TrainError::TooLittle("the thread that makes batches has died".into()));
            };
            let step = self.standing.step;
            let spent = config.budget.spent(step, self.standing.seconds);
            let sampling = config.objective.sampling * spent as f32;
            let (loss, losses) = loss(&network, &batch, &config.objective, sampling)?;
            if !losses.total.is_finite() {
                return Err(TrainError::Diverged { loss: losses.total, step });
            }
            loss.f_backward()?;
            let warm = ((step + 1) as f64 / config.warm_up.max(1) as f64).min(1.0);
            let rate = config.learning_rate * warm * (1.0 - spent);
            let norms = self.weights.optimiser.step(&self.weights.now, step + 1, rate, &limits)?;
            if !norms.0.is_finite() {
                return Err(TrainError::Diverged { loss: norms.0, step });
            }
            if config.average > 0.0 {
                optimiser::average(&self.weights.mean, &self.weights.now, config.average, step)?;
            }
            sums.add(&losses, norms, batch.tokens());
            self.standing.step += 1;
            self.standing.seconds = before + start.elapsed().as_secs_f64();
            let spent = config.budget.spent(self.standing.step, self.standing.seconds);
            let pace = sums.tokens as f64 / epoch_start.elapsed().as_secs_f64().max(1e-9);
            interrupted = !progress(&Progress::Step {
                step: self.standing.step,
                losses,
                tokens_per_second: pace,
                seconds_left: self.standing.seconds * (1.0 - spent) / spent.max(1e-9),
            });
            if self.standing.step.is_multiple_of(config.epoch) || spent >= 1.0 || interrupted {
                early = self.epoch(&std::mem::take(&mut sums), pace, rate, journal, progress)?;
                epoch_start = Instant::now();
                if early || interrupted {
                    break;
                }
            }
        }
        drop(batches);
        Ok(TrainReport {
            out: config.out.clone(),
            steps: self.standing.step,
            seconds: self.standing.seconds,
            best: self.standing.best.map(|best| (-best, self.standing.best_step)),
            early,
            interrupted,
            left_out: self.left_out,
        })
    }

    /// Evaluates, logs and saves; true when nothing has improved for long enough.
    fn epoch(
        &mut self,
        sums: &Sums,
        pace: f64,
        rate: f64,
        journal: &Journal,
        progress: &mut dyn FnMut(&Progress) -> bool,
    ) -> Result<bool, TrainError> {
        let config = self.config;
        let weights = if config.average > 0.0 { &self.weights.mean } else { &self.weights.now };
        dev::fit_means(&Network::new(&config.network, weights)?, &config.network, weights, self.corpus)?;
        let network = Network::new(&config.network, weights)?;
        let dev = dev::figures(&network, &config.network, self.held)?;
        let score = -dev.loss;
        let best = self.standing.best.is_none_or(|best| score > best);
        if best {
            self.standing.best = Some(score);
            self.standing.best_step = self.standing.step;
            self.standing.epochs_without_better = 0;
            let (network, tokens) = (config.network.clone(), self.tokens.clone());
            let note = format!("{} steps", self.standing.step);
            let checkpoint = Checkpoint { config: network, tokens, note, parameters: weights.share() };
            checkpoint.write(&config.out, config.precision)?;
        } else {
            self.standing.epochs_without_better += 1;
        }
        let losses = sums.losses.divided(sums.steps);
        self.log(journal, &losses, sums, pace, rate, &dev)?;
        self.weights.save(&config.out, KIND, &self.shape, &self.standing)?;
        progress(&Progress::Epoch { step: self.standing.step, losses, dev, best });
        Ok(config.patience > 0 && self.standing.epochs_without_better >= config.patience)
    }

    fn log(
        &self,
        journal: &Journal,
        losses: &Losses,
        sums: &Sums,
        pace: f64,
        rate: f64,
        dev: &DevFigures,
    ) -> Result<(), TrainError> {
        let number = |value: f64| format!("{value:.5}");
        let steps = sums.steps.max(1) as f64;
        let mut cells = vec![
            self.standing.step.to_string(),
            format!("{:.1}", self.standing.seconds),
            format!("{rate:.3e}"),
            format!("{pace:.0}"),
        ];
        cells.extend([losses.total, losses.reconstruction, losses.accuracy].map(number));
        cells.push(losses.contrast.map(number).unwrap_or_default());
        cells.extend([sums.norms.0 / steps, sums.norms.1 / steps, dev.loss, dev.accuracy, dev.exact].map(number));
        journal.row(&cells)
    }
}

/// The meaning part's start: a bag of words, in which tokens that differ but in case and in the space before them are one
/// word with one random direction, weighted by its inverse document frequency.
fn begin_meaning(parameters: &Parameters, corpus: &Corpus, tokens: &Tokens) -> Result<(), TrainError> {
    let classes = tokens.classes();
    let mut holding = vec![0u32; classes.len()];
    let mut last_seen = vec![usize::MAX; classes.len()];
    for sentence in 0..corpus.len() {
        for id in corpus.sentence(sentence) {
            let class = classes[id as usize];
            if last_seen[class] != sentence {
                last_seen[class] = sentence;
                holding[class] += 1;
            }
        }
    }
    let all = corpus.len() as f32;
    let weight = |&class: &usize| ((1.0 + all) / (1.0 + holding[class] as f32)).ln().max(LEAST_WEIGHT).ln();
    let weights: Vec<f32> = classes.iter().map(weight).collect();
    parameters.assign("meaning.weight", &Tensor::f_from_slice(&weights)?)?;
    let table = parameters.get("meaning.table")?.f_detach()?;
    let rows: Vec<i64> = classes.iter().map(|&class| class as i64).collect();
    parameters.assign("meaning.table", &table.f_index_select(0, &Tensor::f_from_slice(&rows)?)?)?;
    Ok(())
}

/// Settings and data in one short text: a state goes on only with its own.
fn digest(config: &TextTrainConfig, corpus: &Corpus) -> String {
    let mut hasher = blake3::Hasher::new();
    let same = TextTrainConfig { out: Default::default(), threads: 0, ..config.clone() };
    hasher.update(serde_json::to_string(&same).unwrap_or_default().as_bytes());
    for id in corpus.ids() {
        hasher.update(&id.to_le_bytes());
    }
    hasher.finalize().to_hex()[..16].to_string()
}
