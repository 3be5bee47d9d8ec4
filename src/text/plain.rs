//! Plain text: lines → blocks.

use std::{
    collections::{HashSet, VecDeque},
    ops::ControlFlow,
};

use super::{
    Sentence, SentenceMode, TextError,
    block::Block,
    decode::{Line, Lines},
    hyphen::{self, Joint},
    style::Style,
    wrap::{self, Wrap},
};

/// Bytes from the beginning of a file that tell whether its lines are wrapped, and how it is written.
const HEAD: usize = 1 << 16;

pub(super) fn read(
    lines: &mut Lines,
    mode: SentenceMode,
    each: &mut dyn FnMut(Sentence) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, TextError> {
    let mut head = VecDeque::new();
    let beginning = fill(lines, &mut head)?;
    let wrap = match mode {
        SentenceMode::Auto => wrap::detect(&beginning),
        SentenceMode::Lines => None,
        SentenceMode::Prose => Some(Wrap::ALWAYS),
    };
    let style = Style::of(beginning.iter().map(String::as_str));
    let words = hyphen::words(&beginning);
    let whole_lines = mode == SentenceMode::Lines;
    let mut reader = Paragraphs { whole_lines, wrap, words, block: Block::new(style), last: None };
    let mut out = Vec::new();
    loop {
        let line = match head.pop_front() {
            Some(line) => Some(line),
            None => lines.next()?,
        };
        let ended = line.is_none();
        match line {
            Some(line) => reader.line(line, &mut out),
            None => reader.finish(&mut out),
        }
        for sentence in out.drain(..) {
            if each(sentence).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        if ended {
            return Ok(ControlFlow::Continue(()));
        }
    }
}

/// The first lines, which stay in `head` to be read.
fn fill(lines: &mut Lines, head: &mut VecDeque<Line>) -> Result<Vec<String>, TextError> {
    let (mut bytes, mut texts) = (0, Vec::new());
    while bytes < HEAD {
        let Some(line) = lines.next()? else { break };
        bytes += line.text.len() + 1;
        texts.push(line.text.clone());
        head.push_back(line);
    }
    Ok(texts)
}

/// Puts lines together to paragraphs.
struct Paragraphs {
    whole_lines: bool,
    wrap: Option<Wrap>,
    /// Words that stand within a line, which tell what a hyphen at its end is.
    words: HashSet<String>,
    block: Block,
    /// The line before, in the same paragraph.
    last: Option<String>,
}

impl Paragraphs {
    fn line(&mut self, line: Line, out: &mut Vec<Sentence>) {
        if !line.continued {
            self.begin(&line.text, out);
        }
        self.block.push(&line.text, line.number);
        if self.whole_lines {
            self.block.settle_whole(out);
        } else {
            self.block.settle(out);
        }
        // Of a line in parts the first one will do: it is longer than any width.
        if !line.continued {
            self.last = Some(line.text);
        }
    }

    /// Decides whether a new line goes on with the paragraph.
    fn begin(&mut self, text: &str, out: &mut Vec<Sentence>) {
        let goes_on = match (&self.wrap, &self.last) {
            (_, Some(last)) if !self.whole_lines && hyphen::is_broken(last, text) => true,
            (Some(wrap), Some(last)) => wrap.joins(last, text),
            _ => false,
        };
        if !goes_on {
            return self.finish(out);
        }
        let unspaced =
            self.block.last().is_some_and(wrap::is_unspaced) && text.trim_start().starts_with(wrap::is_unspaced);
        match hyphen::joint(self.block.text(), text, &self.words) {
            _ if unspaced => {}
            Joint::Space => self.block.gap(),
            Joint::Hyphen => {}
            Joint::Word => self.block.unhyphenate(),
        }
    }

    fn finish(&mut self, out: &mut Vec<Sentence>) {
        if self.whole_lines {
            self.block.finish_whole(out);
        } else {
            self.block.finish(out);
        }
        self.last = None;
    }
}
