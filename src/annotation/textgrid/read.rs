//! TextGrid → annotations.

use std::{collections::HashSet, path::Path};

use super::{
    super::{Annotation, Imported, error::Malformed, tiers, types::one_line},
    token::{Token, Tokens},
};

/// Empty intervals are gaps and no annotations. A tier that [`super::write()`] made for what overlaps belongs to the one before it.
///
/// # Errors
/// Where the text is of another kind or ends too early.
pub fn read(text: &str, recording: &Path) -> Result<Imported, Malformed> {
    let mut reader = Reader { tokens: Tokens::new(text) };
    reader.head(text)?;
    let mut imported = Imported::default();
    if !reader.times_and_flag()? {
        return Ok(imported);
    }
    let mut names = HashSet::new();
    for _ in 0..reader.count("the number of tiers")? {
        reader.tier(recording, &mut names, &mut imported)?;
    }
    Ok(imported)
}

struct Reader<'a> {
    tokens: Tokens<'a>,
}

fn malformed(what: String) -> Malformed {
    Malformed { format: "textgrid", what }
}

impl Reader<'_> {
    fn head(&mut self, text: &str) -> Result<(), Malformed> {
        let kind = match self.tokens.next() {
            Some(Token::Text(kind)) => kind,
            _ => return Err(malformed("it does not begin as a text file of Praat".into())),
        };
        if kind.contains("chronological") {
            return Err(malformed("it is a chronological TextGrid; save it in Praat as a text file".into()));
        }
        if !kind.starts_with("ooTextFile") || !text.trim_start().starts_with("File type") && !text.starts_with('"') {
            return Err(malformed("it does not begin as a text file of Praat".into()));
        }
        match self.text("the class of the object")?.as_str() {
            "TextGrid" => Ok(()),
            other => Err(malformed(format!("it holds a \"{other}\""))),
        }
    }

    /// Whether there are tiers.
    fn times_and_flag(&mut self) -> Result<bool, Malformed> {
        self.number("the start")?;
        self.number("the end")?;
        match self.tokens.next() {
            Some(Token::Flag(flag)) => Ok(flag == "exists"),
            _ => Err(self.wrong("<exists>")),
        }
    }

    fn tier(
        &mut self,
        recording: &Path,
        names: &mut HashSet<String>,
        imported: &mut Imported,
    ) -> Result<(), Malformed> {
        let points = match self.text("the class of a tier")?.as_str() {
            "IntervalTier" => false,
            "TextTier" => true,
            other => return Err(malformed(format!("line {}: a tier is a \"{other}\"", self.tokens.line()))),
        };
        let name = self.text("the name of a tier")?;
        self.number("the start of a tier")?;
        self.number("the end of a tier")?;
        let tier = tiers::base(&name, names).to_owned();
        for number in 1..=self.count("how many there are in a tier")? {
            let start = self.number("a time")?;
            let end = if points { start } else { self.number("a time")? };
            let label = self.text("a label")?;
            if one_line(&label).is_empty() {
                continue;
            }
            let place = || format!("tier \"{name}\", {} {number}", if points { "point" } else { "interval" });
            imported.take(
                place,
                Annotation::new(recording, start, end, &label).map(|annotation| annotation.with_tier(&tier)),
            );
        }
        names.insert(name);
        Ok(())
    }

    fn number(&mut self, what: &str) -> Result<f64, Malformed> {
        match self.tokens.next() {
            Some(Token::Number(number)) => Ok(number),
            Some(_) => Err(self.wrong(what)),
            None => Err(self.ended(what)),
        }
    }

    fn count(&mut self, what: &str) -> Result<u64, Malformed> {
        let number = self.number(what)?;
        // What is too large ends with the file.
        if number >= 0.0 && number.fract() == 0.0 { Ok(number as u64) } else { Err(self.wrong(what)) }
    }

    fn text(&mut self, what: &str) -> Result<String, Malformed> {
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(text.into_owned()),
            Some(_) => Err(self.wrong(what)),
            None => Err(self.ended(what)),
        }
    }

    fn wrong(&self, expected: &str) -> Malformed {
        malformed(format!("line {}: {expected} should stand here", self.tokens.line()))
    }

    fn ended(&self, expected: &str) -> Malformed {
        malformed(format!("it ends too early, in line {}: {expected} is missing", self.tokens.line()))
    }
}
