//! Bytes → lines.

use std::{
    borrow::Cow,
    fs::File,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
};

use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

use super::TextError;

/// Bytes of a line that are taken at once; a longer line comes in parts.
const PART: usize = 1 << 16;
const BUFFER: usize = 1 << 16;

/// A line, or a part of a long one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Counted from 1.
    pub number: u64,
    /// Without its line end.
    pub text: String,
    /// Whether it goes on from the part before.
    pub continued: bool,
}

/// Bytes that are no UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    /// The first line that holds some.
    pub first: u64,
    /// How many lines do.
    pub lines: u64,
}

/// The lines of a file: UTF-8, with or without byte order mark, or UTF-16 with one. A line ends at LF, CRLF or CR, as each comes; so does
/// what a second conversion made of CRLF, CRCRLF.
pub(super) struct Lines {
    path: PathBuf,
    reader: BufReader<DecodeReaderBytes<File, Vec<u8>>>,
    /// What was left of a line when a part of it was handed out.
    rest: Vec<u8>,
    /// CRs that were read behind the last line and are neither a line end nor part of one yet.
    returns: u64,
    /// Blank lines that were read and are still to be handed out.
    blank: u64,
    number: u64,
    within: bool,
    damage: Option<Damage>,
}

impl Lines {
    pub fn new(path: &Path, file: File) -> Self {
        // UTF-8 comes through as it is, so that what is wrong with it can be reported by line.
        let decoder = DecodeReaderBytesBuilder::new().utf8_passthru(true).strip_bom(true).build(file);
        let reader = BufReader::with_capacity(BUFFER, decoder);
        Self {
            path: path.to_owned(),
            reader,
            rest: Vec::new(),
            returns: 0,
            blank: 0,
            number: 0,
            within: false,
            damage: None,
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lines so far.
    pub fn count(&self) -> u64 {
        self.number
    }

    pub fn damage(&self) -> Option<Damage> {
        self.damage
    }

    /// The next line or part of one; none at the end.
    ///
    /// # Errors
    /// Where the system fails, or the line holds NUL.
    pub fn next(&mut self) -> Result<Option<Line>, TextError> {
        let mut bytes = std::mem::take(&mut self.rest);
        if bytes.is_empty() && !self.within {
            self.settle_returns()?;
            if self.blank > 0 {
                self.blank -= 1;
                self.number += 1;
                return Ok(Some(Line { number: self.number, text: String::new(), continued: false }));
            }
        }
        let ends = loop {
            let buffer = self.reader.fill_buf().map_err(|cause| TextError::Io { path: self.path.clone(), cause })?;
            if buffer.is_empty() {
                if bytes.is_empty() {
                    return Ok(None);
                }
                break true;
            }
            if let Some(at) = buffer.iter().position(|&byte| byte == b'\n' || byte == b'\r') {
                bytes.extend_from_slice(&buffer[..at]);
                self.returns = u64::from(buffer[at] == b'\r');
                self.reader.consume(at + 1);
                break true;
            }
            bytes.extend_from_slice(buffer);
            let taken = buffer.len();
            self.reader.consume(taken);
            if bytes.len() >= PART {
                self.rest = bytes.split_off(part(&bytes));
                break false;
            }
        };
        let continued = self.within;
        self.number += u64::from(!continued);
        self.within = !ends;
        if bytes.contains(&0) {
            return Err(TextError::Binary { path: self.path.clone(), line: self.number });
        }
        let text = match String::from_utf8_lossy(&bytes) {
            Cow::Borrowed(text) => text.to_owned(),
            Cow::Owned(mended) => {
                let damage = self.damage.get_or_insert(Damage { first: self.number, lines: 0 });
                damage.lines += u64::from(!continued || damage.lines == 0);
                mended
            }
        };
        Ok(Some(Line { number: self.number, text, continued }))
    }
}

impl Lines {
    /// Tells what the CRs behind the last line are: with an LF behind them part of its one end, else a line end each.
    fn settle_returns(&mut self) -> Result<(), TextError> {
        while self.returns > 0 {
            let buffer = self.reader.fill_buf().map_err(|cause| TextError::Io { path: self.path.clone(), cause })?;
            match buffer.first() {
                Some(b'\r') => self.returns += 1,
                Some(b'\n') => self.returns = 0,
                _ => {
                    self.blank += self.returns - 1;
                    self.returns = 0;
                    return Ok(());
                }
            }
            self.reader.consume(1);
        }
        Ok(())
    }
}

/// Where a long line may be parted: behind a space, else before a character.
fn part(bytes: &[u8]) -> usize {
    let near = bytes.len() - bytes.len() / 8;
    if let Some(at) = bytes[near..].iter().rposition(|&byte| byte == b' ' || byte == b'\t') {
        return near + at + 1;
    }
    let begins = |byte: u8| byte & 0b1100_0000 != 0b1000_0000;
    let last = bytes.iter().rev().take(4).position(|&byte| begins(byte));
    last.map_or(bytes.len(), |back| bytes.len() - 1 - back)
}
