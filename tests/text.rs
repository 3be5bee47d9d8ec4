//! Texts: read, asked, kept and drawn, as recordings are.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::{collections::HashSet, fs, process::Command, process::Stdio};

use common::{Place, Ran, babble, text};
use serde_json::Value;

const NOTES: &str = "\
I left my umbrella on the morning train.
My bicycle needs a new front wheel.
We picked strawberries behind the old barn.
The library closes early on Friday.
A thunderstorm kept the children awake.
";

fn ask(place: &Place, sentence: &str, more: &[&str]) -> Vec<Value> {
    place.run(["query", "--json", "--text", sentence].iter().chain(more).copied().collect::<Vec<_>>()).json()
}

/// Path, line and sentence of each hit.
fn places(hits: &[Value]) -> Vec<(String, u64, String)> {
    hits.iter().map(|hit| (text(hit, "path"), hit["start"].as_u64().unwrap(), text(hit, "text"))).collect()
}

fn status(ran: &Ran, path: &str) -> String {
    let lines = ran.json();
    text(lines.iter().find(|line| line["path"] == path).expect(path), "status")
}

#[test]
fn a_sentence_finds_its_file_and_line_even_where_a_word_is_missing() {
    let place = Place::new();
    place.file("notes.txt", NOTES);
    place.file(
        "docs/deep/guide.md",
        "# Trips\n\nThe bus was late. The snow was *deep* that day.\n\n```\nno prose\n```\n",
    );
    place.file("docs/LICENSE", "You may do anything.");
    place.file("docs/.hidden.md", "Nobody sees this.");
    let ran = place.read(&["notes.txt", "docs"]);
    assert!(ran.stderr.contains("2 files indexed: 8 sentences in"), "{}", ran.stderr);
    for (number, line) in NOTES.lines().enumerate() {
        let exact = ask(&place, line, &[]);
        assert_eq!(places(&exact)[0], ("notes.txt".into(), number as u64 + 1, line.into()));
        assert!(exact[0]["score"].as_f64().unwrap() > 0.999);
        let words: Vec<&str> = line.split(' ').collect();
        let noisy = [&words[..2], &words[3..]].concat().join(" ");
        assert_eq!(places(&ask(&place, &noisy, &[]))[0].2, line, "{noisy}");
    }
    let hits = ask(&place, "The snow was deep that day.", &["-k", "1"]);
    assert_eq!(places(&hits), [("docs/deep/guide.md".into(), 3, "The snow was deep that day.".into())]);
    let table = place.ok(["query", "--text", "The bus was late.", "-k", "1"]).stdout;
    assert!(
        table.starts_with("rank  score  path") && table.contains("docs/deep/guide.md     3  The bus was late."),
        "{table}"
    );
}

#[test]
fn hits_are_counted_limited_and_left_out_as_asked() {
    let place = Place::new();
    place.file("a.txt", NOTES);
    place.file("b.txt", format!("{NOTES}I left my umbrella on the evening train.\n"));
    place.read(&["."]);
    let asked = "I left my umbrella on the morning train.";
    assert_eq!(ask(&place, asked, &["-k", "3"]).len(), 3);
    let per_file = ask(&place, asked, &["--per-file"]);
    assert_eq!(places(&per_file).iter().map(|(path, ..)| path.as_str()).collect::<Vec<_>>(), ["a.txt", "b.txt"]);
    let others = ask(&place, asked, &["--no-self", "--per-file"]);
    assert!(others.len() == 2 && others.iter().all(|hit| hit["text"] != asked), "{others:?}");
    assert_eq!(others[0]["text"], "I left my umbrella on the evening train.");
    assert_eq!(places(&ask(&place, asked, &["--exact"])), places(&ask(&place, asked, &[])));
    let best = ask(&place, asked, &["--min-score", "0.9999"]);
    assert!(best.len() == 2 && best.iter().all(|hit| hit["text"] == asked));
    let none = place.run(["query", "--text", asked, "--no-self", "--min-score", "0.9999"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(1), ""));
}

#[test]
fn many_sentences_are_asked_at_once() {
    let place = Place::new();
    place.file("notes.txt", NOTES);
    place.file("questions.txt", "The library closes early on Friday.\nMy bicycle needs a new front wheel.\n");
    place.read(&["notes.txt"]);
    let hits = place.ok(["query", "--text-list", "questions.txt", "-k", "1", "--json"]).json();
    assert_eq!(places(&hits).iter().map(|(_, line, _)| *line).collect::<Vec<_>>(), [4, 2]);
    assert_eq!(hits[1]["query"], "My bicycle needs a new front wheel.");
    let table = place.ok(["query", "--text", "One thing.", "--text", "Another thing.", "-k", "1"]).stdout;
    assert!(table.contains("One thing.:\n") && table.contains("\nAnother thing.:\n"), "{table}");
}

