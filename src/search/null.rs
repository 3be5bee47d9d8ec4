//! A question put to random places of the store, where it is not answered but by rare luck: what a score is worth.

use audiosearch_index::{Embedding, IndexError, Sampled, SourceId, Span};

use super::{
    confidence::Null,
    rerank::at_random,
    searcher::{SearchError, Searcher, cosine, frames},
};
use crate::{frames::Pattern, pipeline::Embedded};

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

    /// The scores of patterns, the best of each place, at random spans.
    pub(super) fn laid_at_random(&self, heard: &[&Pattern], embedding: &Embedding) -> Result<Vec<f32>, SearchError> {
        at_random(heard, &self.places_at_random(embedding)?, &self.known, &self.archive).map_err(frames)
    }

    /// Random spans, and their cosines with what is asked for.
    pub(super) fn places_at_random(&self, embedding: &Embedding) -> Result<Vec<(SourceId, Span, f32)>, SearchError> {
        let sample = self.reader.sample(RANDOM_LAID)?;
        let place = |segment: Sampled| (segment.source, segment.span, cosine(embedding, &segment.embedding));
        Ok(sample.into_iter().map(place).collect())
    }
}
