//! What counts in a text file of Praat.

use std::borrow::Cow;

/// A thing that stands alone in a text file of Praat.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    Number(f64),
    /// In quotes, of which two within stand for one.
    Text(Cow<'a, str>),
    /// In angle brackets.
    Flag(&'a str),
}

/// The tokens of a text, with the line each begins in.
pub(super) struct Tokens<'a> {
    rest: &'a str,
    /// Where the rest begins.
    at: usize,
    line: usize,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { rest: text, at: 1, line: 1 }
    }

    /// The line that the last token begins in.
    pub fn line(&self) -> usize {
        self.line
    }

    fn advance(&mut self, bytes: usize) -> &'a str {
        let (passed, rest) = self.rest.split_at(bytes);
        self.at += passed.bytes().filter(|&byte| byte == b'\n').count();
        self.rest = rest;
        passed
    }

    /// Up to `end`, or all of it.
    fn until(&mut self, end: impl Fn(char) -> bool) -> &'a str {
        let bytes = self.rest.find(end).unwrap_or(self.rest.len());
        self.advance(bytes)
    }

    fn text(&mut self) -> Token<'a> {
        self.advance(1);
        let mut from = 0;
        let mut doubled = false;
        loop {
            let Some(quote) = self.rest[from..].find('"').map(|at| from + at) else {
                // A text without an end goes on to the end of the file.
                return Token::Text(self.advance(self.rest.len()).into());
            };
            if self.rest[quote + 1..].starts_with('"') {
                doubled = true;
                from = quote + 2;
                continue;
            }
            let text = self.advance(quote);
            self.advance(1);
            return Token::Text(if doubled { text.replace("\"\"", "\"").into() } else { text.into() });
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            self.until(|c| !c.is_whitespace());
            self.line = self.at;
            match self.rest.chars().next()? {
                '"' => return Some(self.text()),
                '!' => {
                    self.until(|c| c == '\n');
                }
                '<' => {
                    let flag = self.until(|c| c == '>' || c.is_whitespace());
                    if self.rest.starts_with('>') {
                        self.advance(1);
                        return Some(Token::Flag(&flag[1..]));
                    }
                }
                _ => {
                    let word = self.until(char::is_whitespace);
                    let number = word.strip_suffix('%').unwrap_or(word);
                    let begins = number.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+' || c == '.');
                    if let (true, Ok(number)) = (begins, number.parse()) {
                        return Some(Token::Number(number));
                    }
                }
            }
        }
    }
}
