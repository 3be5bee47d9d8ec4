//! Confidence: what is nowhere in a store is not found, and a store may have a calibration of its own.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Place, RATE, babble, cut, text};

/// Noise whose level changes slowly, as wind has it.
fn wind(seed: u32, seconds: f64) -> Vec<f32> {
    let (mut state, mut low) = (seed, 0.0_f32);
    let count = (seconds * f64::from(RATE)) as usize;
    let sample = |n: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        low += 0.1 * ((state >> 8) as f32 / (1 << 24) as f32 - 0.5 - low);
        low * (0.4 + 0.3 * (n as f32 * 0.0004).sin())
    };
    (0..count).map(sample).collect()
}

#[test]
fn noise_hum_and_tones_of_seconds_are_not_found_in_what_has_none() {
    let place = Place::with_recordings(4, 8.0);
    place.ok(["index", "rec"]);
    let tone =
        |hertz: f32| -> Vec<f32> { (0..3 * RATE).map(|n| 0.2 * (n as f32 * hertz * 0.000_392_7).sin()).collect() };
    let hum: Vec<f32> = tone(50.0).iter().zip(tone(150.0)).map(|(a, b)| a + 0.5 * b).collect();
    for (name, samples) in [("wind", wind(3, 3.0)), ("hum", hum), ("tone", tone(440.0))] {
        let file = format!("{name}.wav");
        place.wav(&file, &samples);
        let ran = place.run(["query", &file, "-k", "1", "--json"]);
        let confidence = ran.json().first().map_or(0.0, |hit| hit["confidence"].as_f64().unwrap());
        assert!(confidence < 0.5, "{name}: {}", ran.stdout);
    }
}

#[test]
fn no_hit_of_a_long_query_is_shorter_than_a_third_of_it() {
    let place = Place::with_recordings(3, 8.0);
    place.ok(["index", "rec"]);
    place.wav("wind.wav", &wind(5, 3.0));
    for hit in place.run(["query", "wind.wav", "--min-confidence", "0", "--json"]).json() {
        let length = hit["end"].as_f64().unwrap() - hit["start"].as_f64().unwrap();
        assert!((0.95..=9.0).contains(&length), "{hit}");
    }
    // A true one of three seconds is where it was.
    place.wav("piece.wav", cut(&babble(2, 8.0), 2.5, 3.0));
    let hit = &place.ok(["query", "piece.wav", "-k", "1", "--json"]).json()[0];
    assert_eq!(text(hit, "path"), "rec/01.wav");
    assert!((hit["start"].as_f64().unwrap() - 2.5).abs() < 0.15 && hit["confidence"].as_f64().unwrap() > 0.5, "{hit}");
}

#[test]
fn of_a_clip_that_is_longer_than_the_recording_a_part_is_advised() {
    let place = Place::new();
    place.wav("rec/short.wav", cut(&babble(2, 8.0), 3.0, 1.2));
    place.ok(["index", "rec"]);
    place.wav("long.wav", cut(&babble(2, 8.0), 1.0, 6.0));
    let ran = place.run(["query", "long.wav"]);
    assert!(ran.code == Some(0) || (ran.code == Some(1) && ran.stderr.contains("--from")), "{}", ran.stderr);
    place.ok(["query", "long.wav", "--from", "2.0", "--to", "3.2"]);
}

/// Four speakers who each say what the others say, and lists of it.
fn labelled() -> Place {
    let place = Place::new();
    let (mut queries, mut recordings) =
        ("path\tstart\tend\tlabel\tspeaker\n".to_owned(), "path\tlabel\tspeaker\n".to_owned());
    for speaker in 0..6_u64 {
        let (first, second) = (speaker % 3, (speaker + 1) % 3);
        let words = [first, second].map(|word| babble(word + 40, 0.8));
        place.wav(format!("rec/{speaker}.wav"), &[&words[0][..], &babble(speaker + 90, 1.0), &words[1]].concat());
        recordings += &format!("rec/{speaker}.wav\tword{first} word{second}\ts{speaker}\n");
        queries += &format!("rec/{speaker}.wav\t0\t0.8\tword{first}\ts{speaker}\n");
        queries += &format!("rec/{speaker}.wav\t0.9\t1.7\tnone{speaker}\ts{speaker}\n");
    }
    place.file("queries.tsv", queries);
    place.file("recordings.tsv", recordings);
    place.wav("noises/a.wav", &wind(7, 2.0));
    place
}

#[test]
fn a_store_has_a_calibration_of_its_own_once_it_was_fitted() {
    let place = labelled();
    let ran = place.ok([
        "eval",
        "calibrate",
        "queries.tsv",
        "--among",
        "recordings.tsv",
        "--negatives",
        "noises",
        "--store",
        "own",
        "--install",
        "--out",
        "fitted.json",
        "--json",
    ]);
    let lines = ran.json();
    assert_eq!(
        lines.iter().map(|line| text(line, "model")).collect::<Vec<_>>(),
        ["clip", "same_sound", "text", "span"]
    );
    assert!(lines[0]["rows"].as_u64().unwrap() > 20 && lines[0]["right"].as_u64().unwrap() >= 6, "{}", lines[0]);
    let own = std::fs::read_to_string(place.join("own/calibration.json")).unwrap();
    assert_eq!(own, std::fs::read_to_string(place.join("fitted.json")).unwrap());
    let ask = ["query", "rec/0.wav", "--from", "0", "--to", "0.8", "--store", "own", "--min-confidence", "0", "--json"];
    let confidence =
        |hits: &[serde_json::Value]| hits.iter().map(|hit| hit["confidence"].as_f64().unwrap()).collect::<Vec<_>>();
    let fitted = confidence(&place.ok(ask).json());
    assert!(fitted[0] > 0.5, "{fitted:?}");
    // It is what counts: without it the numbers are others, and a damaged one is an error that names it.
    std::fs::remove_file(place.join("own/calibration.json")).unwrap();
    assert_ne!(confidence(&place.ok(ask).json()), fitted);
    place.file("own/calibration.json", &own[..own.len() / 2]);
    place.run(ask).complains(&["calibration.json", "eval calibrate"]);
}
