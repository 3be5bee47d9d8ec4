//! Channels of a recording, each by itself: two speakers on the two tracks of an interview do not mask one another.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::{Path, PathBuf};

use audiosearch::audio::Clip;
use common::{Place, RATE, babble, text};

/// Of the demo's sentences by ten voices two at a time, which say these words, and the clips of them by other voices.
const PAIRS: [[(&str, &str); 2]; 5] = [
    [("01-american-man", "umbrella"), ("02-us_awb", "bicycle")],
    [("03-caribbean-man", "strawberries"), ("04-british-woman", "library")],
    [("22-kal", "bicycle"), ("21-scottish-man", "umbrella")],
    [("07-scottish-man", "thunderstorm"), ("01-american-man", "umbrella")],
    [("02-us_awb", "bicycle"), ("27-caribbean-man", "thunderstorm")],
];
/// What one microphone hears of the other speaker.
const CROSSTALK: f32 = 0.1;

fn demo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/demo").join(name)
}

fn stereo(place: &Place, name: &str, left: &[f32], right: &[f32]) {
    let at = |samples: &[f32], at: usize| samples.get(at).copied().unwrap_or(0.0);
    let spec =
        hound::WavSpec { channels: 2, sample_rate: RATE, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    std::fs::create_dir_all(place.join(name).parent().unwrap()).unwrap();
    let mut writer = hound::WavWriter::create(place.join(name), spec).unwrap();
    for n in 0..left.len().max(right.len()) {
        for (own, other) in [(left, right), (right, left)] {
            let sample = 0.8 * (at(own, n) + CROSSTALK * at(other, n));
            writer.write_sample((sample.clamp(-1.0, 1.0) * 32_767.0) as i16).unwrap();
        }
    }
    writer.finalize().unwrap();
}

/// `talk/0.wav` and so on, of two speakers who talk at the same time.
fn interviews() -> Place {
    let place = Place::new();
    for (number, pair) in PAIRS.iter().enumerate() {
        let [left, right] = pair.map(|(name, _)| Clip::read(&demo(&format!("recordings/{name}.flac"))).unwrap());
        stereo(&place, &format!("talk/{number}.wav"), left.samples(), right.samples());
    }
    place
}

/// How many of the ten words are the best hit of their own recording, and on their own channel where `each`.
fn found(place: &Place, each: bool) -> usize {
    let right = |number: usize, side: usize| {
        let clip = demo(&format!("queries/{}.flac", PAIRS[number][side].1));
        let only = format!("path=talk/{number}.wav");
        let ran = place.run(["query", clip.to_str().unwrap(), "--json", "-k", "1", "--where", &only]);
        let hits = ran.json();
        let sure = |hit: &&serde_json::Value| hit["confidence"].as_f64().unwrap() >= 0.3;
        hits.first().filter(sure).is_some_and(|hit| !each || hit["channel"] == side + 1)
    };
    (0..PAIRS.len()).flat_map(|number| [0, 1].map(|side| right(number, side))).filter(|right| *right).count()
}

#[test]
fn words_of_either_speaker_are_found_with_the_channel_named() {
    let place = interviews();
    place.ok(["index", "talk"]);
    let mixed = found(&place, false);
    place.ok(["index", "talk", "--channels", "each"]);
    let each = found(&place, true);
    // 7 of 10 when it was written, and 1 of the mix.
    assert!(each >= 6, "{each} of 10 words with their channel; of the mix {mixed}");
    assert!(each >= mixed + 4, "{each} of 10 words by channel, {mixed} of the mix: speakers mask one another");
}

#[test]
fn channels_are_listed_kept_and_put_together_again() {
    let place = Place::new();
    stereo(&place, "rec/two.wav", &babble(1, 3.0), &babble(2, 3.0));
    place.wav("rec/one.wav", &babble(3, 3.0));
    let channels = |place: &Place| -> Vec<(String, Option<u64>)> {
        let of = |line: &serde_json::Value| (text(line, "path"), line["channel"].as_u64());
        place.ok(["list", "--json"]).json().iter().map(of).collect()
    };
    let (one, two) = ("rec/one.wav".to_owned(), "rec/two.wav".to_owned());
    let mixed = [(one.clone(), None), (two.clone(), None)];
    let apart = [(one.clone(), None), (two.clone(), Some(1)), (two.clone(), Some(2))];
    place.ok(["index", "rec"]);
    assert_eq!(channels(&place), mixed);
    place.file(
        "labels.csv",
        "path,start,end,label,channel\nrec/two.wav,1,2,both,\nrec/two.wav,1,2,left,1\nrec/one.wav,0,1,x,\n",
    );
    place.ok(["label", "import", "labels.csv"]);
    let labels = |place: &Place| place.ok(["list", "--labels", "--json"]).json().len();
    assert_eq!(labels(&place), 3);
    let report = place.ok(["index", "rec", "--channels", "each", "--json"]).json();
    assert_eq!(report.iter().filter(|line| line["channel"].is_u64()).count(), 2, "{report:?}");
    assert_eq!((channels(&place), labels(&place)), (apart.to_vec(), 3), "labels stay");
    place.ok(["label", "import", "labels.csv"]);
    assert_eq!(labels(&place), 3);
    // Once they are apart they stay so, and a new file is mixed.
    stereo(&place, "rec/zwei.wav", &babble(4, 2.0), &babble(5, 2.0));
    let summary = place.ok(["index", "rec", "--json"]).json().pop().unwrap();
    assert_eq!((summary["unchanged"].as_u64(), summary["indexed"].as_u64()), (Some(3), Some(1)));
    assert_eq!(channels(&place)[..3], apart);
    std::fs::remove_file(place.join("rec/zwei.wav")).unwrap();
    place.ok(["index", "rec", "--prune"]);
    // A clip of one channel is found on it, and not by itself where that is not wanted.
    let clip = ["query", "rec/two.wav", "--from", "0.5", "--to", "1.5", "--json", "--min-confidence", "0", "-k", "1"];
    let best = |more: &[&str]| place.run([&clip[..], more].concat()).json().into_iter().next();
    let hit = best(&["--channels", "2"]).unwrap();
    assert!(hit["channel"] == 2 && (hit["start"].as_f64().unwrap() - 0.5).abs() < 0.05, "{hit}");
    let hit = best(&["--channels", "2", "--where", "channel=1"]).unwrap();
    assert_eq!(hit["channel"], 1);
    let own = best(&["--channels", "2", "--no-self"]);
    assert!(own.is_none_or(|hit| hit["channel"] != 2 || hit["start"].as_f64().unwrap() > 1.4));
    assert!(place.ok(["query", "rec/two.wav", "--to", "1", "--channels", "1"]).stdout.contains("two.wav (channel 1)"));
    place.run(["query", "rec/one.wav", "--channels", "2"]).complains(&["rec/one.wav", "no channel 2", "it has 1"]);
    place.run(["query", "rec/one.wav", "--channels", "left"]).complains(&["mix, each, or the number"]);
    place.run(["index", "rec", "--channels", "2"]).complains(&["one.wav", "no channel 2"]);
    assert_eq!(channels(&place), [(one.clone(), None), (two.clone(), Some(2))], "what is not there is not lost");
    place.ok(["index", "rec", "--channels", "mix"]);
    assert_eq!(channels(&place), mixed);
    place.ok(["index", "rec", "--channels", "each"]);
    assert!(place.ok(["remove", "two.wav"]).stderr.contains("1 file removed"));
    assert_eq!(channels(&place), [(one, None)]);
    place.ok(["verify"]);
}
