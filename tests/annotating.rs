//! Hits as files of other tools and as clips, and labels in and out.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::{fs, path::Path};

use audiosearch::annotation::{Annotation, Format, read_files};
use common::{Place, RATE, babble, cut, text, write_wav};

/// Two recordings that share a piece of 1.2 s, `field/day 1.wav` in two channels at 44.1 kHz, and the piece as `clip.wav`.
fn place() -> Place {
    let place = place_without_store();
    place.ok(["index", "field"]);
    place
}

fn place_without_store() -> Place {
    let place = Place::new();
    let shared = babble(9, 3.0);
    let piece = cut(&shared, 0.7, 1.2);
    let with = |seed, at: f64| {
        let mut samples = babble(seed, 5.0);
        let from = (at * f64::from(RATE)) as usize;
        samples[from..from + piece.len()].copy_from_slice(piece);
        samples
    };
    place.wav("field/day 1.wav", &with(1, 1.0));
    let stereo: Vec<f32> = with(2, 2.52).iter().flat_map(|&sample| [sample, sample / 2.0]).collect();
    write_wav(&place.join("field/day 2.wav"), &stereo, 2, RATE, 16);
    place.wav("clip.wav", piece);
    place
}

/// Each annotation's recording (by the name of its file), start, end and label.
fn read(path: &Path) -> Vec<(String, f64, f64, String)> {
    let mut all = Vec::new();
    for (file, read) in read_files(path).unwrap() {
        let read = read.unwrap();
        assert!(read.skipped.is_empty(), "{:?}", read.skipped);
        let of = |one: &Annotation| {
            (file.file_stem().unwrap().to_str().unwrap().to_owned(), one.start(), one.end(), one.label().to_owned())
        };
        all.extend(read.annotations.iter().map(of));
    }
    all
}

#[test]
fn hits_are_a_file_a_recording_for_the_tools_that_want_that() {
    let place = place();
    let ask = ["query", "clip.wav", "-k", "2", "--per-file"];
    let hits = place.ok([&ask[..], &["--json"]].concat()).json();
    assert_eq!(hits.len(), 2, "{hits:?}");
    for (format, ending, fineness) in [
        ("textgrid", "TextGrid", 1e-9),
        ("eaf", "eaf", 0.0011),
        ("raven", "selections.txt", 1e-9),
        ("audacity", "labels.txt", 1e-9),
        ("srt", "srt", 0.0011),
        ("vtt", "vtt", 0.0011),
    ] {
        let ran = place.ok([&ask[..], &["--format", format, "--out", format]].concat());
        assert!(ran.stdout.is_empty(), "{}", ran.stdout);
        let found = read(&place.join(format));
        assert_eq!(found.len(), 2, "{format}: {found:?}");
        for hit in &hits {
            let name = format!("{}.{ending}", Path::new(&text(hit, "path")).file_stem().unwrap().to_str().unwrap());
            let stem = Path::new(&name).file_stem().unwrap().to_str().unwrap();
            let (_, start, end, label) = found.iter().find(|(file, ..)| file == stem).expect(&name);
            assert!((start - hit["start"].as_f64().unwrap()).abs() <= fineness, "{format}: {found:?} {hit}");
            assert!((end - hit["end"].as_f64().unwrap()).abs() <= fineness, "{format}: {found:?} {hit}");
            assert_eq!(label, "clip");
        }
        // A file that somebody may have corrected by hand is not replaced.
        place.run([&ask[..], &["--format", format, "--out", format]].concat()).complains(&["is there already"]);
    }
    assert!(fs::read_to_string(place.join("textgrid/day 1.TextGrid")).unwrap().contains("xmax = 5 \n"));
}

#[test]
fn tables_hold_all_recordings_and_the_name_of_a_file_tells_its_format() {
    let place = place();
    let ask = ["query", "clip.wav", "-k", "2", "--per-file"];
    place.ok([&ask[..], &["--out", "hits.csv"]].concat());
    let table = Format::Csv.read(&fs::read(place.join("hits.csv")).unwrap(), Path::new("")).unwrap();
    let mut paths: Vec<_> = table.annotations.iter().map(|one| one.path().to_str().unwrap()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["field/day 1.wav", "field/day 2.wav"]);
    assert!(table.annotations.iter().all(|one| one.confidence().is_some() && one.score().is_some()));
    let printed = place.ok([&ask[..], &["--format", "csv"]].concat()).stdout;
    assert_eq!(printed.as_bytes(), fs::read(place.join("hits.csv")).unwrap());
    place.ok([&ask[..], &["--out", "hits.jsonl"]].concat());
    assert_eq!(
        fs::read_to_string(place.join("hits.jsonl")).unwrap(),
        place.ok([&ask[..], &["--json"]].concat()).stdout
    );
    assert_eq!(
        place.ok([&ask[..], &["--format", "jsonl"]].concat()).stdout,
        place.ok([&ask[..], &["--json"]].concat()).stdout
    );
    place.ok(["discover", "--min-confidence", "0.9", "--format", "csv", "--out", "groups.csv"]);
    assert!(fs::read_to_string(place.join("groups.csv")).unwrap().contains(",group 1,groups,"));
}

