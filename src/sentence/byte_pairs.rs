//! How a sentence is cut into tokens: into pieces as GPT-2 cuts it (Radford et al. 2019), and the bytes of each piece joined pair by pair
//! (Sennrich et al. 2016).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// What becomes of two neighbours. A pair that was found earlier in training makes a token of a smaller number, and is joined first.
#[derive(Debug, Clone)]
pub(super) struct Pairs(HashMap<(u32, u32), u32>);

impl Pairs {
    /// The pairs in their order; the first makes the token `first`.
    pub fn new(merges: &[(u32, u32)], first: u32) -> Pairs {
        Pairs((first..).zip(merges).map(|(token, &pair)| (pair, token)).collect())
    }

    /// Joins neighbours until no pair is left that is known: the smallest number first, and of the same the leftmost.
    pub fn join(&self, tokens: &mut Vec<u32>) {
        // Each token's neighbours; a token that was joined to its left one has none. What the queue says may have passed by then.
        let count = tokens.len();
        let mut left: Vec<Option<usize>> = (0..count).map(|at| at.checked_sub(1)).collect();
        let mut right: Vec<Option<usize>> = (1..=count).map(|at| (at < count).then_some(at)).collect();
        let mut gone = vec![false; count];
        let mut queue = BinaryHeap::new();
        let waiting = |tokens: &[u32], at: usize, next: usize| {
            let pair = (tokens[at], tokens[next]);
            self.0.get(&pair).map(|&token| Reverse((token, at, pair)))
        };
        queue.extend((1..count).filter_map(|next| waiting(tokens, next - 1, next)));
        while let Some(Reverse((token, at, pair))) = queue.pop() {
            let Some(next) = right[at].filter(|&next| !gone[at] && (tokens[at], tokens[next]) == pair) else {
                continue;
            };
            tokens[at] = token;
            gone[next] = true;
            right[at] = right[next].take();
            if let Some(after) = right[at] {
                left[after] = Some(at);
                queue.extend(waiting(tokens, at, after));
            }
            if let Some(before) = left[at] {
                queue.extend(waiting(tokens, before, at));
            }
        }
        let mut gone = gone.into_iter();
        tokens.retain(|_| !gone.next().unwrap_or(false));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Space,
    Letter,
    Number,
    Other,
}

impl Class {
    fn of(letter: char) -> Class {
        if letter.is_ascii_alphabetic() {
            return Class::Letter;
        }
        if letter.is_whitespace() {
            return Class::Space;
        }
        match letter.general_category_group() {
            GeneralCategoryGroup::Letter => Class::Letter,
            GeneralCategoryGroup::Number => Class::Number,
            _ => Class::Other,
        }
    }
}

/// The endings of English that are pieces of their own.
const ENDINGS: [&str; 7] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

/// The pieces of a text, one after the other: an ending, or letters, digits or signs with the space before them, or white space, whose last
/// space goes with what follows. Nothing is left out.
pub(super) fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let length = first_piece(rest)?;
        let (piece, after) = rest.split_at(length);
        rest = after;
        Some(piece)
    })
}

/// Bytes of the first piece; none of an empty text.
fn first_piece(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    if let Some(ending) = ENDINGS.iter().find(|ending| text.starts_with(**ending)) {
        return Some(ending.len());
    }
    let run = |from: usize, class: Class| {
        let end = text[from..].char_indices().find(|&(_, letter)| Class::of(letter) != class);
        end.map_or(text.len(), |(at, _)| from + at)
    };
    let from = usize::from(first == ' ');
    match text[from..].chars().next().map(Class::of) {
        None => Some(from),
        Some(Class::Space) => {
            let end = run(0, Class::Space);
            let last = text[..end].char_indices().next_back().map_or(0, |(at, _)| at);
            Some(if end == text.len() || last == 0 { end } else { last })
        }
        Some(class) => Some(run(from, class)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        pieces(text).collect()
    }

    #[test]
    fn pieces_are_words_numbers_signs_and_spaces() {
        assert_eq!(cut(" I'll pay 30\u{20ac} (now)!"), [" I", "'ll", " pay", " 30", "\u{20ac}", " (", "now", ")!"]);
        assert_eq!(cut("  two\n\nlines \t"), [" ", " two", "\n", "\n", "lines", " \t"]);
        assert_eq!(
            cut(" caf\u{e9} \u{5d0}\u{5d1} \u{2163}x e\u{301}"),
            [" caf\u{e9}", " \u{5d0}\u{5d1}", " \u{2163}", "x", " e", "\u{301}"]
        );
        assert!(cut("").is_empty());
        assert_eq!(cut(" "), [" "]);
    }

    #[test]
    fn the_earliest_pair_is_joined_first_and_the_leftmost_of_the_same() {
        // 0 1 becomes 10, then 10 10 becomes 11, then 1 0 becomes 12.
        let pairs = Pairs::new(&[(0, 1), (10, 10), (1, 0)], 10);
        let joined = |tokens: &[u32]| {
            let mut tokens = tokens.to_vec();
            pairs.join(&mut tokens);
            tokens
        };
        assert_eq!(joined(&[0, 1, 0, 1, 0]), [11, 0]);
        assert_eq!(joined(&[1, 0, 1, 0, 0]), [1, 10, 0, 0]);
        assert_eq!(joined(&[1, 0, 0]), [12, 0]);
        let same = Pairs::new(&[(5, 5)], 6);
        let mut tokens = vec![5; 5];
        same.join(&mut tokens);
        assert_eq!(tokens, [6, 6, 5]);
        joined(&[]);
    }
}
