//! A store as its user sees it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use audiosearch_index::{
    Filter, Fingerprint, Index, IndexError, Places, Query, Reader, Schema, Segment, Source, SourceKey, Span,
};
use common::{AUDIO, Numbers, fill, schema, segment, source};

#[test]
fn what_was_put_is_found_with_all_that_is_known_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let all = fill(dir.path(), "a", 20, 5, 16, 1);
    let reader = Reader::open(dir.path(), AUDIO).unwrap();
    assert_eq!((reader.len(), reader.schema()), (100, &schema(16)));
    for (i, e) in all.iter().enumerate() {
        let hit = &reader.search(&Query::new(e).k(1)).unwrap()[0];
        assert!((hit.score - 1.0).abs() < 1e-5);
        assert_eq!(hit.path, PathBuf::from(format!("a{}", i / 5)));
        assert_eq!(hit.span, Span { start: (i % 5) as u64 * 10, len: 10 });
        assert_eq!(hit.label.as_deref(), Some(format!("label{}", i % 7).as_str()));
        assert_eq!(hit.text.as_deref(), Some(format!("text {} {}", i / 5, i % 5).as_str()));
    }
}

#[test]
fn the_graph_finds_what_looking_at_everything_finds() {
    let dir = tempfile::tempdir().unwrap();
    let all = fill(dir.path(), "a", 60, 200, 32, 2);
    let reader = Reader::open(dir.path(), AUDIO).unwrap();
    let (mut same, mut asked) = (0, 0);
    for e in all.iter().step_by(61) {
        let exact: BTreeSet<_> = reader.search(&Query::new(e).exact(true)).unwrap().iter().map(|h| h.segment).collect();
        let found = reader.search(&Query::new(e)).unwrap();
        assert_eq!(found.len(), 10);
        same += found.iter().filter(|h| exact.contains(&h.segment)).count();
        asked += 10;
    }
    assert!(same as f64 >= 0.98 * f64::from(asked), "{same} of {asked}");
    assert!(Index::open(dir.path(), AUDIO).unwrap().verify().unwrap().is_clean());
}

#[test]
fn replaced_and_removed_sources_are_gone_and_touched_ones_moved() {
    let dir = tempfile::tempdir().unwrap();
    let all = fill(dir.path(), "a", 60, 100, 16, 3);
    let index = Index::open(dir.path(), AUDIO).unwrap();
    let writer = index.writer().unwrap();
    assert!(writer.remove_source(&SourceKey::new("a0")).unwrap());
    assert!(!writer.remove_source(&SourceKey::new("a0")).unwrap());
    let fresh = Numbers(99).embedding(16);
    writer.put_source(source("a1"), vec![segment(7, fresh.clone())]).unwrap();
    writer.touch_source(Source { path: "moved/a2".into(), ..source("a2") }).unwrap();
    let unknown = writer.touch_source(source("nobody"));
    assert!(matches!(unknown, Err(IndexError::UnknownSource { .. })), "{unknown:?}");
    let generation = writer.commit().unwrap();
    assert!(dir.path().join("audio.tail").exists(), "a small change must not rebuild the base");

    let check = |reader: &Reader| {
        assert_eq!(reader.generation(), generation);
        assert_eq!((reader.len(), reader.sources().count(), reader.segments().count()), (5801, 59, 5801));
        for exact in [false, true] {
            let old = reader.search(&Query::new(&all[0]).exact(exact)).unwrap();
            assert!(old.len() == 10 && old.iter().all(|h| h.path != Path::new("a0")), "{old:?}");
            let hit = &reader.search(&Query::new(&fresh).exact(exact)).unwrap()[0];
            assert_eq!((hit.path.as_path(), hit.span.start), (Path::new("a1"), 7));
            let hit = &reader.search(&Query::new(&all[200]).exact(exact)).unwrap()[0];
            assert_eq!(hit.path, Path::new("moved/a2"));
        }
        assert!(reader.sources().any(|s| s.path == Path::new("moved/a2") && s.segments == 100));
        let under = Filter { path_prefix: Some("moved".into()), ..Filter::default() };
        assert_eq!(reader.search(&Query::new(&fresh).filter(under).k(1000)).unwrap().len(), 100);
    };
    check(&Reader::open(dir.path(), AUDIO).unwrap());
    assert!(index.verify().unwrap().is_clean(), "{:?}", index.verify());
    assert_eq!(index.writer().unwrap().commit().unwrap(), generation, "nothing changed");
    index.refreeze().unwrap();
    assert!(!dir.path().join("audio.tail").exists());
    check(&Reader::open(dir.path(), AUDIO).unwrap());
    drop(index);
    Index::compact(dir.path(), AUDIO).unwrap();
    check(&Reader::open(dir.path(), AUDIO).unwrap());
    assert!(Index::open(dir.path(), AUDIO).unwrap().verify().unwrap().is_clean());
}

