//! `--where`: only what meets conditions is found, listed, exported and drawn, and k hits of it where there are so many.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::{
    collections::BTreeSet,
    fs::OpenOptions,
    io::{Seek as _, SeekFrom, Write as _},
};

use common::{Place, babble, cut, text};

/// A clip that stands in each recording: at 1.0 s and at 3.0 s.
const PIECE: f64 = 0.9;

fn with_piece(seed: u64) -> Vec<f32> {
    let piece = babble(9, 3.0);
    let piece = cut(&piece, 0.7, PIECE);
    let mut samples = babble(seed, 5.0);
    for at in [16_000, 48_000] {
        samples[at..at + piece.len()].copy_from_slice(piece);
    }
    samples
}

/// Recordings of four evenings and sites, the piece as `clip.wav`, and a table about them.
fn place() -> Place {
    let place = Place::new();
    for (seed, name) in [
        "rec/north/20240501_215957.wav",
        "rec/north/20240502_053000.wav",
        "rec/south/S4A1_20240615_233000.wav",
        "rec/south/unnamed.wav",
    ]
    .iter()
    .enumerate()
    {
        place.wav(name, &with_piece(seed as u64 + 20));
    }
    let piece = babble(9, 3.0);
    place.wav("clip.wav", cut(&piece, 0.7, PIECE));
    place.file(
        "sites.tsv",
        "path\tsite\tdepth\nrec/north/20240501_215957.wav\tNorth 7\t12.5\nunnamed.wav\tSouth 1\t3\n",
    );
    place.ok(["index", "rec"]);
    place
}

/// The names of recordings and starts of the hits.
fn hits(place: &Place, conditions: &[&str]) -> Vec<(String, f64)> {
    let conditions = conditions.iter().flat_map(|condition| ["--where", condition]);
    let ask = ["query", "clip.wav", "--json", "-k", "20", "--metadata", "sites.tsv"];
    let ran = place.run(ask.into_iter().chain(conditions));
    assert!(ran.code == Some(0) || (ran.code == Some(1) && ran.stdout.is_empty()), "{}", ran.stderr);
    let exact = |hit: &serde_json::Value| hit["score"].as_f64().unwrap() > 0.95;
    let tenths = |hit: &serde_json::Value| (hit["start"].as_f64().unwrap() * 10.0).round() / 10.0;
    let hit = |hit: serde_json::Value| (text(&hit, "path").rsplit('/').next().unwrap().to_owned(), tenths(&hit));
    ran.json().into_iter().filter(exact).map(hit).collect()
}

