//! Same-different word discrimination (Carlin et al. 2011): which pairs of tokens are one word.

use rayon::prelude::*;
use serde::Serialize;

/// A labelled token; whatever stands for word and speaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The word.
    pub label: String,
    /// Who said it.
    pub speaker: String,
}

/// The task's figures. Those that nothing can be said about are NaN (null in JSON).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SameDifferent {
    /// Tokens.
    pub tokens: usize,
    /// Different words.
    pub words: usize,
    /// Different speakers.
    pub speakers: usize,
    /// Average precision of "same word" over all pairs by falling similarity.
    pub ap: f64,
    /// The same without the pairs of one word by one speaker.
    pub swdp_ap: f64,
    /// Share of tokens whose nearest token of another speaker is the same word.
    pub p_at_1: f64,
    /// Share of same words among the ten nearest of other speakers.
    pub p_at_10: f64,
}

/// Average precision; `pairs` are (similarity, relevant) in an order that breaks ties.
fn average_precision(mut pairs: Vec<(f32, bool)>) -> f64 {
    pairs.par_sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut found, mut sum) = (0usize, 0f64);
    for (at, (_, relevant)) in pairs.iter().enumerate() {
        if *relevant {
            found += 1;
            sum += found as f64 / (at + 1) as f64;
        }
    }
    if found == 0 { f64::NAN } else { sum / found as f64 }
}

pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn numbers<'a>(names: impl Iterator<Item = &'a str> + Clone) -> (Vec<usize>, usize) {
    let mut all: Vec<&str> = names.clone().collect();
    all.sort_unstable();
    all.dedup();
    let number = |name: &str| all.binary_search(&name).unwrap_or_default();
    (names.map(number).collect(), all.len())
}

/// Scores unit vectors, one a token, in the tokens' order.
///
/// # Panics
/// Where there are not as many vectors as tokens.
pub fn same_different<V: AsRef<[f32]> + Sync>(vectors: &[V], tokens: &[Token]) -> SameDifferent {
    let row = |i: usize| vectors.iter().map(|v| dot(vectors[i].as_ref(), v.as_ref())).collect();
    same_different_by_likeness(&(0..vectors.len()).into_par_iter().map(row).collect::<Vec<_>>(), tokens)
}

/// Scores a method that says how much alike two tokens are: `likeness[i][j]`, the same both ways.
///
/// # Panics
/// Where there are not as many rows, or values in a row, as tokens.
pub fn same_different_by_likeness(rows: &[Vec<f32>], tokens: &[Token]) -> SameDifferent {
    assert!(rows.len() == tokens.len() && rows.iter().all(|row| row.len() == tokens.len()), "a value a pair of tokens");
    let (word, words) = numbers(tokens.iter().map(|t| t.label.as_str()));
    let (who, speakers) = numbers(tokens.iter().map(|t| t.speaker.as_str()));
    let n = tokens.len();
    let pairs = |keep: &dyn Fn(usize, usize) -> bool| {
        let mut out = Vec::with_capacity(n * n.saturating_sub(1) / 2);
        for (i, row) in rows.iter().enumerate() {
            out.extend((i + 1..n).filter(|&j| keep(i, j)).map(|j| (row[j], word[i] == word[j])));
        }
        out
    };
    let ap = average_precision(pairs(&|_, _| true));
    let swdp_ap = average_precision(pairs(&|i, j| word[i] != word[j] || who[i] != who[j]));
    let nearest: Vec<(f64, f64)> = (0..n)
        .into_par_iter()
        .filter_map(|i| {
            let mut others: Vec<usize> = (0..n).filter(|&j| who[j] != who[i]).collect();
            if !others.iter().any(|&j| word[j] == word[i]) {
                return None;
            }
            others.sort_by(|&a, &b| rows[i][b].total_cmp(&rows[i][a]));
            others.truncate(10);
            let same = others.iter().filter(|&&j| word[j] == word[i]).count();
            let first = f64::from(u8::from(word[others[0]] == word[i]));
            Some((first, same as f64 / others.len() as f64))
        })
        .collect();
    let mean = |part: &dyn Fn(&(f64, f64)) -> f64| nearest.iter().map(part).sum::<f64>() / nearest.len() as f64;
    SameDifferent { tokens: n, words, speakers, ap, swdp_ap, p_at_1: mean(&|p| p.0), p_at_10: mean(&|p| p.1) }
}

/// Average precision over all pairs of a spoken token and a written word, relevant where the token is that word.
pub fn cross_view_ap<V: AsRef<[f32]>, W: AsRef<[f32]>>(
    spoken: &[V],
    labels: &[String],
    written: &[W],
    words: &[String],
) -> f64 {
    let mut pairs = Vec::with_capacity(spoken.len() * written.len());
    for (vector, label) in spoken.iter().zip(labels) {
        pairs.extend(written.iter().zip(words).map(|(w, word)| (dot(vector.as_ref(), w.as_ref()), word == label)));
    }
    average_precision(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(label: &str, speaker: &str) -> Token {
        Token { label: label.into(), speaker: speaker.into() }
    }

    #[test]
    fn perfect_vectors_score_one() {
        let tokens = [token("a", "x"), token("a", "y"), token("b", "x"), token("b", "y")];
        let vectors = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]];
        let figures = same_different(&vectors, &tokens);
        assert_eq!((figures.ap, figures.swdp_ap, figures.p_at_1, figures.p_at_10), (1.0, 1.0, 1.0, 0.5));
        assert_eq!((figures.tokens, figures.words, figures.speakers), (4, 2, 2));
    }

    #[test]
    fn average_precision_by_hand() {
        // Relevant at ranks 1 and 3: (1/1 + 2/3) / 2.
        let pairs = vec![(0.9, true), (0.5, false), (0.4, true), (0.1, false)];
        assert!((average_precision(pairs) - 5.0 / 6.0).abs() < 1e-12);
        assert!(average_precision(vec![(0.1, false)]).is_nan());
    }

    #[test]
    fn same_speaker_pairs_do_not_count_in_swdp() {
        let tokens = [token("a", "x"), token("a", "x"), token("b", "y")];
        let vectors = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]];
        let figures = same_different(&vectors, &tokens);
        assert_eq!(figures.ap, 1.0);
        assert!(figures.swdp_ap.is_nan());
    }

    #[test]
    fn agrees_with_an_independent_implementation() {
        // Figures by a NumPy program of the same definitions on the same vectors.
        let vector = |i: usize| {
            let raw: Vec<f32> = (0..5)
                .map(|j| {
                    let noise = ((i * 7919 + j * 104_729 + i * i * j * 31 + i * j) % 1009) as f32 / 1009.0 - 0.5;
                    noise + f32::from(u8::from(j == i % 4))
                })
                .collect();
            let length = raw.iter().map(|v| v * v).sum::<f32>().sqrt();
            raw.iter().map(|v| v / length).collect::<Vec<_>>()
        };
        let vectors: Vec<Vec<f32>> = (0..60).map(vector).collect();
        let tokens: Vec<Token> = (0..60).map(|i| token(&format!("w{}", i % 9), &format!("s{}", (i / 2) % 5))).collect();
        let figures = same_different(&vectors, &tokens);
        assert_eq!((figures.tokens, figures.words, figures.speakers), (60, 9, 5));
        for (found, expected) in [
            (figures.ap, 0.084_111_407_027_368_33),
            (figures.swdp_ap, 0.075_392_594_369_522_42),
            (figures.p_at_1, 0.033_333_333_333_333_33),
            (figures.p_at_10, 0.085),
        ] {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }
}
