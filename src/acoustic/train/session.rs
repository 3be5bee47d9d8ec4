//! The course of a run: load, step, evaluate, save.

use std::{
    path::Path,
    sync::mpsc::{Receiver, sync_channel},
    thread,
    time::Instant,
};

use super::{
    super::{AcousticObjective, AcousticShape, AcousticTrainConfig, CLASSES, OUTPUTS, encoder::built_in},
    AcousticProgress, AcousticReport,
    corpus::Corpus,
    crop::{Batch, Sampler},
    dev::{AcousticFigures, Dev},
    loss::{AcousticLosses, Networks},
    network::{KIND, Network, Stored, layout, write},
};
use crate::encoder::{
    TrainError,
    parameters::Parameters,
    train::{
        journal::Journal,
        optimiser::{self, AdamW, Limits},
        state::{TrainingState, Weights, beside},
    },
};

/// What the state of a run calls itself.
const STATE: &str = "acoustic-training";
/// Batches made ahead.
const AHEAD: usize = 3;
/// Stream of random numbers.
const TRAINING: u64 = 0;

pub(super) fn run(
    config: &AcousticTrainConfig,
    progress: &mut dyn FnMut(&AcousticProgress) -> bool,
) -> Result<AcousticReport, TrainError> {
    let mut config = config.clone();
    let start = config.from.as_deref().map(start).transpose()?;
    if let Some(start) = &start {
        // Directions are fitted where the network has none yet.
        let classes = if start.shape.classes > 0 { start.shape.classes } else { config.shape.classes };
        config.shape = AcousticShape { classes, ..start.shape.clone() };
    }
    check(&config)?;
    let corpus = Corpus::load(&config)?;
    fit(&mut config, &corpus, start.is_some())?;
    let frames = corpus.train.iter().chain(&corpus.dev).map(|utterance| utterance.frames as u64).sum();
    progress(&AcousticProgress::Loaded {
        recordings: corpus.train.len(),
        held_out: corpus.dev.len(),
        frames,
        taught: corpus.targets.as_ref().map_or(0, |targets| targets.len()),
        left_out: corpus.left_out.len(),
        shape: config.shape.clone(),
    });
    Run::new(&config, &corpus, start)?.go(progress)
}

fn start(path: &Path) -> Result<Stored, TrainError> {
    match built_in(path) {
        Some(bytes) => Stored::parse(bytes.to_vec(), path.display().to_string()),
        None => Stored::read(path),
    }
}

fn check(config: &AcousticTrainConfig) -> Result<(), TrainError> {
    let fail = |cause: &str| Err(TrainError::Config(cause.into()));
    let (shortest, longest) = config.crops.length;
    if config.data.is_empty() {
        return fail("no data to train on");
    }
    if config.objective.teacher > 0.0 && config.targets.is_none() {
        return fail("the objective teacher needs --targets; without any: --objective agreement:1,own:0.5 --from FILE");
    }
    if config.objective.own > 0.0 && config.from.is_none() {
        return fail("the objective own compares with the weights that a run begins with: --from FILE");
    }
    if shortest < 8 || longest < shortest || config.crops.frames < longest {
        return fail("crops need 8 frames or more, no longest below the shortest, and a batch that holds the longest");
    }
    if config.epoch == 0 || config.optimiser.learning_rate <= 0.0 {
        return fail("epoch and learning rate must be above 0");
    }
    let shape = &config.shape;
    if shape.channels.len() < 2 || shape.channels.contains(&0) || shape.channels.iter().any(|&size| size > 4096) {
        return fail("two convolutions or more, of 1 to 4096 channels");
    }
    if shape.cell.is_some() && !(1..=8).contains(&shape.layers)
        || shape.width > 4096
        || (shape.cell.is_some() && shape.width == 0)
    {
        return fail("1 to 8 recurrent layers of width 1 to 4096");
    }
    Ok(())
}

/// Fills in what only the data know, and refuses what does not fit them.
fn fit(config: &mut AcousticTrainConfig, corpus: &Corpus, started: bool) -> Result<(), TrainError> {
    if let Some(targets) = &corpus.targets {
        if started && config.objective.teacher > 0.0 && targets.dimension != config.shape.dimension {
            let (wanted, found) = (config.shape.dimension, targets.dimension);
            return Err(TrainError::Config(format!("targets of {found} values, where the network gives {wanted}")));
        }
        if !started {
            config.shape.dimension = targets.dimension;
        }
    }
    if config.phones.is_some() && (config.shape.phones != OUTPUTS || !matches!(config.shape.classes, 0 | CLASSES)) {
        let (phones, classes) = (config.shape.phones, config.shape.classes);
        return Err(TrainError::Config(format!(
            "the network tells {phones} phones and {classes} classes, the table of phones {OUTPUTS} and {CLASSES}"
        )));
    }
    Ok(())
}