fn files(place: &Place, conditions: &[&str]) -> BTreeSet<String> {
    hits(place, conditions).into_iter().map(|(name, _)| name.trim_end_matches(".wav").to_owned()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn hits_come_from_the_recordings_that_pass() {
    let place = place();
    let (may, dawn, june) = ("20240501_215957", "20240502_053000", "S4A1_20240615_233000");
    assert_eq!(hits(&place, &[]).len(), 8, "each piece of each recording");
    for (conditions, expected) in [
        (&["path=north"][..], &[may, dawn][..]),
        (&["path=rec/south"], &[june, "unnamed"]),
        (&["path=rec/n*"], &[may, dawn]),
        (&["path=S4*.wav"], &[june]),
        (&["path!=north/**", "path!=unn*"], &[june]),
        (&["date>=2024-05-02"], &[dawn, june]),
        (&["date=2024-05"], &[may, dawn]),
        (&["date=2024-05-01", "date=2024-06"], &[may, june]),
        (&["time=22:00-04:00"], &[may, june]),
        (&["time<12:00"], &[dawn]),
        (&["site=north*"], &[may]),
        (&["depth<10"], &["unnamed"]),
        (&["depth>10", "date>2023"], &[may]),
        (&["duration>10"], &[]),
        (&["duration<=0:05", "site!=North 7", "path=north"], &[dawn]),
    ] {
        assert_eq!(files(&place, conditions), set(expected), "{conditions:?}");
    }
    // At 22:00 that recording is 3 s old: its first piece was heard before.
    assert_eq!(hits(&place, &["time>=22:00", "path=north"]), [("20240501_215957.wav".to_owned(), 3.0)]);
}

#[test]
fn every_command_that_finds_or_lists_takes_conditions() {
    let place = place();
    let listed = |more: &[&str]| place.run([&["list", "--json"], more].concat()).json().len();
    assert_eq!((listed(&[]), listed(&["--where", "date=2024-05"]), listed(&["--where", "duration>9"])), (4, 2, 0));
    assert_eq!(place.run(["list", "--where", "duration>9"]).code, Some(1));
    place.file(
        "labels.csv",
        "path,start,end,label\nrec/south/unnamed.wav,1,1.9,owl\nrec/south/unnamed.wav,3,3.9,fox\nrec/north/20240502_053000.wav,1,1.9,fox\n",
    );
    place.ok(["label", "import", "labels.csv"]);
    assert_eq!(hits(&place, &["label=owl"]), [("unnamed.wav".to_owned(), 1.0)]);
    assert_eq!(files(&place, &["label=fox", "label=owl"]), set(&["unnamed", "20240502_053000"]));
    assert_eq!(hits(&place, &["label!=owl", "path=unnamed.wav"]), [("unnamed.wav".to_owned(), 3.0)]);
    assert_eq!(hits(&place, &["label=fox", "path=south"]), [("unnamed.wav".to_owned(), 3.0)]);
    assert_eq!(hits(&place, &["label="]).len(), 5);
    assert_eq!(listed(&["--where", "label=fox"]), 2);
    assert_eq!(listed(&["--labels", "--where", "label=fox"]), 2);
    assert_eq!(listed(&["--labels", "--where", "path=south", "--where", "label!=owl"]), 1);
    place.ok(["label", "export", "fox.csv", "--where", "label=fox", "--where", "date>2000"]);
    let exported = std::fs::read_to_string(place.join("fox.csv")).unwrap();
    assert!(exported.contains("20240502_053000.wav") && exported.lines().count() == 2, "{exported}");
    let map = ["export", "map.csv", "--where", "date=2024-05", "--where", "time>12"];
    place.ok(map);
    let map = std::fs::read_to_string(place.join("map.csv")).unwrap();
    assert!(map.contains("20240501_215957") && !map.contains("20240502") && !map.contains("south"), "{map}");
    let groups = place.ok(["discover", "--json", "--where", "path=south"]).json();
    assert!(!groups.is_empty() && groups.iter().all(|one| text(one, "path").contains("south")), "{groups:?}");
}

#[test]
fn what_a_condition_does_not_mean_is_said() {
    let place = place();
    let refused = |condition: &str, words: &[&str]| {
        place.run(["query", "clip.wav", "--where", condition]).complains(words);
    };
    refused("night", &["compares nothing", "path, label, text, duration, date, time"]);
    refused("date>=May", &["'May' is no date", "2024-05-01"]);
    refused("label>owl", &["= or !="]);
    refused("site=north", &["no recording has a field 'site'", "there are path, label"]);
    refused("path=[", &["is no path", "pattern"]);
    let with_table = ["list", "--metadata", "sites.tsv", "--where", "size=3"];
    place.run(with_table).complains(&["no recording has a field 'size'", "site, depth"]);
    place.run(["list", "--metadata", "none.tsv"]).complains(&["none.tsv"]);
}

#[test]
fn what_recorders_wrote_is_asked_where_names_say_nothing() {
    let place = place();
    let path = place.join("rec/south/unnamed.wav");
    let guano = "GUANO|Version: 1.0\nTimestamp: 2024-07-04T01:00:00+02:00\nLoc Position: 47.1 9.2\nMake: Peersonic\n";
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(
        &[&b"guan"[..], &(guano.len() as u32).to_le_bytes(), guano.as_bytes(), &[0][..guano.len() % 2]].concat(),
    )
    .unwrap();
    drop(file);
    let length = std::fs::metadata(&path).unwrap().len() as u32 - 8;
    let mut file = OpenOptions::new().write(true).open(&path).unwrap();
    file.seek(SeekFrom::Start(4)).unwrap();
    file.write_all(&length.to_le_bytes()).unwrap();
    drop(file);
    place.ok(["index", "rec"]);
    for condition in ["date=2024-07-04", "time=00:30-02:00", "make=peer*", "Loc_Position=47*"] {
        assert_eq!(files(&place, &[condition]), set(&["unnamed"]), "{condition}");
    }
    // A recording that is away is named, and the rest is searched.
    std::fs::remove_file(&path).unwrap();
    let ran = place.ok(["list", "--json", "--where", "date>=2024-06"]);
    assert_eq!(ran.json().len(), 1);
    assert!(
        ran.stderr.contains("1 recording cannot be read for --where") && ran.stderr.contains("unnamed.wav"),
        "{}",
        ran.stderr
    );
}
