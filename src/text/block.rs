//! A run of text that no sentence goes beyond, and the lines that its parts come from.

use std::ops::Range;

use super::{LONGEST_SENTENCE, Sentence, split, style::Style};

/// Bytes of a block after which the sentences that are complete are taken out of it.
const LARGE: usize = 1 << 16;

/// Text on one line, which knows where each of its parts stood.
#[derive(Debug, Default)]
pub(super) struct Block {
    text: String,
    /// Where in `text` each line begins.
    marks: Vec<(usize, u64)>,
    style: Style,
}

impl Block {
    /// Empty, of a text of this style.
    pub fn new(style: Style) -> Self {
        Self { style, ..Self::default() }
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds text of a line: runs of white space become one space, control characters count as white space.
    pub fn push(&mut self, text: &str, line: u64) {
        let mut begun = self.marks.last().is_some_and(|(_, last)| *last == line);
        for letter in text.chars() {
            // The two separators of Unicode end a sentence, so they stay for the splitter.
            if (letter.is_whitespace() || letter.is_control()) && !split::separates(letter) {
                self.gap();
                continue;
            }
            if !begun {
                self.marks.push((self.text.len(), line));
                begun = true;
            }
            self.text.push(letter);
        }
    }

    /// White space, where there is none yet.
    pub fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    /// Takes the hyphen away that a word was broken with at the end of a line.
    pub fn unhyphenate(&mut self) {
        let whole = self.text.trim_end();
        self.text.truncate(whole.trim_end_matches(['-', '\u{2010}', '\u{AD}']).len());
    }

    /// The text so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The last letter, white space aside.
    pub fn last(&self) -> Option<char> {
        self.text.trim_end().chars().next_back()
    }

    /// The block as one line.
    pub fn into_text(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        self.text
    }

    /// Takes the sentences that are surely complete out of a block that has become large.
    pub fn settle(&mut self, out: &mut Vec<Sentence>) {
        if self.text.len() < LARGE {
            return;
        }
        let mut pieces = split::sentences(&self.text, self.style);
        let Some(last) = pieces.pop() else { return };
        pieces.into_iter().for_each(|piece| self.emit(piece, out));
        let line = self.line_at(last.start);
        self.marks.retain(|(at, _)| *at > last.start);
        self.marks.iter_mut().for_each(|(at, _)| *at -= last.start);
        self.marks.insert(0, (0, line));
        self.text.drain(..last.start);
    }

    /// Takes all sentences out.
    pub fn finish(&mut self, out: &mut Vec<Sentence>) {
        split::sentences(&self.text, self.style).into_iter().for_each(|piece| self.emit(piece, out));
        self.clear();
    }

    /// Takes everything out as one sentence.
    pub fn finish_whole(&mut self, out: &mut Vec<Sentence>) {
        split::cut(&self.text, 0..self.text.len()).into_iter().for_each(|piece| self.emit(piece, out));
        self.clear();
    }

    /// As [`Block::settle`], for a block that is one sentence: what is longer than a sentence may be is taken out.
    pub fn settle_whole(&mut self, out: &mut Vec<Sentence>) {
        if self.text.len() >= LONGEST_SENTENCE {
            self.finish_whole(out);
        }
    }

    fn clear(&mut self) {
        self.text.clear();
        self.marks.clear();
    }

    fn emit(&self, piece: Range<usize>, out: &mut Vec<Sentence>) {
        let raw = &self.text[piece.clone()];
        let text = raw.trim();
        if !text.contains(char::is_alphanumeric) {
            return;
        }
        let start = piece.start + (raw.len() - raw.trim_start().len());
        let end = start + text.len();
        // Separators within a sentence stand only where a line of the mode `lines` holds them.
        let text = text.replace(split::separates, " ");
        out.push(Sentence { text, first: self.line_at(start), last: self.line_at(end - 1), time: None });
    }

    fn line_at(&self, at: usize) -> u64 {
        let after = self.marks.partition_point(|(mark, _)| *mark <= at);
        self.marks.get(after.saturating_sub(1)).map_or(1, |(_, line)| *line)
    }
}
