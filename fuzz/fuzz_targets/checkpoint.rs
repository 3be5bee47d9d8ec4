//! Any bytes as a checkpoint of the speech model: an error that names it, or a model.
#![no_main]

use audiosearch::inference::InferenceEncoder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(cause) = InferenceEncoder::parse(bytes, "fuzzed", "fuzzed") {
        assert!(cause.to_string().contains("fuzzed"), "{cause}");
    }
});
