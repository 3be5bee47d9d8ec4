//! A run that is killed or interrupted loses nothing that it reported, and the next one goes on.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::{
    collections::HashSet,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use common::{Place, text};

const FILES: u64 = 160;

/// Starts an index run and waits until it has reported some files.
fn begin(place: &Place, reports: usize) -> (Child, HashSet<String>) {
    let mut child = place
        .command(["index", "rec", "--json", "--jobs", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut safe = HashSet::new();
    for _ in 0..reports {
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["status"], "indexed");
        safe.insert(text(&line, "path"));
    }
    child.stdout = Some(out.into_inner());
    (child, safe)
}

fn goes_on(place: &Place, safe: &HashSet<String>) {
    let mut resumed = place.ok(["index", "rec", "--json"]).json();
    let summary = resumed.pop().unwrap();
    assert!(summary["unchanged"].as_u64().unwrap() >= safe.len() as u64, "{summary}");
    for line in &resumed {
        assert!(!safe.contains(&text(line, "path")) || line["status"] == "unchanged", "{line}");
    }
    let listed = place.listed();
    let names: HashSet<&String> = listed.iter().map(|(path, _)| path).collect();
    assert_eq!((listed.len(), names.len()), (FILES as usize, FILES as usize), "every file exactly once");
    place.ok(["verify"]);
}

#[test]
fn kill_in_the_middle_and_run_again() {
    let place = Place::with_recordings(FILES, 2.0);
    let (mut child, mut safe) = begin(&place, 5);
    child.kill().unwrap();
    child.wait().unwrap();
    // The rest of what was printed before the end is safe too.
    let rest = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
    for line in rest.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()) {
        if line["type"] == "file" {
            safe.insert(text(&line, "path"));
        }
    }
    assert!(safe.len() < FILES as usize, "it was killed in the middle");
    goes_on(&place, &safe);
}

#[test]
fn a_kill_while_recordings_are_read_again_leaves_all_of_them_searchable() {
    let place = Place::with_recordings(FILES, 2.0);
    place.ok(["index", "rec"]);
    // Other lengths: what is kept of them from moment to moment must not take the place of what is searched.
    for number in 0..FILES {
        place.wav(format!("rec/{number:02}.wav"), &common::babble(number + 900, 2.5));
    }
    let (mut child, safe) = begin(&place, 5);
    child.kill().unwrap();
    child.wait().unwrap();
    place.wav("piece.wav", &common::babble(4, 1.0));
    place.ok(["query", "piece.wav", "--min-confidence", "0"]);
    goes_on(&place, &safe);
    let kept = std::fs::read_dir(place.join(".audiosearch/frames")).unwrap().count();
    assert_eq!(kept as u64, FILES, "what nothing needs any more is let go");
}

#[test]
fn a_kill_in_the_middle_of_an_import_leaves_all_labels_of_a_file_or_none() {
    const LABELS: usize = 4_000;
    let place = Place::with_recordings(40, 1.0);
    place.ok(["index", "rec"]);
    for list in ["one", "two"] {
        let row =
            |at: usize| format!("rec/{:02}.wav,{:.3},{:.3},{list}\n", at % 40, at as f64 / 5e3, at as f64 / 5e3 + 0.1);
        place
            .file(format!("{list}.csv"), format!("path,start,end,label\n{}", (0..LABELS).map(row).collect::<String>()));
    }
    place.ok(["label", "import", "one.csv"]);
    let stored = || {
        let mut labels: Vec<String> =
            place.ok(["list", "--labels", "--json"]).json().iter().map(|l| text(l, "label")).collect();
        assert_eq!(labels.len(), LABELS);
        labels.dedup();
        assert_eq!(labels.len(), 1, "labels of both files: {labels:?}");
        labels.remove(0)
    };
    // As long as an import takes, in steps.
    let begun = std::time::Instant::now();
    place.ok(["label", "import", "two.csv"]);
    let whole = begun.elapsed();
    let (mut killed, mut now) = (0, stored());
    for step in 1..=12 {
        let next = if now == "one" { "two" } else { "one" };
        let mut child =
            place.command(["label", "import", &format!("{next}.csv")]).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole * step / 12);
        killed += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        stored();
        // What is in the store, and not only what readers see of it, is of one file.
        place.ok(["index", "rec"]);
        now = stored();
        place.ok(["verify"]);
    }
    assert!(killed > 6, "{killed} imports were killed");
}

#[test]
fn ctrl_c_stops_after_the_files_under_way_and_leaves_a_usable_index() {
    let place = Place::with_recordings(FILES, 2.0);
    let (child, safe) = begin(&place, 5);
    // The shell's own kill: a bare system has no other.
    assert!(Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap().success());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("interrupted"));
    assert!(place.listed().len() < FILES as usize);
    place.ok(["verify"]);
    place.ok(["query", safe.iter().next().unwrap(), "--to", "1"]);
    goes_on(&place, &safe);
}
