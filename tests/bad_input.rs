//! What users really have on their disks: a clear line naming the file and the cause, the rest goes on, exit 2, nothing is lost.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::{fs, path::Path};

use audiosearch_index::{Collection, Index, Reader};
use common::{Place, RATE, Ran, babble, text, write_float_wav, write_wav};

/// Indexes a folder that holds one good recording beside what is already there, and checks that the good one is in.
fn index_beside_a_good_one(place: &Place) -> Ran {
    place.wav("rec/good.wav", &babble(1, 2.0));
    let ran = place.run(["index", "rec"]);
    assert!(place.listed().iter().any(|(path, segments)| path == "rec/good.wav" && *segments > 0), "{}", ran.stderr);
    every_vector_is_sound(&place.join(".audiosearch"));
    ran
}

fn every_vector_is_sound(store: &Path) {
    let reader = Reader::open(store, Collection::Audio).unwrap();
    for segment in reader.segments() {
        let length: f32 = segment.embedding.iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-3, "a vector of length² {length}");
    }
}

fn is_root() -> bool {
    std::process::Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout == b"0\n")
}

#[test]
fn an_empty_file() {
    let place = Place::new();
    place.file("rec/empty.wav", "");
    index_beside_a_good_one(&place).complains(&["rec/empty.wav", "empty"]);
}

#[test]
fn text_named_wav() {
    let place = Place::new();
    place.file("rec/notes.wav", "Buy milk. Call Anna. ".repeat(200));
    index_beside_a_good_one(&place).complains(&["rec/notes.wav"]);
}

#[test]
fn a_truncated_wav_is_kept_as_far_as_it_goes() {
    let place = Place::new();
    let whole = fs::read(place.wav("whole.wav", &babble(3, 4.0))).unwrap();
    place.file("rec/cut.wav", &whole[..whole.len() / 2]);
    index_beside_a_good_one(&place).complains(&["rec/cut.wav", "2.0"]);
    let listed = place.run(["list", "--json"]).json();
    let cut = listed.iter().find(|line| line["path"] == "rec/cut.wav").unwrap();
    assert!((cut["duration"].as_f64().unwrap() - 2.0).abs() < 0.1 && cut["segments"].as_u64().unwrap() > 0);
}

/// flac and mp3 need an encoder: ffmpeg, where it is installed.
#[test]
fn truncated_flac_and_mp3_are_kept_as_far_as_they_go() {
    let place = Place::new();
    place.wav("whole.wav", &babble(3, 6.0));
    let mut made = 0;
    for kind in ["flac", "mp3"] {
        let whole = place.join(format!("whole.{kind}"));
        let ffmpeg = std::process::Command::new("ffmpeg")
            .args(["-loglevel", "error", "-y", "-i"])
            .args([place.join("whole.wav"), whole.clone()])
            .status();
        if !ffmpeg.is_ok_and(|status| status.success()) {
            println!("skipped for {kind}: no ffmpeg that writes it");
            continue;
        }
        let bytes = fs::read(whole).unwrap();
        place.file(format!("rec/cut.{kind}"), &bytes[..bytes.len() * 2 / 3]);
        made += 1;
    }
    let ran = index_beside_a_good_one(&place);
    assert_eq!(place.listed().len(), 1 + made, "{}", ran.stderr);
    assert!(place.listed().iter().all(|(_, segments)| *segments > 0));
    if made > 0 {
        // An mp3 does not always say how long it should be; a flac does.
        ran.complains(&["rec/cut.flac"]);
    }
}

#[test]
fn no_samples_one_sample_and_silence() {
    let place = Place::new();
    place.wav("rec/none.wav", &[]);
    place.wav("rec/one.wav", &[0.5]);
    place.wav("rec/silence.wav", &[0.0; 32_000]);
    let ran = index_beside_a_good_one(&place);
    ran.complains(&["rec/none.wav"])
        .complains(&["rec/one.wav", "too short"])
        .complains(&["rec/silence.wav", "silence"]);
    for name in ["rec/none.wav", "rec/one.wav"] {
        place.run(["query", name]).complains(&[name]);
    }
    let silence = place.run(["query", "rec/silence.wav"]);
    assert_eq!((silence.code, silence.stdout.as_str()), (Some(1), ""), "silence is nothing to be found, and no error");
    assert!(silence.stderr.contains("rec/silence.wav"));
    // It is said every time, not only when they are read.
    place.run(["index", "rec"]).complains(&["rec/silence.wav", "silence"]);
}