struct Run<'a> {
    config: &'a AcousticTrainConfig,
    corpus: &'a Corpus,
    dev: Dev<'a>,
    device: tch::Device,
    weights: Weights,
    /// The weights that the run began with.
    first: Parameters,
    state: TrainingState,
    resumed: bool,
    /// Figures before the first step.
    before: Option<AcousticFigures>,
    after: AcousticFigures,
}

impl<'a> Run<'a> {
    fn new(config: &'a AcousticTrainConfig, corpus: &'a Corpus, start: Option<Stored>) -> Result<Self, TrainError> {
        let device = config.run.device.torch()?;
        let now = Parameters::fresh(layout(&config.shape), config.run.seed, device)?;
        match &start {
            Some(start) => start.fill(&now)?,
            None => {
                let (mean, std) = corpus.statistics();
                now.assign("input_mean", &tch::Tensor::f_from_slice(&mean)?)?;
                now.assign("input_std", &tch::Tensor::f_from_slice(&std)?)?;
            }
        }
        let (mean, first) = (now.copied()?, now.copied()?);
        let optimiser = AdamW::new(&now)?;
        let weights = Weights { now, mean, optimiser };
        let run = digest(config, corpus);
        let state =
            if config.run.resume { weights.resume(&config.out, STATE, &config.shape, &run, device)? } else { None };
        let resumed = state.is_some();
        let fresh = TrainingState { run, step: 0, seconds: 0.0, best: None, best_step: 0, epochs_without_better: 0 };
        Ok(Self {
            config,
            corpus,
            dev: Dev::new(corpus, config, device)?,
            device,
            weights,
            first,
            state: state.unwrap_or(fresh),
            resumed,
            before: None,
            after: AcousticFigures::default(),
        })
    }

    fn go(mut self, progress: &mut dyn FnMut(&AcousticProgress) -> bool) -> Result<AcousticReport, TrainError> {
        let journal = self.journal()?;
        if self.resumed {
            progress(&AcousticProgress::Resumed { step: self.state.step });
        }
        if self.config.from.is_some() {
            let figures = self.dev.figures(&Network::new(&self.config.shape, &self.first)?)?;
            self.before = Some(figures);
            if !self.resumed {
                self.row(&journal, &AcousticLosses::default(), (0.0, 0.0), &figures)?;
                progress(&AcousticProgress::Began { figures });
            }
        }
        let sampler = Sampler::new(self.corpus, &self.corpus.train, self.config);
        let first = self.state.step;
        let (sender, receiver) = sync_channel(AHEAD);
        thread::scope(|scope| {
            scope.spawn(move || {
                // Ends when the receiver is dropped.
                let _ = (first..).find(|&number| sender.send(sampler.batch(TRAINING, number)).is_err());
            });
            self.steps(receiver, &journal, progress)
        })
    }

    fn steps(
        &mut self,
        batches: Receiver<Batch>,
        journal: &Journal,
        progress: &mut dyn FnMut(&AcousticProgress) -> bool,
    ) -> Result<AcousticReport, TrainError> {
        let config = self.config;
        let shape = &config.shape;
        let networks = Networks {
            learning: Network::new(shape, &self.weights.now)?,
            mean: Network::new(shape, &self.weights.mean)?,
            first: if config.objective.own > 0.0 { Some(Network::new(shape, &self.first)?) } else { None },
        };
        let limits = Limits { clip: config.optimiser.clip, weight_decay: config.optimiser.weight_decay };
        let (before, start) = (self.state.seconds, Instant::now());
        let mut sums = Sums::default();
        let mut interrupted = false;
        while config.budget.spent(self.state.step, self.state.seconds) < 1.0 && !interrupted {
            let Ok(batch) = batches.recv() else {
                return Err(TrainError::TooLittle("the thread that makes batches has died".into()));
            };
            let step = self.state.step;
            let (loss, losses) = networks.loss(&batch, self.corpus.bands, &config.objective, self.device)?;
            if !losses.total.is_finite() {
                return Err(TrainError::Diverged { loss: losses.total, step });
            }
            let spent = config.budget.spent(step, self.state.seconds);
            let rate = config.optimiser.learning_rate * optimiser::share(config.optimiser.warm_up, spent, step);
            // A batch of which nothing is known teaches nothing.
            if loss.requires_grad() {
                loss.f_backward()?;
                let (norm, _) = self.weights.optimiser.step(&self.weights.now, step + 1, rate, &limits)?;
                if !norm.is_finite() {
                    return Err(TrainError::Diverged { loss: norm, step });
                }
                sums.norm += norm;
            }
            optimiser::average(&self.weights.mean, &self.weights.now, config.optimiser.average, step)?;
            sums.add(&losses);
            self.state.step += 1;
            self.state.seconds = before + start.elapsed().as_secs_f64();
            let spent = config.budget.spent(self.state.step, self.state.seconds);
            let seconds_left = self.state.seconds * (1.0 - spent) / spent.max(1e-9);
            interrupted = !progress(&AcousticProgress::Step { step: self.state.step, losses, seconds_left });
            if self.state.step.is_multiple_of(config.epoch) || spent >= 1.0 || interrupted {
                self.epoch(&std::mem::take(&mut sums), rate, &networks.mean, journal, progress)?;
            }
        }
        drop(batches);
        Ok(AcousticReport {
            out: config.out.clone(),
            steps: self.state.step,
            seconds: self.state.seconds,
            best: self.state.best.map(|best| (best, self.state.best_step)),
            before: self.before,
            after: self.after,
            interrupted,
            left_out: self.corpus.left_out.clone(),
        })
    }

