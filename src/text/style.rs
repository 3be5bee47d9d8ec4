//! How a text is written, told from its beginning: with or without capitals, with or without ordinals of a number and a full stop.

use super::{abbreviations::judge, language::writes_ordinals};

/// Share of the full stops with a small letter behind them that makes a text one of small letters.
const SMALL: f64 = 0.8;
/// Share of words with a capital that such a text may have: names, and what a recogniser writes large.
const CAPITALS: f64 = 0.2;
/// Words that a language is told by, at most.
const WORDS: usize = 2_000;

/// What the boundaries of sentences depend on besides the letters around them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Style {
    /// Sentences begin with small letters: speech recognisers, chats, subtitles.
    pub small: bool,
    /// `3.` is "third" in this language.
    pub ordinals: bool,
}

impl Style {
    /// Tells it from lines.
    pub fn of<'a>(lines: impl Iterator<Item = &'a str> + Clone) -> Self {
        let words = || lines.clone().flat_map(str::split_whitespace);
        let (mut stops, mut small, mut capitals, mut cased, mut numbered) = (0_u32, 0_u32, 0_u32, 0_u32, false);
        let mut before = "";
        for word in words() {
            let first = word.chars().find(|letter| letter.is_alphanumeric());
            let (upper, lower) = (first.is_some_and(char::is_uppercase), first.is_some_and(char::is_lowercase));
            cased += u32::from(upper || lower);
            capitals += u32::from(upper);
            if let Some(stem) = before.strip_suffix(['.', '?', '!']).filter(|_| upper || lower) {
                let counts = !stem.ends_with(['.', '!', '?']) && stem.chars().count() > 1;
                // A question mark may stand before "asked the girl", a full stop is of use alone.
                if counts
                    && before.ends_with('.')
                    && judge(stem.trim_start_matches(|letter: char| !letter.is_alphanumeric()), true).is_none()
                {
                    stops += 1;
                    small += u32::from(lower);
                }
                numbered |= stem.ends_with(|letter: char| letter.is_ascii_digit());
            }
            before = word;
        }
        let share = |part: u32, of: u32| f64::from(part) / f64::from(of.max(1));
        let small = match stops {
            // Questions alone, and not one capital.
            0 => cased > 0 && capitals == 0,
            _ => share(small, stops) >= SMALL && share(capitals, cased) <= CAPITALS,
        };
        Self { small, ordinals: numbered && writes_ordinals(words().take(WORDS)) }
    }
}
