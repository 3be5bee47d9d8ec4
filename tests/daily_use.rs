//! A store in daily use: names passed over, paths that open, drives that are not there, cards with new content, what was incomplete.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::{fs, path::Path, time::SystemTime};

use common::{Place, Ran, babble, cut, text};

/// The program, run from a folder below the place.
fn from(place: &Place, folder: &str, args: &[&str]) -> Ran {
    place.command(args).current_dir(place.join(folder)).output().unwrap().into()
}

fn statuses(ran: &Ran) -> Vec<(String, String)> {
    let lines = ran.json();
    let files = lines.iter().filter(|line| line["type"] == "file");
    files.map(|line| (text(line, "path"), text(line, "status"))).collect()
}

#[test]
fn sound_that_is_not_read_is_named() {
    let place = Place::with_recordings(1, 2.0);
    fs::copy(place.join("rec/00.wav"), place.join("rec/0500")).unwrap();
    fs::copy(place.join("rec/00.wav"), place.join("rec/voice.dat")).unwrap();
    place.file("rec/dictation.wma", b"0&\xb2u\x8e\x66\xcf\x11 not really");
    place.file("rec/LICENSE", "You may do anything.");
    place.file("rec/picture.png", b"\x89PNG\r\n");
    let ran = place.run(["index", "rec", "--json"]);
    ran.complains(&["rec/dictation.wma", "not "]);
    assert!(ran.stderr.contains("1 failed"), "{}", ran.stderr);
    let mut found = statuses(&ran);
    found.sort();
    let indexed: Vec<&str> =
        found.iter().filter(|(_, status)| status == "indexed").map(|(path, _)| path.as_str()).collect();
    assert_eq!(indexed, ["rec/00.wav", "rec/0500", "rec/voice.dat"]);
    assert!(!ran.stderr.contains("LICENSE") && !ran.stderr.contains("png"), "{}", ran.stderr);
    place.file("notes/call.amr", b"no amr at all");
    place.run(["index", "notes"]).complains(&["notes/call.amr", "AMR"]);
}

#[test]
fn recordings_of_one_name_are_told_apart() {
    let place = Place::new();
    place.wav("site1/0500.wav", &babble(1, 4.0));
    place.wav("site2/0500.wav", &babble(2, 4.0));
    place.wav("site2/0600.wav", &babble(3, 2.0));
    place.wav("piece.wav", cut(&babble(2, 4.0), 1.0, 1.0));
    place.ok(["index", "site1", "site2"]);
    // Whatever folder they are named from, and however.
    for folder in ["site1", "site2"] {
        assert_eq!(from(&place, folder, &["index", "."]).code, Some(0));
    }
    let paths = |place: &Place| place.listed().into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    assert_eq!(paths(&place), ["site1/0500.wav", "site2/0500.wav", "site2/0600.wav"]);
    let hit = &place.ok(["query", "piece.wav", "-k", "1", "--json"]).json()[0];
    assert_eq!(text(hit, "path"), "site2/0500.wav");
    // From another folder the path is one that opens there.
    let hit = &from(&place, "site1", &["query", "../piece.wav", "-k", "1", "--json"]).json()[0];
    let shown = text(hit, "path");
    assert!(Path::new(&shown).is_absolute() && Path::new(&shown).is_file(), "{shown}");
    let hit = &from(&place, "site2", &["query", "../piece.wav", "-k", "1", "--json"]).json()[0];
    assert_eq!(text(hit, "path"), "0500.wav");
    // `--where` and `remove` mean one file each.
    place.ok(["export", "map.csv", "--where", "path=site1"]);
    let rows = fs::read_to_string(place.join("map.csv")).unwrap();
    assert!(rows.contains("site1/0500.wav") && !rows.contains("site2"), "{rows}");
    place.run(["export", "map.csv", "--where", "path=0500.wav"]).complains(&["site1/0500.wav", "site2/0500.wav"]);
    place.run(["remove", "./0500.wav"]).complains(&["0500.wav", "site1/0500.wav", "site2/0500.wav"]);
    assert_eq!(place.listed().len(), 3, "nothing is removed where two are meant");
    place.ok(["remove", "0600.wav"]);
    assert_eq!(from(&place, "site1", &["remove", "./0500.wav"]).code, Some(0));
    assert_eq!(paths(&place), ["site2/0500.wav"]);
}

#[test]
fn prune_never_acts_on_a_drive_that_is_not_there() {
    let place = Place::new();
    for (name, seed) in [("usb/tapes/a.wav", 1), ("usb/tapes/b.wav", 2), ("usb/more/c.wav", 3), ("rec/d.wav", 4)] {
        place.wav(name, &babble(seed, 1.0));
    }
    place.ok(["index", "usb", "rec"]);
    fs::rename(place.join("usb"), place.join("away")).unwrap();
    // Gone, there but empty, and there with something hidden alone.
    place.run(["index", "usb", "--prune"]).complains(&["usb", "No such file"]);
    fs::create_dir(place.join("usb")).unwrap();
    place.run(["index", "usb", "--prune"]).complains(&["usb", "no recordings"]);
    place.run(["index", "usb", "rec", "--prune"]).complains(&["usb", "no recordings"]);
    place.file("usb/.Trash/x", "");
    place.run(["index", "usb", "--prune"]).complains(&["usb", "no recordings"]);
    assert_eq!(place.listed().len(), 4);
    // A drive that was mounted below the folder.
    fs::remove_dir_all(place.join("usb")).unwrap();
    fs::rename(place.join("away"), place.join("usb")).unwrap();
    fs::rename(place.join("usb/tapes"), place.join("tapes")).unwrap();
    fs::create_dir(place.join("usb/tapes")).unwrap();
    let ran = place.ok(["index", "usb", "--prune"]);
    assert!(ran.stderr.contains("usb/tapes: is empty") && ran.stderr.contains("2 files"), "{}", ran.stderr);
    assert_eq!(place.listed().len(), 4);
    // What vanished beside files that are still there is forgotten, and what is named to `remove`.
    fs::remove_dir(place.join("usb/tapes")).unwrap();
    fs::rename(place.join("tapes"), place.join("usb/tapes")).unwrap();
    fs::remove_file(place.join("usb/tapes/a.wav")).unwrap();
    place.ok(["index", "usb", "--prune"]);
    assert_eq!(place.listed().len(), 3);
    fs::remove_dir_all(place.join("usb")).unwrap();
    place.ok(["remove", "usb"]);
    assert_eq!(place.listed().len(), 1);
}

