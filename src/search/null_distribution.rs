//! The null distribution of a query: its scores at random places of the store, where a match would be chance.

use audiosearch_index::{Embedding, IndexError};
use rayon::prelude::*;

use super::{
    calibration::Scoring,
    confidence::NullDistribution,
    dtw::subsequence_dtw,
    error::SearchError,
    rescore::{MARGIN, stretch_of},
    searcher::{Searcher, cosine},
};
use crate::{
    acoustic::{AcousticFrames, FrameTemplate},
    pipeline::Embedded,
};

/// Random places that a query is scored at: by alignment, or by the vector of a span.
const RANDOM_ALIGNED: usize = 150;
const RANDOM_SPANS: usize = 500;

impl Searcher {
    /// Cosines of random spans with what is most like them of these.
    pub(super) fn spans_at_random(&self, query: &[Embedded]) -> Result<Option<NullDistribution>, IndexError> {
        let sample = match self.spans.get() {
            Some(sample) => sample,
            None => {
                let sample = self.reader.sample(RANDOM_SPANS)?;
                self.spans.get_or_init(|| sample)
            }
        };
        let nearest = |vector: &[f32]| query.iter().map(|(_, own)| cosine(own, vector)).reduce(f32::max);
        let scores: Vec<f32> = sample.iter().filter_map(|segment| nearest(&segment.embedding)).collect();
        Ok(NullDistribution::of(&scores))
    }

    /// The scores of a query of so many frames at random spans, each with its surroundings: by `score` of the frames there and of the
    /// cosine of the span with the query; 0 where that is none.
    pub(super) fn scores_at_random(
        &self,
        frames: usize,
        embedding: &Embedding,
        score: impl Fn(&AcousticFrames, f32) -> Option<f32> + Sync,
    ) -> Result<Vec<f32>, SearchError> {
        let margin = frames / 2 + MARGIN;
        let scores = self.sample(RANDOM_ALIGNED)?.into_par_iter().map(|segment| {
            let (around, _) = self.frames(segment.source, stretch_of(&segment.span, margin))?;
            Ok(score(&around, cosine(embedding, &segment.embedding)).unwrap_or(0.0))
        });
        scores.collect()
    }

    /// As [`scores_at_random`](Self::scores_at_random), of patterns: the best of them at each place.
    pub(super) fn template_scores_at_random(
        &self,
        templates: &[&FrameTemplate],
        embedding: &Embedding,
        scoring: &Scoring,
    ) -> Result<Vec<f32>, SearchError> {
        let frames = templates.first().map_or(0, |template| template.len());
        self.scores_at_random(frames, embedding, |around, cosine| {
            let aligned =
                templates.iter().filter_map(|template| Some(subsequence_dtw(template, around, 1).first()?.likeness));
            aligned.map(|likeness| scoring.of_alignment(likeness, cosine)).reduce(f32::max)
        })
    }
}
