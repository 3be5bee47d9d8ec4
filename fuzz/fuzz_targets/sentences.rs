//! Any bytes as a text: an error, or sentences in order on one line each. The first byte chooses how it is cut.
#![no_main]

use std::{fs, ops::ControlFlow, path::PathBuf, sync::LazyLock};

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, unused_imports)]
#[path = "../../src/text/mod.rs"]
mod text;

use text::{LONGEST_SENTENCE, SentenceMode};

/// In memory where the system has such a folder.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = Some(PathBuf::from("/dev/shm")).filter(|shm| shm.is_dir()).unwrap_or_else(std::env::temp_dir);
    let folder = root.join(format!("audiosearch-fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the text");
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let Some((&how, content)) = bytes.split_first() else { return };
    let (name, mode) = match how % 6 {
        0 => ("a.txt", SentenceMode::Auto),
        1 => ("a.txt", SentenceMode::Lines),
        2 => ("a.txt", SentenceMode::Prose),
        3 => ("a.md", SentenceMode::Auto),
        4 => ("a.srt", SentenceMode::Auto),
        _ => ("a.vtt", SentenceMode::Auto),
    };
    let path = FOLDER.join(name);
    fs::write(&path, content).expect("the file is written");
    let mut last = 0;
    let outcome = text::read(&path, mode, &mut |sentence| {
        assert!(!sentence.text.is_empty() && sentence.text.len() <= LONGEST_SENTENCE);
        assert!(!sentence.text.chars().any(char::is_control), "{:?}", sentence.text);
        assert!(1 <= sentence.first && sentence.first <= sentence.last);
        assert!(last <= sentence.last, "sentences stand in their order");
        last = sentence.last;
        ControlFlow::Continue(())
    });
    if let Ok(outline) = outcome {
        assert!(last <= outline.lines, "line {last} of {}", outline.lines);
    }
    if let Ok(content) = std::str::from_utf8(content) {
        text::sentences(content).iter().for_each(|sentence| assert!(!sentence.is_empty()));
        let normal = text::normal_form(content);
        assert_eq!(text::normal_form(&normal), normal, "a normal form is its own");
        assert!(!text::casings(content).is_empty());
    }
});
