//! 0 found, 1 nothing found, 2 an error, also where only some files failed; standard output is data alone.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use common::{Place, babble, cut};

#[test]
fn found_is_zero_nothing_is_one_an_error_is_two() {
    let place = Place::with_recordings(2, 2.0);
    assert_eq!(place.run(["index", "rec"]).code, Some(0));
    place.wav("piece.wav", cut(&babble(1, 2.0), 0.4, 0.8));
    assert_eq!(place.run(["query", "piece.wav"]).code, Some(0));
    let nothing = place.run(["query", "piece.wav", "--min-score", "1.5", "--json"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(1), ""));
    assert_eq!(place.run(["query", "no such clip.wav"]).code, Some(2));
    assert_eq!(place.run(["query"]).code, Some(2), "a wrong command line");
}

#[test]
fn some_results_and_some_errors_is_two_with_the_results() {
    let place = Place::with_recordings(2, 2.0);
    place.ok(["index", "rec"]);
    place.wav("piece.wav", cut(&babble(1, 2.0), 0.4, 0.8));
    let ran = place.run(["query", "gone.wav", "piece.wav", "--json"]);
    assert!(ran.stdout.lines().count() > 0);
    ran.complains(&["gone.wav"]);
}

#[test]
fn quiet_leaves_errors_alone_and_data_is_never_mixed_with_talk() {
    let place = Place::with_recordings(2, 1.0);
    let loud = place.ok(["index", "rec"]);
    assert_eq!(loud.stdout, "");
    assert!(loud.stderr.contains("2 files indexed") && loud.stderr.contains("real time"), "{}", loud.stderr);
    assert_eq!(place.ok(["index", "rec", "-q"]).stderr, "");
    place.run(["index", "nowhere", "-q"]).complains(&["nowhere"]);
    assert!(place.ok(["index", "rec", "-v"]).stderr.contains("rec/00.wav: unchanged"));
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let place = Place::with_recordings(5, 4.0);
    place.ok(["index", "rec"]);
    // More than a pipe holds.
    let list: String = (0..60).map(|_| "rec/00.wav\n").collect();
    place.file("list.txt", list);
    let mut child = place
        .command(["query", "--list", "list.txt", "-k", "1000", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    drop(out);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
    assert_eq!(ended.status.code(), Some(0));
}

#[test]
fn completions_are_printed_for_every_shell() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(place.ok(["completions", shell]).stdout.contains("audiosearch"), "{shell}");
    }
    // Options that name files complete to files.
    let zsh = place.ok(["completions", "zsh"]).stdout;
    for option in ["--store=", "--label-from=", "--metadata=", "--clips="] {
        let line = zsh.lines().find(|line| line.contains(option)).unwrap();
        assert!(line.contains(":_files'"), "{line}");
    }
}
