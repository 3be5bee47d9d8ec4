//! `audiosearch export`: each format made from a store and read back.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;

use audiosearch::pipeline::Keys;
use audiosearch_index::{Collection, Embedding, Fingerprint, Index, Schema, Segment, Source, Span};
use common::{Place, babble, text};
use serde_json::Value;

/// What may break a page, a table or a line.
fn nasty() -> Vec<String> {
    vec![
        "plain".into(),
        "\"quoted\", it's".into(),
        "tab\tand\nline".into(),
        "</script><script>alert(1)</script><!--".into(),
        "🎈 北京 \u{2028}\u{2029}\u{202e}".into(),
        "@script@ {{x}} ${y} \\u003c".into(),
        "long ".repeat(2_000),
        "=1+1".into(),
    ]
}

/// A store that was never listened to: `points` vectors in as many groups as labels, one file a group.
fn store(place: &Place, collection: Collection, labels: &[String], points: usize) {
    let dir = place.join(".audiosearch");
    fs::create_dir_all(&dir).unwrap();
    let schema = Schema { dimension: 8, fingerprint: Fingerprint::new([1; 32]), model: "test".into() };
    let index = Index::create(&dir, collection, schema).unwrap();
    let writer = index.writer().unwrap();
    for (group, label) in labels.iter().enumerate() {
        let path = format!("rec/{group:02}.wav");
        let segments = (0..points / labels.len()).map(|number| {
            let component = |c: usize| f32::from(u8::from(c == group % 8)) + 0.05 * ((number * 7 + c * 3) % 11) as f32;
            Segment {
                span: Span { start: number as u64 * 8_000, len: 8_000 },
                label: Some(label.clone()),
                text: (collection == Collection::Text).then(|| format!("sentence {number} of {label}")),
                embedding: Embedding::new((0..8).map(component).collect()).unwrap(),
            }
        });
        let source = Source {
            key: Keys::new(&dir).unwrap().key(&place.join(&path)).unwrap(),
            path: path.into(),
            size: 1,
            modified_ns: 0,
            digest: [0; 32],
            samples: 16_000,
            segmenter: "test".into(),
            details: Default::default(),
        };
        writer.put_source(source, segments.collect()).unwrap();
    }
    writer.commit().unwrap();
}

/// A folder with two recordings that were listened to.
fn heard() -> Place {
    let place = Place::with_recordings(2, 3.0);
    place.ok(["index", "rec"]);
    place
}

fn read(place: &Place, name: &str) -> String {
    fs::read_to_string(place.join(name)).unwrap()
}

/// What stands in the page's element of data.
fn data(page: &str) -> Value {
    let from = page.find("id=\"data\">").unwrap() + 10;
    let to = from + page[from..].find("</script>").unwrap();
    serde_json::from_str(&page[from..to]).unwrap()
}

#[test]
fn a_page_is_whole_by_itself_and_carries_its_sound() {
    let place = heard();
    let said = place.ok(["export", "map.html"]);
    assert!(said.stderr.contains("trustworthiness@10") && said.stderr.contains("t-SNE"), "{}", said.stderr);
    assert_eq!(said.stdout, "");
    let page = read(&place, "map.html");
    assert!(page.contains("default-src 'none'") && !page.contains(" src=") && !page.contains("https:"));
    assert_eq!(page.matches("http:").count(), page.matches("http://www.w3.org/2000/svg").count(), "names no server");
    let data = data(&page);
    let count = data["count"].as_u64().unwrap();
    assert_eq!(count, place.listed().iter().map(|file| file.1).sum::<u64>());
    assert_eq!(data["links"], serde_json::json!(["rec/00.wav", "rec/01.wav"]));
    assert!(text(&data, "drawn").contains("The page carries the sound of all of them"));
    // A quarter of a second a block, 3 s of two files.
    let blocks: u64 = data["sound"]["runs"].as_array().unwrap().iter().map(|run| run[2].as_u64().unwrap()).sum();
    assert!((16..=24).contains(&blocks), "{blocks}");
    let letters = data["sound"]["data"].as_str().unwrap().len() as u64;
    assert_eq!(letters, blocks * data["sound"]["blockLetters"].as_u64().unwrap());
}

