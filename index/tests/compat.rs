//! Stores of every format that was ever released, opened by the code of today.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::{Path, PathBuf};

use audiosearch_index::{Embedding, Index, Query, Reader, Segment, Source, SourceKey};
use common::{AUDIO, schema, segment, source};

const FORMAT_1: &str = "\
audio: 4 components, test (070707070707)
source 0 SourceKey(a.wav) at a.wav, 1 bytes, 16000 samples, by whole
  0.0 0+10 \"word\" \"what it says\" [1.000, 0.000, 0.000, 0.000]
  0.1 8000+10 [0.000, 1.000, 0.000, 0.000]
source 2 SourceKey(c.wav) at moved/c.wav, 1 bytes, 16000 samples, by whole
  2.0 5+10 [0.000, 0.000, 0.600, 0.800]
";

fn fixture(format: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/format-{format}"))
}

fn unit(components: [f32; 4]) -> Embedding {
    Embedding::new(components.to_vec()).unwrap()
}

/// How the fixture came to be; a new format gets a folder of its own, and the old ones stay.
fn make(dir: &Path) {
    let index = Index::create(dir, AUDIO, schema(4)).unwrap();
    let writer = index.writer().unwrap();
    let first = Segment {
        label: Some("word".into()),
        text: Some("what it says".into()),
        ..segment(0, unit([1.0, 0.0, 0.0, 0.0]))
    };
    writer.put_source(source("a.wav"), vec![first, segment(8000, unit([0.0, 1.0, 0.0, 0.0]))]).unwrap();
    writer.put_source(source("b.wav"), vec![segment(0, unit([0.0, 0.0, 1.0, 0.0]))]).unwrap();
    writer.commit().unwrap();
    let writer = index.writer().unwrap();
    writer.put_source(source("c.wav"), vec![segment(5, unit([0.0, 0.0, 3.0, 4.0]))]).unwrap();
    writer.touch_source(Source { path: "moved/c.wav".into(), ..source("c.wav") }).unwrap();
    writer.remove_source(&SourceKey::new("b.wav")).unwrap();
    writer.commit().unwrap();
}

#[test]
#[ignore = "writes the fixture of the current format"]
fn make_fixture() {
    make(&fixture(1));
}

#[test]
fn a_store_of_today_prints_as_the_first_format_does() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path());
    assert_eq!(Index::open(dir.path(), AUDIO).unwrap().describe().unwrap(), FORMAT_1);
}

#[test]
fn a_store_of_format_1_is_read_and_searched() {
    let reader = Reader::open(&fixture(1), AUDIO).unwrap();
    let hits = reader.search(&Query::new(&unit([0.1, 0.0, 0.6, 0.8]))).unwrap();
    assert_eq!(hits.len(), 3);
    assert_eq!((hits[0].path.as_path(), hits[0].span.start), (Path::new("moved/c.wav"), 5));
    assert!(hits.iter().all(|h| h.path != Path::new("b.wav")));
    // A copy, because opening a sled store may write to it.
    let dir = tempfile::tempdir().unwrap();
    let copied = std::process::Command::new("cp").arg("-r").args([fixture(1).join("."), dir.path().into()]).status();
    assert!(copied.unwrap().success());
    let index = Index::open(dir.path(), AUDIO).unwrap();
    assert_eq!(index.describe().unwrap(), FORMAT_1);
    assert!(index.verify().unwrap().is_clean());
}
