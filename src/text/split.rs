//! Sentence boundaries: those of Unicode (UAX #29), less those that no reader would make, and those that it does not know: in text without
//! capitals, behind an ellipsis, behind the mark of a footnote.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use super::{
    LONGEST_SENTENCE,
    abbreviations::{goes_on, is_initial, is_roman, judge},
    language::starts_sentences,
    speaker::{names_speaker, tells_speaker},
    style::Style,
};

/// Bytes of a mark before a sentence, as the number of an item, at most.
const MARK: usize = 32;
/// What stands behind a full stop and still belongs to its sentence.
const CLOSERS: [char; 24] = [
    '"', '\'', ')', ']', '}', '”', '’', '»', '›', '“', '‘', '」', '』', '）', '】', '》', '〉', '〕', '］', '｣', '*',
    '_', '~', '`',
];
/// What opens a quotation or a remark where no space stands before it.
const OPENERS: [char; 12] = ['[', '(', '“', '‘', '「', '『', '（', '【', '《', '〈', '〔', '«'];
/// Parts of names between an initial and the rest.
const PARTICLES: [&str; 19] = [
    "de", "van", "von", "der", "den", "la", "le", "du", "di", "da", "del", "dos", "des", "ter", "ten", "lo", "el",
    "al", "zu",
];
/// Before a number that is no ordinal: it counts, or names a part.
const CARDINAL: [&str; 49] = [
    "ist", "war", "sind", "waren", "hat", "hatte", "haben", "wird", "bin", "kapitel", "seite", "platz", "nummer", "nr",
    "band", "teil", "raum", "zimmer", "halle", "gleis", "linie", "level", "auf", "nur", "etwa", "ca", "rund", "minus",
    "plus", "er", "har", "var", "side", "strana", "kap", "abb", "bd", "abs", "art", "ziff", "vol", "s", "je", "má",
    "číslo", "jest", "ma", "strona", "on",
];
/// Whether a letter ends a line or a paragraph wherever it stands (line separator, paragraph separator, next line).
pub(super) fn separates(letter: char) -> bool {
    matches!(letter, '\u{2028}' | '\u{2029}' | '\u{85}')
}

/// The sentences of a text in their order, none longer than a sentence may be; white space around them belongs to them.
pub(super) fn sentences(text: &str, style: Style) -> Vec<Range<usize>> {
    let mut places: Vec<usize> = text.split_sentence_bound_indices().map(|(at, _)| at).collect();
    own_places(text, style, &mut places);
    places.sort_unstable();
    places.dedup();
    let (mut pieces, mut start) = (Vec::new(), 0);
    for at in places {
        if at <= start {
            continue;
        }
        if let Some(end) = boundary(text, start, at, style).filter(|end| *end < text.len()) {
            pieces.push(start..end);
            start = end;
        }
    }
    pieces.push(start..text.len());
    pieces.into_iter().flat_map(|piece| cut(text, piece)).collect()
}

/// Places behind which a sentence may begin that are no boundaries of UAX #29.
fn own_places(text: &str, style: Style, places: &mut Vec<usize>) {
    for (at, stop) in text.char_indices() {
        if !matches!(stop, '.' | '!' | '?' | '…' | ';') {
            continue;
        }
        let behind = &text[at + stop.len_utf8()..];
        let rest = behind.trim_start_matches(CLOSERS);
        let mark = mark(text, at, rest);
        let rest = rest[mark..].trim_start_matches(CLOSERS);
        let rest = rest.trim_start_matches(is_picture);
        let next = rest.trim_start();
        if next.is_empty() || next.len() == rest.len() {
            continue;
        }
        let place = text.len() - next.len();
        let pictured = behind.starts_with(is_picture);
        // Lines of a dialogue, each with its dash.
        let dashed = next.trim_start_matches(['-', '–', '—']);
        let spoken = dashed.len() < next.len()
            && text.trim_start().starts_with(['-', '–', '—'])
            && dashed.trim_start().starts_with(char::is_uppercase);
        let greek = stop == ';'
            && text[..at]
                .chars()
                .next_back()
                .is_some_and(|letter| matches!(letter, '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}'));
        if (stop == ';' && greek) || (stop != ';' && (mark > 0 || stop == '…' || style.small || pictured || spoken)) {
            places.push(place);
        }
    }
}

