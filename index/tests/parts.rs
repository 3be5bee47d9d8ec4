//! Sources that come in parts are there whole or not at all.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use audiosearch_index::{Index, Problem, Query, Reader, Segment};
use common::{AUDIO, Numbers, schema, segment, source};

fn segments(seed: u64, count: u64) -> Vec<Segment> {
    let mut numbers = Numbers(seed);
    (0..count).map(|at| segment(at, numbers.embedding(16))).collect()
}

#[test]
fn parts_of_any_size_make_the_source_that_one_piece_makes() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::create(dir.path(), AUDIO, schema(16)).unwrap();
    let writer = index.writer().unwrap();
    let all = segments(1, 500);
    let mut parts = writer.put_in_parts().unwrap();
    // A source that is stored meanwhile does not disturb it.
    writer.put_source(source("other"), segments(2, 3)).unwrap();
    let mut left = all.as_slice();
    for size in [1, 63, 64, 65, 200, 107] {
        let (part, rest) = left.split_at(size);
        parts.push(part.to_vec()).unwrap();
        left = rest;
    }
    assert!(left.is_empty() && index.sources().count() == 1, "nothing is there before it is finished");
    parts.finish(source("large"), None).unwrap();
    writer.commit().unwrap();
    assert!(index.verify().unwrap().is_clean());
    let reader = Reader::open(dir.path(), AUDIO).unwrap();
    let stored: Vec<_> = reader.segments().filter(|segment| segment.path.ends_with("large")).collect();
    assert_eq!(stored.len(), 500);
    for (stored, put) in stored.iter().zip(&all) {
        assert_eq!((stored.span, stored.embedding), (put.span, put.embedding.as_slice()));
    }
}

#[test]
fn an_unfinished_source_leaves_the_old_version_and_nothing_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let old = segments(1, 5);
    {
        let index = Index::create(dir.path(), AUDIO, schema(16)).unwrap();
        let writer = index.writer().unwrap();
        writer.put_source(source("a"), old.clone()).unwrap();
        let mut dropped = writer.put_in_parts().unwrap();
        dropped.push(segments(2, 200)).unwrap();
        drop(dropped);
        let problems = index.verify().unwrap().problems;
        assert!(!problems.iter().any(|problem| matches!(problem, Problem::Orphans { .. })), "given up: {problems:?}");
        // As a kill leaves it.
        for seed in [3, 4] {
            let mut killed = writer.put_in_parts().unwrap();
            killed.push(segments(seed, 200)).unwrap();
            std::mem::forget(killed);
        }
        writer.commit().unwrap();
    }
    let index = Index::open(dir.path(), AUDIO).unwrap();
    assert!(index.verify().unwrap().is_clean(), "{:?}", index.verify());
    let writer = index.writer().unwrap();
    let mut parts = writer.put_in_parts().unwrap();
    parts.push(segments(5, 70)).unwrap();
    parts.finish(source("a"), None).unwrap();
    writer.commit().unwrap();
    let reader = Reader::open(dir.path(), AUDIO).unwrap();
    assert_eq!((reader.len(), reader.sources().count()), (70, 1));
    let hits = reader.search(&Query::new(&old[0].embedding)).unwrap();
    assert!(hits.iter().all(|hit| hit.score < 0.99), "the old version is gone");
}
