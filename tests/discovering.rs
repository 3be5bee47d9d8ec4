//! What recurs is found without anybody asking for it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Place, RATE, babble, cut, text};

/// Two recordings that share a piece of 1.2 s, from 1.0 s on in `a` and from 2.52 s on in `b`, both where vectors lie (every
/// 40 ms), and one that shares nothing.
fn place() -> Place {
    let place = Place::new();
    let shared = babble(9, 3.0);
    let piece = cut(&shared, 0.7, 1.2);
    let with = |seed, at: f64| {
        let mut samples = babble(seed, 5.0);
        let from = (at * f64::from(RATE)) as usize;
        samples[from..from + piece.len()].copy_from_slice(piece);
        samples
    };
    place.wav("rec/a.wav", &with(1, 1.0));
    place.wav("rec/b.wav", &with(2, 2.52));
    place.wav("rec/c.wav", &babble(3, 5.0));
    place.ok(["index", "rec"]);
    place
}

#[test]
fn what_two_recordings_share_is_a_term() {
    let place = place();
    let lines = place.ok(["discover", "--json", "--min-confidence", "0.9"]).json();
    let first: Vec<_> = lines.iter().filter(|line| line["term"] == 1).collect();
    assert_eq!(first.len(), 2, "{lines:?}");
    for line in first {
        let begin = match text(line, "path").as_str() {
            "rec/a.wav" => 1.0,
            "rec/b.wav" => 2.52,
            other => panic!("{other} shares nothing"),
        };
        let (start, end) = (line["start"].as_f64().unwrap(), line["end"].as_f64().unwrap());
        assert!(start > begin - 0.2 && end < begin + 1.4, "{line}");
        assert!(line["confidence"].as_f64().unwrap() >= 0.9);
    }
    assert!(lines.iter().all(|line| text(line, "path") != "rec/c.wav"), "{lines:?}");
}

#[test]
fn terms_are_a_manifest_that_other_commands_read() {
    let place = place();
    let ran = place.ok(["discover", "--min-confidence", "0.9", "--out", "terms.tsv"]);
    assert!(ran.stdout.is_empty(), "{}", ran.stdout);
    let terms = std::fs::read_to_string(place.join("terms.tsv")).unwrap();
    assert!(terms.starts_with("path\tstart\tend\tlabel\tconfidence\n"), "{terms}");
    assert!(terms.lines().nth(1).is_some_and(|line| line.contains("\tterm 1\t")), "{terms}");
    // Whoever asks with an occurrence finds the other one.
    let hits = place.ok(["query", "--list", "terms.tsv", "-k", "2", "--json"]).json();
    let files: Vec<String> = hits.iter().take(2).map(|hit| text(hit, "path")).collect();
    assert!(files.contains(&"rec/a.wav".to_owned()) && files.contains(&"rec/b.wav".to_owned()), "{files:?}");
}

#[cfg(feature = "torch")]
#[test]
fn a_model_goes_on_from_the_one_that_ships_with_what_was_discovered() {
    let place = place();
    place.ok(["discover", "--min-confidence", "0.9", "--out", "terms.tsv"]);
    let batch = [
        "--words",
        "3",
        "--windows",
        "2",
        "--epoch",
        "1",
        "--steps",
        "2",
        "--threads",
        "1",
        "--out",
        "mine.safetensors",
    ];
    let data =
        ["train", "audio", "terms.tsv:1:0", "rec:0:1", "--from", "speech", "--objective", "contrastive:1,cae:0.3"];
    let ran = place.ok(data.iter().chain(&batch));
    assert!(ran.stderr.contains("2 steps") && ran.stderr.contains("best so far"), "{}", ran.stderr);
    place.ok(["index", "rec", "--model", "mine.safetensors", "--store", "mine"]);
    let hits = place.ok(["query", "rec/a.wav", "--store", "mine", "-k", "1", "--json"]).json();
    assert_eq!(text(&hits[0], "path"), "rec/a.wav");
    let refusal = place.run(["train", "audio", "rec", "--from", "none.safetensors", "--out", "other.safetensors"]);
    refusal.complains(&["none.safetensors"]);
    let refusal = place.run(["train", "audio", "rec", "--out", "other.bin"]);
    refusal.complains(&["other.bin", ".safetensors"]);
}

#[test]
fn where_nothing_recurs_nothing_is_found() {
    let place = Place::with_recordings(2, 3.0);
    place.ok(["index", "rec"]);
    let ran = place.run(["discover", "--min-confidence", "0.99"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", ran.stderr);
    assert_eq!(place.run(["discover", "--min-confidence", "2"]).code, Some(2));
}
