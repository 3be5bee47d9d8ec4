//! Subtitles (SubRip, WebVTT): cues → sentences with their times.
//!
//! A sentence may go on over cues. Its time is that of the cues it stands in, since nothing says when in a cue a word is said.

use std::ops::ControlFlow;

use super::{
    Sentence, TextError,
    block::Block,
    decode::{Line, Lines},
    style::Style,
};

/// Cues of a file that tell how it is written and whether its cues end sentences.
const HEAD: usize = 500;
/// Share of cues that end as sentences do where sentences go on over cues; where fewer do, nothing tells where they end but the cues.
const ENDING: f64 = 0.2;
/// Milliseconds between two cues of one sentence, at most.
const PAUSE: u64 = 2_000;
/// Bytes of a sentence after which the next cue begins another one.
const LONG: usize = 500;

/// A stretch of time with what is said in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cue {
    /// Milliseconds.
    start: u64,
    end: u64,
    /// The first line of its text, and the last.
    first: u64,
    last: u64,
    text: String,
}

/// Hands on the sentences; returns also the first line whose times cannot be read, where the time of the cue before it stands in.
pub(super) fn read(
    lines: &mut Lines,
    each: &mut dyn FnMut(Sentence) -> ControlFlow<()>,
) -> Result<(ControlFlow<()>, Option<u64>), TextError> {
    let mut cues = Cues { lines, waiting: None, said: Vec::new(), now: 0, text: false, untimed: None };
    let mut head = Vec::new();
    while head.len() < HEAD
        && let Some(cue) = cues.next()?
    {
        head.push(cue);
    }
    if head.is_empty() && cues.text {
        return Err(TextError::NoCues { path: cues.lines.path().to_owned() });
    }
    let style = Style::of(head.iter().map(|cue| cue.text.as_str()));
    let ending = head.iter().filter(|cue| ends_sentence(&cue.text)).count();
    let go_on = ending as f64 >= ENDING * head.len() as f64;
    let mut open = Open { style, block: Block::new(style), cues: Vec::new() };
    let (mut head, mut out) = (head.into_iter(), Vec::new());
    loop {
        let cue = match head.next() {
            Some(cue) => Some(cue),
            None => cues.next()?,
        };
        let ended = cue.is_none();
        match cue {
            Some(cue) => {
                if !(go_on && open.takes(&cue)) {
                    open.finish(&mut out);
                }
                open.push(cue);
            }
            None => open.finish(&mut out),
        }
        for sentence in out.drain(..) {
            if each(sentence).is_break() {
                return Ok((ControlFlow::Break(()), cues.untimed));
            }
        }
        if ended {
            return Ok((ControlFlow::Continue(()), cues.untimed));
        }
    }
}

/// Cues whose sentences are not known to be complete.
struct Open {
    style: Style,
    block: Block,
    cues: Vec<Cue>,
}

impl Open {
    fn takes(&self, cue: &Cue) -> bool {
        let Some(last) = self.cues.last() else { return false };
        let pause = cue.start.saturating_sub(last.end);
        let speaker = cue.text.starts_with(['-', '–', '—', '♪', '>', '[', '(']);
        cue.start >= last.start
            && pause <= PAUSE
            && !speaker
            && !ends_sentence(&last.text)
            && self.block.text().len() < LONG
    }

    /// The number of a cue takes the place of the line, so that the block tells which cues a sentence stands in.
    fn push(&mut self, cue: Cue) {
        self.block.gap();
        self.block.push(&cue.text, self.cues.len() as u64);
        self.cues.push(cue);
    }

    fn finish(&mut self, out: &mut Vec<Sentence>) {
        let mut sentences = Vec::new();
        std::mem::replace(&mut self.block, Block::new(self.style)).finish(&mut sentences);
        let cue = |number: u64| usize::try_from(number).ok().and_then(|number| self.cues.get(number));
        out.extend(sentences.into_iter().filter_map(|sentence| {
            let (from, to) = (cue(sentence.first)?, cue(sentence.last)?);
            Some(Sentence {
                first: from.first,
                last: to.last,
                time: Some((from.start, to.end.max(from.start))),
                ..sentence
            })
        }));
        self.cues.clear();
    }
}

/// The cues of a file.
struct Cues<'a> {
    lines: &'a mut Lines,
    /// A line with times that was read behind the text of the cue before.
    waiting: Option<(u64, u64)>,
    /// The lines of the cue before: captions that roll repeat them.
    said: Vec<String>,
    /// Milliseconds at which the cue before ended.
    now: u64,
    /// Whether there is text besides cues.
    text: bool,
    untimed: Option<u64>,
}

