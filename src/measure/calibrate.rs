//! Fits the confidence of hits: what was searched for is known, so that each hit is right or wrong.

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::qbe::places;
use crate::{
    audio::SAMPLE_RATE,
    engine::{
        ClipInput, Collection, Engine, EngineError, Event, Hit, IndexOptions, Manifest, Observer, Problem, Query, Row,
        Watch, Work,
    },
    eval::{self, Bin, Goodness, Token, Utterance, Weights, goodness, reliability},
    pipeline::{Inputs, find},
    search::{Calibration, Evidence, Logistic, probability},
};

/// Hits of a query that are looked at.
const HITS: usize = 20;
/// Parts of the queries that are held out in turn.
const FOLDS: usize = 5;
/// Seconds of a file of negatives of which no stretch is named.
const STRETCH: f64 = 3.0;
/// Pairs of clips that are put together, at most.
const PAIRS: usize = 300;
/// Pieces of the recordings that are searched for, at most, and their lengths in seconds in turn.
const PIECES: usize = 200;
const PIECE_SECONDS: [f64; 5] = [0.4, 0.6, 0.8, 1.0, 1.5];

/// What a calibration is fitted on.
#[derive(Clone, Copy, Debug)]
pub struct CalibrateOptions<'a> {
    /// Clips with the word that each is and its speaker; words that no recording says teach what chance looks like.
    pub queries: &'a [Manifest],
    /// What is searched, with what is said and its speaker.
    pub recordings: &'a Manifest,
    /// Sounds that are nowhere in the recordings: no hit of them is right.
    pub negatives: &'a [Row],
    /// Also fit the confidence of pairs of clips by two speakers together.
    pub together: bool,
}

/// How the fit of one kind of query went.
#[derive(Debug, Serialize)]
pub struct CalibrationFigures {
    /// The kind, as the calibration names it.
    pub model: &'static str,
    /// Hits that it was fitted on.
    pub rows: usize,
    /// How many of them were right.
    pub right: usize,
    /// The calibration that was in use, on the same hits.
    pub before: Option<Goodness>,
    /// The new one, on hits of queries that were held out; none where there was too little to fit on.
    pub after: Option<Goodness>,
    /// Of the same hits, by tenths of the probability.
    pub reliability: Vec<Bin>,
}

impl fmt::Display for CalibrationFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} hits, {} of them right", self.model, self.rows, self.right)?;
        for (name, good) in [("in use", self.before), ("new", self.after)] {
            match good {
                Some(Goodness { auc, calibration_error, log_loss }) => write!(
                    f,
                    "\n  {name:<6}  AUC {auc:.4}  calibration error {calibration_error:.4}  log loss {log_loss:.4}"
                )?,
                None => write!(f, "\n  {name:<6}  too few right hits to measure")?,
            }
        }
        if !self.reliability.is_empty() {
            write!(f, "\n  probability  right   hits")?;
        }
        for bin in self.reliability.iter().filter(|bin| bin.rows > 0) {
            write!(f, "\n  {:11.2}  {:5.2}  {:5}", bin.probability, bin.right, bin.rows)?;
        }
        Ok(())
    }
}

/// Hits of one kind of query.
#[derive(Default)]
struct Sample {
    /// What is known of each, whether it is right, and the number of its query.
    rows: Vec<(Evidence, bool, usize)>,
}

/// The labelled sets.
struct Sets<'a> {
    options: &'a CalibrateOptions<'a>,
    tokens: Vec<Token>,
    utterances: Vec<Utterance>,
    places: HashMap<PathBuf, Vec<usize>>,
}

/// The rows of negatives: those of a manifest (.tsv), a recording, or all recordings below a folder. `report` hears of what cannot be
/// looked into.
///
/// # Errors
/// Where a manifest cannot be read.
pub fn negatives(path: &Path, report: &mut dyn FnMut(String)) -> Result<Vec<Row>, EngineError> {
    let list = path.extension().is_some_and(|ending| ending == "tsv" || ending == "txt");
    let mut rows = if list {
        Manifest::read(path)?.rows
    } else {
        let mut inputs = Inputs::default();
        find(path, &mut inputs, &mut |cause| report(cause.to_string()));
        inputs.recordings.iter().map(|path| Row::of_path(path)).collect()
    };
    for row in &mut rows {
        if row.start.is_none() && row.end.is_none() {
            row.end = Some(STRETCH);
        }
    }
    Ok(rows)
}

