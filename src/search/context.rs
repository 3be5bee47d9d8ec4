//! What is known of a query when its hits are judged.

use super::{
    confidence::{Kind, NullDistribution, of_score},
    evidence::{Evidence, Feature},
    rescore::Candidate,
};
use crate::acoustic::{STEP, Speech};

/// What the confidence of a hit is computed from, beside the hit itself.
pub struct QueryContext<'a> {
    /// Scores at random places.
    pub null: Option<NullDistribution>,
    /// What kind of query it is.
    pub kind: Kind,
    /// Of a clip that is aligned with the recordings.
    pub speech: Option<&'a Speech>,
    /// Of a query that is aligned with the recordings: the cosines of random spans with it.
    pub spans: Option<NullDistribution>,
    /// Length of the query in acoustic frames; 0 of one that is not aligned.
    pub frames: usize,
    /// How alike the frames of a clip are (see [`Feature::Monotony`]).
    pub monotony: f32,
}

impl QueryContext<'_> {
    /// Of a query that is compared by vectors alone, or by several alignments.
    pub fn plain(null: Option<NullDistribution>, kind: Kind) -> Self {
        Self { null, kind, speech: None, spans: None, frames: 0, monotony: 0.0 }
    }

    /// What is known of a candidate.
    pub fn evidence(&self, candidate: &Candidate) -> Evidence {
        let Candidate { hit, cosine, spread, own, account, .. } = candidate;
        let span = self.spans.as_ref().map_or(0.0, |spans| spans.z(*cosine));
        let mut evidence = of_score(hit.score, self.null.as_ref())
            .with(Feature::SpanZ, span)
            .with(Feature::Spread, *spread)
            .with(Feature::Account, *account)
            .with(Feature::Frames, self.frames as f32)
            .with(Feature::Monotony, self.monotony);
        if self.frames > 0 {
            let ratio = f64::from(hit.span.len.max(1)) / (self.frames as u64 * STEP) as f64;
            evidence = evidence.with(Feature::Stretch, ratio.ln().abs() as f32);
        }
        if let Some(speech) = self.speech {
            let sounding: f32 = speech.sound.iter().sum();
            evidence = evidence
                .with(Feature::Cosine, own.unwrap_or(0.0))
                .with(Feature::Sounding, sounding)
                .with(Feature::Silence, 1.0 - sounding / speech.sound.len().max(1) as f32)
                .with(Feature::Doubt, speech.doubt);
        }
        evidence
    }
}
