//! `audiosearch index`

mod summary;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use audiosearch_index::{Collection, Index, IndexError, Reader, Schema};
use clap::Args;

use self::summary::Reporter;
use super::{
    Context, Outcome,
    model::{JobsArgs, ModelArgs},
    output::{Output, count},
    progress::{Progress, waiting},
    store::{StoreArgs, Which},
    text::TextModelArgs,
    torch,
};
use crate::{
    acoustic::AcousticEncoder,
    encoder::Device,
    pipeline::{
        Ingest, Inputs, Report, Settings, Status, TextIngest, TextReport, TextSettings, TextStatus, find, prune, tidy,
    },
    segment::{SegmentConfig, SegmentMode},
    text::SentenceMode,
};

/// What the last part of a run is called: it says nothing of how far it is.
const SEARCHABLE: &str = "making it searchable";
const SAFE: &str = "stopped; what was reported until here is safe, and the next run goes on from there";

/// Index recordings and texts, so that `query` can search them
///
/// Takes files, and folders with everything below them: recordings, and texts (.txt, .md, .markdown). Files that did not change
/// since are not read again; Ctrl-C stops after the files under way, and the next run goes on from there.
///
/// Texts are UTF-8, or UTF-16 with a byte order mark, and are cut into sentences by the rules of Unicode. A blank line, a heading, a
/// list item and a table cell end a sentence. So does a line end in a file whose lines are sentences or paragraphs; where lines are
/// wrapped to a width (the next word would not have fitted) they are joined. --sentences decides otherwise. Of Markdown the text is
/// read, without code blocks, HTML and images. A sentence of more than 4,096 bytes becomes several.
#[derive(Args)]
#[command(after_help = "Examples:\n\
    \x20 audiosearch index ~/recordings\n\
    \x20 audiosearch index notes.txt docs/ --store /tmp/store")]
pub struct IndexArgs {
    /// Files and folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    store: StoreArgs,
    /// Index only recordings, or only texts
    #[arg(long, value_enum, value_name = "WHICH")]
    collection: Option<Which>,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    text_model: TextModelArgs,
    /// How recordings are cut
    #[arg(long, value_enum, default_value_t = SegmentMode::Auto, value_name = "HOW")]
    segments: SegmentMode,
    /// How .txt files are cut
    #[arg(long, value_enum, default_value_t = SentenceMode::Auto, value_name = "HOW")]
    sentences: SentenceMode,
    #[command(flatten)]
    jobs: JobsArgs,
    /// Index unchanged files again too
    #[arg(long)]
    force: bool,
    /// Remove from the store the files that are gone from these folders
    #[arg(long)]
    prune: bool,
    /// Print a JSON object a file, and one for the whole
    #[arg(long)]
    json: bool,
}

pub fn run(args: &IndexArgs, context: &Context) -> Result<Outcome> {
    let begun = Instant::now();
    let messages = &context.messages;
    let store = args.store.existing_or_new()?;
    let mut found = Inputs::default();
    let mut unreadable = Vec::new();
    for path in &args.paths {
        find(path, &mut found, &mut |error| unreadable.push(error));
    }
    match args.collection {
        Some(Which::Audio) => found.texts.clear(),
        Some(Which::Text) => found.recordings.clear(),
        None => {}
    }
    if !found.texts.is_empty() && args.model.device() != Device::Cpu {
        // Before anything is reported or stored. Where it fails the texts are left out, and the reason is reported when their turn comes.
        let _ = torch::require();
    }
    unreadable.iter().for_each(|error| messages.error(error));
    let mut reporter = Reporter::new(messages, Output::new(args.json));
    let Inputs { recordings, texts } = found;
    // A run that has nothing to index makes an empty store all the same, for recordings unless it was asked for texts.
    let any_recordings = !recordings.is_empty() || (texts.is_empty() && args.collection != Some(Which::Text));
    if any_recordings {
        args.index_recordings(&store, recordings, &mut reporter, context)?;
    } else if args.prune && args.collection != Some(Which::Text) {
        args.prune(&store, Collection::Audio, &mut reporter)?;
    }
    let mut read = Duration::ZERO;
    if !texts.is_empty() {
        // Of a run without recordings all the time went to texts.
        let from = if any_recordings { Instant::now() } else { begun };
        args.index_texts(&store, texts, &mut reporter, context)?;
        read = from.elapsed();
    } else if args.prune && args.collection != Some(Which::Audio) {
        args.prune(&store, Collection::Text, &mut reporter)?;
    }
    let summary = reporter.finish(begun.elapsed(), read, context.interrupt.asked())?;
    if summary.interrupted {
        messages.error("interrupted; run the same command again to go on");
    }
    Ok(Outcome::Found)
}