#[test]
fn a_card_with_new_content_under_old_names_is_read_anew() {
    let place = Place::new();
    let then = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(946_684_800);
    let shoot = |seed: u64| {
        let path = place.join("card/0001.wav");
        // Another file, as on another card, of the same size and, since the recorder's clock starts anew, of the same time.
        let _ = fs::remove_file(&path);
        place.wav("card/0001.wav", &babble(seed, 3.0));
        fs::File::options().write(true).open(&path).unwrap().set_modified(then).unwrap();
    };
    let status = || statuses(&place.ok(["index", "card", "--json"]))[0].1.clone();
    shoot(1);
    assert_eq!(status(), "indexed");
    assert_eq!(status(), "unchanged");
    shoot(1);
    assert_eq!(status(), "unchanged", "the same content is not read again");
    shoot(2);
    assert_eq!(status(), "indexed");
    place.wav("piece.wav", cut(&babble(2, 3.0), 1.0, 1.0));
    assert_eq!(place.ok(["query", "piece.wav", "-k", "1", "--json"]).json().len(), 1);
    // Written over in place.
    let path = place.join("card/0001.wav");
    fs::write(&path, {
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 2_000].fill(0);
        bytes
    })
    .unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(then).unwrap();
    assert_eq!(status(), "indexed");
}

#[test]
fn what_was_incomplete_is_told_again() {
    let place = Place::with_recordings(2, 4.0);
    let whole = fs::read(place.join("rec/01.wav")).unwrap();
    fs::write(place.join("rec/01.wav"), &whole[..whole.len() / 2]).unwrap();
    let first = place.run(["index", "rec", "--json"]);
    first.complains(&["rec/01.wav", "truncated"]);
    for args in [&["index", "rec", "--json"][..], &["index", "rec/01.wav", "--json"]] {
        let again = place.run(args);
        again.complains(&["rec/01.wav", "truncated"]);
        assert!(statuses(&again).contains(&("rec/01.wav".into(), "partial".into())), "{}", again.stdout);
    }
    // Touched, but the same: it is compared and told of again.
    fs::File::options().write(true).open(place.join("rec/01.wav")).unwrap().set_modified(SystemTime::now()).unwrap();
    place.run(["index", "rec"]).complains(&["rec/01.wav", "truncated"]);
    fs::write(place.join("rec/01.wav"), &whole).unwrap();
    place.ok(["index", "rec"]);
    place.ok(["index", "rec"]);
}

#[test]
fn measuring_goes_on_without_what_cannot_be_read() {
    let place = Place::with_recordings(4, 3.0);
    for number in 0..4 {
        place.wav(format!("piece{number}.wav"), cut(&babble(number + 1, 3.0), 1.0, 0.8));
    }
    let whole = fs::read(place.join("rec/01.wav")).unwrap();
    fs::write(place.join("rec/01.wav"), &whole[..whole.len() * 3 / 4]).unwrap();
    place.file("rec/02.wav", "no recording at all");
    place.file(
        "queries.tsv",
        "path\tlabel\tspeaker\npiece0.wav\ta\tx\npiece1.wav\tb\tx\npiece2.wav\tc\tx\ngone.wav\td\tx\n",
    );
    let rows: String =
        ["a", "b", "c", "d"].iter().enumerate().map(|(n, word)| format!("rec/{n:02}.wav\t{word}\ty\n")).collect();
    place.file("utts.tsv", format!("path\tlabel\tspeaker\n{rows}gone/04.wav\te\ty\n"));
    let ran = place.run(["eval", "qbe", "queries.tsv", "utts.tsv", "--baseline", "dtw", "--json"]);
    for file in ["rec/01.wav", "rec/02.wav", "gone.wav", "gone/04.wav"] {
        ran.complains(&[file]);
    }
    let lines = ran.json();
    assert_eq!(lines.len(), 3, "{}", ran.stdout);
    assert!(lines.iter().all(|line| line["map"].as_f64().is_some_and(|map| map > 0.5)), "{}", ran.stdout);
    place.file("words.tsv", "path\tlabel\tspeaker\npiece0.wav\ta\tx\npiece1.wav\ta\ty\nrec/01.wav\tb\tx\npiece3.wav\tb\ty\nrec/02.wav\tb\tz\n");
    let ran = place.run(["eval", "samediff", "words.tsv", "--baseline", "pooled,dtw", "--json"]);
    ran.complains(&["rec/01.wav", "truncated"]);
    ran.complains(&["rec/02.wav"]);
    assert_eq!(ran.json().len(), 1, "{}", ran.stdout);
}
