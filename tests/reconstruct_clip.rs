//! A clip through its vector and back: pictures and sound.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;

use common::{Place, RATE, babble, text};

/// Width and height, as the header of a png says.
fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[1..4], b"PNG");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn a_clip_becomes_a_picture_and_a_sound_of_its_length() {
    let place = Place::new();
    place.wav("clip.wav", &babble(3, 0.8));
    let ran = place.ok(["reconstruct", "clip.wav", "--out", "x.png", "--json"]);
    let line = &ran.json()[0];
    assert_eq!((text(line, "clip"), text(line, "out")), ("clip.wav".to_owned(), "x.png".to_owned()));
    assert_eq!((line["duration"].as_f64(), line["values"].as_u64()), (Some(0.8), Some(128)));
    let explained = line["variance_explained"].as_f64().unwrap();
    assert!(explained < 1.0, "{explained}: not all comes through");
    assert_eq!(size(&fs::read(place.join("x.png")).unwrap()), (2400, 840));

    fs::write(place.join("x.wav"), "what was there before").unwrap();
    let ran = place.ok(["reconstruct", "clip.wav", "--out", "x.wav"]);
    assert!(ran.stdout.starts_with("clip.wav: 0.80 s, 128 values, "), "{}", ran.stdout);
    let reader = hound::WavReader::open(place.join("x.wav")).unwrap();
    assert_eq!((reader.spec().sample_rate, reader.spec().channels), (RATE, 1));
    let samples: Vec<i16> = reader.into_samples().map(Result::unwrap).collect();
    // Whole frames of 25 ms every 10 ms.
    assert_eq!(samples.len(), (12_800 - 400) / 160 * 160 + 400);
    assert!(samples.iter().any(|sample| sample.unsigned_abs() > 300), "it can be heard");
    let spoken = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/demo/queries/bicycle.flac");
    let line = &place.ok(["reconstruct", spoken, "--out", "x.png", "--json"]).json()[0];
    let explained = line["variance_explained"].as_f64().unwrap();
    assert!(explained > 0.1, "{explained}: of a word something does");
}

#[test]
fn what_cannot_be_decoded_is_named_and_leaves_what_was_there() {
    let place = Place::new();
    place.wav("clip.wav", &babble(3, 0.5));
    place.wav("silent.wav", &[0.0; 8000]);
    place.wav("short.wav", &babble(3, 0.02));
    place.wav("long.wav", &vec![0.1; 61 * RATE as usize]);
    place.file("text.wav", "no sound");
    fs::write(place.join("old.png"), "old").unwrap();
    for (clip, words) in [
        ("silent.wav", ["silent.wav", "silence"]),
        ("short.wav", ["320 samples", "too short"]),
        ("long.wav", ["long.wav", "at most 60 s"]),
        ("text.wav", ["text.wav", ""]),
        ("gone.wav", ["gone.wav", ""]),
    ] {
        place.run(["reconstruct", clip, "--out", "old.png"]).complains(&words);
    }
    assert_eq!(fs::read(place.join("old.png")).unwrap(), b"old");
    for out in ["x.jpg", "x", "x.wav.txt"] {
        place.run(["reconstruct", "clip.wav", "--out", out]).complains(&[out, ".png", ".wav"]);
        assert!(!place.join(out).exists());
    }
    place.run(["reconstruct", "clip.wav", "--out", "clip.wav"]).complains(&["the clip itself"]);
    place.run(["reconstruct", "clip.wav", "--out", "nowhere/x.png"]).complains(&["nowhere", "cannot be written"]);
    place
        .run(["reconstruct", "clip.wav", "--out", "x.png", "--model", "gone.safetensors"])
        .complains(&["no such model"]);
    for wrong in [&["reconstruct", "clip.wav"][..], &["reconstruct"], &["reconstruct", "--text", "a", "--out", "x.png"]]
    {
        assert_eq!(place.run(wrong).code, Some(2), "{wrong:?}");
    }
}
