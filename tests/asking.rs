//! Ways to ask: a second look, examples together, writing, nothing there.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Place, babble, cut, text};

#[test]
fn boundaries_are_those_of_the_clip_and_not_of_windows() {
    let place = Place::with_recordings(4, 6.0);
    place.ok(["index", "rec"]);
    for number in 0..4_u64 {
        let start = 1.03 + 0.71 * number as f64;
        place.wav("piece.wav", cut(&babble(number + 1, 6.0), start, 0.6));
        let hit = &place.ok(["query", "piece.wav", "-k", "1", "--json"]).json()[0];
        assert_eq!(text(hit, "path"), format!("rec/{number:02}.wav"));
        let (from, to) = (hit["start"].as_f64().unwrap() - start, hit["end"].as_f64().unwrap() - start - 0.6);
        assert!(from.abs() <= 0.15 && to.abs() <= 0.15, "{from} {to}");
        assert!(hit["confidence"].as_f64().unwrap() > 0.5, "{hit}");
    }
}

#[test]
fn a_clip_begins_where_it_was_cut_and_not_where_the_vectors_lie() {
    let place = Place::with_recordings(3, 5.0);
    place.ok(["index", "rec"]);
    // Frames lie every 40 ms; where little changes from one to the next, a clip may be aligned beside its place.
    let mut errors = Vec::new();
    for (number, start) in [1.0113, 1.5224, 2.0331, 2.5437].into_iter().enumerate() {
        let seed = number as u64 % 3 + 1;
        place.wav("piece.wav", cut(&babble(seed, 5.0), start, 0.7));
        let hit = &place.ok(["query", "piece.wav", "-k", "1", "--json"]).json()[0];
        assert_eq!(text(hit, "path"), format!("rec/{:02}.wav", seed - 1));
        let (from, to) = (hit["start"].as_f64().unwrap() - start, hit["end"].as_f64().unwrap() - start - 0.7);
        assert!(from.abs() <= 0.05 && to.abs() <= 0.08, "{start}: {from} {to}");
        errors.push(from.abs());
    }
    assert!(errors.iter().filter(|&&error| error <= 0.012).count() >= 2, "{errors:?}");
}

#[test]
fn noise_is_not_found_in_what_is_no_noise_but_where_it_is() {
    let place = Place::with_recordings(3, 4.0);
    place.ok(["index", "rec"]);
    let mut state = 1_u32;
    let mut uniform = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let noise: Vec<f32> = (0..64_000).map(|_| 0.3 * uniform()).collect();
    place.wav("noise.wav", &noise[20_000..40_000]);
    assert_eq!(place.run(["query", "noise.wav"]).code, Some(1));
    place.wav("rec/noise.wav", &noise);
    place.ok(["index", "rec"]);
    let hit = &place.ok(["query", "noise.wav", "-k", "1", "--json"]).json()[0];
    assert_eq!(text(hit, "path"), "rec/noise.wav");
}

#[test]
fn a_span_and_the_same_span_as_a_clip_have_one_vector() {
    let place = Place::with_recordings(1, 6.0);
    place.ok(["index", "rec"]);
    place.ok(["export", "points.npy"]);
    let lines = std::fs::read_to_string(place.join("points.jsonl")).unwrap();
    let mut spans = "path\tstart\tend\n".to_owned();
    for line in lines.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        spans += &format!("{}\t{}\t{}\n", text(&line, "path"), line["start"], line["end"]);
    }
    place.file("spans.tsv", spans);
    place.ok(["embed", "--list", "spans.tsv", "--segments", "whole", "--out", "cut.npy"]);
    // Both files hold rows of f32 after a header of 128 bytes.
    let values = |name: &str| -> Vec<f32> {
        let bytes = std::fs::read(place.join(name)).unwrap();
        bytes[128..].chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect()
    };
    let (inside, cut) = (values("points.npy"), values("cut.npy"));
    assert_eq!(inside.len(), cut.len());
    for (a, b) in inside.chunks(128).zip(cut.chunks(128)) {
        let cosine: f32 = a.iter().zip(b).map(|(x, y)| x * y).sum();
        assert!(cosine > 0.999, "{cosine}");
    }
}

#[test]
fn of_a_recording_no_more_is_read_than_the_stretch_that_is_asked_with() {
    let place = Place::with_recordings(2, 6.0);
    place.ok(["index", "rec"]);
    // The end of the file is missing, the stretch is not.
    let bytes = std::fs::read(place.join("rec/00.wav")).unwrap();
    place.file("torn.wav", &bytes[..bytes.len() * 2 / 3]);
    let stretch = ["query", "torn.wav", "--from", "2", "--to", "2.7", "-k", "1", "--json"];
    let hit = &place.ok(stretch).json()[0];
    assert_eq!(text(hit, "path"), "rec/00.wav");
    assert!((hit["start"].as_f64().unwrap() - 2.0).abs() < 0.05, "{hit}");
    place.run(["query", "torn.wav", "--from", "2", "--json"]).complains(&["torn.wav"]);
    place.run(["query", "torn.wav", "--from", "60", "--to", "61"]).complains(&["torn.wav"]);
    place.run(["query", "rec/00.wav", "--from", "60", "--to", "61"]).complains(&["rec/00.wav", "6"]);

    // It is the same whether or not the rest is read for others.
    let rows = |list: &str| -> Vec<u8> {
        place.file("list.tsv", format!("path\tstart\tend\n{list}"));
        place.ok(["embed", "--list", "list.tsv", "--segments", "whole", "--out", "v.npy"]);
        std::fs::read(place.join("v.npy")).unwrap()[128..][..512].to_vec()
    };
    let alone = rows("rec/01.wav\t3.1\t3.8\n");
    assert_eq!(alone, rows("rec/01.wav\t3.1\t3.8\nrec/01.wav\t\t\nrec/01.wav\t0\t0.5\n"));
}