#[test]
fn compacting_makes_a_store_smaller_even_a_fresh_one() {
    let dir = tempfile::tempdir().unwrap();
    let all = fill(dir.path(), "a", 60, 64, 128, 5);
    let (before, after) = Index::compact(dir.path(), AUDIO).unwrap();
    let vectors = all.len() as u64 * 128 * 4;
    assert!(after < before && after < vectors * 3 / 2, "{before} bytes before, {after} now, {vectors} of vectors");
    let (_, again) = Index::compact(dir.path(), AUDIO).unwrap();
    assert!(again <= after * 11 / 10, "{again} bytes after {after}");
    assert!(Index::open(dir.path(), AUDIO).unwrap().verify().unwrap().is_clean());
}

#[test]
fn a_grown_graph_finds_old_and_new_alike() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = fill(dir.path(), "a", 110, 100, 16, 31);
    all.extend(fill(dir.path(), "b", 60, 50, 16, 32));
    let index = Index::open(dir.path(), AUDIO).unwrap();
    let writer = index.writer().unwrap();
    for number in 0..3 {
        writer.remove_source(&SourceKey::new(format!("a{number}"))).unwrap();
    }
    writer.commit().unwrap();
    drop(index);
    // Too many for a tail, and few enough beside the base for its graph to be carried over.
    all.extend(fill(dir.path(), "c", 30, 50, 16, 33));
    assert!(!dir.path().join("audio.tail").exists(), "so many need a new base");
    let reader = Reader::open(dir.path(), AUDIO).unwrap();
    assert_eq!(reader.len(), 10_700 + 3000 + 1500);
    let (mut same, mut asked) = (0, 0);
    for e in all.iter().step_by(67) {
        let exact: BTreeSet<_> = reader.search(&Query::new(e).exact(true)).unwrap().iter().map(|h| h.segment).collect();
        same += reader.search(&Query::new(e)).unwrap().iter().filter(|h| exact.contains(&h.segment)).count();
        asked += 10;
    }
    assert!(same as f64 >= 0.98 * f64::from(asked), "{same} of {asked}");
    let report = Index::open(dir.path(), AUDIO).unwrap().verify().unwrap();
    assert!(report.is_clean(), "{report:?}");
}

#[test]
fn filters_keep_k_full() {
    let dir = tempfile::tempdir().unwrap();
    let all = fill(dir.path(), "dir/a", 80, 100, 16, 4);
    let reader = Reader::open(dir.path(), AUDIO).unwrap();
    let sources: Vec<_> = reader.sources().collect();
    let (own, e) = (sources[3].id, &all[342]);
    let ask = |filter: Filter| reader.search(&Query::new(e).k(20).filter(filter)).unwrap();
    let hits = ask(Filter { label: Some("label3".into()), ..Filter::default() });
    assert!(hits.len() == 20 && hits.iter().all(|h| h.label.as_deref() == Some("label3")));
    assert!(ask(Filter { label: Some("no such".into()), ..Filter::default() }).is_empty());
    let hits = ask(Filter { not_source: Some(own), ..Filter::default() });
    assert!(hits.len() == 20 && hits.iter().all(|h| h.source != own));
    let hits = ask(Filter { places: Some(Arc::new(Places::from_iter([own]))), ..Filter::default() });
    assert!(hits.len() == 20 && hits.iter().all(|h| h.source == own));
    let span = Span { start: 415, len: 10 };
    let hits = ask(Filter { not_overlapping: vec![(own, span)], ..Filter::default() });
    assert!(hits.len() == 20 && hits.iter().all(|h| h.source != own || h.span.overlap(&span) == 0));
    let hits = ask(Filter { path_prefix: Some("dir/a7".into()), ..Filter::default() });
    assert!(hits.len() == 20 && hits.iter().all(|h| h.path == Path::new("dir/a7")), "whole components only");
    let hits = reader.search(&Query::new(e).k(80).per_source(true)).unwrap();
    assert_eq!(hits.iter().map(|h| h.source).collect::<BTreeSet<_>>().len(), 80);
    assert!(reader.search(&Query::new(e).min_score(0.999)).unwrap().len() == 1);
    let nothing = Filter { label: Some("no such".into()), ..Filter::default() };
    assert!(reader.search(&Query::new(e).per_source(true).filter(nothing)).unwrap().is_empty());
}

#[test]
fn k_of_zero_gives_nothing_and_a_large_k_gives_everything() {
    let dir = tempfile::tempdir().unwrap();
    let all = fill(dir.path(), "a", 3, 4, 8, 5);
    let reader = Reader::open(dir.path(), AUDIO).unwrap();
    assert!(reader.search(&Query::new(&all[0]).k(0)).unwrap().is_empty());
    let hits = reader.search(&Query::new(&all[0]).k(usize::MAX)).unwrap();
    assert_eq!(hits.len(), 12);
    assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
}

