//! What users of the room see, on networks that have seen nothing.
#![allow(clippy::unwrap_used)]

use audiosearch_index::Embedding;
use proptest::prelude::*;

use super::testing::{sentences, small_config, untrained};
use super::*;
use crate::encoder::{Cell, Device, Precision};

fn encode(encoder: &TextEncoder, sentences: &[String]) -> Vec<Embedding> {
    let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
    encoder.encode(&sentences).unwrap()
}

fn apart(a: &Embedding, b: &Embedding) -> f32 {
    a.as_slice().iter().zip(b.as_slice()).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}

fn mixed() -> Vec<String> {
    let mut all = sentences(40, 3);
    all.extend(["x".into(), "שלום עולם".into(), "👩‍👩‍👧‍👦 \u{7}".into(), "the dog ".repeat(3000)]);
    all
}

#[test]
fn what_else_is_in_the_batch_does_not_matter() {
    for cell in [Cell::Gru, Cell::Lstm] {
        for centred in [true, false] {
            let encoder = untrained(SentenceConfig { cell, centred, ..small_config() });
            let all = mixed();
            let together = encode(&encoder, &all);
            for (sentence, vector) in all.iter().zip(&together) {
                let alone = encode(&encoder, std::slice::from_ref(sentence));
                assert!(apart(&alone[0], vector) < 1e-5, "{cell:?}: {sentence}");
                assert_eq!(vector.dimension(), encoder.dimension());
            }
        }
    }
}

#[test]
fn the_start_alone_writes_short_sentences_again() {
    for cell in [Cell::Gru, Cell::Lstm] {
        let encoder = untrained(SentenceConfig { cell, ..small_config() });
        let all = sentences(100, 5);
        let vectors = encode(&encoder, &all);
        for beam in [1, 4] {
            let written = encoder.decode(&vectors, DecodeOptions { beam, longest: 40 }).unwrap();
            let exact = written.iter().zip(&all).filter(|(a, b)| a == b).count();
            assert!(exact >= 60, "{cell:?}, beam {beam}: {exact} of 100, such as {:?} for {:?}", written[0], all[0]);
        }
    }
}

#[test]
fn sentences_are_written_the_same_alone_and_together() {
    let encoder = untrained(small_config());
    let vectors = encode(&encoder, &mixed());
    let together = encoder.decode(&vectors, DecodeOptions::default()).unwrap();
    for (vector, written) in vectors.iter().zip(&together) {
        let alone = encoder.decode(std::slice::from_ref(vector), DecodeOptions::default()).unwrap();
        assert_eq!(&alone[0], written);
    }
    let short = DecodeOptions { longest: 3, ..DecodeOptions::default() };
    assert!(encoder.decode_ids(&vectors, short).unwrap().iter().all(|ids| ids.len() <= 3));
}

#[test]
fn word_order_makes_another_vector() {
    let encoder = untrained(small_config());
    let pairs: Vec<String> = sentences(4000, 7);
    let swapped = |sentence: &String| {
        let words: Vec<&str> = sentence.split(' ').collect();
        [&words[3..5], &words[2..3], &words[0..2], &words[5..]].concat().join(" ")
    };
    let differs: Vec<&String> = pairs.iter().filter(|s| swapped(s) != **s).take(1000).collect();
    assert_eq!(differs.len(), 1000);
    let one: Vec<String> = differs.iter().map(|s| (*s).clone()).collect();
    let other: Vec<String> = differs.iter().map(|s| swapped(s)).collect();
    for ((a, b), sentence) in encode(&encoder, &one).iter().zip(&encode(&encoder, &other)).zip(&one) {
        assert!(a.dot(b) < 0.9999, "{sentence}: {}", a.dot(b));
    }
}

#[test]
fn blank_sentences_are_refused_by_number() {
    let encoder = untrained(small_config());
    for blank in ["", "  ", "\t\n", "\u{3000}"] {
        let refusal = encoder.encode(&["a", blank]).unwrap_err();
        assert!(matches!(refusal, SentenceError::Blank { number: 2 }), "{refusal}");
    }
    assert!(encoder.encode(&[]).unwrap().is_empty());
}

#[test]
fn vectors_of_another_model_are_refused() {
    let refusal = untrained(small_config())
        .decode(&[Embedding::new(vec![1.0; 9]).unwrap()], DecodeOptions::default())
        .unwrap_err();
    assert!(refusal.to_string().contains("9 values"), "{refusal}");
}

#[test]
fn a_model_comes_back_as_it_was_saved() {
    let encoder = untrained(small_config());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.safetensors");
    encoder.save(&path, Precision::F32).unwrap();
    let read = TextEncoder::open(&path, Device::Cpu).unwrap();
    assert_eq!((read.name(), read.config()), ("mine", encoder.config()));
    let all = mixed();
    assert_eq!(encode(&read, &all), encode(&encoder, &all));
    let fingerprint = read.fingerprint();
    let other = read.try_clone().unwrap();
    let there = std::thread::spawn(move || (encode(&other, &mixed()), other.fingerprint())).join().unwrap();
    assert_eq!(there, (encode(&read, &all), fingerprint));
    encoder.save(&path, Precision::F16).unwrap();
    assert_ne!(TextEncoder::open(&path, Device::Cpu).unwrap().fingerprint(), fingerprint, "other weights");
}

#[test]
fn files_that_are_no_sentence_models_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.safetensors");
    let speech = crate::encoder::testing::small_checkpoint(&crate::encoder::testing::small_config(), 1);
    speech.write(&path, Precision::F32).unwrap();
    let refusal = TextEncoder::open(&path, Device::Cpu).unwrap_err().to_string();
    assert!(refusal.contains("kind is not sentence"), "{refusal}");
    untrained(small_config()).save(&path, Precision::F32).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        assert!(TextEncoder::open(&path, Device::Cpu).is_err(), "{length}");
    }
    let huge = SentenceConfig { width: 1 << 40, ..small_config() };
    assert!(TextEncoder::untrained(huge, super::testing::tokens(), 1).unwrap_err().to_string().contains("width"));
}

#[test]
fn the_built_in_model_writes_sentences_again_and_knows_likeness() {
    let encoder = TextEncoder::shipped(Device::Cpu).unwrap();
    let sentences = [
        "The dog bit the man.",
        "The man bit the dog.",
        "After dinner we walked along the river, as we always had.",
        "Naïve? No: careful!",
        "After lunch we went for a walk along the river.",
    ];
    let vectors = encoder.encode(&sentences).unwrap();
    for beam in [1, 3] {
        let written = encoder.decode(&vectors, DecodeOptions { beam, ..DecodeOptions::default() }).unwrap();
        assert_eq!(written, sentences);
    }
    assert!(vectors[0].dot(&vectors[1]) < 0.9999);
    assert!(vectors[2].dot(&vectors[4]) > vectors[2].dot(&vectors[0]) + 0.1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn any_text_that_is_not_blank_has_a_vector(text in any::<String>()) {
        prop_assume!(!text.trim().is_empty());
        let encoder = untrained(SentenceConfig { token: 8, width: 8, meaning: 4, ..small_config() });
        let vectors = encoder.encode(&[&text]).unwrap();
        // Whatever the decoder makes of it, it is text.
        prop_assert_eq!(encoder.decode(&vectors, DecodeOptions::default()).unwrap().len(), 1);
    }
}
