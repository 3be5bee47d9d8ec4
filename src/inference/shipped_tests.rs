//! The built-in models, and files that are none.
#![allow(clippy::unwrap_used)]

use std::ops::Range;
use std::path::Path;

use super::{InferenceEncoder, InferenceTextEncoder};
use crate::audio::Clip;
use crate::encoder::testing::{small_config, small_file};
use crate::encoder::{Encoder, EncoderConfig, Precision, Stretch};
use crate::features::{Features, Frontend as _, LogMel};
use crate::sentence::{SentenceEncoder as _, SentenceError};

#[test]
fn for_bulk_vectors_are_nearly_the_same() {
    let exact = InferenceEncoder::shipped().unwrap();
    let bulk = exact.bulk();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["tests/golden/fbank.wav", "tests/fixtures/second.ogg", "tools/demo/queries/umbrella.flac"] {
        let clip = Clip::read(&root.join(name)).unwrap();
        let mut frames = Features::new(exact.feature_config().bands);
        LogMel::new(exact.feature_config()).compute(clip.samples(), &mut frames);
        let count = frames.frames() as u32;
        let spans = [0..count, count / 4..count / 2];
        let stretch = [Stretch { features: &frames, spans: &spans }];
        let (exact, bulk) = (exact.encode(&stretch).unwrap(), bulk.encode(&stretch).unwrap());
        for (exact, bulk) in exact.iter().flatten().zip(bulk.iter().flatten()) {
            let cosine = exact.as_slice().iter().zip(bulk.as_slice()).map(|(a, b)| a * b).sum::<f32>();
            assert!(exact != bulk && cosine > 0.999999, "{name}: {cosine}");
        }
    }
}

#[test]
fn what_cannot_be_encoded_is_refused() {
    let own = InferenceEncoder::shipped().unwrap();
    let mut clip = Features { bands: 40, data: vec![0.0; 40 * 50] };
    let refused = |features: &Features, span: Range<u32>| {
        own.encode(&[Stretch { features, spans: std::slice::from_ref(&span) }]).unwrap_err().to_string()
    };
    assert!(refused(&clip, 0..51).contains("0..51"));
    assert!(refused(&Features { bands: 9, data: vec![0.0; 90] }, 0..10).contains("9 bands"));
    clip.data[3] = f32::NAN;
    assert!(refused(&clip, 0..50).contains("not finite"));
}

#[test]
fn a_file_that_was_cut_is_refused_by_name() {
    let bytes = small_file(&small_config(), 1, Precision::F32);
    let whole = InferenceEncoder::parse(&bytes, "small.safetensors", "small").unwrap();
    assert_eq!((whole.name(), whole.dimension()), ("small", small_config().dimension as usize));
    for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        let refusal = InferenceEncoder::parse(&bytes[..length], "small.safetensors", "small").unwrap_err().to_string();
        assert!(refusal.contains("small.safetensors"), "{length}: {refusal}");
    }
    let silent = small_file(&EncoderConfig { spelling: None, ..small_config() }, 1, Precision::F32);
    assert!(InferenceEncoder::parse(&silent, "silent", "silent").unwrap().encode_text("cat").is_err());
}

#[test]
fn a_blank_sentence_has_no_vector() {
    let own = InferenceTextEncoder::shipped().unwrap();
    assert!(matches!(own.encode(&["a", "\u{3000}"]).unwrap_err(), SentenceError::Blank { number: 2 }));
    assert!(own.encode(&[]).unwrap().is_empty());
    let dimension = own.dimension();
    assert!(own.encode(&["The train was late."]).unwrap().iter().all(|vector| vector.dimension() == dimension));
}
