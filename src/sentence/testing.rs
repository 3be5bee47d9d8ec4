//! Small models and made-up sentences for the tests of this room.
#![allow(clippy::unwrap_used)]

use super::{SentenceConfig, TextEncoder, Tokens};
use crate::encoder::random::Random;

/// Wide enough for a start that reads short sentences back.
pub(crate) fn small_config() -> SentenceConfig {
    SentenceConfig { longest: 40, token: 96, width: 320, meaning: 12, ..SentenceConfig::default() }
}

/// Made-up sentences about beings that do things to one another, the same for the same seed.
pub(crate) fn sentences(count: usize, seed: u64) -> Vec<String> {
    const BEINGS: [&str; 12] =
        ["dog", "man", "cat", "woman", "bird", "child", "horse", "king", "nurse", "sailor", "fox", "teacher"];
    const DEEDS: [&str; 8] = ["bit", "saw", "followed", "heard", "greeted", "painted", "carried", "forgot"];
    const PLACES: [&str; 6] =
        ["in the garden", "at night", "by the old bridge", "near the river", "after dinner", "again"];
    let mut random = Random::new(&[seed]);
    let mut one = |words: &[&'static str]| words[random.below(words.len())];
    (0..count)
        .map(|_| {
            let (one_being, deed, other, place) = (one(&BEINGS), one(&DEEDS), one(&BEINGS), one(&PLACES));
            format!("the {one_being} {deed} the {other} {place}")
        })
        .collect()
}

/// Made-up paragraphs of `least` to `most` of those sentences.
pub(crate) fn paragraphs(count: usize, least: usize, most: usize) -> Vec<String> {
    let mut random = Random::new(&[9]);
    let sentences = sentences(count * most, 11);
    let paragraph = |some: &[String]| {
        let some = &some[..least + random.below(most - least + 1)];
        let capital = |sentence: &String| format!("The{}.", &sentence[3..]);
        some.iter().map(capital).collect::<Vec<_>>().join(" ")
    };
    sentences.chunks(most).map(paragraph).collect()
}

/// Tokens of those sentences.
pub(crate) fn tokens() -> Tokens {
    let mut sentences = sentences(200, 0);
    sentences.extend(paragraphs(20, 1, 3));
    Tokens::train(sentences.iter().map(String::as_str), 340).unwrap()
}

/// A network that has seen nothing.
pub(crate) fn untrained(config: SentenceConfig) -> TextEncoder {
    TextEncoder::untrained(config, tokens(), 1).unwrap()
}
