//! Tokens: byte-level byte-pair encoding (Sennrich et al. 2016; Radford et al. 2019) trained on the corpus.
//!
//! Every byte is a token, so that any UTF-8 comes back exactly. Pieces are cut as GPT-2 cuts them: a word takes the space
//! before it along. A sentence is read with one space put before it, so that its first word is the token that it is in
//! the middle of a sentence; the space is taken off again when tokens are written.

use std::collections::HashMap;

use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{Model, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer, Trainer};

use super::error::SentenceError;

/// Fills rows of a batch; never written.
#[cfg(any(feature = "torch", test))]
pub(crate) const PAD: i64 = 0;
/// The end-of-sequence symbol.
pub(crate) const END: i64 = 1;
/// Stands in for a token that the denoising objective hides.
#[cfg(feature = "torch")]
pub(crate) const MASK: i64 = 2;
/// The first of the 256 bytes.
const BYTES: i64 = 3;
/// The first of the merges.
const MERGES: i64 = BYTES + 256;

/// Longest token, in bytes.
const LONGEST: usize = 24;
/// A pair that occurs less often is not merged.
const RAREST: u64 = 2;

/// The tokens of a model.
#[derive(Debug, Clone)]
pub struct Tokens {
    bpe: BPE,
    /// Bytes of each id, none for the symbols.
    bytes: Vec<Vec<u8>>,
    merges: Vec<(u32, u32)>,
}

impl Tokens {
    /// The 256 bytes and three symbols alone.
    pub fn bytes() -> Result<Tokens, SentenceError> {
        Tokens::from_merges(&[], "bytes")
    }

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

    /// The tokens that these merges make, in the order of the merges; `model` names them in errors.
    pub fn from_merges(merges: &[(u32, u32)], model: &str) -> Result<Tokens, SentenceError> {
        let fault = |cause: String| SentenceError::Tokens { model: model.into(), cause };
        let mut bytes: Vec<Vec<u8>> = vec![Vec::new(); BYTES as usize];
        bytes.extend((0..=255u8).map(|byte| vec![byte]));
        for (i, &(a, b)) in merges.iter().enumerate() {
            let part = |id: u32| bytes.get(id as usize).filter(|part| !part.is_empty());
            let joined = match (part(a), part(b)) {
                (Some(a), Some(b)) => [a.as_slice(), b.as_slice()].concat(),
                _ => return Err(fault(format!("merge {i} is of tokens that come after it"))),
            };
            // Also keeps doubling merges of a hostile file from filling the memory.
            if joined.len() > LONGEST {
                return Err(fault(format!("merge {i} makes a token of {} bytes; {LONGEST} is the most", joined.len())));
            }
            bytes.push(joined);
        }
        let text = |id: usize| bytes[id].iter().map(|&byte| char_of(byte)).collect::<String>();
        let vocabulary: HashMap<String, u32> = (BYTES as usize..bytes.len()).map(|id| (text(id), id as u32)).collect();
        if vocabulary.len() != bytes.len() - BYTES as usize {
            return Err(fault("two merges make the same token".into()));
        }
        let pairs = merges.iter().map(|&(a, b)| (text(a as usize), text(b as usize))).collect();
        let bpe = BPE::builder()
            .vocab_and_merges(vocabulary.into_iter().collect::<tokenizers::models::bpe::Vocab>(), pairs)
            .build()
            .map_err(|e| fault(e.to_string()))?;
        Ok(Tokens { bpe, bytes, merges: merges.to_vec() })
    }

    /// The merges that make these tokens: pairs of ids, in order.
    pub fn merges(&self) -> &[(u32, u32)] {
        &self.merges
    }

    /// How many tokens there are, symbols and bytes included.
    pub fn count(&self) -> usize {
        self.bytes.len()
    }

    /// The ids of a sentence, at most `longest`; the end symbol is not among them.
    pub fn encode(&self, sentence: &str, longest: usize) -> Result<Vec<i64>, SentenceError> {
        let fault = |e: tokenizers::Error| SentenceError::Tokens { model: "sentence".into(), cause: e.to_string() };
        // No token is longer, so that what lies beyond cannot be read; a book on one line costs no more than a page.
        let reach = longest.saturating_add(1).saturating_mul(LONGEST);
        let mut ids = Vec::new();
        for piece in pieces(head(sentence, reach)).map_err(fault)? {
            ids.extend(self.bpe.tokenize(&piece).map_err(fault)?.iter().map(|token| i64::from(token.id)));
            if ids.len() >= longest {
                break;
            }
        }
        ids.truncate(longest);
        Ok(ids)
    }

