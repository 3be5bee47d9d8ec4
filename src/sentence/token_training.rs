//! Tokens of a corpus: byte pairs are counted and joined by the crate `tokenizers`.

use std::collections::HashMap;

use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer, Trainer};

use super::error::SentenceError;
use super::tokens::{BYTES, LONGEST, MERGES, Tokens};

/// A pair that occurs less often is not merged.
const RAREST: u64 = 2;

impl Tokens {
    /// Merges the most frequent neighbours until there are `vocabulary` tokens, symbols and bytes included, or no pair
    /// occurs twice.
    pub fn train<'a>(
        sentences: impl Iterator<Item = &'a str> + Send,
        vocabulary: usize,
    ) -> Result<Tokens, SentenceError> {
        let fault = |cause: String| SentenceError::Tokens { model: "training".into(), cause };
        let mut trainer = BpeTrainer::builder()
            .show_progress(false)
            .min_frequency(RAREST)
            .vocab_size(vocabulary.saturating_sub(BYTES as usize))
            .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
            .max_token_length(Some(LONGEST))
            .build();
        trainer.feed(sentences, pieces).map_err(|e| fault(e.to_string()))?;
        let mut bpe = BPE::default();
        trainer.train(&mut bpe).map_err(|e| fault(e.to_string()))?;
        let model = serde_json::to_value(&bpe).map_err(|e| fault(e.to_string()))?;
        let written: TokenizerFile = serde_json::from_value(model).map_err(|e| fault(e.to_string()))?;
        let mut ids: HashMap<String, u32> =
            (0..=255u8).map(|byte| (char_of(byte).to_string(), BYTES as u32 + u32::from(byte))).collect();
        let mut merges = Vec::with_capacity(written.merges.len());
        for (left, right) in written.merges {
            let known = |part: &str| ids.get(part).copied();
            let (Some(a), Some(b)) = (known(&left), known(&right)) else {
                return Err(fault(format!("the merge of {left} and {right} comes before its parts")));
            };
            // Two ways to one token are one token: the earlier merge names it.
            let next = MERGES as u32 + merges.len() as u32;
            if ids.contains_key(&(left.clone() + &right)) {
                continue;
            }
            ids.insert(left + &right, next);
            merges.push((a, b));
        }
        Tokens::from_merges(&merges, "training")
    }
}

/// What the library writes of a trained model.
#[derive(serde::Deserialize)]
struct TokenizerFile {
    merges: Vec<(String, String)>,
}

/// The sentence with its space, cut into pieces, each byte as the character that stands for it.
fn pieces(sentence: &str) -> tokenizers::Result<Vec<String>> {
    let mut text = PreTokenizedString::from(format!(" {sentence}"));
    ByteLevel::new(false, false, true).pre_tokenize(&mut text)?;
    let splits = text.get_splits(OffsetReferential::Original, OffsetType::Byte);
    Ok(splits.into_iter().map(|(piece, _, _)| piece.to_owned()).collect())
}

/// The printable character that stands for a byte: itself where it is one, else the next free one from U+0100.
fn char_of(byte: u8) -> char {
    let printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    if printable(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|&other| !printable(other)).count() as u32;
    char::from_u32(256 + before).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use tokenizers::Model;

    use super::super::tokens::{END, PAD};
    use super::*;

    const CORPUS: [&str; 6] = [
        "the dog bit the man",
        "the man bit the dog",
        "the other man saw the dog there",
        "naïve café, naïve café",
        "then they gathered there together",
        "שלום עולם שלום עולם",
    ];

    fn trained() -> Tokens {
        Tokens::train(CORPUS.into_iter(), 330).unwrap()
    }

    #[test]
    fn frequent_words_become_one_token_and_come_back() {
        let tokens = trained();
        assert!(tokens.count() > 259 && tokens.count() <= 330);
        let ids = tokens.encode("the the the", 128);
        assert_eq!(ids.len(), 3, "{ids:?}");
        assert!(ids.iter().all(|&id| id == ids[0]), "the first word is the same token as the others: {ids:?}");
        assert_eq!(tokens.decode(&ids), "the the the");
        assert!(tokens.encode(CORPUS[0], 128).len() < CORPUS[0].len());
    }

    #[test]
    fn training_is_the_same_each_time_and_merges_say_it_all() {
        let tokens = trained();
        assert_eq!(tokens.merges(), trained().merges());
        let again = Tokens::from_merges(tokens.merges(), "again").unwrap();
        for sentence in CORPUS {
            assert_eq!(again.encode(sentence, 128), tokens.encode(sentence, 128));
        }
    }

    #[test]
    fn classes_do_not_look_at_case_and_space() {
        let tokens = Tokens::train(["The the THE the", "the The the", "bathe bathe"].into_iter(), 280).unwrap();
        let classes = tokens.classes();
        assert_eq!(classes.len(), tokens.count());
        let class = |text: &str| {
            let id = (0..tokens.count()).find(|&id| tokens.bytes_of(id as u32) == text.as_bytes());
            classes[id.unwrap_or_else(|| panic!("no token {text:?}"))]
        };
        assert_eq!(class(" the"), class("the"));
        assert_eq!(class("T"), class("t"));
        assert_ne!(class("t"), class("h"));
        assert_ne!(classes[PAD as usize], classes[END as usize]);
    }

    /// The ids of a text by the crate that trains.
    fn by_the_library(tokens: &Tokens, text: &str) -> Vec<i64> {
        let letters = |id: u32| tokens.bytes_of(id).iter().map(|&byte| char_of(byte)).collect::<String>();
        let vocabulary = (BYTES as u32..tokens.count() as u32).map(|id| (letters(id), id));
        let merges = tokens.merges().iter().map(|&(a, b)| (letters(a), letters(b))).collect();
        let vocabulary = vocabulary.collect::<tokenizers::models::bpe::Vocab>();
        let bpe = BPE::builder().vocab_and_merges(vocabulary, merges).build().unwrap();
        let ids =
            |piece: &String| bpe.tokenize(piece).unwrap().iter().map(|token| i64::from(token.id)).collect::<Vec<_>>();
        pieces(text).unwrap().iter().flat_map(ids).collect()
    }

    #[test]
    fn every_letter_is_cut_as_the_library_cuts_it() {
        let tokens = trained();
        for start in (0..0x3_0000u32).step_by(64) {
            let letters = (start..start + 64).filter_map(char::from_u32);
            // One that a newer Unicode gave a meaning may be told apart by one of the two alone.
            let text: String = letters
                .filter(|letter| assigned(*letter))
                .flat_map(|letter| [letter, 'a', letter, ' ', letter, '1', letter])
                .collect();
            assert_eq!(tokens.encode(&text, 1 << 20), by_the_library(&tokens, &text), "U+{start:X}");
        }
    }

    fn assigned(letter: char) -> bool {
        use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};
        letter.general_category() != GeneralCategory::Unassigned
    }

    proptest! {
        #[test]
        fn random_text_is_cut_as_the_library_cuts_it(text in "[ -~\\n\\t\u{a0}\u{2028}éßא北👍\u{301}]{0,60}|\\PC*|(the|dog|then|man|n't|'s| )*") {
            let tokens = trained();
            prop_assert_eq!(tokens.encode(&text, 1 << 20), by_the_library(&tokens, &text));
        }
    }
}