impl IndexArgs {
    /// Recordings → the audio collection.
    fn index_recordings(
        &self,
        store: &Path,
        paths: Vec<PathBuf>,
        reporter: &mut Reporter<'_>,
        context: &Context,
    ) -> Result<()> {
        let recorded = Reader::open(store, Collection::Audio).ok().map(|reader| reader.schema().model.clone());
        let model = self.model.load(recorded.as_deref())?;
        let schema = Schema {
            dimension: u32::try_from(model.encoder.dimension())?,
            fingerprint: model.encoder.fingerprint(),
            model: model.name.clone(),
        };
        let index = Index::create(store, Collection::Audio, schema)?;
        let jobs = self.jobs.count();
        let settings = Settings {
            mode: self.segments,
            segments: SegmentConfig::default(),
            force: self.force,
            readers: jobs,
            network: AcousticEncoder::shipped()?,
        };
        let ingest = Ingest::new(&index, store, settings)?;
        let writer = index.writer()?;
        let mut progress = Progress::new(&context.messages, paths.len(), "files");
        let encoders = model.bulk_encoders(jobs)?;
        let mut observe = |report: Report| reporter.recording(&report, Some(&mut progress));
        // After an error of the store what was flushed is safe, and committing would meet the same error.
        ingest.run(&writer, paths, encoders, context.interrupt.flag(), &mut observe).context(SAFE)?;
        drop(progress);
        self.remove_missing(store, &index, reporter)?;
        let bar = waiting(&context.messages, SEARCHABLE);
        writer.commit()?;
        drop(bar);
        tidy(&index, store)?;
        Ok(())
    }

    /// Texts → the text collection.
    fn index_texts(
        &self,
        store: &Path,
        paths: Vec<PathBuf>,
        reporter: &mut Reporter<'_>,
        context: &Context,
    ) -> Result<()> {
        let recorded = Reader::open(store, Collection::Text).ok().map(|reader| reader.schema().model.clone());
        let model = match self.text_model.load(recorded.as_deref(), self.model.device()) {
            Ok(model) => model,
            Err(cause) => {
                let left = count(paths.len(), "text");
                context.messages.error(format_args!("{left} left out: {cause:#}"));
                return Ok(());
            }
        };
        let schema = Schema {
            dimension: u32::try_from(model.encoder.dimension())?,
            fingerprint: model.encoder.fingerprint(),
            model: model.name.clone(),
        };
        let index = Index::create(store, Collection::Text, schema)?;
        let settings = TextSettings { mode: self.sentences, force: self.force };
        let ingest = TextIngest::new(&index, store, settings)?;
        let writer = index.writer()?;
        let mut progress = Progress::counting(&context.messages, paths.len(), "texts", "sentences/s");
        let encoders = model.encoders(self.jobs.count())?;
        let mut observe = |report: TextReport| reporter.text(&report, Some(&mut progress));
        ingest.run(&writer, paths, encoders, context.interrupt.flag(), &mut observe).context(SAFE)?;
        drop(progress);
        self.remove_missing(store, &index, reporter)?;
        let bar = waiting(&context.messages, SEARCHABLE);
        writer.commit()?;
        drop(bar);
        Ok(())
    }

    /// `--prune` where there is nothing to index: no model is needed.
    fn prune(&self, store: &Path, collection: Collection, reporter: &mut Reporter<'_>) -> Result<()> {
        let index = match Index::open(store, collection) {
            Ok(index) => index,
            Err(IndexError::Missing { .. }) => return Ok(()),
            Err(cause) => return Err(cause.into()),
        };
        self.remove_missing(store, &index, reporter)?;
        index.writer()?.commit()?;
        tidy(&index, store)?;
        Ok(())
    }

    /// `--prune`: what vanished from the folders that were named.
    fn remove_missing(&self, store: &Path, index: &Index, reporter: &mut Reporter<'_>) -> Result<()> {
        if !self.prune {
            return Ok(());
        }
        for removed in prune(index, &index.writer()?, store, &self.paths)? {
            let path = removed.path;
            match index.collection() {
                Collection::Audio => {
                    let (samples, segments) = (removed.samples, removed.segments as usize);
                    reporter
                        .recording(&Report { path, status: Status::Removed, samples, segments, fresh: false }, None);
                }
                Collection::Text => {
                    let (lines, sentences) = (removed.samples, removed.segments as usize);
                    let status = TextStatus::Removed;
                    reporter.text(&TextReport { path, status, lines, sentences, fresh: false, damage: None }, None);
                }
            }
        }
        Ok(())
    }
}