/// Indexes the recordings with `engine`, searches for every query and fits a calibration; what there is too little of keeps its numbers.
/// Features and limits are those of the calibration in use.
///
/// # Errors
/// Where a list has not the columns that it needs, the store cannot be filled or searched, or the observer asked to stop.
pub fn calibrate(
    engine: &Engine,
    options: &CalibrateOptions<'_>,
    observer: &mut impl Observer,
) -> Result<(Calibration, Vec<CalibrationFigures>), EngineError> {
    let rows = &options.recordings.rows;
    let mut tokens = Vec::new();
    for list in options.queries {
        let (words, speakers) = list.labels_and_speakers()?;
        tokens.extend(words.into_iter().zip(speakers).map(|(label, speaker)| Token { label, speaker }));
    }
    let (texts, speakers) = options.recordings.labels_and_speakers()?;
    let paths: Vec<&Path> = rows.iter().map(|row| row.path.as_path()).collect();
    if engine.index(&paths, &IndexOptions::of(Collection::Audio), observer)?.interrupted {
        return Err(EngineError::Interrupted);
    }
    let mut calibration = engine.calibration()?;
    let segments = engine.segments()?;
    let (places, known) = places(rows, engine)?;
    // What cannot be read at all is no recording that could be found.
    let said = texts.iter().zip(&speakers).zip(&known).filter(|(_, known)| **known);
    let utterances = said.map(|((text, who), _)| Utterance::new(text, who)).collect();
    let sets = Sets { options, tokens, utterances, places };
    let mut watch = Watch::new(observer);
    let mut figures = Vec::new();
    let mut fit = |model: &'static str, logistic: &mut Logistic, sample: &Sample| {
        figures.push(fitted(model, logistic, sample, segments));
    };
    let clips = sets.clips(engine, &mut watch, true)?;
    fit("clip", &mut calibration.models.clip, &clips);
    let pieces = sets.pieces(engine, &mut watch)?;
    fit("same_sound", &mut calibration.models.same_sound, &pieces);
    if options.together {
        let pairs = sets.pairs(engine, &mut watch)?;
        fit("examples", &mut calibration.models.examples, &pairs);
    }
    let words = sets.written(engine, &mut watch)?;
    fit("text", &mut calibration.models.text, &words);
    let spans = sets.clips(engine, &mut watch, false)?;
    fit("span", &mut calibration.models.span, &spans);
    calibration.note = format!(
        "Fitted on {} queries and {} sounds that are nowhere in {} recordings ({segments} segments).",
        sets.tokens.len(),
        options.negatives.len(),
        rows.len()
    );
    Ok((calibration, figures))
}

/// Fits one model to its sample, where that has right and wrong hits in every fold, and measures it.
fn fitted(model: &'static str, logistic: &mut Logistic, sample: &Sample, segments: usize) -> CalibrationFigures {
    // Where it needs something that is not there, there is no probability to be fitted.
    let possible = |evidence: &Evidence| logistic.log_odds(evidence, segments).is_finite();
    let rows: Vec<_> = sample.rows.iter().filter(|(evidence, ..)| possible(evidence)).collect();
    let right: Vec<bool> = rows.iter().map(|(_, right, _)| *right).collect();
    let before: Vec<f64> =
        rows.iter().map(|(evidence, ..)| f64::from(probability(logistic.log_odds(evidence, segments)))).collect();
    let row = |(evidence, right, group): &&(Evidence, bool, usize)| eval::Row {
        inputs: logistic.factors.iter().map(|factor| f64::from(factor.input(evidence))).collect(),
        right: *right,
        group: *group,
    };
    let table: Vec<eval::Row> = rows.iter().map(row).collect();
    let held_out = Weights::cross_validated(&table, FOLDS);
    let after = held_out.as_ref().and_then(|values| goodness(values, &right));
    if let Some(weights) = after.and_then(|_| Weights::fit(&table)) {
        logistic.offset = weights.offset as f32;
        logistic.factors.iter_mut().zip(&weights.weights).for_each(|(factor, weight)| factor.weight = *weight as f32);
        logistic.segments = logistic.segments.map(|_| segments as f32);
    }
    CalibrationFigures {
        model,
        rows: rows.len(),
        right: right.iter().filter(|right| **right).count(),
        before: goodness(&before, &right),
        after,
        reliability: held_out.map_or(Vec::new(), |values| reliability(&values, &right).to_vec()),
    }
}

fn clip(row: &Row) -> ClipInput {
    ClipInput::file(&row.path).between(row.start, row.end)
}