    /// Evaluates the running mean of the weights, logs it, writes it where it is the best so far, and saves the state.
    fn epoch(
        &mut self,
        sums: &Sums,
        rate: f64,
        mean: &Network,
        journal: &Journal,
        progress: &mut dyn FnMut(&AcousticProgress) -> bool,
    ) -> Result<(), TrainError> {
        let config = self.config;
        let figures = self.dev.figures(mean)?;
        let losses = sums.mean();
        let score = figures.score(config.objective == AcousticObjective::default());
        let best = self.state.best.is_none_or(|best| score > best);
        if best {
            (self.state.best, self.state.best_step) = (Some(score), self.state.step);
            self.after = figures;
            let note = format!("objective {}, {} steps", config.objective, self.state.step);
            write(&config.out, &config.shape, &note, &self.weights.mean, config.run.precision)?;
        }
        self.row(journal, &losses, (rate, sums.norm / sums.steps.max(1) as f64), &figures)?;
        self.weights.save(&config.out, STATE, &config.shape, &self.state)?;
        progress(&AcousticProgress::Epoch { step: self.state.step, losses, figures, best });
        Ok(())
    }

    fn journal(&self) -> Result<Journal, TrainError> {
        let losses = AcousticLosses::default().named().map(|(name, _)| format!(",{name}")).concat();
        let figures = AcousticFigures::default().named().map(|(name, _)| format!(",dev {name}")).concat();
        let columns = format!("step,seconds,learning_rate,gradient_norm{losses}{figures}");
        Journal::open(&beside(&self.config.out, ".csv"), &columns, self.state.step)
    }

    fn row(
        &self,
        journal: &Journal,
        losses: &AcousticLosses,
        (rate, norm): (f64, f64),
        figures: &AcousticFigures,
    ) -> Result<(), TrainError> {
        let mut cells = vec![
            self.state.step.to_string(),
            format!("{:.1}", self.state.seconds),
            format!("{rate:.3e}"),
            format!("{norm:.4}"),
        ];
        let values = losses.named().into_iter().chain(figures.named()).map(|(_, value)| value);
        cells.extend(values.map(|value| value.map(|value| format!("{value:.5}")).unwrap_or_default()));
        journal.row(&cells)
    }
}

/// Sums of losses over an epoch, each over the steps that had it.
#[derive(Default)]
struct Sums {
    sums: [(f64, u32); 6],
    norm: f64,
    steps: u32,
}

impl Sums {
    fn add(&mut self, losses: &AcousticLosses) {
        for ((sum, count), (_, value)) in self.sums.iter_mut().zip(losses.named()) {
            if let Some(value) = value {
                *sum += value;
                *count += 1;
            }
        }
        self.steps += 1;
    }

    fn mean(&self) -> AcousticLosses {
        let [total, teacher, phones, thirds, agreement, own] =
            self.sums.map(|(sum, count)| (count > 0).then(|| sum / f64::from(count)));
        AcousticLosses { total: total.unwrap_or(0.0), teacher, phones, thirds, agreement, own }
    }
}

/// Settings and data in one short text: a state goes on only with its own.
fn digest(config: &AcousticTrainConfig, corpus: &Corpus) -> String {
    let mut hasher = blake3::Hasher::new();
    let same = AcousticTrainConfig { out: Default::default(), ..config.clone() };
    hasher.update(serde_json::to_string(&same).unwrap_or_default().as_bytes());
    for utterance in corpus.train.iter().chain(&corpus.dev) {
        hasher.update(utterance.name.as_bytes());
        hasher.update(&(utterance.frames as u64).to_le_bytes());
    }
    hasher.update(KIND.as_bytes());
    hasher.finalize().to_hex()[..16].to_string()
}
