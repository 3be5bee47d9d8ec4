//! What is said, or sounds, more than once, without anybody asking for it: spoken term discovery (Park and Glass 2008).
//!
//! Stretches of the store are put as questions to the store itself. Whoever is found, with confidence, is the same; what is the same is
//! put into groups.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

use audiosearch_index::{Embedding, Sampled, SourceId, Span};
use rayon::prelude::*;

use super::{
    found::Found,
    groups::{Likeness, Member, groups},
    question::{Question, Sound},
    searcher::{Options, SearchError, Searcher},
};
use crate::frames::{Excerpt, FrameNetwork, Heard, Phase, STEP};

/// How much is asked, and what counts.
#[derive(Debug, Clone, PartialEq)]
pub struct DiscoveryOptions {
    /// Segments that ask, at most; they are spread evenly over the store.
    pub segments: usize,
    /// Moments that each may name as its like.
    pub neighbours: usize,
    /// How probable it must be that two moments are the same, 0 to 1.
    pub min_confidence: f32,
}

/// Something that occurs more than once.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
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

/// The terms of a store, those that occur most often first. `done` hears of each segment that has asked; where `stop` becomes true, what
/// is known by then is returned. `network` is the one that the store was made with.
///
/// # Errors
/// As [`Searcher::search`].
pub fn discover(
    searcher: &Searcher,
    network: &FrameNetwork,
    options: &DiscoveryOptions,
    done: &(dyn Fn(usize) + Sync),
    stop: &AtomicBool,
) -> Result<Vec<Term>, SearchError> {
    let sample = searcher.sample(options.segments)?;
    let asked = sample.par_iter().map(|segment| {
        if stop.load(Ordering::Relaxed) {
            return Ok(Vec::new());
        }
        let found = likenesses(searcher, network, segment, options);
        done(1);
        found
    });
    let likenesses: Vec<Vec<Likeness>> = asked.collect::<Result<_, SearchError>>()?;
    let paths: HashMap<SourceId, PathBuf> = searcher.paths().collect();
    let occurrence = |member: Member| {
        let path = paths.get(&member.source).cloned().unwrap_or_default();
        Occurrence { path, span: member.span, confidence: member.confidence }
    };
    let term = |group: Vec<Member>| Term { occurrences: group.into_iter().map(occurrence).collect() };
    Ok(groups(likenesses.concat()).into_iter().map(term).collect())
}

/// What sounds like a segment, elsewhere.
fn likenesses(
    searcher: &Searcher,
    network: &FrameNetwork,
    segment: &Sampled,
    options: &DiscoveryOptions,
) -> Result<Vec<Likeness>, SearchError> {
    let Ok(embedding) = Embedding::new(segment.embedding.clone()) else { return Ok(Vec::new()) };
    let span = segment.span;
    let range = (span.start / STEP) as usize..span.end().div_ceil(STEP) as usize;
    let (heard, _) = searcher.hear(segment.source, range.clone())?;
    if heard.is_empty() {
        return Ok(Vec::new());
    }
    let question = Question::Clip(Sound { spans: vec![(span, embedding)], heard: Some(excerpt(network, heard)) });
    let own = Span { start: range.start as u64 * STEP, len: (range.len() as u64 * STEP) as u32 };
    let asked = Options {
        k: options.neighbours,
        min_score: None,
        min_confidence: options.min_confidence,
        per_file: false,
        exact: false,
        rerank: true,
        explain: false,
        not: Some((segment.source, own)),
    };
    let found = searcher.search(&question, &asked)?.into_iter();
    // What is said in less than half the time is laid on a moment that happens to fit all of it, as noise does.
    let likely = |found: &Found| found.confidence >= options.min_confidence && 2 * found.hit.span.len >= span.len;
    let sure = found.filter(likely);
    let like = sure.map(|found| Likeness {
        one: (segment.source, span),
        other: (found.hit.source, found.hit.span),
        confidence: found.confidence,
    });
    Ok(like.collect())
}

/// A stretch of a recording as a question: it lies on the recording's own vectors, so that one phase of it is enough.
fn excerpt(network: &FrameNetwork, heard: Heard) -> Excerpt {
    let (asked, speech, nothing) = (network.pattern(&heard), network.speech(&heard), Heard::new(heard.dimension()));
    let phase = Phase { heard, pattern: asked.clone(), speech, lead: 0, tail: 0 };
    Excerpt { before: nothing.clone(), asked, after: nothing, phases: vec![phase], phones: None }
}