#[test]
fn an_empty_index_answers_with_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::create(dir.path(), AUDIO, schema(8)).unwrap();
    assert!(matches!(Reader::open(dir.path(), AUDIO), Err(IndexError::Missing { .. })));
    assert!(index.verify().unwrap().is_clean());
    index.writer().unwrap().commit().unwrap();
    let reader = Reader::open(dir.path(), AUDIO).unwrap();
    assert!(reader.is_empty());
    assert!(reader.search(&Query::new(&Numbers(1).embedding(8))).unwrap().is_empty());
    assert!(index.verify().unwrap().is_clean());
}

#[test]
fn duplicates_by_the_thousand_are_all_found() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::create(dir.path(), AUDIO, schema(8)).unwrap();
    let mut numbers = Numbers(6);
    let (same, other) = (numbers.embedding(8), numbers.embedding(8));
    let writer = index.writer().unwrap();
    let segments =
        |e: &audiosearch_index::Embedding| (0..6000).map(|i| segment(i, e.clone())).collect::<Vec<Segment>>();
    writer.put_source(source("same"), segments(&same)).unwrap();
    writer.put_source(source("other"), segments(&other)).unwrap();
    writer.commit().unwrap();
    let reader = Reader::open(dir.path(), AUDIO).unwrap();
    for (e, name) in [(&same, "same"), (&other, "other")] {
        let hits = reader.search(&Query::new(e).k(100)).unwrap();
        assert!(hits.len() == 100 && hits.iter().all(|h| h.path == Path::new(name)));
        assert_eq!(hits.iter().map(|h| h.segment).collect::<BTreeSet<_>>().len(), 100);
    }
    assert!(index.verify().unwrap().is_clean(), "{:?}", index.verify());
}

#[test]
fn vectors_of_another_model_or_length_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), "a", 2, 2, 8, 7);
    let other = Schema { fingerprint: Fingerprint::new([8; 32]), ..schema(8) };
    let refused = Index::create(dir.path(), AUDIO, other.clone());
    assert!(matches!(refused, Err(IndexError::FingerprintMismatch { .. })));
    let reader = Reader::open(dir.path(), AUDIO).unwrap();
    let text = reader.require(&other.fingerprint).unwrap_err().to_string();
    assert!(text.contains("070707070707") && text.contains("080808080808"), "{text}");
    let wrong = Numbers(1).embedding(9);
    assert!(matches!(reader.search(&Query::new(&wrong)), Err(IndexError::DimensionMismatch { .. })));
    let index = Index::open(dir.path(), AUDIO).unwrap();
    let refused = index.writer().unwrap().put_source(source("b"), vec![segment(0, wrong)]);
    assert!(matches!(refused, Err(IndexError::DimensionMismatch { .. })));
    assert_eq!(index.sources().count(), 2);
}

#[test]
fn a_second_writer_is_told_who_has_the_lock_and_readers_are_not_kept_out() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), "a", 2, 2, 8, 8);
    let first = Index::open(dir.path(), AUDIO).unwrap();
    let Err(second) = Index::open(dir.path(), AUDIO) else { panic!("two writers") };
    assert!(matches!(second, IndexError::Locked { .. }));
    assert!(second.to_string().contains(&std::process::id().to_string()), "{second}");
    assert!(Reader::open(dir.path(), AUDIO).is_ok());
    drop(first);
    assert!(Index::open(dir.path(), AUDIO).is_ok());
}

#[test]
fn a_reader_keeps_its_generation_while_others_commit() {
    let dir = tempfile::tempdir().unwrap();
    let all = fill(dir.path(), "a", 60, 100, 16, 9);
    let before = Reader::open(dir.path(), AUDIO).unwrap();
    let index = Index::open(dir.path(), AUDIO).unwrap();
    let writer = index.writer().unwrap();
    writer.remove_source(&SourceKey::new("a0")).unwrap();
    writer.commit().unwrap();
    index.refreeze().unwrap();
    assert_eq!(before.search(&Query::new(&all[0])).unwrap()[0].path, Path::new("a0"));
    let after = Reader::open(dir.path(), AUDIO).unwrap();
    assert!(after.search(&Query::new(&all[0])).unwrap().iter().all(|h| h.path != Path::new("a0")));
}

#[test]
fn the_two_collections_of_a_store_do_not_mix() {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path(), "a", 2, 2, 8, 10);
    let text = Index::create(dir.path(), audiosearch_index::Collection::Text, schema(4)).unwrap();
    text.writer().unwrap().put_source(source("t"), vec![segment(0, Numbers(2).embedding(4))]).unwrap();
    text.writer().unwrap().commit().unwrap();
    assert_eq!(Reader::open(dir.path(), AUDIO).unwrap().len(), 4);
    assert_eq!(Reader::open(dir.path(), audiosearch_index::Collection::Text).unwrap().len(), 1);
}

#[test]
fn a_store_is_found_from_below() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("a/b");
    std::fs::create_dir_all(&deep).unwrap();
    assert!(!Index::discover(&deep).is_some_and(|found| found.starts_with(dir.path())));
    std::fs::create_dir(dir.path().join(".audiosearch")).unwrap();
    assert_eq!(Index::discover(&deep), Some(dir.path().join(".audiosearch")));
}
