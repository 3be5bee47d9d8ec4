//! Queries become hits.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, atomic::AtomicBool},
};

use audiosearch_index::{Collection, Embedding, Fingerprint, SourceId, SourceKey, Span};

use super::{
    ClipInput, Engine, EngineError, Hit, Hits, Notice, Problem, Query,
    query::{ClipData, QuerySettings, Subject},
};
use crate::{
    audio::{Clip, SAMPLE_RATE},
    pipeline::{ClipError, ClipTask, EmbeddedClip, channel_of, embed_query_clips, key_of_channel},
    search::{
        HitFilter, Query as SoundQuery, SearchError, SearchOptions, Searcher, SentenceOptions, Sound, query_spans,
        search_sentences,
    },
    text::{casings, one_line},
};

/// How often a store is opened again that changes while it is asked, at most.
const RETRIES: usize = 100;

/// A query whose clips were read and embedded, to be asked once or often.
#[derive(Debug)]
pub struct PreparedQuery {
    ask: Ask,
    fingerprint: Fingerprint,
    settings: QuerySettings,
    /// Which of the query's examples are used; empty where there are none.
    used: Vec<usize>,
    problems: Vec<Problem>,
}

/// A query as vectors.
#[derive(Debug)]
enum Ask {
    /// Of recordings; `not`: where the clip itself lies.
    Sound { query: Box<SoundQuery>, not: Option<(SourceKey, Span)> },
    /// Of texts; the sentence as the store's own are read.
    Sentence { text: String, ways: Vec<Embedding> },
}

impl PreparedQuery {
    /// The sentences nearest to a vector, which is one of the sentence model with this fingerprint.
    pub fn of_vector(vector: Embedding, fingerprint: Fingerprint, k: usize) -> Self {
        let ask = Ask::Sentence { text: String::new(), ways: vec![vector] };
        let settings = QuerySettings { k, ..QuerySettings::default() };
        Self { ask, fingerprint, settings, used: Vec::new(), problems: Vec::new() }
    }

    /// As [`Query::rescore`].
    pub fn rescore(&mut self, rescore: bool) {
        self.settings.rescore = rescore;
    }

    /// What it asks: recordings or texts.
    pub fn collection(&self) -> Collection {
        match self.ask {
            Ask::Sound { .. } => Collection::Audio,
            Ask::Sentence { .. } => Collection::Text,
        }
    }

    /// Which of the query's clips are used, by their places in it; empty where it was not made of clips.
    pub fn used(&self) -> &[usize] {
        &self.used
    }

    /// Examples that could not be used, or not wholly.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

/// A clip that was embedded, and where it lies.
#[derive(Clone)]
struct EmbeddedExample {
    sound: Sound,
    truncated: Option<String>,
    offset: u64,
    samples: u64,
}

impl From<EmbeddedClip> for EmbeddedExample {
    fn from(clip: EmbeddedClip) -> Self {
        let (truncated, offset, samples) = (clip.truncated.clone(), clip.offset, clip.samples);
        Self { sound: clip.into(), truncated, offset, samples }
    }
}

impl Engine {
    /// The best hits for a query, best first.
    ///
    /// # Errors
    /// Where its clip cannot be read (of several examples: none of them), or the store cannot be searched.
    pub fn search(&self, query: &Query) -> Result<Hits, EngineError> {
        let mut prepared = self.prepare(std::slice::from_ref(query), &AtomicBool::new(false))?;
        match prepared.pop() {
            Some(prepared) => {
                let prepared = prepared?;
                let mut hits = self.ask(&prepared)?;
                hits.problems = prepared.problems;
                Ok(hits)
            }
            None => Ok(Hits::default()),
        }
    }

    /// Reads and embeds what queries ask with, each file once and several at the same time; the answers stand in the order of `queries`.
    /// Once `stop` is true no further file is begun.
    ///
    /// # Errors
    /// Where the store or a model cannot be opened; and for each query, where its clips cannot be read.
    pub fn prepare(
        &self,
        queries: &[Query],
        stop: &AtomicBool,
    ) -> Result<Vec<Result<PreparedQuery, EngineError>>, EngineError> {
        let mut answers: Vec<Option<Result<PreparedQuery, EngineError>>> = queries.iter().map(|_| None).collect();
        self.prepare_sentences(queries, &mut answers)?;
        if answers.iter().any(Option::is_none) {
            self.prepare_sounds(queries, &mut answers, stop)?;
        }
        Ok(answers.into_iter().map(|answer| answer.unwrap_or(Err(EngineError::Interrupted))).collect())
    }

