//! Tokens: byte-level byte-pair encoding (Sennrich et al. 2016; Radford et al. 2019) trained on the corpus.
//!
//! Every byte is a token, so that any UTF-8 comes back exactly. Pieces are cut as GPT-2 cuts them: a word takes the space
//! before it along. A sentence is read with one space put before it, so that its first word is the token that it is in
//! the middle of a sentence; the space is taken off again when tokens are written.

#[cfg(feature = "torch")]
use std::collections::HashMap;
use std::collections::HashSet;

use super::byte_pairs::{Pairs, pieces};
use super::error::SentenceError;

/// Fills rows of a batch; never written.
#[cfg(feature = "torch")]
pub(crate) const PAD: i64 = 0;
/// The end-of-sequence symbol.
pub(crate) const END: i64 = 1;
/// Stands in for a token that the denoising objective hides.
#[cfg(feature = "torch")]
pub(crate) const MASK: i64 = 2;
/// The first of the 256 bytes.
pub(super) const BYTES: i64 = 3;
/// The first of the merges.
pub(super) const MERGES: i64 = BYTES + 256;

/// Longest token, in bytes.
pub(super) const LONGEST: usize = 24;

/// The tokens of a model.
#[derive(Debug, Clone)]
pub struct Tokens {
    pairs: Pairs,
    /// Bytes of each id, none for the symbols.
    bytes: Vec<Vec<u8>>,
    merges: Vec<(u32, u32)>,
}

impl Tokens {
    /// The 256 bytes and three symbols alone.
    pub fn bytes() -> Result<Tokens, SentenceError> {
        Tokens::from_merges(&[], "bytes")
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
        let different: HashSet<&[u8]> = bytes[BYTES as usize..].iter().map(Vec::as_slice).collect();
        if different.len() != bytes.len() - BYTES as usize {
            return Err(fault("two merges make the same token".into()));
        }
        Ok(Tokens { pairs: Pairs::new(merges, MERGES as u32), bytes, merges: merges.to_vec() })
    }

    /// The merges that make these tokens: pairs of ids, in order.
    pub fn merges(&self) -> &[(u32, u32)] {
        &self.merges
    }

    /// How many tokens there are, symbols and bytes included.
    pub fn count(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes that a token stands for; none for symbols.
    #[cfg(all(test, feature = "torch"))]
    pub(super) fn bytes_of(&self, id: u32) -> &[u8] {
        &self.bytes[id as usize]
    }

    /// The ids of a sentence, at most `longest`; the end symbol is not among them.
    pub fn encode(&self, sentence: &str, longest: usize) -> Vec<i64> {
        // No token is longer, so that what lies beyond cannot be read; a book on one line costs no more than a page.
        let reach = longest.saturating_add(1).saturating_mul(LONGEST);
        let sentence = format!(" {}", head(sentence, reach));
        let mut ids = Vec::new();
        for piece in pieces(&sentence) {
            let mut tokens: Vec<u32> = piece.bytes().map(|byte| BYTES as u32 + u32::from(byte)).collect();
            self.pairs.join(&mut tokens);
            ids.extend(tokens.into_iter().map(i64::from));
            if ids.len() >= longest {
                break;
            }
        }
        ids.truncate(longest);
        ids
    }

    /// Tokens that are the same but for case and the space before them, as numbers of classes: one a token, from 0. Symbols
    /// and bytes that are no text by themselves are alone in theirs.
    #[cfg(feature = "torch")]
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

/// The first `bytes` bytes, or fewer where a character would be cut.
fn head(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let end = (0..=bytes).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// A word of three letters, with and without its space.
    fn some() -> Tokens {
        let byte = |letter: u8| BYTES as u32 + u32::from(letter);
        let pairs = [(byte(b't'), byte(b'h')), (259, byte(b'e')), (byte(b' '), 260), (byte(b'd'), byte(b'o'))];
        Tokens::from_merges(&pairs, "some").unwrap()
    }

    #[test]
    fn known_pairs_become_one_token_and_come_back() {
        let tokens = some();
        assert_eq!(
            tokens.encode("the the dot", 128)[..2],
            [261, 261],
            "the first word is the same token as the others"
        );
        assert_eq!(tokens.encode("the the dot", 128).len(), 5);
        assert_eq!(tokens.encode("the the dot", 3).len(), 3);
        assert_eq!(tokens.decode(&[261, 261]), "the the");
    }

    #[test]
    fn any_text_comes_back_exactly() {
        let controls: String = (0..=0x9Fu8).map(char::from).collect();
        let long = "a".repeat(900);
        for tokens in [some(), Tokens::bytes().unwrap()] {
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
                assert_eq!(tokens.decode(&tokens.encode(text, 10_000)), text);
            }
        }
    }

    proptest! {
        #[test]
        fn random_text_comes_back_exactly(text in any::<String>()) {
            let tokens = some();
            prop_assert_eq!(tokens.decode(&tokens.encode(&text, 100_000)), text);
        }
    }

    #[test]
    fn long_text_is_cut_at_the_same_tokens_however_much_follows() {
        let tokens = some();
        let short = "the dog ".repeat(100);
        let book = "the dog ".repeat(100_000);
        assert_eq!(tokens.encode(&short, 128), tokens.encode(&book, 128));
        assert_eq!(tokens.encode(&"x".repeat(1_000_000), 128).len(), 128);
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
