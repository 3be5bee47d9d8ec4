//! A model of paragraphs: trained, measured, beside a flat one.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Place, text};

/// Made-up paragraphs of two or three sentences, no two the same.
fn paragraphs() -> String {
    let mut out = String::new();
    for one in ["dog", "man", "cat", "king"] {
        for deed in ["bit", "saw", "heard"] {
            for other in ["bird", "horse", "child"] {
                out.push_str(&format!("The {one} {deed} the {other}. The {other} ran."));
                out.push_str(if deed == "saw" { " It was late.\n" } else { "\n" });
            }
        }
    }
    out
}

/// Short enough that a paragraph whose end is missed does not outweigh all others.
const SHAPE: [&str; 14] = [
    "--vocabulary",
    "320",
    "--longest",
    "40",
    "--token",
    "64",
    "--width",
    "256",
    "--steps",
    "4",
    "--epoch",
    "2",
    "--batch",
    "600",
];

#[test]
fn models_of_paragraphs_are_trained_and_measured_side_by_side() {
    let place = Place::new();
    place.file("train.txt", paragraphs());
    let train = ["train", "text", "train.txt", "--paragraphs", "--out"];
    let all: [(&str, &[&str]); 3] =
        [("flat", &[]), ("hierarchical", &["--hierarchical"]), ("attention", &["--hierarchical", "--attention"])];
    for (name, levels) in all {
        let out = format!("{name}.safetensors");
        let ran = place.ok(train.iter().copied().chain([out.as_str()]).chain(levels.iter().copied()).chain(SHAPE));
        assert!(ran.stderr.contains("35 paragraphs"), "{}", ran.stderr);
        let log = std::fs::read_to_string(place.join(format!("{out}.csv"))).unwrap();
        assert!(log.starts_with("step,seconds,") && log.lines().count() == 4, "{log}");
    }
    let models = all.map(|(name, _)| format!("--model={name}.safetensors"));
    let eval = || ["eval", "paragraphs", "train.txt"].into_iter().chain(models.iter().map(String::as_str));
    let lines = place.ok(eval().chain(["--json", "--show", "2"])).json();
    for (line, (name, _)) in lines.iter().zip(all) {
        assert_eq!((text(line, "levels").as_str(), &line["paragraphs"]), (name, &36.into()));
        assert!(line["bleu"].as_f64().unwrap() > 0.3 && line["rouge_1"].as_f64().unwrap() > 0.7, "{line}");
        assert!(line["rouge_2"].as_f64().unwrap() <= line["rouge_1"].as_f64().unwrap(), "{line}");
        assert_eq!(line["sentences_right"].is_null(), name == "flat");
        assert_eq!(line["examples"].as_array().unwrap().len(), 2);
    }
    assert!(lines[1]["parameters"].as_u64() > lines[0]["parameters"].as_u64());
    let table = place.ok(eval().chain(["--limit", "4", "--beam", "2", "--show", "1"]));
    assert!(table.stdout.contains("< The dog bit the bird. The bird ran."), "{}", table.stdout);
    assert!(table.stdout.contains("BLEU") && table.stdout.contains("hierarchical"), "{}", table.stdout);
}

#[test]
fn what_is_no_model_of_paragraphs_is_said() {
    let place = Place::new();
    place.file("p.txt", "One. Two.\n");
    place.file("m.safetensors", "no model");
    place.run(["eval", "paragraphs", "p.txt", "--model", "m.safetensors"]).complains(&["m.safetensors", "not a whole"]);
    place.file("blank.txt", "\n");
    place.run(["eval", "paragraphs", "blank.txt", "--model", "m.safetensors"]).complains(&["no paragraph in it"]);
    let alone = ["train", "text", "p.txt", "--hierarchical", "--out", "m.safetensors"];
    place.run(alone).complains(&["--paragraphs"]);
    let noisy = ["train", "text", "p.txt", "p.txt", "--paragraphs", "--noise", "0.5", "--out", "m.safetensors"];
    place.run(noisy).complains(&["without noise"]);
}
