//! What is said, or sounds, more than once, without anybody asking for it: spoken term discovery (Park and Glass 2008).
//!
//! Stretches of the store are searched for in the store itself. Those that find each other, with confidence, form groups.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

use audiosearch_index::{Embedding, Sampled, SegmentRef, SourceId, Span};
use rayon::prelude::*;

use super::{
    error::SearchError,
    filter::HitFilter,
    groups::{Likeness, Member, groups},
    hit::Hit,
    options::SearchOptions,
    query::{Query, Sound},
    searcher::Searcher,
};
use crate::{
    acoustic::{AcousticEncoder, AcousticFrames, Phase, QueryTemplate, STEP},
    audio::SAMPLE_RATE,
};

/// How much is asked, and what counts.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscoveryOptions {
    /// Segments that ask, at most; they are spread evenly over the store.
    pub segments: usize,
    /// Moments that each may name as its like.
    pub neighbours: usize,
    /// How probable it must be that two moments are the same, 0 to 1.
    pub min_confidence: f32,
    /// Which moments ask, and may be found.
    pub filter: HitFilter,
}

/// Something that occurs more than once.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Where, the surest first; at least two, and no two that overlap.
    pub occurrences: Vec<Occurrence>,
}

/// One occurrence of a term.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    /// The recording as it was given to the index.
    pub path: PathBuf,
    /// Where in it.
    pub span: Span,
    /// How probable it is that it is the same as the occurrence that it is most like.
    pub confidence: f32,
}

impl Occurrence {
    /// Where it begins, in seconds.
    pub fn start(&self) -> f64 {
        self.span.start as f64 / f64::from(SAMPLE_RATE)
    }

    /// Where it ends, in seconds.
    pub fn end(&self) -> f64 {
        self.span.end() as f64 / f64::from(SAMPLE_RATE)
    }
}

/// The groups of a store, those of most occurrences first. `done` is called for each segment that was searched for; where `stop` becomes true, what
/// is known by then is returned. `network` is the one that the store was made with.
///
/// # Errors
/// As [`Searcher::search`].
pub fn discover(
    searcher: &Searcher,
    network: &AcousticEncoder,
    options: &DiscoveryOptions,
    done: &(dyn Fn(usize) + Sync),
    stop: &AtomicBool,
) -> Result<Vec<Group>, SearchError> {
    let sample = searcher.sample_of(&options.filter, options.segments)?;
    let found = sample.par_iter().map(|segment| {
        if stop.load(Ordering::Relaxed) {
            return Ok(Vec::new());
        }
        let likenesses = likenesses(searcher, network, segment, options);
        done(1);
        likenesses
    });
    let likenesses: Vec<Vec<Likeness>> = found.collect::<Result<_, SearchError>>()?;
    let paths: HashMap<SourceId, PathBuf> = searcher.paths().collect();
    let occurrence = |member: Member| {
        let path = paths.get(&member.source).cloned().unwrap_or_default();
        Occurrence { path, span: member.span, confidence: member.confidence }
    };
    let group = |group: Vec<Member>| Group { occurrences: group.into_iter().map(occurrence).collect() };
    Ok(groups(likenesses.concat()).into_iter().map(group).collect())
}

impl Searcher {
    /// About so many segments that the filter lets pass, evenly spaced among those.
    fn sample_of(&self, filter: &HitFilter, count: usize) -> Result<Vec<Sampled>, SearchError> {
        if filter.is_empty() {
            return self.sample(count);
        }
        let passes = |segment: &SegmentRef<'_>| {
            filter.passes(segment.source, segment.span, segment.text, |source, span| self.label(source, span))
        };
        let all: Vec<SegmentRef<'_>> = self.reader.segments_of(|source| filter.has(source)).filter(passes).collect();
        let sampled = |segment: &SegmentRef<'_>| Sampled {
            source: segment.source,
            span: segment.span,
            embedding: segment.embedding.to_vec(),
        };
        Ok(all.iter().step_by((all.len() / count.max(1)).max(1)).map(sampled).collect())
    }
}

/// What sounds like a segment, elsewhere.
fn likenesses(
    searcher: &Searcher,
    network: &AcousticEncoder,
    segment: &Sampled,
    options: &DiscoveryOptions,
) -> Result<Vec<Likeness>, SearchError> {
    let Ok(embedding) = Embedding::new(segment.embedding.clone()) else { return Ok(Vec::new()) };
    let span = segment.span;
    let range = (span.start / STEP) as usize..span.end().div_ceil(STEP) as usize;
    let (frames, _) = searcher.frames(segment.source, range.clone())?;
    if frames.is_empty() {
        return Ok(Vec::new());
    }
    let query = Query::Clip(Sound { spans: vec![(span, embedding)], template: Some(template(network, frames)) });
    let own = Span { start: range.start as u64 * STEP, len: (range.len() as u64 * STEP) as u32 };
    let options_of_query = SearchOptions {
        k: options.neighbours,
        min_score: None,
        min_confidence: options.min_confidence,
        per_file: false,
        exact: false,
        rescore: true,
        explain: false,
        not: searcher.channels(segment.source).into_iter().map(|source| (source, own)).collect(),
        filter: options.filter.clone(),
    };
    let found = searcher.search(&query, &options_of_query)?.into_iter();
    // An alignment of less than half the length stands still on a frame that happens to fit all of the query, as noise does.
    let likely = |found: &Hit| found.confidence >= options.min_confidence && 2 * found.span.len >= span.len;
    let like = found.filter(likely).map(|found| Likeness {
        one: (segment.source, span),
        other: (found.source, found.span),
        confidence: found.confidence,
    });
    Ok(like.collect())
}

/// A stretch of a recording as a query: it lies on the recording's own vectors, so that one phase of it is enough.
fn template(network: &AcousticEncoder, frames: AcousticFrames) -> QueryTemplate {
    let (expected, speech) = (network.template(&frames), network.speech(&frames));
    let nothing = AcousticFrames::new(frames.dimension());
    let phase = Phase { frames, template: expected.clone(), speech, lead: 0, tail: 0 };
    QueryTemplate { before: nothing.clone(), expected, after: nothing, phases: vec![phase], phones: None }
}
