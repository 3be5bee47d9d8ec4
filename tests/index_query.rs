//! The main story: index a folder, ask it with a clip.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::{fs, io::Write as _, process::Stdio, time::Duration};

use common::{Place, babble, cut, text};

#[test]
fn a_piece_of_a_recording_finds_the_recording_and_the_place() {
    let place = Place::with_recordings(6, 5.0);
    place.ok(["index", "rec"]);
    for number in 0..6_u64 {
        let start = 1.0 + 0.437 * number as f64;
        place.wav("piece.wav", cut(&babble(number + 1, 5.0), start, 1.0));
        let hits = place.ok(["query", "piece.wav", "--json"]).json();
        assert_eq!(text(&hits[0], "path"), format!("rec/{number:02}.wav"));
        let error = hits[0]["start"].as_f64().unwrap() - start;
        assert!(error.abs() <= 0.25, "{error} s off in {number}");
    }
}

#[test]
fn a_long_piece_is_found_as_a_whole() {
    let place = Place::with_recordings(4, 8.0);
    place.ok(["index", "rec"]);
    place.wav("piece.wav", cut(&babble(3, 8.0), 2.317, 3.5));
    let hits = place.ok(["query", "piece.wav", "-k", "1", "--json"]).json();
    assert_eq!(text(&hits[0], "path"), "rec/02.wav");
    let (start, end) = (hits[0]["start"].as_f64().unwrap(), hits[0]["end"].as_f64().unwrap());
    assert!((start - 2.317).abs() <= 0.3 && (end - 5.817).abs() <= 0.4, "{start} to {end}");
}

#[test]
fn a_second_run_reads_nothing_and_a_changed_file_is_read_again() {
    let place = Place::with_recordings(3, 2.0);
    place.ok(["index", "rec"]);
    let before = place.listed();
    assert_eq!(before.len(), 3);
    let again = place.ok(["index", "rec", "--json"]).json();
    assert!(again[..3].iter().all(|line| line["status"] == "unchanged"), "{again:?}");

    // A new time alone is no change; new content is.
    let touched = fs::File::options().append(true).open(place.join("rec/00.wav")).unwrap();
    touched.set_modified(std::time::SystemTime::now() + Duration::from_secs(5)).unwrap();
    place.wav("rec/01.wav", &babble(99, 3.0));
    let third = place.ok(["index", "rec", "--json"]).json();
    let status = |name: &str| {
        let line = third.iter().find(|line| line["path"] == name).expect(name);
        text(line, "status")
    };
    assert_eq!(status("rec/00.wav"), "unchanged");
    assert_eq!(status("rec/01.wav"), "indexed");
    assert_eq!(place.listed().len(), 3, "the old version is gone");
    let forced = place.ok(["index", "rec", "--force", "--json"]).json();
    assert!(forced[..3].iter().all(|line| line["status"] == "indexed"));
}

#[test]
fn prune_forgets_what_vanished_and_nothing_else() {
    let place = Place::with_recordings(4, 2.0);
    place.wav("other/x.wav", &babble(50, 2.0));
    place.ok(["index", "rec", "other"]);
    fs::remove_file(place.join("rec/01.wav")).unwrap();
    fs::remove_file(place.join("other/x.wav")).unwrap();
    place.ok(["index", "rec"]);
    assert_eq!(place.listed().len(), 5, "nothing is forgotten unasked");
    place.ok(["index", "rec", "--prune"]);
    let names: Vec<String> = place.listed().into_iter().map(|(path, _)| path).collect();
    assert_eq!(names, ["other/x.wav", "rec/00.wav", "rec/02.wav", "rec/03.wav"]);
    place.wav("piece.wav", cut(&babble(2, 2.0), 0.5, 1.0));
    let hits = place.ok(["query", "piece.wav", "-k", "50", "--json"]).json();
    assert!(hits.iter().all(|hit| hit["path"] != "rec/01.wav"));
}