/// Where the sentence from `start` ends, if it does so at a place where it may.
fn boundary(text: &str, start: usize, mut at: usize, style: Style) -> Option<usize> {
    let mut before = &text[start..at];
    if before.ends_with(separates) {
        return Some(at);
    }
    // To UAX #29 quotes and brackets that open are as good as those that close: "[1]", 「.
    if let Some(less) = before.strip_suffix(OPENERS).filter(|less| less.ends_with(is_stop) || less.ends_with(CLOSERS)) {
        at -= before.len() - less.len();
        before = less;
    }
    let mut after = &text[at..];
    // Emoji behind a sentence belong to it, with or without a space.
    if after.starts_with(is_picture) && before.trim_end().len() < before.len() {
        let rest = after.trim_start_matches(|letter: char| is_picture(letter) || letter.is_whitespace());
        if text[..text.len() - rest.len()].ends_with(char::is_whitespace) {
            at = text.len() - rest.len();
            after = rest;
            before = &text[start..at];
        }
    }
    if before.trim_end().len() == before.len() {
        let mark = mark(text, (at - closers(before)).saturating_sub(1), after);
        let rest = after[mark..].trim_start_matches(CLOSERS);
        let next = rest.trim_start();
        if mark > 0 && !next.is_empty() && next.len() < rest.len() {
            at = text.len() - next.len();
            after = next;
        } else if !ends_unspaced(before) {
            return None;
        }
    }
    // "1." alone and "…" alone are no sentences; long rows of numbers are.
    let bare = |text: &str| text.len() < MARK && !text.contains(char::is_alphabetic);
    if bare(before) || !after.contains(char::is_alphanumeric) || continues(before.trim_end(), after, style) {
        return None;
    }
    Some(at)
}

/// Whether the sentence goes on, with `after` behind `before`.
fn continues(before: &str, after: &str, style: Style) -> bool {
    let marked = before.trim_end_matches(
        |letter: char| matches!(letter, '0'..='9' | '⁰'..='⁹' | '¹' | '²' | '³' | '†' | '‡' | '§' | '[' | ']'),
    );
    let open = if marked.ends_with(is_stop) || marked.ends_with(CLOSERS) { marked } else { before };
    let core = open.trim_end_matches(is_picture).trim_end_matches(CLOSERS);
    let quoted = core.len() < open.trim_end_matches(is_picture).len();
    let Some(stop) = core.chars().next_back() else { return false };
    let next = after.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    let Some(first) = next.chars().next() else { return false };
    if quoted && matches!(stop, '。' | '！' | '？') && tells_speaker(next) && !after.starts_with(['「', '『', '“', '‘'])
    {
        return true;
    }
    let ellipsis = stop == '…' || core.ends_with("..") || core.ends_with(". .");
    if first.is_lowercase() {
        // A small letter goes on with the sentence; where all are small it does so behind an ellipsis and a quotation alone.
        if !style.small || ellipsis || quoted {
            return true;
        }
    } else if ellipsis {
        return next.split(|letter: char| !letter.is_alphanumeric()).next() == Some("I");
    } else if quoted && matches!(stop, '!' | '?' | '…') && names_speaker(after) {
        return true;
    }
    // "Yahoo! Inc."
    if stop == '!'
        && !quoted
        && ["Inc", "Ltd", "Corp", "LLC", "GmbH"].contains(&next.split(['.', ' ', ',']).next().unwrap_or_default())
    {
        return true;
    }
    if stop != '.' || quoted && core.len() + 1 < open.len() {
        return false;
    }
    ends_abbreviated(core, next, style) || (style.ordinals && ends_in_ordinal(core, next))
}

/// Whether a text that ends in a full stop ends in an abbreviation or an initial.
fn ends_abbreviated(core: &str, next: &str, style: Style) -> bool {
    let mut words = core.rsplit(|letter: char| letter.is_whitespace() || matches!(letter, '—' | '–' | '/'));
    let word = words.next().unwrap_or_default();
    let stem = word.trim_start_matches(|letter: char| !letter.is_alphanumeric()).trim_end_matches('.');
    let last = words.next().unwrap_or_default();
    // "Den 3. Maj": a month behind its day is none.
    let dated =
        last.strip_suffix('.').is_some_and(|day| !day.is_empty() && day.chars().all(|digit| digit.is_ascii_digit()));
    let mut letters = stem.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        let spaced = spaced_abbreviation(core);
        if let Some(kind) = judge(&spaced, style.small).filter(|_| spaced.len() > letter.len_utf8()) {
            return goes_on(kind, &spaced, next);
        }
        return single(letter, last, core.len() == word.len(), next, style);
    }
    // The number of a chapter at the beginning.
    if core.len() == word.len() && is_roman(stem) {
        return true;
    }
    let kind = judge(stem, style.small)
        .or_else(|| judge(stem.rsplit('-').next().unwrap_or_default(), false).filter(|_| stem.contains('-')));
    kind.is_some_and(|kind| goes_on(kind, stem, next) && !(dated && stem == "Maj"))
}

/// Letters with full stops and spaces at the end of a text, without the spaces: "u.a" of "Er kam u. a.".
fn spaced_abbreviation(core: &str) -> String {
    let lone = |word: &&str| {
        word.ends_with('.')
            && word.chars().filter(|letter| letter.is_alphabetic()).count() == 1
            && word.chars().count() <= 3
    };
    let words: Vec<&str> = core.split_whitespace().rev().take_while(lone).take(4).collect();
    let joined: String =
        words.into_iter().rev().map(|word| word.trim_start_matches(|letter: char| !letter.is_alphanumeric())).collect();
    joined.trim_end_matches('.').to_owned()
}