#[test]
fn nan_and_infinity_in_float_wav() {
    let place = Place::new();
    let mut samples = babble(2, 2.0);
    samples[7000] = f32::NAN;
    write_float_wav(&place.join("rec/nan.wav"), &samples);
    samples[7000] = f32::INFINITY;
    write_float_wav(&place.join("rec/infinity.wav"), &samples);
    let ran = index_beside_a_good_one(&place);
    ran.complains(&["rec/nan.wav"]).complains(&["rec/infinity.wav"]);
}

#[test]
fn other_rates_channels_and_depths_are_read() {
    let place = Place::new();
    let at = |rate: u32| -> Vec<f32> {
        let source = babble(4, 2.5);
        let sample = |n: usize| {
            let place = n as f64 * f64::from(RATE) / f64::from(rate);
            let (low, part) = (place as usize, place.fract() as f32);
            source[low] * (1.0 - part) + source[(low + 1).min(source.len() - 1)] * part
        };
        (0..(2.4 * f64::from(rate)) as usize).map(sample).collect()
    };
    write_wav(&place.join("rec/8k-stereo.wav"), &at(8_000), 2, 8_000, 16);
    write_wav(&place.join("rec/192k.wav"), &at(192_000), 1, 192_000, 16);
    write_wav(&place.join("rec/24bit.wav"), &at(16_000), 1, 16_000, 24);
    write_wav(&place.join("rec/8bit.wav"), &at(16_000), 1, 16_000, 8);
    let ran = index_beside_a_good_one(&place);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for line in place.run(["list", "--json"]).json().iter().filter(|line| line["path"] != "rec/good.wav") {
        assert!(
            (line["duration"].as_f64().unwrap() - 2.4).abs() < 0.01 && line["segments"].as_u64().unwrap() > 0,
            "{line}"
        );
    }
}

#[test]
fn a_folder_without_audio_and_a_path_that_is_not_there() {
    let place = Place::with_recordings(1, 1.0);
    place.file("papers/a.pdf", "nothing to hear");
    let ran = place.run(["index", "papers", "nowhere.wav", "rec"]);
    ran.complains(&["papers", "no recordings"]).complains(&["nowhere.wav"]);
    assert_eq!(place.listed().len(), 1);
}

#[cfg(unix)]
#[test]
fn an_unreadable_file() {
    use std::os::unix::{fs::PermissionsExt as _, process::CommandExt as _};
    let place = Place::with_recordings(1, 1.0);
    let secret = place.wav("rec/secret.wav", &babble(2, 1.0));
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    let mut command = place.command(["index", "rec"]);
    if is_root() {
        // Root reads everything: run as nobody, in a folder that nobody may write to.
        const NOBODY: u32 = 65_534;
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o777)).unwrap();
        command.uid(NOBODY).gid(NOBODY);
        let probe = place.command(["--version"]).uid(NOBODY).gid(NOBODY).output();
        if !probe.is_ok_and(|out| out.status.success()) {
            println!("skipped: run as root, and nobody may not run the program here");
            return;
        }
    }
    let ran: Ran = command.output().unwrap().into();
    ran.complains(&["rec/secret.wav", "ermission denied"]);
    assert_eq!(place.listed().len(), 1);
}

#[cfg(unix)]
#[test]
fn odd_names() {
    use std::os::unix::ffi::OsStringExt as _;
    let place = Place::new();
    let bytes = std::ffi::OsString::from_vec(b"caf\xe9 \xff.wav".to_vec());
    let names = ["two words.wav", "a\ttab.wav", "a\nline.wav", "北京 中文.wav", "-k.wav", "\"quoted\".wav"];
    for (number, name) in names.iter().enumerate() {
        place.wav(Path::new("rec").join(name), &babble(number as u64 + 10, 1.5));
    }
    place.wav(Path::new("rec").join(&bytes), &babble(99, 1.5));
    let ran = index_beside_a_good_one(&place);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(place.listed().len(), names.len() + 2);
    assert_eq!(place.run(["list"]).stdout.lines().count(), names.len() + 3, "a line a file");
    let clip = Path::new("rec").join(&bytes);
    let hits = place.ok([Path::new("query"), &clip, Path::new("--json")]).json();
    assert!(hits[0]["path"].as_str().unwrap().starts_with("rec/caf\u{fffd}"), "{}", hits[0]);
    for name in names {
        let hits = place.ok(["query", &format!("rec/{name}"), "--to", "1", "--json"]).json();
        assert_eq!(hits[0]["path"], format!("rec/{name}"));
    }
    place.ok([Path::new("remove"), &clip]);
    assert_eq!(place.listed().len(), names.len() + 1);
}

