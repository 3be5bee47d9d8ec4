//! Sentences whose words somebody dropped or swapped, to be found again.

/// A small generator, so that the same seed spoils the same way everywhere (SplitMix64, Steele et al. 2014).
#[derive(Debug, Clone)]
pub struct Spoiler(u64);

impl Spoiler {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Spoiler {
        Spoiler(seed)
    }

    /// A number below `n`; 0 where that is 0.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((u128::from(z ^ (z >> 31)) * n as u128) >> 64) as usize
    }

    /// The sentence after `times` accidents, at each of which a word gets lost or changes places with any other, with even
    /// chances. None where it has not twice as many words as accidents.
    pub fn spoil(&mut self, sentence: &str, times: usize) -> Option<String> {
        let mut words: Vec<&str> = sentence.split_whitespace().collect();
        if words.len() < 2 * times {
            return None;
        }
        for _ in 0..times {
            let at = self.below(words.len());
            if self.below(2) == 0 {
                words.remove(at);
            } else {
                let other = (at + 1 + self.below(words.len() - 1)) % words.len();
                words.swap(at, other);
            }
        }
        Some(words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn accidents_keep_the_words_that_they_do_not_drop() {
        let sentence = "one two three four five six seven";
        let mut spoiler = Spoiler::new(1);
        let mut lengths = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let spoilt = spoiler.spoil(sentence, 3).unwrap();
            assert_ne!(spoilt, sentence);
            assert!(spoilt.split(' ').all(|word| sentence.contains(word)));
            lengths.insert(spoilt.split(' ').count());
        }
        assert_eq!(lengths.into_iter().collect::<Vec<_>>(), [4, 5, 6, 7]);
        assert!(spoiler.spoil("one two three four five", 3).is_none());
        assert_eq!(Spoiler::new(5).spoil(sentence, 2), Spoiler::new(5).spoil(sentence, 2));
    }
}
