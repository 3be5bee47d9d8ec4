//! Indexes the recordings of a folder, and asks where a clip sounds again.
//!
//!     cargo run --release --example index_folder -- tools/demo/recordings tools/demo/queries/bicycle.flac

use std::path::Path;

use audiosearch::engine::{Collection, Engine, Event, IndexOptions, Query};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, clip] = &args[..] else { return Err("usage: index_folder FOLDER CLIP".into()) };
    let engine = Engine::open_or_create(Engine::store_in(Path::new(folder)));
    let mut tell = |event: &Event<'_>| match event {
        Event::File(file) => match file.status.problem() {
            Some(problem) => eprintln!("{problem}"),
            None => println!("{}: {} segments", file.path.display(), file.segments),
        },
        Event::Problem(problem) => eprintln!("{problem}"),
        _ => {}
    };
    let options = IndexOptions::of(Collection::Audio);
    engine.index(&[folder], &options, &mut tell)?;
    for hit in engine.search(&Query::clip(clip).k(3).per_file(true))? {
        println!("{:.3}  {} at {:.2} s", hit.score, hit.path.display(), hit.start());
    }
    Ok(())
}
