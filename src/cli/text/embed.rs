//! `audiosearch embed --text`

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;

use crate::{
    cli::{
        Context, Outcome,
        output::{count, shown, write_lines},
        progress::written,
    },
    engine::Models,
    export::write_npy,
    text::{Position, SentenceMode, is_text_path, normal_form, one_line, read},
};

/// A line of V.jsonl: what a row of V.npy is.
#[derive(Serialize)]
struct Line {
    row: usize,
    /// Absent where the sentence stood on the command line.
    path: Option<String>,
    /// Lines of the file, counted from 1; seconds of subtitles.
    start: Option<Position>,
    end: Option<Position>,
    label: Option<String>,
    text: String,
}

/// Writes the vectors of sentences: each argument is a sentence, or a text file where it names one.
pub fn embed(given: &[String], models: &Models, out: &Path, context: &Context) -> Result<Outcome> {
    let dimension = models.text(None)?.dimension();
    let mut lines = Vec::new();
    for argument in given {
        let path = PathBuf::from(argument);
        if path.is_file() {
            if let Err(cause) = of_file(&path, &mut lines) {
                context.messages.error(cause);
            }
        } else if is_text_path(&path) && !argument.contains(char::is_whitespace) {
            context.messages.error(format_args!("{argument}: no such file"));
        } else {
            let text = one_line(argument);
            if text.is_empty() {
                bail!("--text {argument:?}: nothing to embed; write a sentence, or name a file");
            }
            lines.push(Line { row: lines.len(), path: None, start: None, end: None, label: None, text });
        }
    }
    if lines.is_empty() {
        bail!("no sentence could be embedded; nothing was written");
    }
    let texts: Vec<String> = lines.iter().map(|line| normal_form(&line.text)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors = models.embed_sentences(&texts, &mut context.bars()).map_err(written)?;
    let rows: Vec<&[f32]> = vectors.iter().map(|vector| vector.as_slice()).collect();
    let beside = out.with_extension("jsonl");
    write_npy(out, dimension, &rows).with_context(|| out.display().to_string())?;
    write_lines(&beside, &lines).with_context(|| beside.display().to_string())?;
    let vectors = count(rows.len(), "vector");
    context.messages.note(format_args!("{vectors} written to {} and {}", out.display(), beside.display()));
    Ok(Outcome::Found)
}

fn of_file(path: &Path, lines: &mut Vec<Line>) -> Result<(), crate::text::TextError> {
    let before = lines.len();
    let outcome = read(path, SentenceMode::Auto, &mut |sentence| {
        let (row, path) = (lines.len(), Some(shown(path)));
        let (start, end) = sentence.positions();
        let (start, end) = (Some(start), Some(end));
        lines.push(Line { row, path, start, end, label: None, text: sentence.text });
        ControlFlow::Continue(())
    });
    if outcome.is_err() {
        lines.truncate(before);
    }
    outcome.map(drop)
}
