//! An engine that stays open: many threads, a store that changes under it, labels.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::{ops::ControlFlow, thread};

use audiosearch::engine::{
    ClipInput, Engine, EngineError, Event, Filter, IndexOptions, Observer, Query, SegmentMode, Stop,
};
use common::{Place, babble, cut};

fn piece(seed: u64, start: f64) -> ClipInput {
    ClipInput::samples("piece", cut(&babble(seed, 4.0), start, 0.7).to_vec())
}

/// An engine with so many recordings of four seconds.
fn indexed(place: &Place) -> Engine {
    let engine = Engine::open_or_create(place.join(".audiosearch"));
    engine.index(&[place.join("rec")], &IndexOptions::default(), &mut ()).unwrap();
    engine
}

#[test]
fn an_engine_is_shared_by_threads_and_each_gets_its_own_answer() {
    fn shared<T: Send + Sync>() {}
    shared::<Engine>();
    let place = Place::with_recordings(3, 4.0);
    let engine = indexed(&place);
    thread::scope(|scope| {
        for seed in 1..=3 {
            let engine = &engine;
            scope.spawn(move || {
                for _ in 0..3 {
                    let hits = engine.search(&Query::clip(piece(seed, 1.3)).k(1)).unwrap();
                    assert!(hits[0].path.ends_with(format!("rec/{:02}.wav", seed - 1)), "{hits:?}");
                    assert!((hits[0].start() - 1.3).abs() < 0.1 && hits[0].confidence.unwrap() > 0.5, "{hits:?}");
                }
            });
        }
    });
}

#[test]
fn an_open_engine_follows_a_store_that_another_process_changes() {
    let place = Place::with_recordings(1, 4.0);
    let engine = indexed(&place);
    let ask = || engine.search(&Query::clip(piece(7, 1.3)).k(1)).unwrap();
    assert!(ask().iter().all(|hit| hit.score < 0.9));
    place.wav("rec/new.wav", &babble(7, 4.0));
    place.ok(["index", "rec"]);
    assert!(ask()[0].path.ends_with("rec/new.wav"));
    place.ok(["remove", "rec/new.wav"]);
    assert!(ask().iter().all(|hit| !hit.path.ends_with("rec/new.wav")));
    let held = engine.sources().unwrap();
    assert_eq!((held.len(), held[0].sources.len()), (1, 1));
}

#[test]
fn files_bytes_and_samples_ask_the_same() {
    let place = Place::with_recordings(2, 4.0);
    let engine = indexed(&place);
    let path = place.wav("piece.wav", cut(&babble(2, 4.0), 1.3, 0.7));
    let bytes = std::fs::read(&path).unwrap();
    let samples = cut(&babble(2, 4.0), 1.3, 0.7).to_vec();
    let queries = [ClipInput::file(&path), ClipInput::bytes("upload", bytes), ClipInput::samples("mic", samples)];
    let queries = queries.map(|clip| Query::clip(clip).k(1));
    let hits = queries.map(|query| engine.search(&query).unwrap().hits);
    for other in &hits[1..] {
        assert_eq!((&other[0].path, other[0].span), (&hits[0][0].path, hits[0][0].span));
    }
    // Two clips of one name are two clips.
    let queries = [1, 2].map(|seed| Query::clip(piece(seed, 1.3)).k(1));
    let prepared = engine.prepare(&queries, Stop::default().flag()).unwrap();
    for (number, query) in prepared.into_iter().enumerate() {
        let hits = engine.ask(&query.unwrap()).unwrap();
        assert!(hits[0].path.ends_with(format!("rec/{number:02}.wav")), "{hits:?}");
    }
}

#[test]
fn what_is_wrong_is_a_typed_error_that_names_it() {
    let place = Place::with_recordings(1, 2.0);
    assert!(matches!(Engine::open(place.join("nowhere")), Err(EngineError::NoStore { .. })));
    let engine = indexed(&place);
    assert!(matches!(Engine::create(place.join(".audiosearch")), Err(EngineError::StoreExists { .. })));
    let gone = engine.search(&Query::clip("gone.wav")).unwrap_err();
    assert!(matches!(gone, EngineError::Clip(_)) && gone.to_string().contains("gone.wav"), "{gone}");
    let none = engine.search(&Query::examples(["gone.wav", "lost.wav"])).unwrap_err();
    assert!(matches!(&none, EngineError::NoExample { causes } if causes.len() == 2), "{none}");
    assert!(matches!(engine.search(&Query::sentence("Is it?")), Err(EngineError::NoCollection { .. })));
    let hits = engine.search(&Query::examples([ClipInput::file("gone.wav"), piece(1, 0.6)])).unwrap();
    assert!(hits.problems.len() == 1 && hits.problems[0].to_string().contains("gone.wav"), "{hits:?}");
}