    /// Tokens that are the same but for case and the space before them, as numbers of classes: one a token, from 0. Symbols
    /// and bytes that are no text by themselves are alone in theirs.
    #[cfg(any(feature = "torch", test))]
    pub(crate) fn classes(&self) -> Vec<usize> {
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut next = 0;
        let mut class = |key: Option<String>| {
            let found = key.as_ref().and_then(|key| known.get(key).copied());
            found.unwrap_or_else(|| {
                next += 1;
                key.into_iter().for_each(|key| {
                    known.insert(key, next - 1);
                });
                next - 1
            })
        };
        let key = |bytes: &Vec<u8>| {
            let text = std::str::from_utf8(bytes).ok()?;
            let folded = text.trim_start().to_lowercase();
            (!folded.is_empty()).then_some(folded)
        };
        self.bytes.iter().map(|bytes| class(key(bytes))).collect()
    }

    /// The sentence of these ids. Symbols are left out; bytes that are no UTF-8, which only a network writes, become
    /// U+FFFD.
    pub fn decode(&self, ids: &[i64]) -> String {
        let part =
            |&id: &i64| usize::try_from(id).ok().and_then(|id| self.bytes.get(id)).map_or(&[][..], Vec::as_slice);
        let bytes: Vec<u8> = ids.iter().flat_map(part).copied().collect();
        let bytes = bytes.strip_prefix(b" ").unwrap_or(&bytes);
        String::from_utf8_lossy(bytes).into_owned()
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

/// The first `bytes` bytes, or fewer where a character would be cut.
fn head(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let end = (0..=bytes).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    &text[..end]
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
    use super::*;
    use proptest::prelude::*;

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
        let ids = tokens.encode("the the the", 128).unwrap();
        assert_eq!(ids.len(), 3, "{ids:?}");
        assert!(ids.iter().all(|&id| id == ids[0]), "the first word is the same token as the others: {ids:?}");
        assert_eq!(tokens.decode(&ids), "the the the");
        assert!(tokens.encode(CORPUS[0], 128).unwrap().len() < CORPUS[0].len());
    }

    #[test]
    fn training_is_the_same_each_time_and_merges_say_it_all() {
        let tokens = trained();
        assert_eq!(tokens.merges(), trained().merges());
        let again = Tokens::from_merges(tokens.merges(), "again").unwrap();
        for sentence in CORPUS {
            assert_eq!(again.encode(sentence, 128).unwrap(), tokens.encode(sentence, 128).unwrap());
        }
    }

    #[test]
    fn classes_do_not_look_at_case_and_space() {
        let tokens = Tokens::train(["The the THE the", "the The the", "bathe bathe"].into_iter(), 280).unwrap();
        let classes = tokens.classes();
        assert_eq!(classes.len(), tokens.count());
        let class = |text: &str| {
            let id = tokens.bytes.iter().position(|bytes| bytes == text.as_bytes());
            classes[id.unwrap_or_else(|| panic!("no token {text:?}"))]
        };
        assert_eq!(class(" the"), class("the"));
        assert_eq!(class("T"), class("t"));
        assert_ne!(class("t"), class("h"));
        assert_ne!(classes[PAD as usize], classes[END as usize]);
    }

    #[test]
    fn any_text_comes_back_exactly() {
        let controls: String = (0..=0x9Fu8).map(char::from).collect();
        let long = "a".repeat(900);
        for tokens in [trained(), Tokens::bytes().unwrap()] {
            for text in [
                "",
                " ",
                "  two",
                "trailing  ",
                "\r\n\t",
                "\u{202E}right to left\u{202C}",
                "مرحبا",
                "👩‍👩‍👧‍👦🏽",
                "e\u{301}",
                "\0",
                "\u{FFFD}",
                "don't we'll",
                controls.as_str(),
                long.as_str(),
            ] {
                assert_eq!(tokens.decode(&tokens.encode(text, 10_000).unwrap()), text);
            }
        }
    }

    proptest! {
        #[test]
        fn random_text_comes_back_exactly(text in any::<String>()) {
            let tokens = trained();
            prop_assert_eq!(tokens.decode(&tokens.encode(&text, 100_000).unwrap()), text);
        }
    }

    #[test]
    fn long_text_is_cut_at_the_same_tokens_however_much_follows() {
        let tokens = trained();
        let short = "the dog ".repeat(100);
        let book = "the dog ".repeat(100_000);
        assert_eq!(tokens.encode(&short, 128).unwrap(), tokens.encode(&book, 128).unwrap());
        assert_eq!(tokens.encode(&"x".repeat(1_000_000), 128).unwrap().len(), 128);
    }

    #[test]
    fn merges_of_a_spoilt_file_are_refused() {
        let refused = |merges: &[(u32, u32)]| Tokens::from_merges(merges, "m").unwrap_err().to_string();
        assert!(refused(&[(3, 259)]).contains("come after it"));
        assert!(refused(&[(0, 4)]).contains("come after it"), "symbols are no bytes");
        assert!(refused(&[(3, 4), (3, 4)]).contains("the same token"));
        let doubling: Vec<(u32, u32)> = std::iter::once((3, 3)).chain((259..300).map(|id| (id, id))).collect();
        assert!(refused(&doubling).contains("24 is the most"));
    }
}
