//! The JSON Lines are a contract: every field, no other field, and for hits their order.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Place, babble, cut};
use serde::Deserialize;

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Hit {
    query: String,
    rank: usize,
    score: f32,
    path: String,
    start: f64,
    end: f64,
    label: Option<String>,
    text: Option<String>,
    confidence: f32,
    alignment: Option<Vec<(f64, f64, f32)>>,
}

#[derive(Deserialize, Debug)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum IndexLine {
    File {
        path: String,
        status: String,
        duration: f64,
        segments: u64,
        message: Option<String>,
    },
    Text {
        path: String,
        status: String,
        lines: u64,
        sentences: u64,
        message: Option<String>,
    },
    Summary {
        indexed: u64,
        unchanged: u64,
        removed: u64,
        failed: u64,
        duration: f64,
        segments: u64,
        sentences: u64,
        seconds: f64,
        times_real_time: f64,
        sentences_per_second: f64,
        interrupted: bool,
    },
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Listed {
    path: String,
    duration: f64,
    segments: u64,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Vector {
    row: usize,
    path: String,
    start: f64,
    end: f64,
    label: Option<String>,
    speaker: Option<String>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct SentenceHit {
    query: String,
    rank: usize,
    score: f32,
    path: String,
    start: u64,
    end: u64,
    label: Option<String>,
    text: String,
    confidence: Option<f32>,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct ListedText {
    path: String,
    lines: u64,
    sentences: u64,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct SentenceVector {
    row: usize,
    path: Option<String>,
    start: Option<u64>,
    end: Option<u64>,
    label: Option<String>,
    text: String,
}

fn lines<T: serde::de::DeserializeOwned>(text: &str) -> Vec<T> {
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[test]
fn a_hit_has_these_fields_in_this_order() {
    let place = Place::with_recordings(2, 2.0);
    place.ok(["index", "rec"]);
    place.wav("a piece.wav", cut(&babble(1, 2.0), 0.4, 0.8));
    let out = place.ok(["query", "a piece.wav", "--json"]).stdout;
    for (number, hit) in lines::<Hit>(&out).into_iter().enumerate() {
        assert_eq!((hit.query.as_str(), hit.rank), ("a piece.wav", number + 1));
        assert!(hit.score.is_finite() && hit.score <= 1.001);
        assert!(hit.path.starts_with("rec/") && 0.0 <= hit.start && hit.start < hit.end && hit.end <= 2.0);
        assert!(hit.label.is_none() && hit.text.is_none());
        assert!((0.0..=1.0).contains(&hit.confidence) && hit.alignment.is_none());
    }
    let first = out.lines().next().unwrap();
    let fields: Vec<&str> =
        first.split('"').skip(1).step_by(2).filter(|word| first.contains(&format!("\"{word}\":"))).collect();
    assert_eq!(fields, ["query", "rank", "score", "path", "start", "end", "label", "text", "confidence"]);
    let explained = place.ok(["query", "a piece.wav", "--json", "--explain", "-k", "1"]).stdout;
    let hit = &lines::<Hit>(&explained)[0];
    let moments = hit.alignment.as_ref().unwrap();
    assert!(moments.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1));
    assert!(moments.iter().all(|(_, at, cosine)| (hit.start..hit.end).contains(at) && *cosine <= 1.01));
}

#[test]
fn index_prints_a_line_a_file_and_a_summary() {
    let place = Place::with_recordings(2, 2.0);
    place.file("rec/bad.wav", "this is no audio");
    let ran = place.run(["index", "rec", "--json"]);
    assert_eq!(ran.code, Some(2));
    let lines: Vec<IndexLine> = lines(&ran.stdout);
    assert_eq!(lines.len(), 4);
    let mut seen = 0;
    for line in &lines[..3] {
        let IndexLine::File { path, status, duration, segments, message } = line else { panic!("{line:?}") };
        if path == "rec/bad.wav" {
            assert_eq!((status.as_str(), *duration, *segments), ("failed", 0.0, 0));
            assert!(message.as_ref().unwrap().contains("rec/bad.wav"));
        } else {
            assert_eq!((status.as_str(), *duration, message), ("indexed", 2.0, &None));
            seen += segments;
        }
    }
    let IndexLine::Summary {
        indexed,
        unchanged,
        removed,
        failed,
        duration,
        segments,
        sentences,
        seconds,
        times_real_time,
        sentences_per_second,
        interrupted,
    } = &lines[3]
    else {
        panic!("{lines:?}")
    };
    assert_eq!((*indexed, *unchanged, *removed, *failed, *interrupted), (2, 0, 0, 1, false));
    assert_eq!((*duration, *segments), (4.0, seen));
    assert_eq!((*sentences, *sentences_per_second), (0, 0.0));
    assert!((duration / seconds - times_real_time).abs() < 1e-6 * times_real_time);
}

#[test]
fn list_prints_a_line_a_recording() {
    let place = Place::with_recordings(2, 2.5);
    place.ok(["index", "rec"]);
    let listed: Vec<Listed> = lines(&place.ok(["list", "--json"]).stdout);
    assert_eq!(listed.iter().map(|line| line.path.as_str()).collect::<Vec<_>>(), ["rec/00.wav", "rec/01.wav"]);
    assert!(listed.iter().all(|line| line.duration == 2.5 && line.segments > 0));
}

#[test]
fn embed_says_what_each_row_is() {
    let place = Place::with_recordings(1, 3.0);
    place.file("list.tsv", "path\tstart\tend\tlabel\tspeaker\nrec/00.wav\t0.5\t1.25\tso\tme\nrec/00.wav\t\t\t\t\n");
    place.ok(["embed", "--list", "list.tsv", "--out", "v.npy"]);
    let rows: Vec<Vector> = lines(&std::fs::read_to_string(place.join("v.jsonl")).unwrap());
    assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), [0, 1]);
    assert_eq!((rows[0].path.as_str(), rows[0].start, rows[0].end), ("rec/00.wav", 0.5, 1.25));
    assert_eq!((rows[0].label.as_deref(), rows[0].speaker.as_deref()), (Some("so"), Some("me")));
    assert_eq!((rows[1].start, rows[1].end, rows[1].label.as_deref()), (0.0, 3.0, None));
}

#[test]
fn a_sentence_found_has_the_fields_of_a_hit_and_lines_for_seconds() {
    let place = Place::new();
    place.file(
        "notes.txt",
        "The kettle is boiling over.\n\nIt rained from breakfast until noon, and then the sun\ncame out.\n",
    );
    place.read(&["notes.txt"]);
    let out = place
        .ok(["query", "--text", "It rained from breakfast until noon,  and then the sun came out.", "--json"])
        .stdout;
    let hits: Vec<SentenceHit> = lines(&out);
    assert_eq!(hits.len(), 2);
    let hit = &hits[0];
    assert_eq!((hit.query.as_str(), hit.rank), ("It rained from breakfast until noon,  and then the sun came out.", 1));
    assert_eq!((hit.path.as_str(), hit.start, hit.end), ("notes.txt", 3, 4));
    assert_eq!(hit.text, "It rained from breakfast until noon, and then the sun came out.");
    assert!((0.999..1.001).contains(&hit.score) && hit.label.is_none() && hit.confidence.is_none());
    let first = out.lines().next().unwrap();
    let fields = ["query", "rank", "score", "path", "start", "end", "label", "text", "confidence"];
    let places: Vec<_> = fields.iter().map(|field| first.find(&format!("\"{field}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{first}");
}

#[test]
fn index_list_and_embed_have_a_line_a_text() {
    let place = Place::new();
    let model = place.text_model();
    place.file("docs/a.md", "# Head\n\nOne. Two.\n");
    place.file("docs/b.txt", "caf\u{e9}".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    let ran = place.run(["index", "docs", "--text-model", model, "--json"]);
    assert_eq!(ran.code, Some(2));
    let printed: Vec<IndexLine> = lines(&ran.stdout);
    let [IndexLine::Text { path, status, lines: 3, sentences: 3, message: None }, bad, summary] = &printed[..] else {
        panic!("{printed:?}")
    };
    assert_eq!((path.as_str(), status.as_str()), ("docs/a.md", "indexed"));
    let IndexLine::Text { path, status, lines: 0, sentences: 0, message: Some(message) } = bad else {
        panic!("{bad:?}")
    };
    assert!(path == "docs/b.txt" && status == "failed" && message.contains("docs/b.txt:1"), "{message}");
    let IndexLine::Summary { indexed: 1, failed: 1, segments: 0, sentences: 3, sentences_per_second, .. } = summary
    else {
        panic!("{summary:?}")
    };
    assert!(*sentences_per_second > 0.0);

    let listed: Vec<ListedText> = lines(&place.ok(["list", "--json"]).stdout);
    assert_eq!((listed[0].path.as_str(), listed[0].lines, listed[0].sentences), ("docs/a.md", 3, 3));
    place.ok(["embed", "--text", "docs/a.md", "--text", "Three.", "--text-model", model, "--out", "v.npy"]);
    let rows: Vec<SentenceVector> = lines(&std::fs::read_to_string(place.join("v.jsonl")).unwrap());
    let row =
        |at: usize| (rows[at].row, rows[at].path.as_deref(), rows[at].start, rows[at].end, rows[at].text.as_str());
    assert_eq!(row(2), (2, Some("docs/a.md"), Some(3), Some(3), "Two."));
    assert_eq!(row(3), (3, None, None, None, "Three."));
    assert!(rows.len() == 4 && rows.iter().all(|row| row.label.is_none()));
}
