//! Several examples for, and against, as one query.

use audiosearch_index::{Hit as IndexHit, Span};

use super::{
    confidence::{Kind, NullDistribution},
    context::QueryContext,
    error::SearchError,
    hit::Hit,
    options::SearchOptions,
    query::{Sound, joint, middle},
    rescore::{AlignOptions, Candidate, best_first},
    searcher::{Searcher, unaligned},
};
use crate::acoustic::FrameTemplate;

impl Searcher {
    /// Examples together: each is aligned with the best candidates for their mean; a candidate's score is that by all examples.
    pub(super) fn examples(
        &self,
        like: &[Sound],
        unlike: &[Sound],
        options: &SearchOptions,
    ) -> Result<Vec<Hit>, SearchError> {
        let scoring = self.calibration()?.scoring;
        let middle = middle(like, unlike, scoring.unlike)?;
        let expected = |sound: &Sound| sound.template.as_ref().map(|template| template.expected.clone());
        let templates = |sounds: &[Sound]| -> Option<Vec<FrameTemplate>> { sounds.iter().map(expected).collect() };
        let (Some(like), Some(unlike), true) = (templates(like), templates(unlike), options.rescore) else {
            let nowhere = Span { start: 0, len: 0 };
            let context = QueryContext::plain(self.spans_at_random(&[(nowhere, middle.clone())])?, Kind::Span);
            return self.finish(unaligned(self.one(&middle, options)?), &context, options);
        };
        let Some((first, others)) = like.split_first() else { return Ok(Vec::new()) };
        let shortlist = self.wide(&middle, options)?;
        let align_options = AlignOptions { most: usize::MAX, explain: options.explain, scoring };
        let mut candidates = self.align(first, &shortlist, &options.filter, align_options)?;
        self.keep_wanted(&mut candidates, options);
        let align_all = |sounds: &[FrameTemplate]| -> Result<Vec<Vec<Candidate>>, SearchError> {
            let align = |template| self.align(template, &shortlist, &options.filter, align_options);
            sounds.iter().map(align).collect()
        };
        let (others, against) = (align_all(others)?, align_all(&unlike)?);
        let near = |by: &[Candidate], hit: &IndexHit| {
            // Best first, so that the first is the best one.
            let same = by.iter().find(|p| p.hit.source == hit.source && p.hit.span.overlap(&hit.span) > 0);
            same.map(|candidate| candidate.hit.score)
        };
        for candidate in &mut candidates {
            // Where an example has no candidate of its own, it scores as its worst one.
            let worst = |by: &Vec<Candidate>| by.last().map_or(0.0, |candidate| candidate.hit.score);
            let least = |by: &Vec<Candidate>| near(by, &candidate.hit).unwrap_or_else(|| worst(by));
            let scores: Vec<f32> = std::iter::once(candidate.hit.score).chain(others.iter().map(least)).collect();
            let wrong: Vec<f32> = against.iter().map(least).collect();
            candidate.hit.score = joint(&scores, &wrong, scoring.unlike);
        }
        best_first(&mut candidates);
        // A random place is scored as every candidate: by all examples together.
        let at_random = |sounds: &[FrameTemplate]| -> Result<Vec<Vec<f32>>, SearchError> {
            sounds.iter().map(|template| self.template_scores_at_random(&[template], &middle, &scoring)).collect()
        };
        let (by_like, by_unlike) = (at_random(&like)?, at_random(&unlike)?);
        let scores_at = |by: &[Vec<f32>], place: usize| -> Vec<f32> { by.iter().map(|scores| scores[place]).collect() };
        let count = by_like.first().map_or(0, Vec::len);
        let null: Vec<f32> = (0..count)
            .map(|place| joint(&scores_at(&by_like, place), &scores_at(&by_unlike, place), scoring.unlike))
            .collect();
        self.finish(candidates, &QueryContext::plain(NullDistribution::of(&null), Kind::Examples), options)
    }
}