#[cfg(unix)]
#[test]
fn a_name_cannot_forge_a_message_or_reach_the_terminal() {
    let place = Place::new();
    place.file("rec/a\n\x1b[2Jerror: forged\r.wav", "no sound");
    let ran = place.run(["index", "rec"]);
    ran.complains(&["a\\n\\u{1b}[2Jerror: forged\\r.wav", "is not audio"]);
    assert!(
        !ran.stderr.contains('\x1b')
            && !ran.stderr.lines().any(|line| line.contains("forged") && !line.contains("rec/a"))
    );
}

#[test]
fn a_clip_too_long_to_be_looked_for_is_refused_and_a_part_of_it_is_not() {
    let place = Place::new();
    let minute = babble(1, 60.0);
    place.wav("long.wav", &minute.repeat(6));
    place.wav("rec/00.wav", &minute[..32_000]);
    place.ok(["index", "rec"]);
    place.run(["query", "long.wav"]).complains(&["long.wav", "at most 300 s", "--from"]);
    place.ok(["query", "long.wav", "--from", "60", "--to", "61"]);
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_and_a_second_name() {
    let place = Place::with_recordings(1, 1.0);
    std::os::unix::fs::symlink("..", place.join("rec/again")).unwrap();
    std::os::unix::fs::symlink("00.wav", place.join("rec/01.wav")).unwrap();
    place.run(["index", "rec"]).complains(&["again"]);
    assert_eq!(place.listed().len(), 1, "one file has one entry, whatever its names");
}

#[test]
fn a_file_that_vanishes_during_the_run() {
    use std::io::BufRead as _;
    let place = Place::with_recordings(100, 12.0);
    let mut child = place
        .command(["index", "rec", "--json", "--jobs", "1"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // The files were counted before the first was read.
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    fs::remove_file(place.join("rec/99.wav")).unwrap();
    let rest = std::io::read_to_string(out).unwrap();
    let ran: Ran = child.wait_with_output().unwrap().into();
    ran.complains(&["rec/99.wav", "No such file"]);
    assert!(rest.contains("\"failed\":1"));
    assert_eq!(place.listed().len(), 99);
}

#[test]
fn a_store_that_does_not_exist() {
    let place = Place::with_recordings(1, 1.0);
    place.run(["query", "rec/00.wav"]).complains(&[".audiosearch", "index"]);
    place.run(["list", "--store", "gone"]).complains(&["gone", "index"]);
    assert!(!place.join("gone").exists(), "asking makes no store");
}

#[test]
fn a_store_that_another_process_writes() {
    let place = Place::with_recordings(1, 2.0);
    place.ok(["index", "rec"]);
    let held = Index::open(&place.join(".audiosearch"), Collection::Audio).unwrap();
    place.run(["index", "rec"]).complains(&[".audiosearch", "in use by another process"]);
    place.ok(["query", "rec/00.wav"]);
    let ran = place.ok(["list", "--json"]);
    assert_eq!(text(&ran.json()[0], "path"), "rec/00.wav");
    assert!(ran.stderr.contains("another process writes"), "{}", ran.stderr);
    assert_eq!(place.ok(["info", "--json"]).json()[0]["files"], 1);
    drop(held);
    place.ok(["index", "rec"]);
}

#[test]
fn a_searchable_form_that_is_damaged_or_gone_is_made_anew() {
    let place = Place::with_recordings(2, 2.0);
    place.ok(["index", "rec"]);
    let before = place.ok(["query", "rec/01.wav", "--json"]).stdout;
    let frozen = place.join(".audiosearch/audio.frozen");
    let mut bytes = fs::read(&frozen).unwrap();
    // Opening checks the header alone; `verify` checks the rest.
    bytes[20] ^= 0x40;
    fs::write(&frozen, bytes).unwrap();
    let ran = place.ok(["query", "rec/01.wav", "--json"]);
    assert!(ran.stderr.contains("warning") && ran.stderr.contains("audio.frozen"), "{}", ran.stderr);
    assert_eq!(ran.stdout, before);
    fs::remove_file(&frozen).unwrap();
    assert_eq!(place.ok(["query", "rec/01.wav", "--json"]).stdout, before);
}
