//! The numbers of the characters that the encoder of written words reads.

/// Characters beyond these are cut off; no word is longer.
const LONGEST: usize = 64;
const UNKNOWN: i64 = 1;

/// Character numbers of a word in lower case; an empty one for an empty word.
pub(crate) fn character_numbers(alphabet: &[char], word: &str) -> Vec<i64> {
    let lower = word.to_lowercase();
    let number = |c: char| alphabet.binary_search(&c).map_or(UNKNOWN, |i| i as i64 + 2);
    lower.chars().take(LONGEST).map(number).collect()
}
