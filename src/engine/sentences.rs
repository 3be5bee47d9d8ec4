//! Sentences of files that are no part of the store.

use std::{ops::ControlFlow, path::Path};

use super::{EngineError, Problem};
use crate::text::{SentenceMode, read};

/// The sentences of a text file, cut as [`Engine::index`](super::Engine::index) cuts it; `problem` hears of what is odd in it.
///
/// # Errors
/// Where it cannot be read, or no sentence is in it.
pub fn sentences_of(path: &Path, problem: &mut dyn FnMut(Problem)) -> Result<Vec<String>, EngineError> {
    let mut sentences = Vec::new();
    let outline = read(path, SentenceMode::Auto, &mut |sentence| {
        sentences.push(sentence.text);
        ControlFlow::Continue(())
    })?;
    if let Some(damage) = outline.damage {
        problem(Problem::NotUtf8 { path: path.to_owned(), line: damage.first });
    }
    if sentences.is_empty() {
        return Err(EngineError::NoSentence { path: path.to_owned() });
    }
    Ok(sentences)
}
