//! Query by example: does a word find the recordings in which another speaker says it?

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    time::Instant,
};

use serde::Serialize;

use crate::{
    baseline::WarpedBaseline,
    engine::{
        ClipInput, Collection, Engine, EngineError, Event, Hit, IndexOptions, Manifest, Observer, PreparedQuery,
        Problem, Query, Row, Watch, Work,
    },
    eval::{Detecting, Detection, QueryByExample, Token, Utterance, detecting, query_by_example},
    pipeline::{Keys, read_available},
};

/// Hits asked for, as the figures are defined: what is not among them earns nothing.
const HITS: usize = 1_000;

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub struct QbeOptions<'a> {
    /// The queries, with the word that each is and its speaker.
    pub queries: &'a Manifest,
    /// What is searched, with what is said and its speaker.
    pub recordings: &'a Manifest,
    /// Also query by the written words.
    pub written: bool,
    /// Also align every query with every recording by DTW over MFCC.
    pub warped: bool,
}

/// The figures of one method.
#[derive(Debug, Serialize)]
pub struct QbeFigures {
    /// Its name.
    pub method: &'static str,
    /// How well it ranks.
    #[serde(flatten)]
    pub figures: QueryByExample,
    /// What a detector by its confidence would be worth.
    #[serde(flatten)]
    pub detecting: Option<Detecting>,
    /// Seconds a query, its own encoding left out.
    pub seconds: f64,
}

/// What was returned for an utterance.
#[derive(Clone, Copy)]
struct Answer {
    score: f32,
    confidence: f32,
}

/// The labelled sets.
struct Sets<'a> {
    options: &'a QbeOptions<'a>,
    tokens: Vec<Token>,
    utterances: Vec<Utterance>,
    /// The recordings that could be read.
    rows: Vec<Row>,
    /// Which utterances each recording of the store is.
    places: HashMap<PathBuf, Vec<usize>>,
}

/// Indexes the recordings with `engine` and measures every method.
///
/// # Errors
/// Where a list has not the columns that it needs, the store cannot be filled or searched, or the observer asked to stop.
pub fn measure_qbe(
    engine: &Engine,
    options: &QbeOptions<'_>,
    observer: &mut impl Observer,
) -> Result<Vec<QbeFigures>, EngineError> {
    let rows = &options.recordings.rows;
    let (words, speakers) = options.queries.labels_and_speakers()?;
    let token = |(label, speaker)| Token { label, speaker };
    let tokens: Vec<Token> = words.into_iter().zip(speakers).map(token).collect();
    let (texts, speakers) = options.recordings.labels_and_speakers()?;
    let paths: Vec<&Path> = rows.iter().map(|row| row.path.as_path()).collect();
    let indexed = engine.index(&paths, &IndexOptions::of(Collection::Audio), observer)?;
    if indexed.interrupted {
        return Err(EngineError::Interrupted);
    }
    let (places, known) = places(rows, engine)?;
    // What cannot be read at all is no recording that could be found.
    let said = texts.iter().zip(&speakers).zip(&known).filter(|(_, known)| **known);
    let utterances: Vec<Utterance> = said.map(|((text, who), _)| Utterance::new(text, who)).collect();
    let rows: Vec<Row> = rows.iter().zip(&known).filter(|(_, known)| **known).map(|(row, _)| row.clone()).collect();
    if rows.is_empty() {
        return Err(EngineError::Request("none of the recordings can be read".into()));
    }
    let sets = Sets { options, tokens, utterances, rows, places };
    let mut watch = Watch::new(observer);
    let clip = |row: &Row| Query::clip(ClipInput::file(&row.path).between(row.start, row.end));
    let mut clips = sets.prepare(engine, options.queries.rows.iter().map(clip), &mut watch)?;
    let mut lines = Vec::new();
    for (method, rescore) in [("spans", false), ("reranked", true)] {
        clips.iter_mut().flatten().for_each(|query| query.rescore(rescore));
        lines.push(sets.measure(engine, method, &clips, &mut watch)?);
    }
    if options.written {
        let words = sets.tokens.iter().map(|token| Query::words(&token.label));
        let words = sets.prepare(engine, words, &mut watch)?;
        lines.push(sets.measure(engine, "written", &words, &mut watch)?);
    }
    if options.warped {
        lines.push(sets.warped(&mut watch)?);
    }
    Ok(lines)
}

/// Which utterances each file is, by the path that hits have.
type Places = HashMap<PathBuf, Vec<usize>>;

/// The places of the rows that are in the store, and of each row whether it is in the store.
pub(super) fn places(rows: &[Row], engine: &Engine) -> Result<(Places, Vec<bool>), EngineError> {
    let keys = Keys::new(engine.path()).map_err(|cause| EngineError::Io { path: engine.path().to_owned(), cause })?;
    let audio = engine.sources()?.into_iter().filter(|contents| contents.collection == Collection::Audio);
    let held: HashSet<PathBuf> = audio.flat_map(|contents| contents.sources).map(|source| source.path).collect();
    let (mut places, mut known, mut number) = (HashMap::new(), Vec::with_capacity(rows.len()), 0);
    for row in rows {
        let path = keys.key(&row.path).ok().map(|key| keys.shown(&key)).filter(|path| held.contains(path));
        known.push(path.is_some());
        if let Some(path) = path {
            places.entry(path).or_insert_with(Vec::new).push(number);
            number += 1;
        }
    }
    Ok((places, known))
}

