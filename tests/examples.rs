//! The programs of examples/ do what they say.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::PathBuf;

use common::{Place, Ran, babble, cut};

/// Runs an example in a folder. `cargo test` builds all of them, beside the tests' own folder.
fn example(place: &Place, name: &str, args: &[&str]) -> Ran {
    let test = std::env::current_exe().unwrap();
    let program: PathBuf = test.ancestors().nth(2).unwrap().join("examples").join(name);
    assert!(program.is_file(), "{}: run `cargo build --examples`", program.display());
    std::process::Command::new(program).args(args).current_dir(place.path()).output().unwrap().into()
}

#[test]
fn a_folder_is_indexed_and_a_clip_of_it_found() {
    let place = Place::with_recordings(2, 4.0);
    place.file("rec/bad.wav", "no audio");
    place.wav("piece.wav", cut(&babble(2, 4.0), 1.5, 0.7));
    let ran = example(&place, "index_folder", &["rec", "piece.wav"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("rec/00.wav: ") && ran.stdout.contains(" segments"), "{}", ran.stdout);
    let hit = ran.stdout.lines().find(|line| line.contains(" at ")).unwrap();
    assert!(hit.contains("rec/01.wav at 1.") && !hit.starts_with('0') || hit.starts_with("0.9"), "{hit}");
    // The store is an ordinary one.
    place.ok(["query", "piece.wav", "--store", "rec/.audiosearch"]);
}

#[test]
fn an_open_engine_answers_a_hundred_questions() {
    let place = Place::with_recordings(2, 3.0);
    place.ok(["index", "rec"]);
    let ran = example(&place, "hundred_questions", &[".audiosearch", "umbrella", "kitchen"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "100 questions, 0 hits\n"), "{}", ran.stderr);
    assert!(!example(&place, "hundred_questions", &["nowhere", "umbrella"]).stderr.is_empty());
}

#[test]
fn a_clip_is_as_it_is_and_another_is_not() {
    let place = Place::with_recordings(2, 1.0);
    let ran = example(&place, "compare_clips", &["rec/00.wav", "rec/00.wav"]);
    assert_eq!(ran.stdout, "1.000\n", "{}", ran.stderr);
    let other = example(&place, "compare_clips", &["rec/00.wav", "rec/01.wav"]).stdout;
    assert!(other.trim().parse::<f32>().unwrap() < 0.99, "{other}");
}