#[test]
fn remove_forgets_a_file_and_a_folder() {
    let place = Place::with_recordings(3, 1.0);
    place.wav("other/x.wav", &babble(50, 1.0));
    place.ok(["index", "."]);
    place.ok(["remove", "other/x.wav"]);
    assert_eq!(place.listed().len(), 3);
    place.run(["remove", "nowhere.wav"]).complains(&["nowhere.wav", "not in the store"]);
    place.ok(["remove", "rec"]);
    assert_eq!(place.run(["list"]).code, Some(1));
}

#[test]
fn two_files_of_the_same_content_are_both_found() {
    let place = Place::new();
    let samples = babble(7, 3.0);
    place.wav("a.wav", &samples);
    place.wav("b.wav", &samples);
    place.ok(["index", "."]);
    place.wav("query/piece.wav", cut(&samples, 1.0, 1.0));
    let hits = place.ok(["query", "query/piece.wav", "--per-file", "--json"]).json();
    let mut paths: Vec<String> = hits.iter().map(|hit| text(hit, "path")).collect();
    paths.sort();
    assert_eq!(paths, ["a.wav", "b.wav"]);
}

#[test]
fn the_store_is_found_from_below_by_variable_and_by_option() {
    let place = Place::with_recordings(2, 1.5);
    place.ok(["index", "rec"]);
    assert!(place.join(".audiosearch").is_dir());
    let below = place.command(["list", "--json"]).current_dir(place.join("rec")).output().unwrap();
    assert_eq!(String::from_utf8(below.stdout).unwrap().lines().count(), 2);

    fs::rename(place.join(".audiosearch"), place.join("moved")).unwrap();
    assert_eq!(place.run(["list"]).code, Some(2));
    let by_variable = place.command(["list"]).env("AUDIOSEARCH_STORE", "moved").output().unwrap();
    assert_eq!(by_variable.status.code(), Some(0));
    place.ok(["list", "--store", "moved"]);
    let again = place.ok(["index", "rec", "--store", "moved", "--json"]).json();
    assert!(again[..2].iter().all(|line| line["status"] == "unchanged"), "a store may be moved");
}