#[test]
fn what_cannot_be_asked_is_said() {
    let place = Place::with_recordings(1, 1.0);
    place.ok(["index", "rec"]);
    place.run(["query", "--text", "anything"]).complains(&["no text is indexed"]);
    place.file("notes.txt", NOTES);
    place.read(&["notes.txt"]);
    place.run(["query", "--text", " \n"]).complains(&["nothing to look for"]);
    place.run(["query", "--text", "a", "--say", "b"]).complains(&["--say"]);
    place.run(["query", "--text-list", "nowhere.txt"]).complains(&["nowhere.txt"]);
    place.file("empty.txt", "\n");
    place.run(["query", "--text-list", "empty.txt"]).complains(&["empty.txt", "no sentence"]);
    fs::remove_file(place.join("tiny.safetensors")).unwrap();
    place.run(["query", "--text", "anything"]).complains(&["tiny.safetensors", "--text-model"]);
    // A list stays a list of clips, whatever its name.
    place.file("clips.txt", "rec/00.wav\n");
    place.ok(["query", "--list", "clips.txt", "--min-confidence", "0"]);
}

#[test]
fn only_what_changed_is_read_again_and_what_vanished_is_forgotten_when_asked() {
    let place = Place::new();
    for name in ["a.txt", "b.txt", "c.md"] {
        place.file(format!("docs/{name}"), format!("This is {name}.\n{NOTES}"));
    }
    place.read(&["docs"]);
    let model = place.text_model();
    let again = |more: &[&str]| {
        place.ok(["index", "docs", "--json", "--text-model", model].iter().chain(more).copied().collect::<Vec<_>>())
    };
    let second = again(&[]);
    assert!(second.json()[..3].iter().all(|line| line["status"] == "unchanged"), "{}", second.stdout);
    place.file("docs/b.txt", "Something else is here now.\n");
    let third = again(&[]);
    assert_eq!(
        ["docs/a.txt", "docs/b.txt", "docs/c.md"].map(|path| status(&third, path)),
        ["unchanged", "indexed", "unchanged"]
    );
    assert!(ask(&place, "This is b.txt.", &["-k", "50"]).iter().all(|hit| hit["text"] != "This is b.txt."));
    assert_eq!(ask(&place, "Something else is here now.", &["-k", "1"])[0]["path"], "docs/b.txt");
    assert_eq!(status(&again(&["--force"]), "docs/a.txt"), "indexed");
    assert_eq!(status(&again(&["--sentences", "lines"]), "docs/a.txt"), "indexed", "other settings read anew");

    fs::remove_file(place.join("docs/a.txt")).unwrap();
    again(&["--sentences", "lines"]);
    assert_eq!(place.ok(["list", "--json"]).json().len(), 3, "nothing is forgotten unasked");
    assert_eq!(status(&again(&["--sentences", "lines", "--prune"]), "docs/a.txt"), "removed");
    fs::remove_file(place.join("docs/b.txt")).unwrap();
    fs::remove_file(place.join("docs/c.md")).unwrap();
    place.run(["index", "docs", "--prune"]);
    let kept = place.ok(["list", "--json"]).json().len();
    assert_eq!(kept, 2, "a folder that is empty may be a drive that is not there");
}

