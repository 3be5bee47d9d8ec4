//! A question put to random places of the store, where it is not answered but by rare luck: what a score is worth.

use audiosearch_index::{Embedding, IndexError};
use rayon::prelude::*;

use super::{
    confidence::Null,
    dtw::lay_along,
    rerank::{MARGIN, score, stretch_of},
    searcher::{SearchError, Searcher, cosine},
};
use crate::{
    frames::{Heard, Pattern},
    pipeline::Embedded,
};

/// Random places that a question is put to: laid along the recording, or compared by one vector.
const RANDOM_LAID: usize = 150;
const RANDOM_SPANS: usize = 500;

impl Searcher {
    /// Cosines of random spans with what is most like them of these.
    pub(super) fn spans_at_random(&self, asked: &[Embedded]) -> Result<Option<Null>, IndexError> {
        let sample = match self.spans.get() {
            Some(sample) => sample,
            None => {
                let sample = self.reader.sample(RANDOM_SPANS)?;
                self.spans.get_or_init(|| sample)
            }
        };
        let nearest = |vector: &[f32]| asked.iter().map(|(_, asked)| cosine(asked, vector)).reduce(f32::max);
        let scores: Vec<f32> = sample.iter().filter_map(|segment| nearest(&segment.embedding)).collect();
        Ok(Null::of(&scores))
    }

    /// The scores of something of so many moments at random spans, each with its surroundings: by `score` of the vectors there and of the
    /// cosine of the span with what is asked for, 0 where that is none.
    pub(super) fn scores_at_random(
        &self,
        moments: usize,
        embedding: &Embedding,
        score: impl Fn(&Heard, f32) -> Option<f32> + Sync,
    ) -> Result<Vec<f32>, SearchError> {
        let margin = moments / 2 + MARGIN;
        let scores = self.sample(RANDOM_LAID)?.into_par_iter().map(|segment| {
            let (around, _) = self.hear(segment.source, stretch_of(&segment.span, margin))?;
            Ok(score(&around, cosine(embedding, &segment.embedding)).unwrap_or(0.0))
        });
        scores.collect()
    }

    /// As [`scores_at_random`](Self::scores_at_random), of patterns: the best of them at each place.
    pub(super) fn laid_at_random(&self, heard: &[&Pattern], embedding: &Embedding) -> Result<Vec<f32>, SearchError> {
        let moments = heard.first().map_or(0, |pattern| pattern.len());
        self.scores_at_random(moments, embedding, |around, cosine| {
            let laid = heard.iter().filter_map(|pattern| Some(lay_along(pattern, around, 1).first()?.likeness));
            laid.map(|likeness| score(likeness, cosine)).reduce(f32::max)
        })
    }
}
