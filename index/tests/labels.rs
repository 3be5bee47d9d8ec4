//! Labels: kept with their source, found by readers, gone with it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use audiosearch_index::{Embedding, Index, IndexError, Label, LabelOrigin, Query, Reader, Source, SourceKey, Span};
use common::{AUDIO, schema, segment, source};

fn unit(at: usize) -> Embedding {
    let mut components = vec![0.0; 4];
    components[at] = 1.0;
    Embedding::new(components).unwrap()
}

fn label(span: Option<(u64, u32)>, text: &str, origin: LabelOrigin) -> Label {
    Label::new(span.map(|(start, len)| Span { start, len }), text, origin, 7)
}

fn put(index: &Index, name: &str, imported: Option<&[Label]>) {
    let segments = vec![segment(0, unit(0)), segment(8000, unit(1))];
    index.writer().unwrap().put_labelled_source(source(name), segments, imported).unwrap();
}

/// The labels of the two segments of the store's only source.
fn seen(dir: &std::path::Path) -> Vec<Option<String>> {
    let reader = Reader::open(dir, AUDIO).unwrap();
    let of_hits = |at| reader.search(&Query::new(&unit(at)).k(1)).unwrap()[0].label.clone();
    let labels = vec![of_hits(0), of_hits(1)];
    assert!(reader.segments().map(|segment| segment.label.map(str::to_owned)).eq(labels.iter().cloned()));
    labels
}

#[test]
fn labels_are_found_survive_their_source_and_go_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::create(dir.path(), AUDIO, schema(4)).unwrap();
    let key = SourceKey::new("a.wav");
    let imported = [label(Some((0, 10)), "owl", LabelOrigin::Imported), label(None, "night", LabelOrigin::Imported)];
    put(&index, "a.wav", Some(&imported));
    index.writer().unwrap().commit().unwrap();
    let [owl, night] = [Some("owl".to_owned()), Some("night".to_owned())];
    assert_eq!(seen(dir.path()), [owl.clone(), night.clone()]);
    // Read anew without a list: they stay. The user's own stay also where another list comes.
    put(&index, "a.wav", None);
    let mut all = index.labels(&key).unwrap();
    all.push(label(Some((8000, 10)), "fox", LabelOrigin::User));
    index.writer().unwrap().set_labels(&key, &all).unwrap();
    let before = index.writer().unwrap().commit().unwrap();
    assert_eq!(seen(dir.path()), [owl, Some("fox".into())]);
    // The same list again, read a day later, changes nothing.
    let again = imported.map(|label| Label { date: 86_407, ..label });
    index.writer().unwrap().import_labels(&key, &again).unwrap();
    assert_eq!(index.writer().unwrap().commit().unwrap(), before);
    index.writer().unwrap().import_labels(&key, &[]).unwrap();
    index.writer().unwrap().commit().unwrap();
    assert_eq!(seen(dir.path()), [None, Some("fox".into())]);
    assert!(index.verify().unwrap().is_clean());
    drop(index);
    Index::compact(dir.path(), AUDIO).unwrap();
    let index = Index::open(dir.path(), AUDIO).unwrap();
    assert_eq!(index.labels(&key).unwrap().len(), 1);
    index.writer().unwrap().remove_source(&key).unwrap();
    put(&index, "a.wav", None);
    index.writer().unwrap().commit().unwrap();
    assert_eq!(seen(dir.path()), [None, None]);
}

#[test]
fn labels_of_several_sources_come_together_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::create(dir.path(), AUDIO, schema(4)).unwrap();
    let [a, b, gone] = ["a.wav", "b.wav", "gone.wav"].map(SourceKey::new);
    put(&index, "a.wav", None);
    put(&index, "b.wav", Some(&[label(None, "old", LabelOrigin::Imported)]));
    let of = |text: &str| vec![label(Some((0, 10)), text, LabelOrigin::Imported)];
    let import = |all: &[(&SourceKey, Vec<Label>)]| index.writer().unwrap().import_all_labels(all);
    assert!(matches!(import(&[(&a, of("x")), (&gone, of("y"))]), Err(IndexError::UnknownSource { .. })));
    assert!(index.labels(&a).unwrap().is_empty());
    import(&[(&a, of("x")), (&b, of("y"))]).unwrap();
    let texts = |key| index.labels(key).unwrap().into_iter().map(|label| label.text).collect::<Vec<_>>();
    assert_eq!((texts(&a), texts(&b)), (vec!["x".to_owned()], vec!["y".to_owned()]));
    let before = index.writer().unwrap().commit().unwrap();
    import(&[(&a, of("x")), (&b, of("y"))]).unwrap();
    assert_eq!(index.writer().unwrap().commit().unwrap(), before, "the same again changes nothing");
}

#[test]
fn only_what_is_there_can_be_labelled() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::create(dir.path(), AUDIO, schema(4)).unwrap();
    let nobody = index.writer().unwrap().set_labels(&SourceKey::new("b"), &[label(None, "x", LabelOrigin::User)]);
    assert!(matches!(nobody, Err(IndexError::UnknownSource { .. })));
}

#[test]
fn labels_that_were_torn_are_made_again_from_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::create(dir.path(), AUDIO, schema(4)).unwrap();
    put(&index, "a.wav", Some(&[label(None, "night", LabelOrigin::Imported)]));
    index.writer().unwrap().commit().unwrap();
    let file = dir.path().join("audio.labels");
    for bytes in [&b"no labels"[..], &std::fs::read(&file).unwrap()[..25]] {
        std::fs::write(&file, bytes).unwrap();
        assert!(matches!(Reader::open(dir.path(), AUDIO), Err(IndexError::Damaged { .. })));
        index.refreeze().unwrap();
        assert_eq!(seen(dir.path()), [Some("night".to_owned()), Some("night".to_owned())]);
    }
    // A reader that is open notices that others were committed.
    let reader = Reader::open(dir.path(), AUDIO).unwrap();
    assert!(reader.is_current());
    index.writer().unwrap().import_labels(&SourceKey::new("a.wav"), &[]).unwrap();
    index.writer().unwrap().commit().unwrap();
    assert!(!reader.is_current());
    assert_eq!(seen(dir.path()), [None, None]);
    let moved = Source { path: "elsewhere/a.wav".into(), ..source("a.wav") };
    index.writer().unwrap().touch_source(moved).unwrap();
    index.writer().unwrap().commit().unwrap();
    assert_eq!(seen(dir.path()), [None, None]);
}