#[test]
fn recordings_and_texts_live_in_one_store() {
    let place = Place::with_recordings(2, 1.0);
    place.file("rec/notes.txt", NOTES);
    place.file("rec/empty.txt", "");
    let ran = place.read(&["rec"]);
    assert!(ran.stderr.contains("of audio") && ran.stderr.contains("5 sentences"), "{}", ran.stderr);
    let listed = place.ok(["list", "--json"]).json();
    let paths: Vec<String> = listed.iter().map(|line| text(line, "path")).collect();
    assert_eq!(paths, ["rec/00.wav", "rec/01.wav", "rec/empty.txt", "rec/notes.txt"]);
    assert_eq!((&listed[3]["lines"], &listed[3]["sentences"]), (&5.into(), &5.into()));
    let info = &place.ok(["info", "--json"]).json()[0];
    assert_eq!((&info["files"], &info["text"]["files"], &info["text"]["sentences"]), (&2.into(), &2.into(), &5.into()));
    assert!(place.ok(["info"]).stdout.contains("sentences  5 of"));
    let verified = place.ok(["verify"]).stderr;
    assert!(
        verified.contains("audio whole: 2 files") && verified.contains("text whole: 2 files, 5 sentences"),
        "{verified}"
    );
    place.ok(["compact"]);
    place.ok(["verify", "--repair"]);
    assert_eq!(ask(&place, "The library closes early on Friday.", &["-k", "1"])[0]["start"], 4);
    place.ok(["remove", "rec/notes.txt", "rec/00.wav"]);
    let left = place.ok(["list", "--json"]).json();
    assert_eq!(left.iter().map(|line| text(line, "path")).collect::<Vec<_>>(), ["rec/01.wav", "rec/empty.txt"]);
    place.run(["remove", "rec/notes.txt"]).complains(&["rec/notes.txt", "not in the store"]);
    let only = place.ok(["index", "rec", "--collection", "audio", "--json"]).json();
    assert!(only.iter().all(|line| line["type"] != "text"), "{only:?}");
}

#[test]
fn bad_texts_are_named_and_the_rest_goes_on() {
    let place = Place::new();
    let model = place.text_model();
    place.file("docs/good.txt", NOTES);
    place.file("docs/latin.txt", b"Hello there.\nThe caf\xe9 is closed.\n");
    place.file("docs/binary.txt", b"\x7fELF\0\0\0");
    fs::create_dir(place.join("docs/folder.txt")).unwrap();
    let ran = place.run(["index", "docs", "nowhere.txt", "--text-model", model]);
    ran.complains(&["docs/binary.txt:1", "NUL"]).complains(&["nowhere.txt"]);
    assert!(ran.stderr.contains("warning: docs/latin.txt:2: bytes that are no UTF-8, on 1 line"), "{}", ran.stderr);
    let listed = place.ok(["list", "--json"]).json();
    assert_eq!(listed.iter().map(|line| text(line, "path")).collect::<Vec<_>>(), ["docs/good.txt", "docs/latin.txt"]);
    assert_eq!(ask(&place, "The caf\u{fffd} is closed.", &["-k", "1"])[0]["start"], 2);
}

#[test]
fn anything_that_is_utf_8_can_be_read_and_asked() {
    let place = Place::new();
    let long: Vec<String> = (0..10_000).map(|number| format!("word{number}")).collect();
    let nasty = ["😀 🏳️‍🌈 2", "ذهب الولد إلى المدرسة", "\u{202e}right to left\u{202c}", "e\u{301}a\u{308}", "我喜欢茶"];
    place.file("nasty.txt", nasty.join("\n\n"));
    place.file("long.txt", long.join(" "));
    place.file("blank.txt", "\n \t\n\u{7}\n=====\n");
    place.read(&["."]);
    for (number, sentence) in nasty.iter().enumerate() {
        let hit = &ask(&place, sentence, &["-k", "1"])[0];
        assert_eq!(
            (&hit["path"], &hit["start"], text(hit, "text").as_str()),
            (&"nasty.txt".into(), &(2 * number + 1).into(), *sentence)
        );
    }
    let table = place.ok(["query", "--text", nasty[2], "-k", "1"]).stdout;
    assert!(table.contains("\\u{202e}right to left"), "marks of direction cannot upset the table: {table}");
    let hits = ask(&place, &long.join(" "), &["-k", "1"]);
    assert_eq!((&hits[0]["path"], &hits[0]["start"]), (&"long.txt".into(), &1.into()));
}

#[test]
fn a_text_too_large_for_one_piece_is_there_whole() {
    let place = Place::new();
    let sentence = |number: u32| format!("line {number} of {}", number % 7);
    let lines: Vec<String> = (0..9_000).map(sentence).collect();
    place.file("big.txt", lines.join("\n"));
    place.file("small.txt", NOTES);
    place.read(&["."]);
    let listed = place.ok(["list", "--json"]).json();
    assert_eq!((&listed[0]["sentences"], &listed[1]["sentences"]), (&9_000.into(), &5.into()));
    assert_eq!(ask(&place, &sentence(8_999), &["-k", "1"])[0]["start"], 9_000);
    place.ok(["verify"]);
}