/// Stops the work after so many files.
struct After(usize);

impl Observer for After {
    fn event(&mut self, event: &Event<'_>) -> ControlFlow<()> {
        self.0 = self.0.saturating_sub(usize::from(matches!(event, Event::File(_))));
        if self.0 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[test]
fn an_observer_stops_the_work_and_the_next_call_goes_on() {
    let place = Place::with_recordings(6, 1.0);
    let engine = Engine::create(place.join(".audiosearch")).unwrap();
    let options = IndexOptions { segments: SegmentMode::Whole, ..IndexOptions::default() };
    let stopped = engine.index(&[place.join("rec")], &options, &mut After(1)).unwrap();
    assert!(stopped.interrupted);
    let rest = engine.index(&[place.join("rec")], &options, &mut ()).unwrap();
    assert_eq!((stopped.indexed + rest.indexed, rest.unchanged, rest.interrupted), (6, stopped.indexed, false));
}

#[test]
fn labels_of_a_list_come_with_hits_and_survive_indexing_again() {
    let place = Place::with_recordings(2, 4.0);
    place.file(
        "words.tsv",
        "path\tstart\tend\tlabel\nrec/00.wav\t1.2\t2.1\towl\nrec/00.wav\t3\t3.5\tcar\nrec/01.wav\t\t\tforest\nelsewhere.wav\t\t\tno\n",
    );
    let ran = place.ok(["index", "rec", "--label-from", "words.tsv"]);
    assert!(ran.stderr.contains("words.tsv: 1 row of no file in the store"), "{}", ran.stderr);
    let label = |seed, start| {
        place.wav("piece.wav", cut(&babble(seed, 4.0), start, 0.7));
        place.ok(["query", "piece.wav", "-k", "1", "--json"]).json()[0]["label"].clone()
    };
    assert_eq!((label(1, 1.3), label(2, 1.3)), ("owl".into(), "forest".into()));
    assert!(label(1, 0.3).is_null());
    // Read anew, and unchanged, and compacted: the labels stay.
    place.ok(["index", "rec", "--force"]);
    place.ok(["compact"]);
    assert_eq!((label(1, 1.3), label(2, 1.3)), ("owl".into(), "forest".into()));
    // Another list takes the place of what the first said of the same file, though the file is not read.
    place.file("other.tsv", "path\tlabel\nrec/00.wav\tdog\n");
    assert!(place.ok(["index", "rec", "--label-from", "other.tsv"]).stderr.contains("2 unchanged"));
    assert_eq!((label(1, 1.3), label(2, 1.3)), ("dog".into(), "forest".into()));
    place.ok(["verify"]);
    // What is removed takes its labels with it.
    place.ok(["remove", "rec/01.wav"]);
    place.ok(["index", "rec"]);
    assert!(label(2, 1.3).is_null());
    let none = place.file("none.tsv", "path\nrec/00.wav\n");
    place.run(["index", "rec", "--label-from", &text_of(&none)]).complains(&["none.tsv", "label"]);
}

fn text_of(path: &std::path::Path) -> String {
    path.to_string_lossy().into_owned()
}

#[test]
fn a_filter_gives_hits_of_what_passes_alone() {
    let place = Place::with_recordings(3, 4.0);
    place.file("words.tsv", "path\tstart\tend\tlabel\nrec/01.wav\t1.2\t2.1\towl\nrec/02.wav\t0.5\t1.5\towl\n");
    place.ok(["index", "rec", "--label-from", "words.tsv"]);
    let engine = Engine::open(place.join(".audiosearch")).unwrap();
    let root = place.join(".").canonicalize().unwrap();
    let query = || Query::clip(piece(1, 1.3)).k(5).min_confidence(0.0);
    let paths = |filter: Filter| -> Vec<String> {
        let hits = engine.search(&query().filter(filter)).unwrap();
        // A path opens from where one stands, which is not the folder of this test.
        hits.iter().map(|hit| text_of(hit.path.strip_prefix(&root).unwrap_or(&hit.path))).collect()
    };
    assert_eq!(paths(Filter::default())[0], "rec/00.wav");
    let under = paths(Filter { paths: vec![place.join("rec/02.wav")], ..Filter::default() });
    assert!(!under.is_empty() && under.iter().all(|path| path == "rec/02.wav"), "{under:?}");
    let owls = engine.search(&query().filter(Filter { label: Some("owl".into()), ..Filter::default() })).unwrap();
    assert!(!owls.is_empty() && owls.iter().all(|hit| hit.label.as_deref() == Some("owl")), "{owls:?}");
}
