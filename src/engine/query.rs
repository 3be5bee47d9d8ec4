//! What is asked.

use std::path::{Path, PathBuf};

use super::Filter;
use crate::{audio::ExternalDecoder, search::MIN_CONFIDENCE};

/// A question to a store: what to look for, and how many of what kind of hits to give back.
///
/// ```
/// use audiosearch::engine::{ClipInput, Query};
///
/// let word = Query::words("umbrella").k(3);
/// let stretch = Query::clip(ClipInput::file("tape.wav").start(12.4).end(13.2)).exclude_self(true);
/// let examples = Query::examples(["owl 1.wav", "owl 2.wav"]).unlike("dog.wav");
/// # let _ = (word, stretch, examples);
/// ```
#[derive(Clone, Debug)]
pub struct Query {
    pub(super) subject: Subject,
    pub(super) settings: QuerySettings,
}

/// What to look for.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    /// What sounds like these, together, and like none of those.
    Clips { like: Vec<ClipInput>, unlike: Vec<ClipInput> },
    /// Where a word or phrase is said.
    Words(String),
    /// Which sentences of the texts are near.
    Sentence(String),
}

/// What hits are wanted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct QuerySettings {
    pub k: usize,
    pub min_score: Option<f32>,
    pub min_confidence: f32,
    pub per_file: bool,
    pub exclude_self: bool,
    pub exact: bool,
    pub rescore: bool,
    pub explain: bool,
    pub filter: Filter,
}

impl Default for QuerySettings {
    fn default() -> Self {
        Self {
            k: 10,
            min_score: None,
            min_confidence: MIN_CONFIDENCE,
            per_file: false,
            exclude_self: false,
            exact: false,
            rescore: true,
            explain: false,
            filter: Filter::default(),
        }
    }
}

impl Query {
    fn new(subject: Subject) -> Self {
        Self { subject, settings: QuerySettings::default() }
    }

    /// What sounds like a clip?
    pub fn clip(clip: impl Into<ClipInput>) -> Self {
        Self::examples([clip])
    }

    /// What sounds like all of these clips, which are examples of one thing?
    pub fn examples<C: Into<ClipInput>>(clips: impl IntoIterator<Item = C>) -> Self {
        let like = clips.into_iter().map(Into::into).collect();
        Self::new(Subject::Clips { like, unlike: Vec::new() })
    }

    /// Where is this word or phrase said?
    pub fn words(text: impl Into<String>) -> Self {
        Self::new(Subject::Words(text.into()))
    }

    /// Which sentences of the texts say something like this one?
    pub fn sentence(text: impl Into<String>) -> Self {
        Self::new(Subject::Sentence(text.into()))
    }

    /// A clip of what it is not; may be called several times. Only clips have a contrary: of words and sentences nothing changes.
    pub fn unlike(mut self, clip: impl Into<ClipInput>) -> Self {
        if let Subject::Clips { unlike, .. } = &mut self.subject {
            unlike.push(clip.into());
        }
        self
    }

    /// Hits wanted, at most (10 where nothing is said).
    pub fn k(mut self, k: usize) -> Self {
        self.settings.k = k;
        self
    }

    /// The lowest score (cosine) of a hit.
    pub fn min_score(mut self, least: f32) -> Self {
        self.settings.min_score = Some(least);
        self
    }

    /// How probable the best hit must be, 0 to 1, for anything to be found; 0 gives whatever comes nearest.
    pub fn min_confidence(mut self, least: f32) -> Self {
        self.settings.min_confidence = least;
        self
    }

    /// One hit a file.
    pub fn per_file(mut self, per_file: bool) -> Self {
        self.settings.per_file = per_file;
        self
    }

    /// Leave out the clip itself where it is part of an indexed file, or the very same sentence.
    pub fn exclude_self(mut self, exclude: bool) -> Self {
        self.settings.exclude_self = exclude;
        self
    }

    /// Compare with every segment instead of walking the graph.
    pub fn exact(mut self, exact: bool) -> Self {
        self.settings.exact = exact;
        self
    }

    /// Align the query with the best candidates frame by frame, which gives their order and their boundaries (true where nothing is said).
    pub fn rescore(mut self, rescore: bool) -> Self {
        self.settings.rescore = rescore;
        self
    }

    /// Give the alignment with every hit.
    pub fn explain(mut self, explain: bool) -> Self {
        self.settings.explain = explain;
        self
    }

    /// Which moments may be hits.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.settings.filter = filter;
        self
    }
}

/// A clip, or a stretch of one, wherever it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipInput {
    pub(super) data: ClipData,
    /// Seconds; the beginning where `None`.
    pub(super) start: Option<f64>,
    /// Seconds; the end where `None`.
    pub(super) end: Option<f64>,
    /// The only channel that is heard, counted from 0; all where `None`.
    pub(super) channel: Option<u16>,
    pub(super) external: ExternalDecoder,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum ClipData {
    File(PathBuf),
    /// The bytes of a file of any format that is read.
    Bytes {
        name: PathBuf,
        bytes: Vec<u8>,
    },
    /// Mono, at 16 kHz.
    Samples {
        name: PathBuf,
        samples: Vec<f32>,
    },
}

impl ClipInput {
    fn new(data: ClipData) -> Self {
        Self { data, start: None, end: None, channel: None, external: ExternalDecoder::None }
    }

    /// A file.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::new(ClipData::File(path.into()))
    }

    /// The bytes of a file; `name` stands for it in messages.
    pub fn bytes(name: impl Into<PathBuf>, bytes: Vec<u8>) -> Self {
        Self::new(ClipData::Bytes { name: name.into(), bytes })
    }

    /// Mono samples at 16 kHz, full scale at ±1; `name` stands for them in messages.
    pub fn samples(name: impl Into<PathBuf>, samples: Vec<f32>) -> Self {
        Self::new(ClipData::Samples { name: name.into(), samples })
    }

    /// Where the stretch begins, in seconds.
    pub fn start(mut self, seconds: f64) -> Self {
        self.start = Some(seconds);
        self
    }

    /// Where it ends, in seconds.
    pub fn end(mut self, seconds: f64) -> Self {
        self.end = Some(seconds);
        self
    }

    /// Both, where they are known.
    pub fn between(self, start: Option<f64>, end: Option<f64>) -> Self {
        Self { start, end, ..self }
    }

    /// The only channel of the file that is heard, counted from 0; all of them together where `None`.
    pub fn channel(self, channel: Option<u16>) -> Self {
        Self { channel, ..self }
    }

    /// Who decodes a file that is not read here.
    pub fn external(self, external: ExternalDecoder) -> Self {
        Self { external, ..self }
    }

    /// Its file, or the name that stands for it.
    pub fn name(&self) -> &Path {
        match &self.data {
            ClipData::File(name) | ClipData::Bytes { name, .. } | ClipData::Samples { name, .. } => name,
        }
    }
}

impl From<PathBuf> for ClipInput {
    fn from(path: PathBuf) -> Self {
        Self::file(path)
    }
}

impl From<&Path> for ClipInput {
    fn from(path: &Path) -> Self {
        Self::file(path)
    }
}

impl From<&PathBuf> for ClipInput {
    fn from(path: &PathBuf) -> Self {
        Self::file(path)
    }
}

impl From<&str> for ClipInput {
    fn from(path: &str) -> Self {
        Self::file(path)
    }
}

impl From<String> for ClipInput {
    fn from(path: String) -> Self {
        Self::file(path)
    }
}

impl From<&String> for ClipInput {
    fn from(path: &String) -> Self {
        Self::file(path)
    }
}
