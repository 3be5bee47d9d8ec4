//! The course of a run: step, evaluate, save, stop.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Instant;

use super::super::training::TextTrainConfig;
use super::dev::DevFigures;
use super::loss::Losses;
use super::task::Task;
use super::{Progress, TrainReport};
use crate::encoder::TrainError;
use crate::encoder::train::journal::Journal;
use crate::encoder::train::optimiser::{self, AdamW, Limits};
use crate::encoder::train::state::{TrainingState, Weights, beside};

/// Batches made ahead.
const AHEAD: usize = 4;

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

/// A run of a task, from its start or from where it was broken off, up to the end of its budget.
pub(crate) struct Run<'a, T: Task> {
    config: &'a TextTrainConfig<T::Config>,
    task: &'a T,
    weights: Weights,
    state: TrainingState,
    resumed: bool,
}

impl<'a, T: Task> Run<'a, T> {
    pub fn new(config: &'a TextTrainConfig<T::Config>, task: &'a T) -> Result<Run<'a, T>, TrainError> {
        let device = config.run.device.torch()?;
        let now = task.begin()?.on(device)?;
        let weights = Weights { mean: now.copied()?, optimiser: AdamW::new(&now)?, now };
        let run = digest(config, task);
        let state = match config.run.resume {
            true => weights.resume(&config.out, T::STATE, &task.shape(), &run, device)?,
            false => None,
        };
        let resumed = state.is_some();
        let fresh = TrainingState { run, step: 0, seconds: 0.0, best: None, best_step: 0, epochs_without_better: 0 };
        Ok(Run { config, task, weights, state: state.unwrap_or(fresh), resumed })
    }

    pub fn go(mut self, progress: &mut dyn FnMut(&Progress) -> bool) -> Result<TrainReport, TrainError> {
        if self.resumed {
            progress(&Progress::Resumed { step: self.state.step });
        }
        let columns = "step,seconds,learning_rate,tokens_per_second,loss,reconstruction,accuracy,contrast,\
                       gradient_norm,clipped_norm,held_out_loss,held_out_accuracy,held_out_exact";
        let journal = Journal::open(&beside(&self.config.out, ".csv"), columns, self.state.step)?;
        let first = self.state.step;
        let (sender, receiver) = sync_channel(AHEAD);
        let mut batches = self.task.batches();
        thread::scope(|scope| {
            scope.spawn(move || {
                // Ends when the receiver is dropped.
                let _ = (first..).find(|&number| sender.send(batches(number)).is_err());
            });
            self.steps(receiver, &journal, progress)
        })
    }

    fn steps(
        &mut self,
        batches: Receiver<T::Batch>,
        journal: &Journal,
        progress: &mut dyn FnMut(&Progress) -> bool,
    ) -> Result<TrainReport, TrainError> {
        let config = self.config;
        let limits = Limits { clip: config.optimiser.clip, weight_decay: config.optimiser.weight_decay };
        let network = self.task.network(&self.weights.now)?;
        let before = self.state.seconds;
        let start = Instant::now();
        let mut sums = Sums::default();
        let (mut early, mut interrupted) = (false, false);
        let mut epoch_start = Instant::now();
        if self.state.step == 0 {
            // What the start alone can do stands in the first row.
            self.epoch(&sums, 0.0, 0.0, journal, progress)?;
        }
        while config.budget.spent(self.state.step, self.state.seconds) < 1.0 {
            let Ok(batch) = batches.recv() else {
                return Err(TrainError::TooLittle("the thread that makes batches has died".into()));
            };
            let step = self.state.step;
            let spent = config.budget.spent(step, self.state.seconds);
            let sampling = config.objective.sampling * spent as f32;
            let (loss, losses) = self.task.loss(&network, &batch, sampling)?;
            if !losses.total.is_finite() {
                return Err(TrainError::Diverged { loss: losses.total, step });
            }
            loss.f_backward()?;
            let warm = ((step + 1) as f64 / config.optimiser.warm_up.max(1) as f64).min(1.0);
            let rate = config.optimiser.learning_rate * warm * (1.0 - spent);
            let norms = self.weights.optimiser.step(&self.weights.now, step + 1, rate, &limits)?;
            if !norms.0.is_finite() {
                return Err(TrainError::Diverged { loss: norms.0, step });
            }
            if config.optimiser.average > 0.0 {
                optimiser::average(&self.weights.mean, &self.weights.now, config.optimiser.average, step)?;
            }
            sums.add(&losses, norms, T::tokens(&batch));
            self.state.step += 1;
            self.state.seconds = before + start.elapsed().as_secs_f64();
            let spent = config.budget.spent(self.state.step, self.state.seconds);
            let pace = sums.tokens as f64 / epoch_start.elapsed().as_secs_f64().max(1e-9);
            interrupted = !progress(&Progress::Step {
                step: self.state.step,
                losses,
                tokens_per_second: pace,
                seconds_left: self.state.seconds * (1.0 - spent) / spent.max(1e-9),
            });
            if self.state.step.is_multiple_of(config.epoch) || spent >= 1.0 || interrupted {
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
            steps: self.state.step,
            seconds: self.state.seconds,
            best: self.state.best.map(|best| (-best, self.state.best_step)),
            early,
            interrupted,
            left_out: self.task.left_out(),
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
        let weights = if config.optimiser.average > 0.0 { &self.weights.mean } else { &self.weights.now };
        self.task.settle(weights)?;
        let dev = self.task.figures(&self.task.network(weights)?)?;
        let score = -dev.loss;
        let best = self.state.best.is_none_or(|best| score > best);
        if best {
            self.state.best = Some(score);
            self.state.best_step = self.state.step;
            self.state.epochs_without_better = 0;
            self.task.write(weights.share(), format!("{} steps", self.state.step))?;
        } else {
            self.state.epochs_without_better += 1;
        }
        let losses = sums.losses.divided(sums.steps);
        self.log(journal, &losses, sums, pace, rate, &dev)?;
        self.weights.save(&config.out, T::STATE, &self.task.shape(), &self.state)?;
        progress(&Progress::Epoch { step: self.state.step, losses, dev, best });
        Ok(config.patience > 0 && self.state.epochs_without_better >= config.patience)
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
            self.state.step.to_string(),
            format!("{:.1}", self.state.seconds),
            format!("{rate:.3e}"),
            format!("{pace:.0}"),
        ];
        cells.extend([losses.total, losses.reconstruction, losses.accuracy].map(number));
        cells.push(losses.contrast.map(number).unwrap_or_default());
        cells.extend([sums.norms.0 / steps, sums.norms.1 / steps, dev.loss, dev.accuracy, dev.exact].map(number));
        journal.row(&cells)
    }
}

/// Settings and data in one short text: a state goes on only with its own.
fn digest<T: Task>(config: &TextTrainConfig<T::Config>, task: &T) -> String {
    let mut hasher = blake3::Hasher::new();
    let same = TextTrainConfig { out: Default::default(), threads: 0, ..config.clone() };
    hasher.update(serde_json::to_string(&same).unwrap_or_default().as_bytes());
    task.hash_data(&mut hasher);
    hasher.finalize().to_hex()[..16].to_string()
}
