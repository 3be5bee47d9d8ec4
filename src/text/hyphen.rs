//! A hyphen at the end of a wrapped line: was a word broken there, or is it written with one?

use std::collections::HashSet;

/// What stands between the end of a line and the line that goes on with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joint {
    /// White space.
    Space,
    /// The hyphen, which belongs to the word.
    Hyphen,
    /// Nothing: the hyphen broke a word.
    Word,
}

/// Words behind a hyphen that stands for what follows later: "Vor- und Nachteile", "pre- and post-war".
const CONNECTS: [&str; 14] =
    ["und", "oder", "bzw", "sowie", "bis", "and", "or", "to", "och", "og", "en", "of", "eller", "ja"];
/// Beginnings that are written with a hyphen more often than not.
const PREFIXES: [&str; 12] =
    ["self", "well", "ex", "all", "half", "non", "quasi", "semi", "so", "mid", "cross", "high"];

/// The words of lines that are not broken at an end of one, in small letters; hyphens inside of them stay.
pub(super) fn words(lines: &[String]) -> HashSet<String> {
    let whole = |word: &str| {
        let word = word.trim_matches(|letter: char| !letter.is_alphanumeric());
        (!word.is_empty()).then(|| word.to_lowercase())
    };
    let words = lines.iter().flat_map(|line| {
        let line = line.trim_end();
        let broken = line.ends_with(['-', '\u{2010}', '\u{AD}']);
        let end = if broken { line.rfind(char::is_whitespace).unwrap_or(0) } else { line.len() };
        line[..end].split_whitespace().filter_map(whole)
    });
    words.collect()
}

/// Whether a word is broken at the end of a line, so that the next line goes on with it whatever the width is.
pub(super) fn is_broken(line: &str, next: &str) -> bool {
    let line = line.trim_end();
    let hyphened = line.ends_with(['-', '\u{2010}']) && next.trim_start().starts_with(char::is_lowercase);
    let stem = line.trim_end_matches(['-', '\u{2010}', '\u{AD}']);
    (hyphened || line.ends_with('\u{AD}')) && stem.len() + 3 >= line.len() && stem.ends_with(char::is_alphabetic)
}

/// Tells what the end of `before` is, with `next` behind it.
pub(super) fn joint(before: &str, next: &str, words: &HashSet<String>) -> Joint {
    let before = before.trim_end();
    let Some(stem) = before.strip_suffix(['-', '\u{2010}', '\u{AD}']) else { return Joint::Space };
    let left = stem.rsplit(|letter: char| letter.is_whitespace()).next().unwrap_or_default();
    let left = left.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    let next = next.trim_start();
    let right = next
        .split(|letter: char| !letter.is_alphanumeric() && letter != '\'' && letter != '’')
        .next()
        .unwrap_or_default();
    // A dash, a range, a minus.
    if !left.ends_with(char::is_alphanumeric) || right.is_empty() {
        return Joint::Space;
    }
    if before.ends_with('\u{AD}') {
        return Joint::Word;
    }
    if CONNECTS.contains(&right) {
        return Joint::Space;
    }
    let (left, right) = (left.to_lowercase(), right.to_owned());
    if words.contains(&format!("{left}-{}", right.to_lowercase())) {
        return Joint::Hyphen;
    }
    if !right.starts_with(char::is_lowercase) || !left.ends_with(char::is_alphabetic) {
        return Joint::Hyphen;
    }
    let whole = words.contains(&format!("{left}{right}"));
    let compound = left.contains('-') || PREFIXES.contains(&left.as_str());
    if !whole && compound { Joint::Hyphen } else { Joint::Word }
}
