//! Is a line end the end of a sentence, or did an editor only run out of width?
//!
//! Text that was filled to a width has a mark that other text lacks: the first word of the next line would not have fitted on the line
//! before. The width is the one that most line ends inside paragraphs agree with; lines broken by hand agree with it roughly.

/// Fewer letters than that are no width that anybody fills paragraphs to.
const NARROWEST: usize = 30;
/// The widest that an editor fills to; longer lines are paragraphs.
const WIDEST: usize = 200;
/// Lines broken by hand have less than this part of the width left.
const RAGGED: f64 = 0.15;
/// Share of line ends that must agree with a width.
const AGREED: f64 = 0.7;
/// Share of lines that may end as sentences do, and of lines that may begin as sentences do, in wrapped text.
const ENDING: f64 = 0.5;
const BEGINNING: f64 = 0.9;

/// The width that a text is filled to, in letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wrap(usize);

impl Wrap {
    /// Every line end inside a paragraph is taken for one that means nothing.
    pub const ALWAYS: Self = Self(0);

    /// Whether `next` goes on where `line` ended for want of room.
    pub fn joins(self, line: &str, next: &str) -> bool {
        has_words(line) && has_words(next) && !begins_item(next) && needed(line, next) > self.0
    }
}

/// The width that lines are filled to, where they are.
pub(super) fn detect(lines: &[String]) -> Option<Wrap> {
    // Of each line end inside a paragraph: the widths that it agrees with, from and up to.
    let mut ends = Vec::new();
    let (mut ending, mut beginning) = (0, 0);
    for pair in lines.windows(2) {
        let [line, next] = pair else { continue };
        if !has_words(line) || !has_words(next) || begins_item(next) {
            continue;
        }
        ends.push((width(line), needed(line, next)));
        ending += usize::from(ends_sentence(line));
        let first = next.chars().find(|letter| letter.is_alphanumeric());
        beginning += usize::from(first.is_some_and(|letter| !letter.is_lowercase() && !is_unspaced(letter)));
    }
    let share = |count: usize| count as f64 / ends.len().max(1) as f64;
    if ends.is_empty() || share(ending) >= ENDING || share(beginning) >= BEGINNING {
        return None;
    }
    agreed(&ends).or_else(|| {
        let roughly: Vec<_> = ends.iter().map(|&(from, to)| (from, (to as f64 / (1.0 - RAGGED)) as usize)).collect();
        // What fits within a ragged width follows from the narrowest line that it allows.
        agreed(&roughly).map(|Wrap(width)| Wrap((width as f64 * (1.0 - RAGGED)) as usize))
    })
}

/// The widest of the widths that most line ends agree with, where they are enough.
fn agreed(ends: &[(usize, usize)]) -> Option<Wrap> {
    // A sweep over where the agreements begin and end.
    let mut steps: Vec<(usize, i64)> = ends.iter().flat_map(|(from, to)| [(*from, 1), (*to, -1)]).collect();
    steps.sort_unstable();
    let (mut agree, mut most, mut best) = (0, 0, 0);
    for (at, step) in steps {
        agree += step;
        if step > 0 && agree >= most && at <= WIDEST {
            (most, best) = (agree, at);
        }
    }
    (best >= NARROWEST && most as f64 >= AGREED * ends.len() as f64).then_some(Wrap(best))
}

/// Scripts that are written without spaces between words, so that a line may end between any two letters.
pub(super) fn is_unspaced(letter: char) -> bool {
    matches!(letter,
        '\u{2E80}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{FF00}'..='\u{FF65}' | '\u{20000}'..='\u{3FFFF}')
}

fn has_words(line: &str) -> bool {
    line.contains(char::is_alphanumeric)
}

fn width(line: &str) -> usize {
    line.trim_end().chars().count()
}

/// The width at which the first word of `next` would have fitted on `line`.
fn needed(line: &str, next: &str) -> usize {
    let next = next.trim_start();
    let first = if next.starts_with(is_unspaced) {
        return width(line) + 1;
    } else {
        next.split_whitespace().next().map_or(0, |word| word.chars().count())
    };
    width(line) + 1 + first
}

fn ends_sentence(line: &str) -> bool {
    let closers = ['"', '\'', ')', ']', '”', '’', '»', '」', '*', '_'];
    line.trim_end().trim_end_matches(closers).ends_with(['.', '!', '?', '…', '。', '！', '？', '؟', '।'])
}

/// Whether a line is an item of a list: "- …", "* …", "• …", "1. …", "2) …", "a) …".
fn begins_item(line: &str) -> bool {
    let line = line.trim_start();
    let Some((mark, rest)) = line.split_once(char::is_whitespace) else { return false };
    if rest.trim().is_empty() {
        return false;
    }
    if matches!(mark, "-" | "*" | "+" | "•" | "–" | "—" | "·") {
        return true;
    }
    let numbered = mark.strip_suffix(['.', ')']).is_some_and(|number| {
        !number.is_empty() && number.len() <= 3 && number.chars().all(|digit| digit.is_ascii_digit())
    });
    let lettered = mark.strip_suffix(')').is_some_and(|letter| letter.len() == 1 && letter.is_ascii());
    numbered || lettered
}