#[test]
fn a_clip_comes_from_standard_input() {
    let place = Place::with_recordings(3, 3.0);
    place.ok(["index", "rec"]);
    let clip = place.wav("piece.wav", cut(&babble(2, 3.0), 1.1, 1.0));
    let mut child =
        place.command(["query", "-", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&fs::read(clip).unwrap()).unwrap();
    let out = child.wait_with_output().unwrap();
    let first: serde_json::Value = serde_json::from_slice(out.stdout.split(|&b| b == b'\n').next().unwrap()).unwrap();
    assert_eq!(first["query"], "-");
    assert_eq!(first["path"], "rec/01.wav");
}

#[test]
fn from_and_to_choose_the_part_of_the_clip() {
    let place = Place::with_recordings(3, 3.0);
    place.ok(["index", "rec"]);
    // One second of the first recording, then one of the third.
    let mut both = cut(&babble(1, 3.0), 1.0, 1.0).to_vec();
    both.extend_from_slice(cut(&babble(3, 3.0), 1.0, 1.0));
    place.wav("both.wav", &both);
    let first = place.ok(["query", "both.wav", "--to", "1", "--json"]).json();
    let second = place.ok(["query", "both.wav", "--from", "1", "--json"]).json();
    assert_eq!(first[0]["path"], "rec/00.wav");
    assert_eq!(second[0]["path"], "rec/02.wav");
    place.run(["query", "both.wav", "--from", "9"]).complains(&["both.wav", "2.00 s long"]);
}

#[test]
fn hits_are_counted_limited_and_told_apart_after_merging() {
    let place = Place::with_recordings(5, 4.0);
    place.ok(["index", "rec"]);
    place.wav("piece.wav", cut(&babble(2, 4.0), 1.2, 1.0));
    let query = |more: &[&str]| {
        let args = ["query", "piece.wav", "--json"].iter().chain(more).copied().collect::<Vec<_>>();
        place.run(args).json()
    };
    assert_eq!(query(&["-k", "7"]).len(), 7);
    let per_file = query(&["--per-file", "-k", "50"]);
    assert_eq!(per_file.len(), 5);
    let all = query(&["-k", "500"]);
    for (number, hit) in all.iter().enumerate() {
        assert_eq!(hit["rank"], number + 1);
        for other in &all[..number] {
            assert!(other["score"].as_f64() >= hit["score"].as_f64(), "best first");
            let apart =
                other["end"].as_f64() <= hit["start"].as_f64() || hit["end"].as_f64() <= other["start"].as_f64();
            assert!(other["path"] != hit["path"] || apart, "hits of a file do not overlap: {other} {hit}");
        }
    }
    let least = all[2]["score"].as_f64().unwrap();
    let good = query(&["-k", "500", "--min-score", &least.to_string()]);
    assert!(good.len() >= 2 && good.iter().all(|hit| hit["score"].as_f64().unwrap() >= least));
    assert_eq!(query(&["--exact"])[0]["path"], "rec/01.wav");
}

#[test]
fn no_self_leaves_out_the_clip_itself_but_not_the_rest_of_its_file() {
    let place = Place::new();
    let word = babble(5, 0.9);
    let mut twice = babble(1, 2.0);
    twice.extend_from_slice(&word);
    twice.extend_from_slice(&babble(2, 2.0));
    twice.extend_from_slice(&word);
    twice.extend_from_slice(&babble(3, 1.0));
    place.wav("rec/twice.wav", &twice);
    place.wav("rec/other.wav", &babble(9, 4.0));
    place.ok(["index", "rec"]);
    let args = ["query", "rec/twice.wav", "--from", "2", "--to", "2.9", "--json"];
    let with = place.ok(args).json();
    let itself = |hit: &serde_json::Value| (hit["start"].as_f64().unwrap() - 2.0).abs() < 0.3;
    assert!(with[..2].iter().any(itself), "{with:?}");
    let without = place.ok(args.iter().chain(&["--no-self"]).copied().collect::<Vec<_>>()).json();
    for hit in &without {
        let apart = hit["end"].as_f64().unwrap() <= 2.0 || hit["start"].as_f64().unwrap() >= 2.9;
        assert!(hit["path"] != "rec/twice.wav" || apart, "{hit}");
    }
    assert!((without[0]["start"].as_f64().unwrap() - 4.9).abs() < 0.3, "{}", without[0]);
}

#[test]
fn info_tells_what_the_store_holds() {
    let place = Place::with_recordings(2, 2.0);
    place.ok(["index", "rec"]);
    let info = place.ok(["info", "--json"]).json();
    assert_eq!(info[0]["files"], 2);
    assert_eq!(info[0]["duration"], 2.0 * 2.0);
    assert!(place.ok(["info"]).stdout.contains("2 files"));
    place.ok(["verify"]);
}

#[test]
fn a_store_keeps_the_acoustic_network_that_it_was_made_with() {
    let place = Place::with_recordings(2, 4.0);
    place.ok(["index", "rec", "--acoustic", "recurrent"]);
    place.wav("piece.wav", cut(&babble(1, 4.0), 1.3, 0.8));
    // Nobody needs to say so again, not for what is new either.
    place.wav("rec/new.wav", &babble(7, 4.0));
    place.ok(["index", "rec"]);
    let hit = |more: &[&str]| place.ok(["query", "piece.wav", "-k", "1", "--json"].iter().chain(more)).json().remove(0);
    assert_eq!(hit(&[]), hit(&["--acoustic", "recurrent"]));
    let of_another = place.run(["query", "piece.wav", "--acoustic", "convolutional"]);
    assert_eq!(of_another.complains(&["frame network"]).code, Some(2));
    // In a new store the usual one is another.
    place.ok(["index", "rec", "--store", "other"]);
    assert_ne!(hit(&["--store", "other"])["score"], hit(&[])["score"]);
}
