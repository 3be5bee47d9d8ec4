//! A sled store in which things are missing or left over, each kind by itself: named, and mended without loss of the rest.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::path::{Path, PathBuf};

use audiosearch_index::{Index, Problem, Reader, VerifyReport};
use common::{AUDIO, fill};

/// Does something to a tree of the sled store that no writer does.
fn meddle(dir: &Path, tree: &str, change: impl Fn(&sled::Tree)) {
    let db = sled::open(dir.join("audio.sled")).unwrap();
    change(&db.open_tree(tree).unwrap());
    db.flush().unwrap();
}

fn verify(dir: &Path) -> VerifyReport {
    Index::open(dir, AUDIO).unwrap().verify().unwrap()
}

fn reported(report: &VerifyReport) -> String {
    report.problems.iter().map(|problem| format!("{problem}\n")).collect()
}

/// Repairs; says which sources were dropped and which are there after it.
fn repaired(dir: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let dropped = Index::open(dir, AUDIO).unwrap().repair().unwrap().dropped;
    let report = verify(dir);
    assert!(report.is_clean(), "{report:?}");
    let mut there: Vec<_> = Reader::open(dir, AUDIO).unwrap().sources().map(|source| source.path).collect();
    there.sort();
    (dropped, there)
}

fn paths(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(PathBuf::from).collect()
}

#[test]
fn a_source_whose_vectors_are_gone_is_dropped_and_the_rest_stays() {
    for tree in ["vectors", "segments"] {
        let dir = tempfile::tempdir().unwrap();
        fill(dir.path(), "a", 3, 70, 8, 1);
        // Of the second source, the second chunk.
        meddle(dir.path(), tree, |tree| {
            let (key, _) = tree.iter().nth(3).unwrap().unwrap();
            tree.remove(key).unwrap();
        });
        let report = verify(dir.path());
        assert!(
            matches!(&report.problems[..], [Problem::BrokenSource { path, .. }] if path == Path::new("a1")),
            "{report:?}"
        );
        assert!(
            reported(&report).contains("a1: ") && reported(&report).contains("index it again"),
            "{}",
            reported(&report)
        );
        assert_eq!(repaired(dir.path()), (paths(&["a1"]), paths(&["a0", "a2"])));
    }
}

#[test]
fn segments_of_no_source_are_cleared_away() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), "a", 3, 5, 8, 1);
    meddle(dir.path(), "sources", |tree| {
        let (key, _) = tree.last().unwrap().unwrap();
        tree.remove(key).unwrap();
    });
    let report = verify(dir.path());
    let orphans = |problem: &Problem| matches!(problem, Problem::Orphans { .. });
    let dangling = |problem: &Problem| matches!(problem, Problem::DanglingKey { .. });
    assert!(report.problems.iter().any(orphans) && report.problems.iter().any(dangling), "{report:?}");
    assert!(reported(&report).contains("names no source"), "{}", reported(&report));
    assert_eq!(repaired(dir.path()), (paths(&[]), paths(&["a0", "a1"])));
}

#[test]
fn a_key_that_names_nothing_goes() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), "a", 2, 5, 8, 1);
    meddle(dir.path(), "keys", |tree| {
        tree.insert("ghost", &9_u32.to_be_bytes()).unwrap();
    });
    let report = verify(dir.path());
    assert!(matches!(&report.problems[..], [Problem::DanglingKey { key }] if key.as_bytes() == b"ghost"), "{report:?}");
    assert_eq!(repaired(dir.path()), (paths(&[]), paths(&["a0", "a1"])));
}