impl Sets<'_> {
    /// A query that cannot be read is a query that finds nothing.
    fn prepare(
        &self,
        engine: &Engine,
        queries: impl Iterator<Item = Query>,
        watch: &mut Watch<'_>,
    ) -> Result<Vec<Option<PreparedQuery>>, EngineError> {
        let queries: Vec<Query> = queries.map(|query| query.k(HITS).per_file(true)).collect();
        let prepared = engine.prepare(&queries, watch.stop().flag())?;
        watch.check()?;
        let mut usable = Vec::with_capacity(prepared.len());
        for query in prepared {
            match query {
                Ok(query) => {
                    for problem in query.problems() {
                        watch.emit(&Event::Problem(problem));
                    }
                    usable.push(Some(query));
                }
                Err(cause) => {
                    Problem::of_clips(cause)?.into_iter().for_each(|problem| watch.problem(problem));
                    usable.push(None);
                }
            }
        }
        Ok(usable)
    }

    fn measure(
        &self,
        engine: &Engine,
        method: &'static str,
        queries: &[Option<PreparedQuery>],
        watch: &mut Watch<'_>,
    ) -> Result<QbeFigures, EngineError> {
        let (begun, of) = (Instant::now(), queries.len());
        let mut rows = Vec::with_capacity(of);
        watch.begin(Work::Queries, of);
        for query in queries {
            rows.push(match query {
                Some(query) => self.answers(&engine.ask(query)?),
                None => vec![None; self.utterances.len()],
            });
            watch.emit(&Event::Progress { work: Work::Queries, done: rows.len(), of, amount: 0.0 });
        }
        watch.end(Work::Queries);
        let seconds = begun.elapsed().as_secs_f64() / of as f64;
        let mut detections = Vec::new();
        for (query, row) in rows.iter().enumerate() {
            for (at, answer) in row.iter().enumerate().filter_map(|(at, answer)| Some((at, (*answer)?))) {
                let right = self.utterances[at].relevant(&self.tokens[query]);
                detections.extend(right.map(|right| Detection { query, confidence: answer.confidence, right }));
            }
        }
        let scores: Vec<Vec<Option<f32>>> =
            rows.iter().map(|row| row.iter().map(|answer| answer.map(|answer| answer.score)).collect()).collect();
        let figures = query_by_example(&scores, &self.tokens, &self.utterances);
        let hours: f64 = engine.sources()?.iter().map(|contents| contents.seconds()).sum::<f64>() / 3600.0;
        let detecting = Some(detecting(&detections, &self.wanted(), hours));
        Ok(QbeFigures { method, figures, detecting, seconds })
    }

    /// How many utterances are right for each query.
    fn wanted(&self) -> Vec<usize> {
        let right = |query: &Token| self.utterances.iter().filter(|one| one.relevant(query) == Some(true)).count();
        self.tokens.iter().map(right).collect()
    }

    /// The best answer of every utterance that was returned.
    fn answers(&self, hits: &[Hit]) -> Vec<Option<Answer>> {
        let mut row: Vec<Option<Answer>> = vec![None; self.utterances.len()];
        // Best first, so that the first of a recording is its best.
        for hit in hits {
            for &at in self.places.get(&hit.path).into_iter().flatten() {
                let confidence = hit.confidence.unwrap_or_default();
                row[at].get_or_insert(Answer { score: hit.score, confidence });
            }
        }
        row
    }

    /// The baseline: every query along every recording.
    fn warped(&self, watch: &mut Watch<'_>) -> Result<QbeFigures, EngineError> {
        let mut baseline = WarpedBaseline::new();
        for row in &self.rows {
            baseline.push(&read_available(&row.path)?.0);
        }
        let queries = &self.options.queries.rows;
        let (mut rows, mut seconds, of) = (Vec::new(), 0.0, queries.len());
        watch.begin(Work::Queries, of);
        for row in queries {
            // What is wrong with it was reported when it was prepared.
            let Ok((samples, _)) = read_available(&row.path) else {
                rows.push(vec![None; self.rows.len()]);
                continue;
            };
            let query = baseline.query(&samples, row.start.unwrap_or(0.0), row.end.unwrap_or(f64::INFINITY));
            let begun = Instant::now();
            rows.push(baseline.scores(&query).into_iter().map(Some).collect());
            seconds += begun.elapsed().as_secs_f64();
            watch.emit(&Event::Progress { work: Work::Queries, done: rows.len(), of, amount: 0.0 });
        }
        watch.end(Work::Queries);
        let figures = query_by_example(&rows, &self.tokens, &self.utterances);
        Ok(QbeFigures { method: "dtw", figures, detecting: None, seconds: seconds / of as f64 })
    }
}