#[test]
fn sound_stays_within_its_budget_and_what_is_left_out_is_said() {
    let place = heard();
    let said = place.ok(["export", "map.html", "--audio-budget", "0"]);
    assert!(said.stderr.contains("play from the recordings"), "{}", said.stderr);
    let data = data(&read(&place, "map.html"));
    assert_eq!(data["sound"]["data"], "");
    assert!(text(&data, "drawn").contains("carries the sound of 0 of"));
    fs::remove_file(place.join("rec/01.wav")).unwrap();
    let said = place.ok(["export", "map.html"]);
    assert!(said.stderr.contains("warning") && said.stderr.contains("01.wav"), "{}", said.stderr);
}

#[test]
fn the_folder_can_be_moved() {
    let place = Place::new();
    place.wav("a b/rec/x #1.wav", &babble(1, 2.0));
    place.ok(["index", "a b"]);
    fs::create_dir_all(place.join("out/deep")).unwrap();
    place.ok(["export", "out/deep/map.html"]);
    let page = read(&place, "out/deep/map.html");
    assert_eq!(data(&page)["links"], serde_json::json!(["../../a%20b/rec/x%20%231.wav"]));
    assert!(!page.contains(place.path().to_str().unwrap()), "no absolute path");
}

#[test]
fn nasty_labels_break_no_format() {
    let place = Place::new();
    store(&place, Collection::Audio, &nasty(), 160);
    for name in ["map.html", "map.csv", "map.jsonl"] {
        // There are no recordings: that is said, and is no error.
        place.ok(["export", name, "--title", "</title><script>alert(1)</script>"]);
    }
    let page = read(&place, "map.html");
    // The script of the page, the element of data, and nothing that a label brought.
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains("<!--") && !page.contains('\u{2028}'));
    let mut labels: Vec<String> =
        data(&page)["labels"].as_array().unwrap().iter().map(|l| l.as_str().unwrap().to_owned()).collect();
    let mut expected = nasty();
    labels.sort();
    expected.sort();
    assert_eq!(labels, expected);

    let lines = read(&place, "map.jsonl");
    assert_eq!(lines.lines().count(), 160);
    for line in lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        assert!(expected.contains(&text(&line, "label")));
        let near = line["neighbors"]["ids"].as_array().unwrap();
        assert_eq!((near.len(), line["neighbors"]["distances"].as_array().unwrap().len()), (10, 10));
        assert!(near.iter().all(|id| id.as_u64().unwrap() < 160 && *id != line["id"]));
        assert!(line["x"].is_number() && line["y"].is_number() && line["audio"].is_null());
        assert!(text(&line, "link").starts_with("rec/") && text(&line, "link").contains(".wav#t="));
    }
    let csv = read(&place, "map.csv");
    assert!(csv.starts_with("row,x,y,path,start,end,label,text,cluster\r\n"));
    assert!(csv.contains("\"\"\"quoted\"\", it's\"") && csv.contains("\"tab\tand\nline\""));
}

#[test]
fn pictures_hold_what_they_are_given_and_nothing_runs_in_them() {
    let place = Place::new();
    store(&place, Collection::Audio, &nasty(), 160);
    place.ok(["export", "map.svg", "--title", "a < b"]);
    let svg = read(&place, "map.svg");
    assert!(svg.contains("<title>a &lt; b</title>") && !svg.contains("<script") && !svg.contains("<!--"));
    assert!(svg.contains("&lt;/script&gt;&lt;script&gt;ale") && svg.contains("🎈 北京"));
    assert!(!svg.contains('\u{202e}') && !svg.contains("long long long long long long long"));
    // Eight labels have eight colours, each a circle: 160 points and the legend.
    assert_eq!(svg.matches("<circle").count(), 168);
    let said = place.ok(["export", "map.png"]);
    assert!(said.stderr.contains("--font"), "北京 is not in the built-in font: {}", said.stderr);
    let png = fs::read(place.join("map.png")).unwrap();
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let size = [16, 20].map(|at| u32::from_be_bytes(png[at..at + 4].try_into().unwrap()));
    assert_eq!(size, [2400, 1800]);
    place.file("no.ttf", "no font");
    place.run(["export", "map.png", "--font", "no.ttf"]).complains(&["font"]);
    place.run(["export", "map.svg", "--font", "no.ttf"]).complains(&["--font", ".png"]);
}