    fn prepare_sounds(
        &self,
        queries: &[Query],
        answers: &mut [Option<Result<PreparedQuery, EngineError>>],
        stop: &AtomicBool,
    ) -> Result<(), EngineError> {
        let searcher = self.audio()?;
        let speech = self.models.speech(Some(&searcher.schema().model))?;
        searcher.require(&speech.fingerprint())?;
        let keys = self.keys()?;
        let (inputs, numbers) = different(queries);
        let embedded = self.embed_examples(&inputs, &speech, stop)?;
        let place = |input: &ClipInput| numbers.get(&input.identity()).copied();
        for (query, answer) in queries.iter().zip(answers) {
            let settings = query.settings.clone();
            let prepared = |query, not, used, problems| PreparedQuery {
                ask: Ask::Sound { query: Box::new(query), not },
                fingerprint: speech.fingerprint(),
                settings,
                used,
                problems,
            };
            match &query.subject {
                Subject::Sentence(_) => {}
                Subject::Words(text) => {
                    let written = self.models.written(text, &speech, self.acoustic()?);
                    *answer =
                        Some(written.map(|sound| prepared(SoundQuery::Word(sound), None, Vec::new(), Vec::new())));
                }
                Subject::Clips { like, unlike } => {
                    let mut problems = Vec::new();
                    let mut causes = Vec::new();
                    let mut all = |clips: &[ClipInput], used: &mut Vec<usize>| -> Vec<EmbeddedExample> {
                        let mut good = Vec::new();
                        let answers = clips.iter().map(|clip| embedded.get(place(clip)?));
                        for (at, answer) in answers.enumerate().filter_map(|(at, answer)| Some((at, answer?))) {
                            match answer {
                                Ok(one) => {
                                    problems
                                        .extend(one.truncated.clone().map(|message| Problem::Truncated { message }));
                                    good.push(one.clone());
                                    used.push(at);
                                }
                                Err(cause) => causes.push(again(cause)),
                            }
                        }
                        good
                    };
                    let mut used = Vec::new();
                    let (good, against) = (all(like, &mut used), all(unlike, &mut Vec::new()));
                    if good.is_empty() {
                        let single = like.len() == 1 && unlike.is_empty();
                        *answer = Some(Err(match (single, causes.pop()) {
                            (true, Some(cause)) => EngineError::Clip(cause),
                            (_, last) => {
                                causes.extend(last);
                                EngineError::NoExample { causes }
                            }
                        }));
                        continue;
                    }
                    problems.extend(causes.into_iter().map(Problem::of_clip));
                    let (sound, not) = if like.len() == 1 && unlike.is_empty() {
                        let not = query.settings.exclude_self.then(|| {
                            let own = good.first()?;
                            let len = u32::try_from(own.samples).unwrap_or(u32::MAX);
                            let key = match &like.first()?.data {
                                ClipData::File(path) => key_of_channel(&keys.key(path).ok()?, like.first()?.channel),
                                _ => return None,
                            };
                            Some((key, Span { start: own.offset, len }))
                        });
                        (good.into_iter().next().map(|one| SoundQuery::Clip(one.sound)), not.flatten())
                    } else {
                        let sounds = |all: Vec<EmbeddedExample>| all.into_iter().map(|one| one.sound).collect();
                        (Some(SoundQuery::Examples { like: sounds(good), unlike: sounds(against) }), None)
                    };
                    *answer = sound.map(|sound| Ok(prepared(sound, not, used, problems)));
                }
            }
        }
        Ok(())
    }

