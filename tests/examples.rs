//! The programs of examples/ do what they say.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::process::Command;

use common::{Place, Ran, babble, cut};

/// Runs an example as a reader would. `cargo test` has built it already; from this folder cargo is configured as it was then.
fn example(name: &str, args: &[&str]) -> Ran {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(["run", "--quiet", "--offline", "--example", name]);
    if cfg!(feature = "torch") {
        cargo.args(["--features", "torch"]);
    }
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    cargo.arg("--").args(args).output().unwrap().into()
}

fn path(place: &Place, name: &str) -> String {
    place.join(name).to_string_lossy().into_owned()
}

#[test]
fn a_folder_is_indexed_and_a_clip_of_it_found() {
    let place = Place::with_recordings(2, 4.0);
    place.file("rec/bad.wav", "no audio");
    place.wav("piece.wav", cut(&babble(2, 4.0), 1.5, 0.7));
    let ran = example("index_folder", &[&path(&place, "rec"), &path(&place, "piece.wav")]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("rec/00.wav: ") && ran.stdout.contains(" segments"), "{}", ran.stdout);
    let hit = ran.stdout.lines().find(|line| line.contains(" at ")).unwrap();
    let score: f32 = hit.split_whitespace().next().unwrap().parse().unwrap();
    assert!(hit.contains("rec/01.wav at 1.") && score > 0.8, "{hit}");
    assert!(ran.stderr.contains("bad.wav"), "{}", ran.stderr);
    // The store is an ordinary one.
    place.ok(["query", "piece.wav", "--store", "rec/.audiosearch"]);
}

#[test]
fn an_open_engine_answers_a_hundred_questions() {
    let place = Place::with_recordings(2, 3.0);
    place.ok(["index", "rec"]);
    let ran = example("hundred_questions", &[&path(&place, ".audiosearch"), "umbrella", "kitchen"]);
    // As many as the program finds, asked fifty times each.
    let found = |word: &str| place.run(["query", "--say", word, "-k", "5", "--json"]).json().len();
    let hits = 50 * (found("umbrella") + found("kitchen"));
    let expected = format!("100 questions, {hits} hits\n");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), expected.as_str()), "{}", ran.stderr);
    assert!(!example("hundred_questions", &["nowhere", "umbrella"]).stderr.is_empty());
}

#[test]
fn a_clip_is_as_it_is_and_another_is_not() {
    let place = Place::with_recordings(2, 1.0);
    let ran = example("compare_clips", &[&path(&place, "rec/00.wav"), &path(&place, "rec/00.wav")]);
    assert_eq!(ran.stdout, "1.000\n", "{}", ran.stderr);
    let other = example("compare_clips", &[&path(&place, "rec/00.wav"), &path(&place, "rec/01.wav")]).stdout;
    assert!(other.trim().parse::<f32>().unwrap() < 0.99, "{other}");
}
