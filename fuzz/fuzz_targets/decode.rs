//! Any bytes as a recording: an error or finite samples, block by block.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, unused_imports)]
#[path = "../../src/audio/mod.rs"]
mod audio;

/// Samples that are listened to of one input; a few bytes may unfold to hours.
const MOST: usize = 2_000_000;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut stream) = audio::ClipStream::from_bytes(bytes.to_vec(), Path::new("fuzzed")) else { return };
    let (mut block, mut heard) = (Vec::new(), 0);
    while heard < MOST && stream.next_block(&mut block).unwrap_or(false) {
        assert!(block.iter().all(|sample| sample.is_finite()));
        heard += block.len();
        block.clear();
    }
});