/// Whether a letter and a full stop are an initial, or a part of an abbreviation that is written with spaces.
fn single(letter: char, last: &str, alone: bool, next: &str, style: Style) -> bool {
    let following = next.split_whitespace().next().unwrap_or_default();
    let bare = following.trim_matches(|letter: char| !letter.is_alphanumeric());
    let lone = |word: &str| {
        let word = word.trim_start_matches(|letter: char| !letter.is_alphanumeric());
        word.ends_with('.') && word.chars().filter(|letter| letter.is_alphabetic()).count() == 1
    };
    let begins = starts_sentences(bare) && !is_initial(following) && !PARTICLES.contains(&bare.to_lowercase().as_str());
    if !letter.is_alphabetic() {
        return false;
    }
    // "u." is German for "and".
    if lone(following) || alone || letter == 'u' {
        return true;
    }
    if letter.is_lowercase() {
        // In Russian and Ukrainian letters that are no words: г. Москва, д. Ивановка.
        if matches!(letter, 'а'..='џ') && !matches!(letter, 'я' | 'и' | 'а' | 'о' | 'у' | 'в' | 'і' | 'є') {
            return !begins;
        }
        let numbered = bare.starts_with(|digit: char| digit.is_numeric()) || is_roman(bare);
        return numbered || (lone(last) && (style.small || !begins));
    }
    // "So did I. Then": before an initial stands a name, a title or another initial.
    if letter == 'I' && !last.starts_with(char::is_uppercase) {
        return false;
    }
    !begins
}

/// Whether a text ends in a number that with its full stop counts something that follows: "Am 3. Oktober".
fn ends_in_ordinal(core: &str, next: &str) -> bool {
    let mut words = core.split_whitespace().rev();
    let number = words.next().and_then(|word| word.strip_suffix('.')).unwrap_or_default();
    let number = number.trim_start_matches(|letter: char| !letter.is_alphanumeric());
    let is_ordinal =
        (1..=3).contains(&number.len()) && number.chars().all(|digit| digit.is_ascii_digit()) || is_roman(number);
    let before = words.next().unwrap_or_default().trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase();
    let following = next.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
    is_ordinal && !CARDINAL.contains(&before.as_str()) && !starts_sentences(following)
}

/// Bytes of the mark of a footnote that `rest` begins with, behind the full stop at `at`; 0 where there is none.
fn mark(text: &str, at: usize, rest: &str) -> usize {
    let run = |is: fn(char) -> bool| rest.find(|letter| !is(letter)).unwrap_or(rest.len());
    let raised = run(|letter| matches!(letter, '⁰' | '¹' | '²' | '³' | '⁴'..='⁹' | '†' | '‡' | '§' | '*'));
    if raised > 0 {
        return raised;
    }
    let mut bracketed = 0;
    while let Some(inner) = rest[bracketed..].strip_prefix(['[', '(']) {
        let Some(end) = inner[..inner.floor_char_boundary(MARK)].find([']', ')']) else { break };
        let inner = &inner[..end];
        let numbers = |letter: char| letter.is_ascii_digit() || matches!(letter, ',' | ' ' | '-' | '–');
        let is_mark = (1..=9).contains(&inner.len())
            && inner.starts_with(|letter: char| letter.is_ascii_digit())
            && inner.chars().all(numbers)
            || inner.len() == 1 && rest[bracketed..].starts_with('[')
            || matches!(inner, "citation needed" | "note 1" | "note 2" | "note 3" | "sic");
        if !is_mark {
            break;
        }
        bracketed += end + 2;
    }
    if bracketed > 0 {
        return bracketed;
    }
    // A raised number that lost its height: behind a letter and a full stop, and no decimal.
    let digits = run(|letter| letter.is_ascii_digit());
    let before = text.get(..at).unwrap_or_default();
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let letters = word.chars().filter(|letter| letter.is_alphabetic()).count();
    let plain = text.get(at..).is_some_and(|text| text.starts_with('.'))
        && letters > 3
        && !word.contains(['.', '/', '@', '-', '_'])
        && judge(word, false).is_none();
    if (1..=2).contains(&digits)
        && plain
        && word.chars().skip(1).all(|letter| letter.is_lowercase() || !letter.is_alphanumeric())
    {
        digits
    } else {
        0
    }
}

/// Bytes of the closing quotes and brackets that a text ends in.
fn closers(text: &str) -> usize {
    text.len() - text.trim_end_matches(CLOSERS).len()
}

/// Whether a text ends in a full stop of a script that has no spaces behind it.
fn ends_unspaced(before: &str) -> bool {
    let stop = before.trim_end_matches(CLOSERS).chars().next_back();
    stop.is_some_and(|stop| {
        !stop.is_ascii()
            && !stop.is_alphanumeric()
            && !matches!(stop, '…' | '‼' | '⁇' | '⁈' | '⁉' | '‽' | '․' | '»' | '›')
    })
}

/// A letter that ends sentences, of the scripts that have no spaces behind it too.
fn is_stop(letter: char) -> bool {
    matches!(letter, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '．' | '｡')
}

/// Emoji, which close a sentence as quotes do.
fn is_picture(letter: char) -> bool {
    matches!(letter, '\u{2600}'..='\u{27BF}' | '\u{1F000}'..='\u{1FAFF}' | '\u{FE0F}' | '\u{200D}')
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
