//! What one step of training sees: disturbed crops, and what is to be given for every 40 ms of them.

use rayon::prelude::*;

use super::{
    super::{AcousticTrainConfig, REDUCTION},
    corpus::{Corpus, Utterance},
    phones::{UNKNOWN, output_of},
};
use crate::encoder::{
    random::Random,
    train::augment::{View, distort},
};

/// What stands for a class or an output that is not known.
pub const NOT_KNOWN: i64 = -1;
/// From the beginning of a log-mel frame to its middle, in frames: where it stands in time.
const MIDDLE: f32 = 1.25;

/// Crops of one length; every array is row by row. A step is 40 ms.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Batch {
    pub rows: usize,
    /// Log-mel frames of a crop, and its acoustic frames.
    pub frames: usize,
    pub steps: usize,
    /// Log-mel, disturbed, `[rows, frames, bands]`.
    pub input: Vec<f32>,
    /// Targets `[rows, steps, dimension]`, and 1 where there is one, `[rows, steps]`.
    pub targets: Vec<f32>,
    pub taught: Vec<f32>,
    /// The output of the phone head and the class of each step, or [`NOT_KNOWN`]: `[rows, steps]`.
    pub phones: Vec<i64>,
    pub classes: Vec<i64>,
    /// Rows that hold a whole recording whose transcript alone is known: the row, its steps, its phones.
    pub transcripts: Vec<(usize, usize, Vec<i64>)>,
    /// The surroundings of the first rows.
    pub surroundings: Option<Surroundings>,
}

/// What lies around crops, undisturbed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Surroundings {
    pub rows: usize,
    pub frames: usize,
    /// Log-mel, `[rows, frames, bands]`.
    pub input: Vec<f32>,
    /// For each step of the crops the step of the surroundings before it, how far beyond that it lies, and 1 where it lies inside:
    /// `[rows, steps]`.
    pub before: Vec<i64>,
    pub share: Vec<f32>,
    pub inside: Vec<f32>,
}

/// Draws batches; batch N is a pure function of the corpus, the settings and N.
#[derive(Debug, Clone)]
pub(super) struct Sampler<'a> {
    corpus: &'a Corpus,
    config: &'a AcousticTrainConfig,
    from: &'a [Utterance],
    /// Recordings of the most frequent language, and of the others, each with the running sum of its chances.
    sides: [(Vec<usize>, Vec<f64>); 2],
}

/// What lies around one crop: input, frames before it, share of each frame, and which are inside.
type Around = (Vec<f32>, Vec<i64>, Vec<f32>, Vec<f32>);

/// A crop with what is asked of it.
struct Crop {
    input: Vec<f32>,
    targets: Vec<f32>,
    taught: Vec<f32>,
    phones: Vec<i64>,
    classes: Vec<i64>,
    transcript: Option<(usize, Vec<i64>)>,
    around: Option<Around>,
}

impl<'a> Sampler<'a> {
    /// Draws from the recordings `from` of a corpus.
    pub fn new(corpus: &'a Corpus, from: &'a [Utterance], config: &'a AcousticTrainConfig) -> Self {
        let mut of_speaker = std::collections::HashMap::new();
        from.iter().for_each(|u| *of_speaker.entry((u.other, u.speaker.as_str())).or_insert(0.0) += u.frames as f64);
        let side = |other: bool| {
            let members: Vec<usize> = (0..from.len()).filter(|&at| from[at].other == other).collect();
            let mut sum = 0.0;
            // Speakers of many recordings count for more, but less than in proportion.
            let chance = |&at: &usize| from[at].frames as f64 / of_speaker[&(other, from[at].speaker.as_str())].sqrt();
            let chances = members.iter().map(|at| {
                sum += chance(at);
                sum
            });
            let chances = chances.collect();
            (members, chances)
        };
        Self { corpus, config, from, sides: [side(false), side(true)] }
    }

