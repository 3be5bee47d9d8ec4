//! A sentence model of one's own: trained, measured, written out again.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::{io::Write as _, process::Command};

use common::{Place, text};

/// Made-up sentences, no two the same.
fn sentences() -> String {
    let mut out = String::new();
    for one in ["dog", "man", "cat", "king", "sailor", "nurse"] {
        for deed in ["bit", "saw", "followed", "heard"] {
            for other in ["bird", "horse", "child", "woman"] {
                for place in ["at night", "near the river", "in the garden"] {
                    out.push_str(&format!("the {one} {deed} the {other} {place}\n"));
                }
            }
        }
    }
    out
}

/// Wide enough that even a few steps leave a network that writes sentences again.
const SHAPE: [&str; 14] = [
    "--vocabulary",
    "320",
    "--token",
    "96",
    "--width",
    "256",
    "--meaning",
    "16",
    "--steps",
    "4",
    "--epoch",
    "2",
    "--batch",
    "600",
];

fn trained() -> Place {
    let place = Place::new();
    place.file("train.txt", sentences());
    let ran = place.ok(["train", "text", "train.txt", "--out", "m.safetensors"].iter().chain(&SHAPE));
    assert!(ran.stderr.contains("288 sentences") || ran.stderr.contains("285 sentences"), "{}", ran.stderr);
    place
}

#[test]
fn a_model_is_trained_measured_and_writes_sentences_again() {
    let place = trained();
    let log = std::fs::read_to_string(place.join("m.safetensors.csv")).unwrap();
    assert!(log.starts_with("step,seconds,") && log.lines().count() == 4, "{log}");

    let figures =
        place.ok(["eval", "reconstruct", "train.txt", "--text-model", "m.safetensors", "--limit", "60", "--json"]);
    let figures = figures.json();
    assert_eq!(figures.len(), 7);
    let all = figures.last().unwrap();
    assert_eq!(all["sentences"], 60);
    assert!(all["exact"].as_f64().unwrap() > 0.5 && all["token_accuracy"].as_f64().unwrap() > 0.5, "{all}");
    let table =
        place.ok(["eval", "reconstruct", "train.txt", "--text-model", "m.safetensors", "--limit", "9", "--beam", "3"]);
    assert!(table.stdout.contains("BLEU") && table.stdout.contains("11-20"), "{}", table.stdout);

    let recall = ["eval", "recall", "train.txt", "--words", "1", "--copies", "40", "--json"];
    let recall = place.ok(recall.iter().chain(&["--text-model", "m.safetensors"])).json();
    assert_eq!((&recall[0]["sentences"], &recall[0]["copies"]), (&288.into(), &40.into()));
    let (first, ten) = (recall[0]["recall_at_1"].as_f64().unwrap(), recall[0]["recall_at_10"].as_f64().unwrap());
    assert!(first > 0.1 && ten >= first, "{recall:?}");

    let written = place.run([
        "reconstruct",
        "--text",
        "the dog bit the bird at night",
        "--text-model",
        "m.safetensors",
        "--json",
    ]);
    let line = &written.json()[0];
    let same = text(line, "text") == text(line, "reconstruction");
    assert_eq!(line["exact"], same);
    assert_eq!(written.code, Some(i32::from(!same)));

    let way = ["reconstruct", "--from", "the dog bit the bird at night", "--to", "the king saw the child at night"];
    let way = place.ok(way.iter().chain(&["--steps", "3", "--text-model", "m.safetensors", "--json"])).json();
    let at: Vec<f64> = way.iter().map(|point| point["at"].as_f64().unwrap()).collect();
    assert_eq!(at, [0.0, 0.5, 1.0]);
}

#[test]
fn likeness_is_measured_against_peoples_scores() {
    let place = trained();
    place.file(
        "sts/2012/one.tsv",
        "5\tthe dog bit the bird\tthe dog bit the bird\n\t no score\tleft out\n3\tthe dog bit the bird\tthe dog saw the bird\n\
         0\tthe dog bit the bird\ta king in his garden\n",
    );
    place.file("sts/2013/two.tsv", "4.5\tat night\tat night\n0.5\tat night\tthe river and a horse\n");
    let lines = place.ok(["eval", "sts", "sts", "--text-model", "m.safetensors", "--json"]).json();
    let sets: Vec<String> = lines.iter().map(|line| text(line, "set")).collect();
    assert_eq!(sets[2..], ["2012", "2013", "mean"]);
    assert_eq!((&lines[0]["pairs"], &lines[4]["pairs"]), (&3.into(), &5.into()));
    assert_eq!(lines[4]["bag_of_words"], 1.0);
    assert_eq!(lines[4]["vector"], 1.0, "{lines:?}");

    place.file("bad.tsv", "five\ta\tb\n");
    place.run(["eval", "sts", "bad.tsv", "--text-model", "m.safetensors"]).complains(&["bad.tsv:1", "no score"]);
    place.file("short.tsv", "5\tonly one\n");
    place.run(["eval", "sts", "short.tsv", "--text-model", "m.safetensors"]).complains(&["short.tsv:1"]);
}

#[test]
fn what_cannot_be_trained_on_or_written_again_is_said() {
    let place = Place::new();
    place.file("blank.txt", "\n  \n");
    place.run(["train", "text", "blank.txt", "--out", "m.safetensors"]).complains(&["blank.txt", "no line of text"]);
    place.run(["train", "text", "gone.txt", "--out", "m.safetensors"]).complains(&["gone.txt"]);
    place.run(["train", "text", "blank.txt", "--out", "m.bin"]).complains(&["m.bin", ".safetensors"]);
    place.run(["reconstruct", "--text", " "]).complains(&["nothing to write again"]);
    assert_eq!(place.run(["reconstruct", "--from", "a"]).code, Some(2));
    place.file("m.safetensors", "no model");
    place.run(["reconstruct", "--text", "a", "--text-model", "m.safetensors"]).complains(&["not a whole model file"]);
}

#[test]
fn the_recipe_of_the_shipped_weights_runs() {
    let place = Place::new();
    for part in ["train", "dev"] {
        let packed = std::fs::File::create(place.join(format!("sentences.{part}.txt.gz"))).unwrap();
        let mut gzip =
            Command::new("gzip").arg("-c").stdin(std::process::Stdio::piped()).stdout(packed).spawn().unwrap();
        gzip.stdin.take().unwrap().write_all(sentences().as_bytes()).unwrap();
        assert!(gzip.wait().unwrap().success());
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tools/training/train_text.sh");
    let mut recipe = Command::new("sh");
    recipe.arg(script).arg(place.path()).arg(place.join("shipped.safetensors")).args(SHAPE);
    let ran = recipe.env("AUDIOSEARCH", env!("CARGO_BIN_EXE_audiosearch")).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(place.join("shipped.safetensors").is_file());
}

#[test]
#[ignore = "writes tests/fixtures/text-model.safetensors anew"]
fn small_model() {
    use audiosearch::{
        encoder::Precision,
        sentence::{SentenceConfig, TextEncoder, Tokens},
    };
    let tokens = Tokens::bytes().unwrap();
    let config = SentenceConfig { longest: 64, token: 24, width: 48, meaning: 6, ..SentenceConfig::default() };
    let model = TextEncoder::untrained(config, tokens, 1).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/text-model.safetensors");
    model.save(path.as_ref(), Precision::F16).unwrap();
}