impl Cues<'_> {
    fn next(&mut self) -> Result<Option<Cue>, TextError> {
        loop {
            let Some((start, end)) = self.times()? else { return Ok(None) };
            self.now = end;
            let mut said: Vec<(u64, String)> = Vec::new();
            while let Some(line) = self.lines.next()? {
                if line.continued {
                    if let Some((_, text)) = said.last_mut() {
                        text.push_str(&line.text);
                    }
                    continue;
                }
                if line.text.trim().is_empty() {
                    break;
                }
                // Without a blank line before it the next cue begins all the same, its number was taken for text.
                if let Some(times) = self.times_of(&line) {
                    self.waiting = Some(times);
                    if said
                        .last()
                        .is_some_and(|(_, text)| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit()))
                    {
                        said.pop();
                    }
                    break;
                }
                said.push((line.number, plain(&line.text)));
            }
            said.retain(|(_, text)| !text.is_empty());
            let texts: Vec<String> = said.iter().map(|(_, text)| text.clone()).collect();
            // Rolling captions show the line before once more.
            said.retain(|(_, text)| !self.said.contains(text) || text.len() < 12);
            self.said = texts;
            let (Some((first, _)), Some((last, _))) = (said.first(), said.last()) else { continue };
            let (first, last) = (*first, *last);
            let text = said.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(" ");
            return Ok(Some(Cue { start, end, first, last, text }));
        }
    }

    /// The next line with times; what is before it (numbers, names, notes, styles) is no text.
    fn times(&mut self) -> Result<Option<(u64, u64)>, TextError> {
        if let Some(times) = self.waiting.take() {
            return Ok(Some(times));
        }
        while let Some(line) = self.lines.next()? {
            if let Some(times) = self.times_of(&line) {
                return Ok(Some(times));
            }
            self.text |= !line.text.trim().is_empty() && !line.text.starts_with("WEBVTT");
        }
        Ok(None)
    }

    /// The times of a line that has an arrow; where they cannot be read the text below must not be lost.
    fn times_of(&mut self, line: &Line) -> Option<(u64, u64)> {
        times(&line.text).or_else(|| {
            let meant = line.text.contains("-->")
                && line.text.contains(':')
                && line.text.starts_with(|letter: char| letter.is_ascii_digit());
            meant.then(|| {
                self.untimed.get_or_insert(line.number);
                (self.now, self.now)
            })
        })
    }
}

/// `00:01:02,500 --> 00:01:04,000`, with settings behind it or not, as milliseconds.
fn times(line: &str) -> Option<(u64, u64)> {
    let (start, rest) = line.split_once("-->")?;
    let end = rest.split_whitespace().next()?;
    Some((moment(start.trim())?, moment(end)?))
}

/// Hours, minutes, seconds and parts of one; SubRip has a comma, WebVTT a full stop and may leave the hours out.
fn moment(text: &str) -> Option<u64> {
    let (clock, parts) = text.split_once([',', '.']).unwrap_or((text, "0"));
    if parts.is_empty() || parts.len() > 9 || !parts.chars().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let thousandths: u64 = format!("{parts:0<3}")[..3].parse().ok()?;
    let fields: Vec<u64> = clock.split(':').map(|field| field.trim().parse().ok()).collect::<Option<_>>()?;
    let seconds = match fields[..] {
        [hours, minutes, seconds] => {
            hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)?.checked_add(seconds)?
        }
        [minutes, seconds] => minutes.checked_mul(60)?.checked_add(seconds)?,
        _ => return None,
    };
    seconds.checked_mul(1000)?.checked_add(thousandths)
}

/// A line without tags, with entities as the letters that they stand for.
fn plain(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find(['<', '{', '&']) {
        let (before, tagged) = rest.split_at(at);
        out.push_str(before);
        let known = [
            ("&amp;", "&"),
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&nbsp;", " "),
            ("&quot;", "\""),
            ("&#39;", "'"),
            ("&lrm;", ""),
            ("&rlm;", ""),
        ];
        let end = match tagged.as_bytes().first() {
            Some(b'<') if tagged[1..].starts_with(|letter: char| letter.is_alphanumeric() || letter == '/') => {
                tagged.find('>')
            }
            // Placement and style as SubStation has them: "{\an8}".
            Some(b'{') if tagged.starts_with("{\\") => tagged.find('}'),
            _ => None,
        };
        if let Some(end) = end {
            rest = &tagged[end + 1..];
        } else if let Some((entity, letter)) = known.iter().find(|(entity, _)| tagged.starts_with(entity)) {
            out.push_str(letter);
            rest = &tagged[entity.len()..];
        } else {
            out.push_str(&tagged[..1]);
            rest = &tagged[1..];
        }
    }
    out.push_str(rest);
    out.trim().to_owned()
}

fn ends_sentence(text: &str) -> bool {
    let closers = ['"', '\'', ')', ']', '”', '’', '»', '」', '*', '♪', ' '];
    text.trim_end_matches(closers).ends_with(['.', '!', '?', '…', '。', '！', '？', '؟', '।'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_both_formats_write_them() {
        assert_eq!(moment("00:01:02,500"), Some(62_500));
        assert_eq!(moment("01:02.5"), Some(62_500));
        assert_eq!(moment("100:00:00.001"), Some(360_000_001));
        assert_eq!(times("00:00.000 --> 00:04.000 align:start position:0%"), Some((0, 4_000)));
        assert_eq!(times("00:00:20,000 --> 00:00:24,400  X1:520 X2:1200"), Some((20_000, 24_400)));
        assert_eq!((times("a --> b"), times("12"), moment("99999999999999999999:00:00")), (None, None, None));
    }

    #[test]
    fn tags_and_entities_are_no_text() {
        assert_eq!(plain("<v Anna><i>It's</i> late,</v> Tom &amp; I <3 {\\an8}tea"), "It's late, Tom & I <3 tea");
        assert_eq!(plain("<00:00:01.500><c>so</c>"), "so");
    }
}
