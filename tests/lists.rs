//! Lists as other programs write them, and values that begin with a hyphen.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Place, text};

fn utf_16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let units = "\u{feff}".encode_utf16().filter(|_| mark).chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn what_other_programs_write_is_read() {
    let place = Place::with_recordings(2, 4.0);
    place.ok(["index", "rec"]);
    std::fs::copy(place.join("rec/00.wav"), place.join("tape.wav")).unwrap();
    let excel = "path\tstart\tend\r\nrec/00.wav\t1\t2\r\n";
    let raven = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)";
    let lists: Vec<(&str, Vec<u8>, &str)> = vec![
        ("r.tsv", b"\"path\"\t\"start\"\t\"end\"\n\"rec/00.wav\"\t1\t2\n".to_vec(), "rec/00.wav#1-2"),
        ("rows.tsv", b"\"path\"\t\"start\"\t\"end\"\n\"1\"\t\"rec/00.wav\"\t1\t2\n".to_vec(), "rec/00.wav#1-2"),
        ("space.txt", b"\"path\" \"start\" \"end\"\n\"1\" \"rec/00.wav\" 1 2\n".to_vec(), "rec/00.wav#1-2"),
        ("r.csv", b"\"\",\"path\",\"start\",\"end\"\n\"1\",\"rec/00.wav\",1,2\n".to_vec(), "rec/00.wav#1-2"),
        ("na.csv", b"path,start,end,label\nrec/00.wav,1,NA,\"say \"\"hi\"\", Anna\"\n".to_vec(), "rec/00.wav#1-"),
        ("excel.txt", utf_16(excel, false, true), "rec/00.wav#1-2"),
        ("big.txt", utf_16(excel, true, true), "rec/00.wav#1-2"),
        ("bare.txt", utf_16(excel, false, false), "rec/00.wav#1-2"),
        ("semi.csv", "\u{feff}sep=;\r\nPath;Start;End\r\nrec/00.wav;1,0;2,25\r\n;;\r\n".into(), "rec/00.wav#1,0-2,25"),
        ("quoted.csv", b"path,start,end\nrec/00.wav,\"1,0\",\"2,25\"\n".to_vec(), "rec/00.wav#1,0-2,25"),
        ("cr.tsv", b"path\tstart\tend\rrec/00.wav\t1\t2\r".to_vec(), "rec/00.wav#1-2"),
        ("tape.txt", b"1.000000\t2.000000\tbird\n\\\t100.0\t200.0\n".to_vec(), "tape.wav#1-2"),
        ("tape_labels.txt", b"1,000000\t2,500000\tbird\n".to_vec(), "tape.wav#1-2.5"),
        (
            "tape.Table.1.selections.txt",
            format!("{raven}\n1\tWaveform 1\t1\t1.0\t2.0\t0\t9\n1\tSpectrogram 1\t1\t1.0\t2.0\t0\t9\n").into(),
            "tape.wav#1.0-2.0",
        ),
        (
            "raven.txt",
            format!(
                "{raven}\tBegin Path\tFile Offset (s)\n1\tSpectrogram 1\t1\t61.0\t62.0\t0\t9\tC:\\data\\tape.wav\t1.0\n"
            )
            .into(),
            "tape.wav#1-2",
        ),
        (
            "birdnet.csv",
            b"Start (s),End (s),Common name,File\n1.0,2.0,Tawny Owl,rec/00.wav\n".to_vec(),
            "rec/00.wav#1.0-2.0",
        ),
        ("bare.tsv", b"rec/00.wav\t1\t2\n".to_vec(), "rec/00.wav#1-2"),
        ("copied.txt", b"\"rec/00.wav\"\n".to_vec(), "rec/00.wav"),
    ];
    for (name, bytes, known_by) in lists {
        place.file(name, bytes);
        let hits = place.ok(["query", "--list", name, "-k", "1", "--json"]).json();
        assert_eq!(hits.len(), 1, "{name}");
        assert_eq!(text(&hits[0], "query"), known_by, "{name}");
        assert_eq!(text(&hits[0], "path"), "rec/00.wav", "{name}");
    }
}

#[test]
fn what_is_no_list_is_told_by_line() {
    let place = Place::with_recordings(1, 1.0);
    place.ok(["index", "rec"]);
    for (name, bytes, words) in [
        ("a.csv", &b"name;begin;finish\nx;1;2\n"[..], &["a.csv:1", "header", "name, begin, finish"][..]),
        ("b.csv", b"path,start,end\nrec/00.wav,0,1,0,9\n", &["b.csv:2", "5 fields", "quoted"]),
        ("c.txt", b"0.1\t0.5\tbird\n", &["c.txt", "Audacity", "column path"]),
        ("d.json", b"[{\"path\": 1}]\n", &["d.json:1", "JSON"]),
        ("e.xlsx", b"PK\x03\x04rest", &["e.xlsx:1", "spreadsheet"]),
        ("f.tsv", b"path\tstart\tend\nrec/00.wav\t0.1\t0.5\nrec/00.wav\tsoon\t1\n", &["f.tsv:3", "soon"]),
        ("g.tsv", b"\"path\"\t\"end\"\n\n\"\"\t1\n", &["g.tsv:3", "no path"]),
    ] {
        place.file(name, bytes);
        place.run(["query", "--list", name]).complains(words);
    }
}

#[test]
fn values_may_begin_with_a_hyphen() {
    let place = Place::with_recordings(1, 1.0);
    place.file("t.txt", "- Who is there?\n-- Nobody.\nThe harbour was quiet.\n");
    let model = place.text_model();
    place.ok(["index", "t.txt", "rec", "--sentences", "lines", "--text-model", model]);
    let hits = place.ok(["query", "--text", "- Who is there?", "--text", "-- Nobody.", "-k", "1", "--json"]).json();
    assert_eq!(hits.iter().map(|hit| text(hit, "text")).collect::<Vec<_>>(), ["- Who is there?", "-- Nobody."]);
    assert_ne!(place.run(["query", "--say", "- umbrella"]).code, Some(2));
    place.ok(["embed", "--text", "- Who is there?", "--text-model", model, "--out", "v.npy"]);
    place.ok(["export", "map.csv", "--collection", "text", "--where", "text=- Who", "--title", "- a map -"]);
    assert_eq!(place.run(["export", "map.csv", "--where", "-x=1"]).complains(&["'-x=1'"]).code, Some(2));
}

#[test]
fn a_list_comes_from_standard_input_in_lines_columns_or_between_zero_bytes() {
    let place = Place::with_recordings(3, 3.0);
    place.ok(["index", "rec"]);
    let names = |list: &[u8]| -> Vec<String> {
        place.file("list", list);
        let mut command = place.command(["query", "--list", "-", "--json", "-k", "1", "--min-confidence", "0"]);
        let output = command.stdin(std::fs::File::open(place.join("list")).unwrap()).output().unwrap();
        let ran = common::Ran::from(output);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.json().iter().map(|line| text(line, "query")).collect()
    };
    assert_eq!(names(b"rec/00.wav\nrec/02.wav\n"), ["rec/00.wav", "rec/02.wav"]);
    assert_eq!(names(b"path\tstart\tend\nrec/01.wav\t1\t2\n"), ["rec/01.wav#1-2"]);
    std::fs::rename(place.join("rec/01.wav"), place.join("rec/a\nb.wav")).unwrap();
    assert_eq!(names(b"rec/00.wav\0rec/a\nb.wav\0"), ["rec/00.wav", "rec/a\nb.wav"]);
    place.run(["query", "--list", "-"]).complains(&["standard input", "empty"]);
}
