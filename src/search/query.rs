//! What a search looks for.

use audiosearch_index::{Embedding, EmbeddingError, Span};

use crate::{
    acoustic::{QueryTemplate, STEP},
    pipeline::{Embedded, EmbeddedClip},
};

/// A clip, as the encoder and the frame network understand it.
#[derive(Debug, Clone)]
pub struct Sound {
    /// Its spans in order of time: one, or the windows of a long clip.
    pub spans: Vec<Embedded>,
    /// What it expects frame by frame; without that it cannot be aligned with a recording.
    pub template: Option<QueryTemplate>,
}

impl Sound {
    /// Something written: a vector of each word, and what it expects frame by frame, where that is known.
    pub fn written(words: Vec<Embedding>, template: Option<QueryTemplate>) -> Self {
        let nowhere = Span { start: 0, len: 0 };
        let spans = words.into_iter().map(|word| (nowhere, word)).collect();
        Self { spans, template }
    }
}

impl Sound {
    /// How long it is, silence at its ends left out: samples at 16 kHz, as far as that is known.
    pub fn samples(&self) -> u64 {
        self.template.as_ref().map_or(0, |template| template.expected.len() as u64 * STEP)
    }
}

impl From<EmbeddedClip> for Sound {
    fn from(clip: EmbeddedClip) -> Self {
        Self { spans: clip.spans, template: clip.template }
    }
}

/// A query.
#[derive(Debug, Clone)]
pub enum Query {
    /// Where does this sound again?
    Clip(Sound),
    /// Where does something sound like all of these, and like none of those?
    Examples {
        /// Examples of it; at least one.
        like: Vec<Sound>,
        /// Examples of what it is not.
        unlike: Vec<Sound>,
    },
    /// Where is this written word or phrase said? A span a word, of no time.
    Word(Sound),
}

/// The mean of examples, moved away from what it is not (Rocchio 1971), which has this weight.
///
/// # Errors
/// Where the examples cancel out.
pub(super) fn middle(like: &[Sound], unlike: &[Sound], weight: f32) -> Result<Embedding, EmbeddingError> {
    let mean = |sounds: &[Sound]| {
        let vectors: Vec<&[f32]> = sounds.iter().flat_map(|s| &s.spans).map(|(_, e)| e.as_slice()).collect();
        let mut mean = vec![0.0; vectors.first().map_or(0, |vector| vector.len())];
        for vector in &vectors {
            mean.iter_mut().zip(*vector).for_each(|(sum, value)| *sum += value / vectors.len() as f32);
        }
        mean
    };
    let mut middle = mean(like);
    middle.iter_mut().zip(mean(unlike)).for_each(|(value, other)| *value -= weight * other);
    Embedding::new(middle)
}

/// The score of a place with these scores by the examples: their mean, less a share of the best by what it is not.
pub(super) fn joint(like: &[f32], unlike: &[f32], weight: f32) -> f32 {
    let mean = like.iter().sum::<f32>() / like.len().max(1) as f32;
    mean - weight * unlike.iter().copied().fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sound(vector: [f32; 2]) -> Sound {
        Sound { spans: vec![(Span { start: 0, len: 1 }, Embedding::new(vector.to_vec()).unwrap())], template: None }
    }

    #[test]
    fn the_middle_lies_between_examples_and_away_from_the_others() {
        let like = [sound([1.0, 0.0]), sound([0.0, 1.0])];
        let between = middle(&like, &[], 0.3).unwrap();
        assert!((between.as_slice()[0] - between.as_slice()[1]).abs() < 1e-6);
        let away = middle(&like, &[sound([0.0, 1.0])], 0.3).unwrap();
        assert!(away.as_slice()[0] > away.as_slice()[1]);
        assert!(middle(&[], &[], 0.3).is_err());
    }

    #[test]
    fn what_it_is_not_counts_against() {
        assert!(joint(&[0.6, 0.6], &[], 0.3) > joint(&[0.7, 0.4], &[], 0.3));
        assert!(joint(&[0.6], &[0.1], 0.3) > joint(&[0.6], &[0.9], 0.3));
        assert_eq!(joint(&[0.6], &[-0.5], 0.3), 0.6);
    }
}