#[test]
fn a_folder_for_tensorboard_has_a_row_a_point() {
    let place = Place::new();
    store(&place, Collection::Audio, &nasty(), 160);
    place.run(["export", "board"]).complains(&["--format"]);
    place.ok(["export", "board", "--format", "projector"]);
    let [tensors, metadata] = ["tensors.tsv", "metadata.tsv"].map(|name| read(&place, &format!("board/{name}")));
    assert_eq!((tensors.lines().count(), metadata.lines().count()), (160, 161));
    assert!(tensors.lines().all(|row| row.split('\t').filter(|v| v.parse::<f32>().is_ok()).count() == 8));
    assert!(metadata.lines().all(|row| row.split('\t').count() == 5));
    let config = read(&place, "board/projector_config.pbtxt");
    assert!(config.contains("tensor_path: \"tensors.tsv\"") && config.contains("metadata_path: \"metadata.tsv\""));
}

#[test]
fn clips_in_json_lines_are_sound() {
    let place = heard();
    place.ok(["export", "map.jsonl", "--method", "pca"]);
    let lines = read(&place, "map.jsonl");
    let line: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert!(text(&line, "audio").starts_with("data:audio/wav;base64,UklGR"), "RIFF in base64");
}

#[test]
fn npy_holds_the_vectors_and_says_what_they_are() {
    let place = Place::new();
    store(&place, Collection::Audio, &nasty(), 160);
    place.ok(["export", "v.npy"]);
    let bytes = fs::read(place.join("v.npy")).unwrap();
    assert!(String::from_utf8_lossy(&bytes[..128]).contains("'shape': (160, 8)"));
    assert_eq!(bytes.len() % 64, (160 * 8 * 4) % 64);
    let lines = read(&place, "v.jsonl");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 160);
    assert_eq!((text(&lines[0], "path"), lines[0]["start"].as_f64()), ("rec/00.wav".into(), Some(0.0)));
}

#[test]
fn the_same_store_and_options_give_the_same_bytes() {
    let place = heard();
    for name in ["map.html", "map.jsonl", "map.csv", "v.npy", "map.svg", "map.png"] {
        let [a, b] = [(); 2].map(|()| {
            place.ok(["export", name, "--title", "t", "--sample", "30", "--seed", "3"]);
            let bytes = fs::read(place.join(name)).unwrap();
            fs::remove_file(place.join(name)).unwrap();
            bytes
        });
        assert!(a == b, "{name}");
    }
}

#[test]
fn labels_come_from_a_list_by_time() {
    let place = heard();
    place.file(
        "words.tsv",
        "path\tstart\tend\tlabel\nrec/00.wav\t0\t1.5\tfirst\nrec/00.wav\t1.5\t3\tsecond\nelse.wav\t\t\tx\n",
    );
    let said = place.ok(["export", "map.csv", "--label-from", "words.tsv"]);
    assert!(said.stderr.contains("1 row of no file in the store"), "{}", said.stderr);
    let csv = read(&place, "map.csv");
    let mut seen = std::collections::BTreeSet::new();
    for row in csv.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        let (path, start, end, label) =
            (fields[3], fields[4].parse::<f64>().unwrap(), fields[5].parse::<f64>().unwrap(), fields[6]);
        let expected = match path {
            "rec/00.wav" if (start + end) / 2.0 < 1.45 => Some("first"),
            "rec/00.wav" if (start + end) / 2.0 > 1.55 => Some("second"),
            "rec/00.wav" => None,
            _ => Some(""),
        };
        assert!(expected.is_none_or(|expected| expected == label), "{row}");
        seen.insert(label.to_owned());
    }
    assert!(seen.contains("first") && seen.contains("second"));
    place.file("strange.tsv", "path\tlabel\nelse.wav\tx\n");
    place.run(["export", "map.csv", "--label-from", "strange.tsv"]).complains(&["strange.tsv", "rec/00.wav"]);
}

