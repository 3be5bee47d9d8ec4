//! Indexes the recordings of a folder, and asks where a clip sounds again.
//!
//!     cargo run --release --example index_folder -- tools/demo/recordings tools/demo/queries/bicycle.flac

use std::{num::NonZeroUsize, path::Path, sync::atomic::AtomicBool};

use audiosearch::{
    acoustic::AcousticEncoder,
    audio::SAMPLE_RATE,
    encoder::{Encoder as _, SpeechModel as _},
    index::{Collection, Index, STORE_NAME, Schema},
    inference::InferenceEncoder,
    pipeline::{ClipTask, Ingest, Inputs, Report, Settings, embed_query_clips, find},
    search::{MIN_CONFIDENCE, Query, SearchOptions, Searcher, query_spans},
    segment::{SegmentConfig, SegmentMode},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, clip] = &args[..] else { return Err("usage: index_folder FOLDER CLIP".into()) };
    let store = Path::new(folder).join(STORE_NAME);
    let (encoder, network) = (InferenceEncoder::shipped()?, AcousticEncoder::shipped()?);
    let (one, stop) = (NonZeroUsize::MIN, AtomicBool::new(false));

    let mut found = Inputs::default();
    find(folder.as_ref(), &mut found, &mut |problem| eprintln!("{problem}"));
    let (dimension, fingerprint) = (encoder.dimension() as u32, encoder.fingerprint());
    let schema = Schema { dimension, fingerprint, model: "speech".into() };
    let index = Index::create(&store, Collection::Audio, schema)?;
    let (mode, segments) = (SegmentMode::Auto, SegmentConfig::default());
    let settings = Settings { mode, segments, force: false, readers: one, network: network.clone() };
    let writer = index.writer()?;
    let mut observe = |report: Report| println!("{}: {} segments", report.path.display(), report.segments);
    Ingest::new(&index, &store, settings)?.run(
        &writer,
        found.recordings,
        vec![encoder.another()?],
        &stop,
        &mut observe,
    )?;
    writer.commit()?;

    let task = ClipTask { path: clip.into(), clip: None, start: None, end: None };
    let query = embed_query_clips(&[task], vec![encoder.another()?], one, &stop, query_spans, &network).remove(0)?;
    let searcher = Searcher::open(&store, network.id())?;
    let (min_score, per_file, exact, rescore, explain, not) = (None, true, false, true, false, None);
    let options =
        SearchOptions { k: 3, min_score, min_confidence: MIN_CONFIDENCE, per_file, exact, rescore, explain, not };
    for hit in searcher.search(&Query::Clip(query.into()), &options)? {
        let seconds = hit.span.start as f64 / f64::from(SAMPLE_RATE);
        println!("{:.3}  {} at {seconds:.2} s", hit.score, hit.path.display());
    }
    Ok(())
}
