//! `audiosearch query --text`

use std::{num::NonZeroUsize, ops::ControlFlow, path::Path};

use anyhow::{Result, bail};
use audiosearch_index::Collection;

use super::TextModelArgs;
use crate::{
    cli::{Context, Outcome, hits::print_sentences, output::Output, store::open_reader, torch},
    encoder::Device,
    pipeline::encode_sentences,
    search::{SentenceOptions, search_sentences},
    text::{SentenceMode, one_line, read},
};

/// What `query` was asked, of sentences.
pub struct SentenceQuery<'a> {
    pub store: &'a Path,
    /// As written on the command line.
    pub sentences: &'a [String],
    /// A file of more.
    pub list: Option<&'a Path>,
    pub model: &'a TextModelArgs,
    pub device: Device,
    pub jobs: NonZeroUsize,
    /// Without `not`, which `no_self` fills in for each sentence.
    pub options: SentenceOptions,
    pub no_self: bool,
    pub json: bool,
}

/// Prints the sentences of the store that are nearest to those asked for.
pub fn query(args: SentenceQuery<'_>, context: &Context) -> Result<Outcome> {
    if args.device != Device::Cpu {
        // Before anything is printed.
        torch::require()?;
    }
    let mut names = args.sentences.to_vec();
    if let Some(list) = args.list {
        names.extend(sentences_of(list, context)?);
    }
    // A sentence is asked for as the store's own were read.
    let sentences: Vec<String> = names.iter().map(|name| one_line(name)).collect();
    if let Some(blank) = sentences.iter().position(|sentence| sentence.is_empty()) {
        bail!("--text {:?}: nothing to look for; write a sentence", names[blank]);
    }
    let reader = open_reader(args.store, Collection::Text, context)?;
    let model = args.model.load(Some(&reader.schema().model), args.device)?;
    reader.require(&model.encoder.fingerprint())?;
    let texts: Vec<&str> = sentences.iter().map(String::as_str).collect();
    let threads = if texts.len() > 1 { args.jobs } else { NonZeroUsize::MIN };
    let vectors = encode_sentences(&texts, model.encoders(threads)?, |_| ())?;
    let mut output = Output::new(args.json);
    let mut any = Outcome::Nothing;
    for ((name, sentence), vector) in names.iter().zip(sentences).zip(&vectors) {
        let options = SentenceOptions { not: args.no_self.then_some(sentence), ..args.options.clone() };
        let hits = search_sentences(&reader, vector, &options)?;
        if !hits.is_empty() {
            any = Outcome::Found;
        }
        print_sentences(&mut output, name, &hits, names.len() > 1)?;
    }
    output.flush()?;
    Ok(any)
}

/// The sentences of a file, cut as `index` cuts it.
fn sentences_of(list: &Path, context: &Context) -> Result<Vec<String>> {
    let mut sentences = Vec::new();
    let outline = read(list, SentenceMode::Auto, &mut |sentence| {
        sentences.push(sentence.text);
        ControlFlow::Continue(())
    })?;
    if let Some(damage) = outline.damage {
        context.messages.warn(format_args!("{}:{}: bytes that are no UTF-8", list.display(), damage.first));
    }
    if sentences.is_empty() {
        bail!("{}: no sentence in it", list.display());
    }
    Ok(sentences)
}