    fn draw(&self, random: &mut Random) -> &'a Utterance {
        let [same, other] = &self.sides;
        let foreign = random.chance(self.config.crops.other_languages);
        let (members, chances) = if (foreign && !other.0.is_empty()) || same.0.is_empty() { other } else { same };
        &self.from[members[random.weighted(chances)]]
    }

    /// Batch `number` of a stream.
    pub fn batch(&self, stream: u64, number: u64) -> Batch {
        let crops = &self.config.crops;
        let mut random = Random::new(&[self.config.run.seed, stream, number]);
        let (shortest, longest) = (crops.length.0 as f32, crops.length.1.max(crops.length.0) as f32);
        let length = (shortest.ln() + random.unit() * (longest / shortest).ln()).exp();
        let frames = (length as usize / REDUCTION).max(1) * REDUCTION;
        let rows = (crops.frames / frames).max(1);
        let surroundings = crops.surroundings.max(frames) / REDUCTION * REDUCTION;
        let compared = match self.config.objective.compares() {
            true => (crops.frames / surroundings).clamp(1, rows),
            false => 0,
        };
        let drawn: Vec<Crop> = (0..rows)
            .into_par_iter()
            .map(|row| {
                let mut random = Random::new(&[self.config.run.seed, stream, number, row as u64]);
                let utterance = self.draw(&mut random);
                let babble = self.draw(&mut random);
                self.crop(utterance, babble, frames, Some(surroundings).filter(|_| row < compared), &mut random)
            })
            .collect();
        self.together(drawn, frames, surroundings)
    }

    fn together(&self, crops: Vec<Crop>, frames: usize, surroundings: usize) -> Batch {
        let mut batch = Batch { rows: crops.len(), frames, steps: frames.div_ceil(REDUCTION), ..Batch::default() };
        let mut around = Surroundings {
            rows: 0,
            frames: surroundings,
            input: Vec::new(),
            before: Vec::new(),
            share: Vec::new(),
            inside: Vec::new(),
        };
        for (row, crop) in crops.into_iter().enumerate() {
            batch.input.extend(crop.input);
            batch.targets.extend(crop.targets);
            batch.taught.extend(crop.taught);
            batch.phones.extend(crop.phones);
            batch.classes.extend(crop.classes);
            batch.transcripts.extend(crop.transcript.map(|(steps, phones)| (row, steps, phones)));
            if let Some((input, before, share, inside)) = crop.around {
                around.rows += 1;
                around.input.extend(input);
                around.before.extend(before);
                around.share.extend(share);
                around.inside.extend(inside);
            }
        }
        batch.surroundings = Some(around).filter(|around| around.rows > 0);
        batch
    }

    /// `frames` log-mel frames from anywhere in a recording, at another speed; where it is too short there is quiet around it.
    fn crop(
        &self,
        utterance: &Utterance,
        babble: &Utterance,
        frames: usize,
        surroundings: Option<usize>,
        random: &mut Random,
    ) -> Crop {
        let (crops, bands, augment) = (&self.config.crops, self.corpus.bands, &self.config.augment);
        let speed = random.uniform(crops.speed.0, crops.speed.1);
        let wanted = frames as f32 * speed;
        let spare = utterance.frames as f32 - 1.0 - wanted;
        // Between two frames, or before the recording where that is too short.
        let start = spare * random.unit();
        let places: Vec<f32> = (0..frames).map(|frame| start + frame as f32 * speed).collect();
        let input = resampled(utterance, bands, &places, random);
        let babbled = random.chance(augment.babble.0).then(|| babble.rows(bands, 0, babble.frames.min(frames)));
        let view = View { end: frames, data: input, begin: 0 };
        let mut input = distort(&view, bands, babbled.as_deref(), augment, random).data;
        if random.chance(crops.hidden.0) && crops.hidden.1 > 0 && frames > 4 * crops.hidden.1 {
            let count = 1 + random.below(crops.hidden.1);
            let from = random.below(frames - count);
            let mean = input.iter().sum::<f32>() / input.len().max(1) as f32;
            input[from * bands..(from + count) * bands].fill(mean);
        }
        let at_steps: Vec<f32> = places.iter().copied().step_by(REDUCTION).collect();
        let (targets, taught) = self.targets(utterance, &at_steps);
        let classes: Vec<u8> = at_steps.iter().map(|&place| class_at(utterance, place)).collect();
        let outputs = classes.iter().map(|&class| output_of(class)).collect();
        let numbers =
            classes.iter().map(|&class| if class == UNKNOWN { NOT_KNOWN } else { i64::from(class) }).collect();
        let whole = spare <= 0.0 && !utterance.transcript.is_empty();
        let transcript = whole.then(|| (at_steps.len(), utterance.transcript.clone()));
        let around = surroundings.map(|length| {
            // The crop lies somewhere inside of it.
            let room = (length as f32 - wanted).max(0.0);
            let first = (start - random.unit() * room).floor();
            let places: Vec<f32> = (0..length).map(|frame| first + frame as f32).collect();
            let input = resampled(utterance, bands, &places, random);
            let steps = length.div_ceil(REDUCTION);
            let (mut before, mut share, mut inside) = (Vec::new(), Vec::new(), Vec::new());
            for place in &at_steps {
                let at = (place - first) / REDUCTION as f32;
                let encoded =
                    *place >= 0.0 && *place <= (utterance.frames - 1) as f32 && at >= 0.0 && at <= (steps - 1) as f32;
                let low = at.clamp(0.0, (steps - 1) as f32) as usize;
                before.push(low.min(steps.saturating_sub(2)) as i64);
                share.push((at - low.min(steps.saturating_sub(2)) as f32).clamp(0.0, 1.0));
                inside.push(f32::from(u8::from(encoded)));
            }
            (input, before, share, inside)
        });
        Crop { input, targets, taught, phones: outputs, classes: numbers, transcript, around }
    }

    fn targets(&self, utterance: &Utterance, places: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let Some(all) = self.corpus.targets.as_ref() else { return (Vec::new(), Vec::new()) };
        let mut targets = vec![0.0; places.len() * all.dimension];
        let mut taught = vec![0.0; places.len()];
        if let Some(target) = all.of(&utterance.name) {
            for ((place, row), taught) in places.iter().zip(targets.chunks_exact_mut(all.dimension)).zip(&mut taught) {
                let inside = *place >= 0.0 && *place < utterance.frames as f32;
                *taught = f32::from(u8::from(inside && all.at(target, place + utterance.offset as f32, row)));
            }
        }
        (targets, taught)
    }
}

