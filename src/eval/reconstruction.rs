//! How well sentences come back out of their vectors.

use serde::Serialize;

use super::bleu::bleu;

/// A sentence and what was written in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconstructed {
    /// The sentence.
    pub sentence: String,
    /// What came back.
    pub written: String,
    /// The sentence's tokens, without an end.
    pub ids: Vec<i64>,
    /// Tokens that came back.
    pub written_ids: Vec<i64>,
}

impl Reconstructed {
    /// Whether the sentence came back character by character.
    pub fn exact(&self) -> bool {
        self.sentence == self.written
    }

    /// How many of its tokens and its end came back in their places, and how many there are.
    fn right(&self) -> (usize, usize) {
        let mut right = self.ids.iter().zip(&self.written_ids).filter(|(a, b)| a == b).count();
        right += usize::from(self.ids.len() == self.written_ids.len());
        (right, self.ids.len() + 1)
    }
}

/// Figures of the sentences of some lengths. NaN (null in JSON) where there are none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reconstruction {
    /// Fewest and most tokens.
    pub tokens: (usize, Option<usize>),
    /// Sentences.
    pub sentences: usize,
    /// Share that came back exactly.
    pub exact: f64,
    /// Share of tokens and ends that came back in their places.
    pub token_accuracy: f64,
    /// Corpus BLEU-4 over words.
    pub bleu: f64,
}

/// The lengths that figures are distinguished by, in tokens.
const GROUPS: [(usize, Option<usize>); 5] = [(1, Some(5)), (6, Some(10)), (11, Some(20)), (21, Some(30)), (31, None)];

/// Figures by length, then those of up to 20 tokens, then all.
pub fn reconstruction(sentences: &[Reconstructed]) -> Vec<Reconstruction> {
    let sums = [(1, Some(20)), (1, None)];
    GROUPS.into_iter().chain(sums).map(|tokens| group(sentences, tokens)).collect()
}

fn group(sentences: &[Reconstructed], tokens: (usize, Option<usize>)) -> Reconstruction {
    let within = |s: &&Reconstructed| s.ids.len() >= tokens.0 && tokens.1.is_none_or(|most| s.ids.len() <= most);
    let chosen: Vec<&Reconstructed> = sentences.iter().filter(within).collect();
    let exact = chosen.iter().filter(|sentence| sentence.exact()).count();
    let (mut right, mut all) = (0, 0);
    for sentence in &chosen {
        let (these, of) = sentence.right();
        right += these;
        all += of;
    }
    Reconstruction {
        tokens,
        sentences: chosen.len(),
        exact: exact as f64 / chosen.len() as f64,
        token_accuracy: right as f64 / all as f64,
        bleu: bleu(chosen.iter().map(|sentence| (sentence.sentence.as_str(), sentence.written.as_str()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(sentence: &str, ids: &[i64], written: &str, written_ids: &[i64]) -> Reconstructed {
        let (sentence, written) = (sentence.to_owned(), written.to_owned());
        Reconstructed { sentence, written, ids: ids.to_vec(), written_ids: written_ids.to_vec() }
    }

    #[test]
    fn figures_are_by_length_with_ends_counted() {
        let figures = reconstruction(&[
            one("a b c", &[1, 2, 3], "a b c", &[1, 2, 3]),
            one("a b c", &[1, 2, 3], "a x", &[1, 9]),
            one("a b c d e f g", &[1, 2, 3, 4, 5, 6, 7], "a b c d e f g h", &[1, 2, 3, 4, 5, 6, 7, 8]),
        ]);
        let short = &figures[0];
        assert_eq!((short.sentences, short.exact), (2, 0.5));
        assert!((short.token_accuracy - 5.0 / 8.0).abs() < 1e-12, "{figures:?}");
        assert_eq!((figures[1].sentences, figures[1].exact), (1, 0.0));
        assert!((figures[1].token_accuracy - 7.0 / 8.0).abs() < 1e-12, "the end is missing");
        assert!(figures[2].exact.is_nan());
        assert_eq!((figures[6].tokens, figures[6].sentences), ((1, None), 3));
    }
}
