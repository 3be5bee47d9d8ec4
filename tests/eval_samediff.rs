//! `eval samediff`: figures, baselines beside them, and the curve over edit distance.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Place, babble};

/// Three words, each once by two speakers of whom the second is softer.
fn words(place: &Place, labels: [&str; 3]) {
    let mut manifest = "path\tlabel\tspeaker\n".to_owned();
    for (number, label) in labels.iter().enumerate() {
        let samples = babble(number as u64 + 1, 0.7);
        for (speaker, gain) in [("a", 1.0), ("b", 0.5)] {
            let name = format!("{number}-{speaker}.wav");
            place.wav(&name, &samples.iter().map(|sample| sample * gain).collect::<Vec<_>>());
            manifest.push_str(&format!("{name}\t{label}\t{speaker}\n"));
        }
    }
    place.file("words.tsv", manifest);
}

#[test]
fn baselines_and_the_curve_stand_beside_the_models_figures() {
    let place = Place::new();
    words(&place, ["cat", "cap", "considerable"]);
    let ask = ["eval", "samediff", "words.tsv", "--baseline", "chunks,pooled,dtw", "--by-edit-distance"];
    let line = &place.ok(ask.iter().chain(&["--json"])).json()[0];
    assert_eq!((line["tokens"].as_u64(), line["words"].as_u64()), (Some(6), Some(3)));
    assert_eq!(line["swdp_ap"].as_f64(), Some(1.0), "the same sound at another level is the same word");
    assert!((0.0..=1.0).contains(&line["cross_view_ap"].as_f64().unwrap()));
    let baselines = line["baselines"].as_array().unwrap();
    let methods: Vec<&str> = baselines.iter().map(|method| method["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["chunks", "pooled", "dtw"]);
    for method in [&baselines[0], &baselines[2]] {
        assert_eq!(method["swdp_ap"].as_f64(), Some(1.0), "{method}");
    }
    assert_eq!(line["spelt_in"], "phonemes");
    let pairs = |at: usize| line["by_edit_distance"][at]["pairs"].as_u64().unwrap();
    assert_eq!([0, 1, 2, 3, 4, 5].map(pairs), [3, 4, 0, 0, 0, 8]);
    assert!(line["by_edit_distance"][0]["cosine"].as_f64().unwrap() > 0.9);
    assert!(line["by_edit_distance"][3]["cosine"].is_null());

    let table = place.ok(ask).stdout;
    for part in ["cross-view AP", "dtw", "speech", "phonemes", "5+ apart"] {
        assert!(table.contains(part), "{part} in {table}");
    }
}

#[test]
fn words_of_other_letters_are_compared_by_letters() {
    let place = Place::new();
    words(&place, ["背景", "北京", "bei"]);
    let line = &place.ok(["eval", "samediff", "words.tsv", "--by-edit-distance", "--json"]).json()[0];
    assert_eq!(line["spelt_in"], "letters");
    assert_eq!(line["by_edit_distance"][2]["pairs"].as_u64(), Some(4));
    assert!(line.get("baselines").is_none());
}
