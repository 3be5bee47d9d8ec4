//! Who says a quotation, named right behind it: the sentence goes on there.

use super::{abbreviations::judge, language::starts_sentences};

/// Words behind a quotation among which who says it is looked for.
const TAG: usize = 2;
/// What a quotation is followed by where its speaker stands behind it.
const SAYS: [&str; 40] = [
    "said",
    "says",
    "asked",
    "asks",
    "replied",
    "cried",
    "shouted",
    "called",
    "answered",
    "whispered",
    "exclaimed",
    "muttered",
    "murmured",
    "yelled",
    "screamed",
    "demanded",
    "wondered",
    "inquired",
    "enquired",
    "begged",
    "thought",
    "added",
    "continued",
    "went",
    "repeated",
    "snapped",
    "laughed",
    "sighed",
    "growled",
    "gasped",
    "roared",
    "sobbed",
    "interrupted",
    "insisted",
    "pleaded",
    "protested",
    "observed",
    "remarked",
    "hissed",
    "put",
];

/// Who says a quotation, right behind it: "Anna asked", "Mr. Lee cried". A pronoun would be written small.
pub(super) fn names_speaker(after: &str) -> bool {
    let mut words = after.split_whitespace();
    let Some(name) = words.next().filter(|name| name.starts_with(char::is_alphabetic)) else { return false };
    if name != "I"
        && (starts_sentences(name)
            || name.ends_with(['.', ',', ';', ':', '!', '?', '"', '”'])
                && judge(name.trim_end_matches('.'), false).is_none())
    {
        return false;
    }
    for word in words.take(TAG) {
        if SAYS.contains(&word.trim_end_matches(|letter: char| !letter.is_alphanumeric())) {
            return true;
        }
        if !word.ends_with(|letter: char| letter.is_alphanumeric() || letter == '.') {
            return false;
        }
    }
    false
}

/// The same in Chinese and Japanese, where letters have no case: 他说, と言った.
pub(super) fn tells_speaker(next: &str) -> bool {
    let clause: String = next.chars().take_while(|letter| letter.is_alphabetic()).take(8).collect();
    let says = |letter: char| matches!(letter, '说' | '說' | '问' | '問' | '道' | '喊' | '叫' | '答' | '嚷' | '笑');
    clause.starts_with(['と', 'っ', 'は', 'が', 'を', 'に', 'の', 'も']) || clause.chars().skip(1).take(5).any(says)
}
