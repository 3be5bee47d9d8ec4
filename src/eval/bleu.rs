//! Agreement of written text with what should have been written: BLEU (Papineni et al. 2002), ROUGE (Lin 2004).

use std::collections::HashMap;

/// Longest n-gram.
const ORDERS: usize = 4;

/// Text as words: runs of letters and digits, and every other visible character by itself, case kept.
pub fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut begun: Option<usize> = None;
    for (at, c) in text.char_indices() {
        if c.is_alphanumeric() {
            begun.get_or_insert(at);
            continue;
        }
        if let Some(start) = begun.take() {
            words.push(&text[start..at]);
        }
        if !c.is_whitespace() {
            words.push(&text[at..at + c.len_utf8()]);
        }
    }
    if let Some(start) = begun {
        words.push(&text[start..]);
    }
    words
}

fn grams<'a, 'b>(words: &'b [&'a str], order: usize) -> HashMap<&'b [&'a str], usize> {
    let mut counts = HashMap::new();
    for gram in words.windows(order) {
        *counts.entry(gram).or_insert(0) += 1;
    }
    counts
}

/// Corpus BLEU-4 of candidates against one reference each, pairs of (reference, candidate): clipped n-gram precisions summed
/// over the corpus, their geometric mean, times the brevity penalty. Without smoothing: an order that no n-gram agrees in
/// makes it 0. An order that no candidate is long enough for is left out. NaN for no pairs.
pub fn bleu<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> f64 {
    let (mut agreed, mut all) = ([0usize; ORDERS], [0usize; ORDERS]);
    let (mut references, mut candidates, mut none) = (0usize, 0usize, true);
    for (reference, candidate) in pairs {
        none = false;
        let (reference, candidate) = (words(reference), words(candidate));
        references += reference.len();
        candidates += candidate.len();
        for order in 1..=ORDERS {
            let there = grams(&reference, order);
            for (gram, count) in grams(&candidate, order) {
                agreed[order - 1] += count.min(there.get(gram).copied().unwrap_or(0));
                all[order - 1] += count;
            }
        }
    }
    if none {
        return f64::NAN;
    }
    if candidates == 0 {
        return 0.0;
    }
    let orders: Vec<f64> =
        agreed.iter().zip(&all).filter(|(_, all)| **all > 0).map(|(&a, &all)| (a as f64 / all as f64).ln()).collect();
    let penalty = (1.0 - references as f64 / candidates as f64).min(0.0);
    (orders.iter().sum::<f64>() / orders.len() as f64 + penalty).exp()
}

/// Mean ROUGE-N recall over pairs of (reference, candidate): the share of the reference's n-grams that the candidate has.
/// References without an n-gram of that order are left out; NaN where that leaves none.
pub fn rouge<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>, order: usize) -> f64 {
    let (mut sum, mut count) = (0.0, 0usize);
    for (reference, candidate) in pairs {
        let (reference, candidate) = (words(reference), words(candidate));
        let (there, here) = (grams(&reference, order), grams(&candidate, order));
        let all: usize = there.values().sum();
        if all > 0 {
            let agreed: usize = there.iter().map(|(gram, n)| *n.min(here.get(gram).unwrap_or(&0))).sum();
            sum += agreed as f64 / all as f64;
            count += 1;
        }
    }
    sum / count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_and_single_marks() {
        assert_eq!(words(" The dog's 2nd bark—loud! "), ["The", "dog", "'", "s", "2nd", "bark", "—", "loud", "!"]);
        assert!(words(" \n").is_empty());
    }

    #[test]
    fn bleu_agrees_with_figures_worked_by_hand() {
        let one = |reference, candidate| bleu([(reference, candidate)].into_iter());
        assert!((one("the cat sat on the mat", "the cat sat on the mat") - 1.0).abs() < 1e-12);
        // Papineni's example: "the" seven times is right twice.
        let clipped = bleu([("the cat is on the mat", "the the the the the the the")].into_iter());
        assert_eq!(clipped, 0.0, "no bigram agrees");
        // Precisions 4/5, 3/4, 2/3, 1/2; five words for six: exp(1 − 6/5).
        let expected = ((0.8f64 * 0.75 * (2.0 / 3.0) * 0.5).ln() / 4.0 + 1.0 - 6.0 / 5.0).exp();
        assert!((one("a b c d e f", "a b c d x") - expected).abs() < 1e-12);
        assert!((one("yes", "yes") - 1.0).abs() < 1e-12, "orders that cannot be are left out");
        assert_eq!(one("yes", ""), 0.0);
        assert!(bleu(std::iter::empty()).is_nan());
    }

    #[test]
    fn rouge_is_recall() {
        let pairs = || [("a b c d", "a b x"), ("e f", "e f g h")].into_iter();
        assert!((rouge(pairs(), 1) - 0.75).abs() < 1e-12);
        assert!((rouge(pairs(), 2) - (1.0 / 3.0 + 1.0) / 2.0).abs() < 1e-12);
    }
}