fn class_at(utterance: &Utterance, place: f32) -> u8 {
    let inside = place >= 0.0;
    utterance.classes.get((place + MIDDLE) as usize).copied().filter(|_| inside).unwrap_or(UNKNOWN)
}

/// The frames of a recording at places between its own; outside of it quiet noise.
fn resampled(utterance: &Utterance, bands: usize, places: &[f32], random: &mut Random) -> Vec<f32> {
    let last = utterance.frames - 1;
    let reach = |place: f32| place.clamp(0.0, last as f32) as usize;
    let first = places.first().map_or(0, |&place| reach(place));
    let end = places.last().map_or(0, |&place| reach(place) + 2).min(utterance.frames);
    let rows = utterance.rows(bands, first, end);
    let quiet = rows.iter().copied().fold(f32::INFINITY, f32::min) + 0.5;
    let mut out = Vec::with_capacity(places.len() * bands);
    for &place in places {
        if place < 0.0 || place > last as f32 {
            out.extend((0..bands).map(|_| quiet + 0.5 * random.normal()));
            continue;
        }
        let low = reach(place).min(end - 1);
        let high = (low + 1).min(end - 1);
        let share = place - low as f32;
        let row = |at: usize| &rows[(at - first) * bands..][..bands];
        out.extend(row(low).iter().zip(row(high)).map(|(low, high)| low + share * (high - low)));
    }
    out
}
