//! The baseline of sentence similarity that knows no order and no meaning: weighted counts of tokens.

use std::collections::HashMap;

/// How rare each token is among some sentences.
#[derive(Debug, Clone)]
pub struct BagOfWords {
    sentences: f64,
    holding: HashMap<i64, f64>,
}

impl BagOfWords {
    /// Counts in how many of these sentences, given as token ids, each token stands.
    pub fn new<'a>(sentences: impl Iterator<Item = &'a [i64]>) -> BagOfWords {
        let mut bag = BagOfWords { sentences: 0.0, holding: HashMap::new() };
        for ids in sentences {
            bag.sentences += 1.0;
            let mut once = ids.to_vec();
            once.sort_unstable();
            once.dedup();
            once.into_iter().for_each(|id| *bag.holding.entry(id).or_insert(0.0) += 1.0);
        }
        bag
    }

    /// Counts times inverse document frequency, ln((1 + n) / (1 + n with the token)) + 1.
    fn weigh(&self, ids: &[i64]) -> HashMap<i64, f64> {
        let mut weights = HashMap::new();
        for &id in ids {
            let holding = self.holding.get(&id).copied().unwrap_or(0.0);
            *weights.entry(id).or_insert(0.0) += ((1.0 + self.sentences) / (1.0 + holding)).ln() + 1.0;
        }
        weights
    }

    /// The cosine of two sentences' weighted counts; 0 where one has no token.
    pub fn cosine(&self, one: &[i64], other: &[i64]) -> f64 {
        let (a, b) = (self.weigh(one), self.weigh(other));
        let length = |weights: &HashMap<i64, f64>| weights.values().map(|w| w * w).sum::<f64>().sqrt();
        let product: f64 = a.iter().map(|(id, weight)| weight * b.get(id).unwrap_or(&0.0)).sum();
        let lengths = length(&a) * length(&b);
        if lengths > 0.0 { product / lengths } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_tokens_count_more_and_order_does_not() {
        let sentences: [&[i64]; 4] = [&[1, 2, 3], &[1, 2, 4], &[1, 5, 6], &[1, 7, 8]];
        let bag = BagOfWords::new(sentences.into_iter());
        assert!((bag.cosine(&[1, 2, 3], &[3, 1, 2]) - 1.0).abs() < 1e-12);
        assert!(bag.cosine(&[1, 3], &[9, 3]) > bag.cosine(&[1, 3], &[1, 9]), "sharing what is rare says more");
        assert_eq!(bag.cosine(&[1], &[]), 0.0);
    }
}