    /// Clips as vectors, in the order given.
    fn embed_examples(
        &self,
        inputs: &[&ClipInput],
        speech: &super::Speech,
        stop: &AtomicBool,
    ) -> Result<Vec<Result<EmbeddedExample, ClipError>>, EngineError> {
        if inputs.is_empty() {
            return Ok(Vec::new());
        }
        let tasks: Vec<Result<ClipTask, ClipError>> = inputs.iter().map(|input| input.task()).collect();
        let good: Vec<ClipTask> = tasks.iter().filter_map(|task| task.as_ref().ok().cloned()).collect();
        let (encoders, jobs) = (speech.encoders()?, self.models.jobs());
        let network = self.acoustic()?;
        let mut clips = embed_query_clips(&good, encoders, jobs, stop, query_spans, network).into_iter();
        let unfinished = |task: ClipTask| Err(ClipError::Unfinished { path: task.path });
        let answer = |task: Result<ClipTask, ClipError>| {
            let task = task?;
            clips.next().unwrap_or_else(|| unfinished(task)).map(EmbeddedExample::from)
        };
        Ok(tasks.into_iter().map(answer).collect())
    }

    fn prepare_sentences(
        &self,
        queries: &[Query],
        answers: &mut [Option<Result<PreparedQuery, EngineError>>],
    ) -> Result<(), EngineError> {
        let mut texts: Vec<(usize, String)> = Vec::new();
        for (at, query) in queries.iter().enumerate() {
            let Subject::Sentence(text) = &query.subject else { continue };
            // A sentence is asked for as the store's own were read.
            match one_line(text) {
                blank if blank.is_empty() => answers[at] = Some(Err(EngineError::Blank { text: text.clone() })),
                line => texts.push((at, line)),
            }
        }
        if texts.is_empty() {
            return Ok(());
        }
        let reader = self.text()?;
        let model = self.models.text(Some(&reader.schema().model))?;
        reader.require(&model.fingerprint())?;
        let ways: Vec<Vec<String>> = texts.iter().map(|(_, text)| casings(text)).collect();
        let sentences: Vec<&str> = ways.iter().flatten().map(String::as_str).collect();
        let mut vectors = model.encode(&sentences, |_| ())?.into_iter();
        for ((at, text), ways) in texts.into_iter().zip(ways) {
            let ways = vectors.by_ref().take(ways.len()).collect();
            answers[at] = Some(Ok(PreparedQuery {
                ask: Ask::Sentence { text, ways },
                fingerprint: model.fingerprint(),
                settings: queries[at].settings.clone(),
                used: Vec::new(),
                problems: Vec::new(),
            }));
        }
        Ok(())
    }

    /// The best hits for a query that was prepared, best first.
    ///
    /// # Errors
    /// Where the store cannot be searched, or is now one of another model.
    pub fn ask(&self, query: &PreparedQuery) -> Result<Hits, EngineError> {
        let hits = match &query.ask {
            Ask::Sound { query: sound, not } => self.ask_sound(query, sound, not.as_ref())?,
            Ask::Sentence { text, ways } => self.ask_sentence(query, text, ways)?,
        };
        Ok(Hits { hits, problems: Vec::new() })
    }

    fn ask_sound(
        &self,
        query: &PreparedQuery,
        sound: &SoundQuery,
        not: Option<&(SourceKey, Span)>,
    ) -> Result<Vec<Hit>, EngineError> {
        let mut searcher = self.audio()?;
        let ask = |searcher: &Arc<Searcher>| -> Result<Vec<Hit>, EngineError> {
            searcher.require(&query.fingerprint)?;
            let not = not.map(|(key, span)| searcher.sources(key).into_iter().map(|source| (source, *span)).collect());
            let not: Vec<(SourceId, Span)> = not.unwrap_or_default();
            let filter = self.filter_of_hits(searcher, &query.settings.filter)?;
            let found = searcher.search(sound, &query.settings.of_sounds(not, filter))?;
            let mut hits: Vec<Hit> = found.into_iter().map(Hit::of_recording).collect();
            // A hit has boundaries of its own, other than those of the segment that it was found by.
            hits.iter_mut().for_each(|hit| {
                hit.label = searcher.label(hit.source, hit.span).map(str::to_owned);
                hit.channel = searcher.key(hit.source).and_then(channel_of).map(|channel| channel.saturating_add(1));
            });
            Ok(hits)
        };
        let mut hits = ask(&searcher);
        for _ in 0..RETRIES {
            // Another process may have put something else in the place of a recording since the store was opened; where nothing has changed
            // since, asking again would come to the same.
            if !matches!(hits, Err(EngineError::Search(SearchError::Frames { .. }))) {
                break;
            }
            let Some(newer) = self.newer_audio(&searcher)? else { break };
            searcher = newer;
            hits = ask(&searcher);
        }
        if let (Ok([]), SoundQuery::Clip(clip)) = (hits.as_deref(), sound) {
            let recordings = searcher.shorter_than(clip.samples());
            if recordings > 0 {
                self.notice(&Notice::LongQuery { seconds: clip.samples() as f64 / f64::from(SAMPLE_RATE), recordings });
            }
        }
        hits
    }