#[test]
fn conditions_choose_points() {
    let place = Place::new();
    store(&place, Collection::Audio, &["a", "b", "c d"].map(String::from), 60);
    let rows = |conditions: &[&str]| {
        let options = conditions.iter().flat_map(|condition| ["--where", condition]);
        place.ok(["export", "map.csv", "--method", "pca"].into_iter().chain(options));
        read(&place, "map.csv").lines().count() - 1
    };
    assert_eq!(rows(&["label=a"]), 20);
    assert_eq!(rows(&["label=a", "label=c d"]), 40);
    assert_eq!(rows(&["label!=a"]), 40);
    assert_eq!(rows(&["label=a", "label=b", "path=rec/01.wav"]), 20);
    assert_eq!(rows(&["path=rec"]), 60);

    let nothing = place.run(["export", "none.csv", "--where", "path=other"]);
    assert_eq!(nothing.code, Some(1), "{}", nothing.stderr);
    assert!(nothing.stderr.contains("nothing matches") && !place.join("none.csv").exists());
    place.run(["export", "map.csv", "--where", "label=q"]).complains(&["'q'", "c d"]);
    place.run(["export", "map.csv", "--where", "colour=q"]).complains(&["colour", "label"]);
    place.ok(["export", "map.html", "--sample", "10"]);
    let page = data(&read(&place, "map.html"));
    assert_eq!(page["count"], 10);
    assert!(text(&page, "drawn").contains("10 points, sampled from 60"));
}

#[test]
fn arrows_go_from_mean_to_mean() {
    let place = Place::new();
    store(&place, Collection::Audio, &["a", "b", "c", "d"].map(String::from), 40);
    let said = place.ok(["export", "map.html", "--arrows", "a:b,c:d"]);
    assert!(said.stderr.contains("a:b and c:d: cosine"), "{}", said.stderr);
    let page = data(&read(&place, "map.html"));
    assert_eq!(page["arrows"].as_array().unwrap().len(), 2);
    assert_eq!((text(&page["arrows"][0], "from"), text(&page["arrows"][1], "to")), ("a".into(), "d".into()));
    place.run(["export", "map.html", "--arrows", "a:q"]).complains(&["--arrows", "'q'"]);
    place.run(["export", "map.html", "--arrows", "a:b", "--method", "tsne"]).complains(&["--method pca"]);
    place.run(["export", "map.csv", "--arrows", "a:b"]).complains(&["--arrows"]);
}

#[test]
fn sentences_are_a_map_too() {
    let place = Place::new();
    store(&place, Collection::Text, &["a", "b"].map(String::from), 40);
    place.run(["export", "map.html"]).complains(&["no audio is indexed"]);
    place.ok(["export", "map.html", "--collection", "text"]);
    let page = data(&read(&place, "map.html"));
    assert_eq!((text(&page, "collection"), page["texts"].as_array().unwrap().len()), ("text".into(), 40));
    assert_eq!(page["texts"][0], "sentence 0 of a");
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let place = Place::with_recordings(1, 1.0);
    place.run(["export", "map.html"]).complains(&["no .audiosearch"]);
    place.ok(["index", "rec"]);
    place.run(["export", "map"]).complains(&["map", ".html", "--format"]);
    place.run(["export", "nowhere/map.html"]).complains(&["nowhere"]);
    place.run(["export", "map.csv", "--perplexity", "0"]).complains(&["perplexity"]);
    place.ok(["remove", "rec"]);
    place.run(["export", "map.html"]).complains(&["the store is empty"]);
    assert!(!place.join("map.html").exists());
}

#[test]
fn a_single_point_is_a_map() {
    let place = Place::new();
    store(&place, Collection::Audio, &["one".to_owned()], 1);
    for name in ["map.html", "map.csv", "map.jsonl", "v.npy", "map.svg", "map.png"] {
        place.ok(["export", name]);
    }
}
