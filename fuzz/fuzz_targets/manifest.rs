//! Any bytes as a list of clips: an error, or rows whose stretches are in order.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../../src/audio/names.rs"]
mod names;

/// What the list asks of the room of recordings.
mod audio {
    pub use super::names::is_audio_path;
}

#[allow(dead_code, unused_imports)]
#[path = "../../src/engine/manifest/mod.rs"]
mod manifest;

fuzz_target!(|bytes: &[u8]| {
    let Ok(list) = manifest::Manifest::parse(Path::new("folder/list.tsv"), bytes, &|_| false) else { return };
    assert!(!list.rows.is_empty());
    for row in &list.rows {
        assert!(!row.name().is_empty());
        assert!(row.start.is_none_or(|start| start.is_finite() && start >= 0.0));
        assert!(row.end.is_none_or(|end| end > row.start.unwrap_or(0.0)));
    }
    let _ = list.labels_and_speakers();
});