#[test]
fn without_the_second_look_the_spans_of_the_index_are_the_hits() {
    let place = Place::with_recordings(3, 4.0);
    place.ok(["index", "rec"]);
    place.wav("piece.wav", cut(&babble(2, 4.0), 1.2, 0.8));
    let plain = place.ok(["query", "piece.wav", "-k", "1", "--json", "--no-rescore", "--min-confidence", "0"]).json();
    assert_eq!(plain.len(), 1);
    std::fs::remove_dir_all(place.join(".audiosearch/frames")).unwrap();
    place.run(["query", "piece.wav"]).complains(&["frames", "--no-rescore"]);
    let again = place.ok(["query", "piece.wav", "-k", "1", "--json", "--no-rerank", "--min-confidence", "0"]).json();
    assert_eq!(again, plain);
    // The next run of index hears them again, though the files did not change.
    place.ok(["index", "rec"]);
    place.ok(["query", "piece.wav"]);
}

#[test]
fn examples_together_find_what_is_like_all_of_them() {
    let place = Place::with_recordings(4, 4.0);
    place.ok(["index", "rec"]);
    place.wav("a.wav", cut(&babble(3, 4.0), 1.0, 0.8));
    place.wav("b.wav", cut(&babble(3, 4.0), 1.05, 0.8));
    place.wav("other.wav", cut(&babble(1, 4.0), 2.0, 0.8));
    let hits = place.ok(["query", "a.wav", "b.wav", "--together", "-k", "1", "--json"]).json();
    assert_eq!(hits.len(), 1, "one question");
    assert_eq!((text(&hits[0], "query").as_str(), text(&hits[0], "path").as_str()), ("a.wav + b.wav", "rec/02.wav"));
    let hits =
        place.ok(["query", "a.wav", "--unlike", "other.wav", "--min-confidence", "0", "-k", "1", "--json"]).json();
    assert_eq!(text(&hits[0], "path"), "rec/02.wav");
    let itself =
        place.run(["query", "a.wav", "--unlike", "a.wav", "--min-confidence", "0", "-k", "1", "--json"]).json();
    assert!(itself[0]["score"].as_f64() < hits[0]["score"].as_f64(), "what it must not be counts against");
}

#[test]
fn a_written_word_is_a_question_too() {
    let place = Place::with_recordings(2, 3.0);
    place.ok(["index", "rec"]);
    let hits = place.ok(["query", "--say", "umbrella", "--min-confidence", "0", "--json"]).json();
    assert!(hits.iter().all(|hit| text(hit, "query") == "umbrella"));
    assert!(!hits.is_empty());
    place.run(["query", "--say", "  "]).complains(&["empty"]);
    assert_eq!(place.run(["query", "--say", "word", "clip.wav"]).code, Some(2));
}

#[test]
fn nothing_is_found_where_nothing_is_probable() {
    let place = Place::with_recordings(2, 3.0);
    place.ok(["index", "rec"]);
    place.wav("piece.wav", cut(&babble(2, 3.0), 1.0, 0.8));
    place.ok(["query", "piece.wav", "--min-confidence", "0.3"]);
    let soft: Vec<f32> = babble(2, 1.0).iter().map(|sample| sample * 1e-4).collect();
    place.wav("soft.wav", &soft);
    let nothing = place.run(["query", "soft.wav", "--json"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(1), ""));
}

#[test]
fn eval_says_how_well_recordings_are_found() {
    let place = Place::new();
    let words: Vec<Vec<f32>> = (0..3).map(|word| babble(100 + word, 0.7)).collect();
    let mut utts = "path\tlabel\tspeaker\n".to_owned();
    for (number, word) in words.iter().enumerate() {
        let samples = [&babble(number as u64 + 1, 1.5)[..], word, &babble(number as u64 + 50, 1.0)[..]].concat();
        place.wav(format!("{number}.wav"), &samples);
        place.wav(format!("q{number}.wav"), word);
        utts += &format!("{number}.wav\tsome w{number} more\tone\n");
    }
    place.file("utts.tsv", utts);
    place.file("queries.tsv", "path\tlabel\tspeaker\nq0.wav\tw0\tme\nq1.wav\tw1\tme\nq2.wav\tw2\tme\n");
    let lines = place.ok(["eval", "qbe", "queries.tsv", "utts.tsv", "--baseline", "dtw", "--say", "--json"]).json();
    let methods: Vec<String> = lines.iter().map(|line| text(line, "method")).collect();
    assert_eq!(methods, ["spans", "reranked", "written", "dtw"]);
    assert_eq!(lines[1]["map"], 1.0, "{}", lines[1]);
    assert_eq!((&lines[1]["queries"], &lines[1]["utterances"]), (&3.into(), &3.into()));
    assert!(lines[1]["mtwv"].as_f64().unwrap() > 0.0 && lines[3].get("mtwv").is_none());
    assert!(place.ok(["eval", "qbe", "queries.tsv", "utts.tsv", "--store", "kept"]).stdout.contains("reranked"));
    assert!(place.join("kept").is_dir());
}
