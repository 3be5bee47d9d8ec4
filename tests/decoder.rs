//! What is not read here and goes to ffmpeg, streams out of other programs, and what is remembered of files that are not whole.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

mod common;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use common::{Place, Ran, babble, cut, text};

/// A program called ffmpeg: notes what it is asked for and writes the same four seconds for every file; fails on `broken`, and in the
/// middle of `half`.
fn install_ffmpeg(place: &Place) {
    let samples: Vec<u8> = babble(7, 4.0).iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let whole = place.file("bin/sound.f32", &samples);
    let half = place.file("bin/half.f32", &samples[..samples.len() / 2]);
    let script = format!(
        "#!/bin/sh\nfor word; do case \"$word\" in file:*) name=\"$word\";; esac; done\necho \"$name\" >> '{log}'\n\
         case \"$name\" in *broken*) exit 1;; *half*) /bin/cat '{half}'; exit 1;; esac\nexec /bin/cat '{whole}'\n",
        log = place.join("bin/asked").display(),
        half = half.display(),
        whole = whole.display(),
    );
    let program = place.file("bin/ffmpeg", script);
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs with the programs of that folder alone.
fn run(place: &Place, programs: &str, args: &[&str]) -> Ran {
    place.command(args).env("PATH", place.join(programs)).output().unwrap().into()
}

fn statuses(ran: &Ran) -> Vec<(String, String)> {
    let files = ran.json().into_iter().filter(|line| line.get("path").is_some());
    let mut found: Vec<_> = files.map(|line| (text(&line, "path"), text(&line, "status"))).collect();
    found.sort();
    found
}

#[test]
fn what_is_not_read_goes_to_ffmpeg_where_it_is_asked_for() {
    let place = Place::with_recordings(1, 2.0);
    place.file("rec/call.amr", b"#!AMR\nwhatever");
    // told by its name alone
    place.file("rec/old.ac3", b"\x0b\x77\x12\x34\x40\x40\x40\x40\x40\x40");
    place.file("rec/dictation.wma", b"0&\xb2u\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c");
    let others = ["rec/call.amr", "rec/dictation.wma", "rec/old.ac3"];
    fs::create_dir(place.join("nothing")).unwrap();
    let ran = run(&place, "nothing", &["index", "rec", "--json"]);
    for path in others {
        ran.complains(&[path, "convert it", "--decoder ffmpeg"]);
    }
    // it is not installed
    let ran = run(&place, "nothing", &["index", "rec", "--json", "--decoder", "ffmpeg"]);
    for path in others {
        ran.complains(&[path, "ffmpeg", "cannot be started", "install it"]);
    }
    assert_eq!(place.listed().len(), 1);
    // it is
    install_ffmpeg(&place);
    let ran = run(&place, "bin", &["index", "rec", "--json", "--decoder", "ffmpeg"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let expected: Vec<_> =
        ["indexed", "indexed", "indexed"].iter().zip(others).map(|(s, p)| (p.into(), (*s).into())).collect();
    let found: Vec<(String, String)> = statuses(&ran).into_iter().filter(|(path, _)| path != "rec/00.wav").collect();
    assert_eq!(found, expected);
    let asked = fs::read_to_string(place.join("bin/asked")).unwrap();
    assert!(others.iter().all(|path| asked.contains(path)) && !asked.contains("00.wav"), "{asked}");
    // a query, too
    let clip = ["query", "rec/call.amr", "--from", "1", "--to", "2.5", "-k", "1", "--json"];
    let ran = run(&place, "bin", &[&clip[..], &["--decoder", "ffmpeg"]].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let start = ran.json()[0]["start"].as_f64().unwrap();
    assert!((start - 1.0).abs() < 0.05, "{start}");
    run(&place, "bin", &clip).complains(&["rec/call.amr", "AMR", "--decoder ffmpeg"]);
}

#[test]
fn what_ffmpeg_cannot_read_either_is_told_and_its_half_remembered() {
    let place = Place::with_recordings(1, 2.0);
    install_ffmpeg(&place);
    place.file("rec/broken.wma", b"0&\xb2u\x8e\x66\xcf\x11");
    place.file("rec/half.ac3", b"\x0b\x77\x12\x34\x40\x40\x40\x40\x40\x40");
    for _ in 0..2 {
        let ran = run(&place, "bin", &["index", "rec", "--json", "--decoder", "ffmpeg"]);
        ran.complains(&["rec/broken.wma", "ffmpeg", "no sound"]);
        ran.complains(&["rec/half.ac3", "truncated", "2.00 s"]);
        assert!(statuses(&ran).contains(&("rec/half.ac3".into(), "partial".into())), "{}", ran.stdout);
    }
    let asked = fs::read_to_string(place.join("bin/asked")).unwrap();
    assert_eq!(asked.matches("half.ac3").count(), 1, "what has not changed is not read again: {asked}");
}

#[test]
fn a_gap_is_told_again_until_it_is_mended() {
    let place = Place::with_recordings(1, 2.0);
    let good = include_bytes!("fixtures/pages.ogg");
    let mut bad = good.to_vec();
    // behind the headers, which are more than half of it
    bad[good.len() * 4 / 5] ^= 16;
    place.file("rec/tape.ogg", &bad);
    let words = ["rec/tape.ogg", "could not be read", "silence stands there"];
    let first = place.run(["index", "rec", "--json"]);
    first.complains(&words);
    let line = |ran: &Ran| ran.stderr.lines().find(|line| line.contains("tape.ogg")).unwrap().to_owned();
    let again = place.run(["index", "rec", "--json"]);
    again.complains(&words);
    assert_eq!(line(&first), line(&again));
    assert!(statuses(&again).contains(&("rec/tape.ogg".into(), "partial".into())), "{}", again.stdout);
    place.file("rec/tape.ogg", good);
    place.ok(["index", "rec"]);
    place.ok(["index", "rec"]);
}

#[test]
fn what_other_programs_write_into_a_pipe_is_asked_without_complaint() {
    let place = Place::with_recordings(2, 4.0);
    place.ok(["index", "rec"]);
    let sound: Vec<u8> =
        cut(&babble(2, 4.0), 1.0, 1.5).iter().flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes()).collect();
    let format = b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0";
    let list = b"LIST\x1a\0\0\0INFOISFT\x0e\0\0\0Lavf59.27.100\0";
    let wav = |riff: u32, before: &[u8], data: u32, cut: usize| {
        let sound = &sound[..sound.len() - cut];
        [&b"RIFF"[..], &riff.to_le_bytes(), format, before, b"data", &data.to_le_bytes(), sound].concat()
    };
    for (program, bytes) in [
        ("arecord", wav(0x7fff_ff24, b"", 0x7fff_ff00, 0)),
        ("arecord, stopped in the middle of a frame", wav(0x8000_0024, b"", 0x8000_0000, 1)),
        ("ffmpeg", wav(u32::MAX, list, u32::MAX, 0)),
        ("sox", wav(0x7fff_ffff, b"", 0x7fff_f000, 0)),
        ("gstreamer", wav(0, b"", 0, 0)),
    ] {
        let mut child = place
            .command(["query", "-", "-k", "1", "--json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&bytes).unwrap();
        let ran: Ran = child.wait_with_output().unwrap().into();
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{program}");
        let hit = &ran.json()[0];
        assert_eq!(text(hit, "path"), "rec/01.wav", "{program}");
        assert!((hit["start"].as_f64().unwrap() - 1.0).abs() < 0.05, "{program}: {hit}");
    }
}