impl Sets<'_> {
    /// Searches for each query; `judge` says of a hit of query n whether it is right, `None` where it does not count.
    fn sample(
        &self,
        engine: &Engine,
        watch: &mut Watch<'_>,
        queries: Vec<Query>,
        judge: impl Fn(usize, &Hit) -> Option<bool>,
    ) -> Result<Sample, EngineError> {
        let queries: Vec<Query> =
            queries.into_iter().map(|query| query.k(HITS).per_file(true).min_confidence(0.0)).collect();
        let prepared = engine.prepare(&queries, watch.stop().flag())?;
        watch.check()?;
        let (mut sample, of) = (Sample::default(), prepared.len());
        watch.begin(Work::Queries, of);
        for (number, query) in prepared.into_iter().enumerate() {
            match query {
                Ok(query) => {
                    for hit in &*engine.ask(&query)? {
                        if let (Some(right), Some(evidence)) = (judge(number, hit), hit.evidence) {
                            sample.rows.push((evidence, right, number));
                        }
                    }
                }
                Err(cause) => Problem::of_clips(cause)?.into_iter().for_each(|problem| watch.problem(problem)),
            }
            watch.emit(&Event::Progress { work: Work::Queries, done: number + 1, of, amount: 0.0 });
        }
        watch.end(Work::Queries);
        Ok(sample)
    }

    /// Whether a recording says a word by another speaker than these; `None` where it is by one of them.
    fn says(&self, hit: &Hit, tokens: &[&Token]) -> Option<bool> {
        let utterance = &self.utterances[*self.places.get(&hit.path)?.first()?];
        let all = tokens.iter().map(|token| utterance.relevant(token)).collect::<Option<Vec<bool>>>()?;
        all.first().copied()
    }

    /// The queries, and the negatives, of which no hit is right.
    fn clips(&self, engine: &Engine, watch: &mut Watch<'_>, rescore: bool) -> Result<Sample, EngineError> {
        let rows = self.options.queries.iter().flat_map(|list| &list.rows).chain(self.options.negatives);
        let queries = rows.map(|row| Query::clip(clip(row)).rescore(rescore)).collect();
        let judge = |number: usize, hit: &Hit| match self.tokens.get(number) {
            Some(token) => self.says(hit, &[token]),
            None => Some(false),
        };
        self.sample(engine, watch, queries, judge)
    }

    /// The words of the queries, each once, written.
    fn written(&self, engine: &Engine, watch: &mut Watch<'_>) -> Result<Sample, EngineError> {
        let mut labels: Vec<&str> = self.tokens.iter().map(|token| token.label.as_str()).collect();
        labels.sort_unstable();
        labels.dedup();
        let nobody = |label: &&str| Token { label: (*label).to_owned(), speaker: String::new() };
        let tokens: Vec<Token> = labels.iter().map(nobody).collect();
        let queries = labels.iter().map(|label| Query::words(*label)).collect();
        self.sample(engine, watch, queries, |number, hit| self.says(hit, &[&tokens[number]]))
    }

    /// Pairs of clips of one word by two speakers.
    fn pairs(&self, engine: &Engine, watch: &mut Watch<'_>) -> Result<Sample, EngineError> {
        let mut by_label: HashMap<&str, usize> = HashMap::new();
        let mut pairs = Vec::new();
        for (number, token) in self.tokens.iter().enumerate() {
            match by_label.remove(token.label.as_str()) {
                Some(other) if self.tokens[other].speaker != token.speaker => pairs.push((other, number)),
                Some(other) => drop(by_label.insert(&token.label, other)),
                None => drop(by_label.insert(&token.label, number)),
            }
        }
        pairs.truncate(PAIRS);
        let rows: Vec<&Row> = self.options.queries.iter().flat_map(|list| &list.rows).collect();
        let queries = pairs.iter().map(|&(one, other)| Query::examples([clip(rows[one]), clip(rows[other])]));
        let queries: Vec<Query> = queries.collect();
        self.sample(engine, watch, queries, |number, hit| {
            let (one, other) = pairs[number];
            self.says(hit, &[&self.tokens[one], &self.tokens[other]])
        })
    }

    /// Pieces of the recordings themselves, which are right where they were cut, and the negatives.
    fn pieces(&self, engine: &Engine, watch: &mut Watch<'_>) -> Result<Sample, EngineError> {
        let lengths = engine.lengths()?;
        let mut cut = Vec::new();
        for (number, (path, seconds)) in lengths.iter().enumerate().take(PIECES) {
            let length = PIECE_SECONDS[number % PIECE_SECONDS.len()];
            // Anywhere, but the same in every run: by the golden ratio.
            let share = (number as f64 * 0.618_033_988_75).fract();
            if *seconds > length {
                let start = share * (seconds - length);
                cut.push((path, start, start + length));
            }
        }
        let piece = |(path, start, end): &(&PathBuf, f64, f64)| {
            Query::clip(ClipInput::file(path.as_path()).between(Some(*start), Some(*end)))
        };
        let negative = |row: &Row| Query::clip(clip(row));
        let queries = cut.iter().map(piece).chain(self.options.negatives.iter().map(negative)).collect();
        self.sample(engine, watch, queries, |number, hit| {
            let Some((path, start, end)) = cut.get(number) else { return Some(false) };
            let (from, to) = (hit.span.start as f64, hit.span.end() as f64);
            let rate = f64::from(SAMPLE_RATE);
            let shared = (to / rate).min(*end) - (from / rate).max(*start);
            Some(hit.path == **path && shared > 0.5 * (end - start))
        })
    }
}
