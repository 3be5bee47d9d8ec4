//! `audiosearch index`

mod summary;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use self::summary::Printer;
use super::{
    Context, Outcome,
    model::{JobsArgs, ModelArgs, TextModelArgs, engine_options},
    output::Output,
    store::{StoreArgs, Which},
};
use crate::audio::{Channels, ExternalDecoder};
use crate::engine::{IndexOptions, SegmentMode, SentenceMode};

/// Index recordings and texts, so that `query` can search them
///
/// Takes files, and folders with everything below them: recordings, and texts (.txt, .md, .markdown) and subtitles (.srt, .vtt). Files that did not change
/// since are not read again; Ctrl-C stops after the files under way, and the next run goes on from there.
///
/// Texts are UTF-8, or UTF-16 with a byte order mark, and are cut into sentences by the rules of Unicode. A blank line, a heading, a
/// list item and a table cell end a sentence. So does a line end in a file whose lines are sentences or paragraphs; where lines are
/// wrapped to a width (the next word would not have fitted) they are joined. --sentences decides otherwise. Of Markdown the text is
/// read, without code blocks, HTML and images. A sentence of more than 4,096 bytes becomes several.
#[derive(Args)]
#[command(after_help = "Examples:\n\
    \x20 audiosearch index ~/recordings\n\
    \x20 audiosearch index interviews/ --channels each\n\
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
    /// Which channels are searched: mix (all together), each (every channel by itself), or the number of one [default: as the file is in the
    /// store, else mix]
    #[arg(long, value_name = "mix|each|N")]
    channels: Option<Channels>,
    /// Labels from a list, to be kept with the files and shown with hits: tab-separated columns path, label, and start and end (seconds)
    /// where they apply; or a TextGrid, an EAF, subtitles, or a folder of annotations
    #[arg(long, value_name = "FILE|FOLDER")]
    label_from: Option<PathBuf>,
    /// Who decodes recordings of formats that are not read here (AMR, WMA, AC-3)
    #[arg(long, value_enum, default_value_t, value_name = "PROGRAM")]
    decoder: ExternalDecoder,
    #[command(flatten)]
    jobs: JobsArgs,
    /// Index unchanged files again too
    #[arg(long)]
    force: bool,
    /// Remove from the store the files that are gone from these folders; never those of a folder that is not there, or empty
    #[arg(long)]
    prune: bool,
    /// Print a JSON object a file, and one for the whole
    #[arg(long)]
    json: bool,
}

pub fn run(args: &IndexArgs, context: &Context) -> Result<Outcome> {
    let store = args.store.existing_or_new()?;
    let models = args.model.options(&args.text_model, &args.jobs)?;
    let engine = engine_options(models, context).open_or_create(store);
    let options = IndexOptions {
        collection: args.collection.map(Into::into),
        segments: args.segments,
        sentences: args.sentences,
        force: args.force,
        prune: args.prune,
        labels: args.label_from.clone(),
        channels: args.channels,
        external: args.decoder,
    };
    let mut printer = Printer::new(context, Output::new(args.json));
    let report = engine.index(&args.paths, &options, &mut printer)?;
    printer.finish(&report)?;
    if report.interrupted {
        context.messages.error("interrupted; run the same command again to go on");
    }
    Ok(Outcome::Found)
}