#[test]
fn vectors_are_written_row_by_row() {
    let place = Place::new();
    let model = place.text_model();
    place.file("notes.txt", NOTES);
    let args = [
        "embed",
        "--text",
        "notes.txt",
        "--text",
        "The library closes early on Friday.",
        "--text-model",
        model,
        "-o",
        "v.npy",
    ];
    place.ok(args);
    let bytes = fs::read(place.join("v.npy")).unwrap();
    let header = String::from_utf8_lossy(&bytes[..128]).into_owned();
    assert!(header.contains("'shape': (6, "), "{header}");
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let values: Vec<f32> = bytes[start..].chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
    let rows: Vec<&[f32]> = values.chunks(values.len() / 6).collect();
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    assert!(rows.iter().all(|row| (dot(row, row) - 1.0).abs() < 1e-4));
    assert!(dot(rows[3], rows[5]) > 0.9999 && dot(rows[2], rows[5]) < 0.9999);
    place.run(["embed", "--text", "gone.txt", "--text-model", model, "-o", "w.npy"]).complains(&["gone.txt"]);
    assert!(!place.join("w.npy").exists());
}

#[test]
fn sentences_are_exported_in_every_format() {
    let place = Place::new();
    place.file("notes.txt", format!("{NOTES}\nOne more sentence with a \"quote\",\nand </script> over two lines.\n"));
    place.read(&["notes.txt", "--sentences", "prose"]);
    for name in ["map.html", "map.jsonl", "map.csv", "v.npy", "map.svg", "map.png"] {
        place.ok(["export", name, "--collection", "text"]);
    }
    place.ok(["export", "board", "--format", "projector", "--collection", "text"]);
    let lines: Vec<Value> = fs::read_to_string(place.join("map.jsonl"))
        .unwrap()
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let last = lines.last().unwrap();
    assert_eq!((last["start"].as_f64(), last["end"].as_f64(), &last["audio"]), (Some(7.0), Some(8.0), &Value::Null));
    assert!(
        text(last, "text").starts_with("One more sentence") && last["neighbors"]["ids"].as_array().unwrap().len() == 5
    );
    let html = fs::read_to_string(place.join("map.html")).unwrap();
    assert!(html.contains("We picked strawberries") && !html.contains("and </script> over"));
    assert!(
        fs::read_to_string(place.join("board/metadata.tsv")).unwrap().contains("\tnotes.txt\t1\t1\tI left my umbrella")
    );
    assert!(fs::read_to_string(place.join("map.csv")).unwrap().contains("\"One more sentence with a \"\"quote\"\","));
}

#[cfg(unix)]
#[test]
fn a_killed_run_keeps_what_it_reported_and_the_next_goes_on() {
    use std::io::{BufRead as _, BufReader};
    let place = Place::new();
    let model = place.text_model();
    for number in 0..400 {
        place.file(format!("docs/{number:03}.txt"), format!("This is file {number}.\n{}", NOTES.repeat(8)));
    }
    let mut child = place
        .command(["index", "docs", "--json", "--jobs", "1", "--text-model", model])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut safe = HashSet::new();
    let mut line = String::new();
    while safe.len() < 5 && out.read_line(&mut line).unwrap() > 0 {
        safe.insert(text(&serde_json::from_str(&line).unwrap(), "path"));
        line.clear();
    }
    // The shell's own kill: a bare system has no other.
    assert!(Command::new("sh").args(["-c", &format!("kill -KILL {}", child.id())]).status().unwrap().success());
    child.wait().unwrap();
    let resumed = place.ok(["index", "docs", "--json", "--text-model", model]);
    assert!(safe.iter().all(|path| status(&resumed, path) == "unchanged"), "what was reported is kept");
    let listed = place.ok(["list", "--json"]).json();
    assert!(listed.len() == 400 && listed.iter().all(|line| line["sentences"] == 41), "every file once and whole");
    place.ok(["verify"]);
    assert_eq!(ask(&place, "This is file 399.", &["-k", "1", "--exact"])[0]["path"], "docs/399.txt");
}

#[test]
fn recordings_need_no_model_for_texts_and_texts_none_for_recordings() {
    let place = Place::new();
    place.wav("a.wav", &babble(1, 1.0));
    place.ok(["index", "a.wav"]);
    assert!(!place.join(".audiosearch/text.sled").exists());
    let other = Place::new();
    other.file("notes.txt", NOTES);
    other.read(&["notes.txt"]);
    assert!(!other.join(".audiosearch/audio.sled").exists());
}
