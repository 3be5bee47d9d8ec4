//! Sentence boundaries: those of Unicode (UAX #29), less those that no reader would make.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use super::LONGEST_SENTENCE;

/// What ends in a full stop without ending a sentence, before a capital letter too.
const ABBREVIATIONS: [&str; 35] = [
    "Mr", "Mrs", "Ms", "Dr", "Prof", "St", "Rev", "Gen", "Col", "Capt", "Lt", "Sgt", "Hon", "Messrs", "Mme", "Mlle",
    "Sr", "Sra", "Srta", "Hr", "Nr", "Bd", "Abb", "Fig", "vs", "cf", "e.g", "i.e", "z.B", "d.h", "bzw", "p.ej", "Jr",
    "Ph.D", "al",
];

/// Bytes of a mark before a sentence, as the number of an item, at most.
const MARK: usize = 32;

/// Whether a letter ends a line or a paragraph wherever it stands (line separator, paragraph separator, next line).
pub(super) fn separates(letter: char) -> bool {
    matches!(letter, '\u{2028}' | '\u{2029}' | '\u{85}')
}

/// The sentences of a text in their order, none longer than a sentence may be; white space around them belongs to them.
pub(super) fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for (at, piece) in text.split_sentence_bound_indices() {
        let range = at..at + piece.len();
        match pieces.last_mut() {
            Some(last) if belongs(&text[last.clone()], piece) => last.end = range.end,
            _ => pieces.push(range),
        }
    }
    pieces.into_iter().flat_map(|piece| cut(text, piece)).collect()
}

/// Whether what follows a boundary of UAX #29 still belongs to the sentence before it.
fn belongs(before: &str, after: &str) -> bool {
    if before.ends_with(separates) {
        return false;
    }
    // "1." alone and "…" alone are no sentences; long rows of numbers are.
    let bare = |text: &str| text.len() < MARK && !text.contains(char::is_alphabetic);
    bare(before) || !after.contains(char::is_alphanumeric) || ends_abbreviated(before)
}

/// Whether a text ends in an abbreviation or an initial.
fn ends_abbreviated(text: &str) -> bool {
    let word = text.split_whitespace().next_back().unwrap_or_default();
    let word = word.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    let Some(stem) = word.strip_suffix('.') else { return false };
    let mut letters = stem.chars();
    let initial = matches!((letters.next(), letters.next()), (Some(one), None) if one.is_uppercase() && one != 'I');
    initial || ABBREVIATIONS.contains(&stem)
}

/// Parts of a piece that are no longer than a sentence may be, cut between words where there are any.
pub(super) fn cut(text: &str, piece: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let Range { mut start, end } = piece;
    while end - start > LONGEST_SENTENCE {
        let most = text.floor_char_boundary(start + LONGEST_SENTENCE);
        let space = text[start..most].rfind(' ').filter(|at| *at > 0);
        let to = space.map_or(most, |at| start + at + 1);
        parts.push(start..to);
        start = to;
    }
    parts.push(start..end);
    parts
}