#[test]
fn what_cannot_be_written_says_what_to_do() {
    let place = place();
    let ask = ["query", "clip.wav", "-k", "2", "--per-file"];
    place.run([&ask[..], &["--format", "srt"]].concat()).complains(&["of one recording", "2", "--out FOLDER"]);
    place
        .run([&ask[..], &["--format", "srt", "--out", "all.srt"]].concat())
        .complains(&["all.srt", "of one recording"]);
    place.run([&ask[..], &["--out", "hits.doc"]].concat()).complains(&["hits.doc", "--format"]);
    place.run([&ask[..], &["--format", "table", "--out", "hits"]].concat()).complains(&["--out", "--format"]);
    place.run(["query", "--text", "x", "--format", "srt"]).complains(&["sentences have no place in a recording"]);
    let one = place.ok(["query", "clip.wav", "-k", "1", "--format", "srt"]).stdout;
    assert!(one.starts_with("1\r\n00:00:0") && one.ends_with("clip\r\n\r\n"), "{one}");
}

#[test]
fn clips_are_cut_out_of_the_recording_as_it_is() {
    let place = place();
    let ask = ["query", "clip.wav", "-k", "2", "--per-file", "--clips", "clips", "--before", "0.25", "--after", "0.5"];
    let hits = place.ok([&ask[..], &["--json"]].concat()).json();
    assert_eq!(hits.len(), 2, "clips come beside what is printed");
    for hit in &hits {
        let (start, end) = (hit["start"].as_f64().unwrap(), hit["end"].as_f64().unwrap());
        let recording = text(hit, "path");
        let stem = Path::new(&recording).file_stem().unwrap().to_str().unwrap();
        let name = format!("{:.3}_{stem}_{start:.2}_{end:.2}.wav", hit["score"].as_f64().unwrap());
        let clip = hound::WavReader::open(place.join("clips").join(&name)).expect(&name);
        assert_eq!(clip.spec().channels, if stem == "day 2" { 2 } else { 1 });
        let seconds = f64::from(clip.duration()) / f64::from(clip.spec().sample_rate);
        assert!((seconds - (end - start + 0.75)).abs() < 0.001, "{name}: {seconds}");
        let source = hound::WavReader::open(place.join(&recording)).unwrap().into_samples::<i32>().map(Result::unwrap);
        let skip = ((start - 0.25) * f64::from(RATE)).round() as usize * usize::from(clip.spec().channels);
        let same = clip.into_samples::<i32>().map(Result::unwrap).zip(source.skip(skip)).all(|(a, b)| a == b);
        assert!(same, "{name}");
    }
    fs::remove_file(place.join("field/day 2.wav")).unwrap();
    let gone = place.run(ask);
    gone.complains(&["day 2.wav"]);
    assert_eq!(
        fs::read_dir(place.join("clips")).unwrap().count(),
        3,
        "the other clip is written, under a further name"
    );
}

#[test]
fn labels_come_in_and_go_out_in_every_format() {
    let place = place();
    place.file("in/day 2.srt", "1\n00:00:01,000 --> 00:00:02,500\nan owl\n");
    place.file(
        "in/elsewhere.csv",
        "path,start,end,label\nday 1.wav,0.5,1.5,\"rain, far\"\nnowhere.wav,0,1,x\nday 1.wav,2,1,y\n",
    );
    let ran = place.run(["label", "import", "in"]);
    ran.complains(&["elsewhere.csv", "nowhere.wav", "not in the store"]);
    ran.complains(&["elsewhere.csv", "line 4"]);
    assert!(ran.stderr.contains("2 labels of 2 recordings"), "{}", ran.stderr);
    let listed = place.ok(["list", "--labels", "--json"]).json();
    let rows: Vec<_> =
        listed.iter().map(|row| (text(row, "path"), row["start"].as_f64().unwrap(), text(row, "label"))).collect();
    assert_eq!(
        rows,
        [("field/day 1.wav".into(), 0.5, "rain, far".into()), ("field/day 2.wav".into(), 1.0, "an owl".to_owned())]
    );
    let hits = place.ok(["query", "field/day 2.wav", "--from", "1", "--to", "2.4", "-k", "1", "--json"]).json();
    assert_eq!(text(&hits[0], "label"), "an owl");
    for format in ["textgrid", "eaf", "raven", "audacity", "srt", "vtt"] {
        let folder = format!("out/{format}");
        place.ok(["label", "export", &folder, "--format", format]);
        let mut found: Vec<_> =
            read(&place.join(&folder)).into_iter().map(|(_, start, end, label)| (start, end, label)).collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert_eq!(found, [(0.5, 1.5, "rain, far".to_owned()), (1.0, 2.5, "an owl".to_owned())], "{format}");
    }
    // What was exported is imported again as it was.
    place.ok(["label", "export", "labels.csv"]);
    place.ok(["label", "import", "labels.csv"]);
    assert_eq!(place.ok(["list", "--labels", "--json"]).json().len(), 2);
    place.ok(["index", "field", "--force"]);
    assert_eq!(place.ok(["list", "--labels", "--json"]).json(), listed, "labels outlive indexing");
    assert!(place.ok(["list", "--labels"]).stdout.contains("an owl"));
    let fresh = place_without_store();
    fresh.file("in/day 1.TextGrid", fs::read(place.join("out/textgrid/day 1.TextGrid")).unwrap());
    fresh.ok(["index", "field", "--label-from", "in"]);
    assert_eq!(text(&fresh.ok(["list", "--labels", "--json"]).json()[0], "label"), "rain, far");
}