    fn ask_sentence(&self, query: &PreparedQuery, text: &str, ways: &[Embedding]) -> Result<Vec<Hit>, EngineError> {
        let reader: Arc<_> = self.text()?;
        reader.require(&query.fingerprint)?;
        let filter = self.hit_filter(&reader, Collection::Text, &query.settings.filter)?;
        let hits = search_sentences(&reader, ways, text, &query.settings.of_sentences(filter))?;
        Ok(hits.into_iter().map(Hit::of_text).collect())
    }
}

/// The clips of queries, each once however many queries name it, and the place of each among them.
fn different(queries: &[Query]) -> (Vec<&ClipInput>, HashMap<ClipIdentity<'_>, usize>) {
    let (mut inputs, mut numbers) = (Vec::new(), HashMap::new());
    let clips = queries.iter().filter_map(|query| match &query.subject {
        Subject::Clips { like, unlike } => Some(like.iter().chain(unlike)),
        _ => None,
    });
    for input in clips.flatten() {
        numbers.entry(input.identity()).or_insert_with(|| {
            inputs.push(input);
            inputs.len() - 1
        });
    }
    (inputs, numbers)
}

/// The same error once more: a clip may be named by several queries.
fn again(cause: &ClipError) -> ClipError {
    match cause {
        ClipError::Silent { path } => ClipError::Silent { path: path.clone() },
        cause => ClipError::File { message: cause.to_string() },
    }
}

impl QuerySettings {
    fn of_sounds(&self, not: Vec<(SourceId, Span)>, filter: HitFilter) -> SearchOptions {
        SearchOptions {
            k: self.k,
            min_score: self.min_score,
            min_confidence: self.min_confidence,
            per_file: self.per_file,
            exact: self.exact,
            rescore: self.rescore,
            explain: self.explain,
            not,
            filter,
        }
    }

    fn of_sentences(&self, filter: HitFilter) -> SentenceOptions {
        SentenceOptions {
            k: self.k,
            min_score: self.min_score,
            per_file: self.per_file,
            exact: self.exact,
            no_self: self.exclude_self,
            filter,
        }
    }
}

/// What tells clips apart: files by their path, what is in memory by its place there; and which stretch of them.
type ClipIdentity<'a> = (Result<&'a Path, *const ClipInput>, [Option<u64>; 2], Option<u16>);

impl ClipInput {
    fn identity(&self) -> ClipIdentity<'_> {
        let of = match &self.data {
            ClipData::File(path) => Ok(path.as_path()),
            _ => Err(std::ptr::from_ref(self)),
        };
        (of, [self.start, self.end].map(|seconds| seconds.map(f64::to_bits)), self.channel)
    }

    /// What is to be read of it.
    pub(super) fn task(&self) -> Result<ClipTask, ClipError> {
        let name = |name: &Path| name.to_owned();
        let (path, clip) = match &self.data {
            ClipData::File(path) => (name(path), None),
            ClipData::Bytes { name: path, bytes } => {
                (name(path), Some(Clip::channel_of_bytes(bytes.clone(), path, self.channel)?))
            }
            ClipData::Samples { name: path, samples } => (name(path), Some(Clip::new(samples.clone())?)),
        };
        let &Self { start, end, channel, external, .. } = self;
        Ok(ClipTask { path, clip, start, end, channel, external })
    }
}
