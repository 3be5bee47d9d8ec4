//! Any sequence of changes leaves what a plain map would hold.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::path::PathBuf;

use audiosearch_index::{Embedding, Index, Query, Reader, Source, SourceKey};
use common::{AUDIO, Numbers, schema, segment, source};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Put { key: u8, segments: u16 },
    Remove { key: u8 },
    Touch { key: u8 },
    Commit,
    Refreeze,
    Compact,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0u8..12, 0u16..200).prop_map(|(key, segments)| Step::Put { key, segments }),
        2 => (0u8..12).prop_map(|key| Step::Remove { key }),
        2 => (0u8..12).prop_map(|key| Step::Touch { key }),
        3 => Just(Step::Commit),
        1 => Just(Step::Refreeze),
        1 => Just(Step::Compact),
        1 => Just(Step::Reopen),
    ]
}

type Model = BTreeMap<SourceKey, (PathBuf, Vec<Embedding>)>;

fn check(dir: &std::path::Path, model: &Model, numbers: &mut Numbers) {
    let reader = Reader::open(dir, AUDIO).unwrap();
    let mut there = Model::new();
    for source in reader.sources() {
        there.insert(source.key.clone(), (source.path.clone(), Vec::new()));
    }
    let keys: BTreeMap<_, _> = reader.sources().map(|s| (s.id, s.key)).collect();
    for segment in reader.segments() {
        let own = there.get_mut(&keys[&segment.source]).unwrap();
        assert_eq!((own.1.len() as u32, &segment.path), (segment.id.ordinal, &own.0));
        own.1.push(Embedding::new(segment.embedding.to_vec()).unwrap());
    }
    for id in keys.keys() {
        let own: Vec<_> = reader.segments_of(|source| source == *id).map(|segment| segment.id).collect();
        let same: Vec<_> =
            reader.segments().filter(|segment| segment.source == *id).map(|segment| segment.id).collect();
        assert_eq!(own, same);
    }
    assert!(there.keys().eq(model.keys()), "{:?} / {:?}", there.keys(), model.keys());
    for (key, (path, embeddings)) in model {
        assert_eq!((path, embeddings.len()), (&there[key].0, there[key].1.len()));
        assert!(embeddings.iter().zip(&there[key].1).all(|(a, b)| a.dot(b) > 0.9999));
    }
    let query = numbers.embedding(8);
    let mut best: Vec<f32> = model.values().flat_map(|(_, all)| all.iter().map(|e| e.dot(&query))).collect();
    best.sort_by(|a, b| b.total_cmp(a));
    let hits = reader.search(&Query::new(&query).exact(true)).unwrap();
    assert_eq!(hits.len(), best.len().min(10));
    assert!(hits.iter().zip(best).all(|(hit, best)| (hit.score - best).abs() < 1e-5));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 30, ..ProptestConfig::default() })]
    #[test]
    fn a_store_holds_what_a_map_would(steps in prop::collection::vec(step(), 1..40), seed: u64) {
        let dir = tempfile::tempdir().unwrap();
        let mut numbers = Numbers(seed);
        let mut model = Model::new();
        let mut index = Some(Index::create(dir.path(), AUDIO, schema(8)).unwrap());
        for (number, step) in steps.into_iter().enumerate() {
            let open = index.take().unwrap();
            let writer = open.writer().unwrap();
            match step {
                Step::Put { key, segments } => {
                    let own = source(&format!("k{key}"));
                    let all: Vec<_> = (0..segments).map(|_| numbers.embedding(8)).collect();
                    let segments = all.iter().zip(0..).map(|(e, i)| segment(i, e.clone())).collect();
                    model.insert(own.key.clone(), (own.path.clone(), all));
                    writer.put_source(own, segments).unwrap();
                }
                Step::Remove { key } => {
                    let key = SourceKey::new(format!("k{key}"));
                    prop_assert_eq!(writer.remove_source(&key).unwrap(), model.remove(&key).is_some());
                }
                Step::Touch { key } => {
                    let moved = Source { path: format!("moved{number}").into(), ..source(&format!("k{key}")) };
                    match model.get_mut(&moved.key) {
                        Some(own) => {
                            own.0.clone_from(&moved.path);
                            writer.touch_source(moved).unwrap();
                        }
                        None => prop_assert!(writer.touch_source(moved).is_err()),
                    }
                }
                Step::Commit => {
                    writer.commit().unwrap();
                    check(dir.path(), &model, &mut numbers);
                    prop_assert!(open.verify().unwrap().is_clean());
                }
                Step::Refreeze => {
                    open.refreeze().unwrap();
                    check(dir.path(), &model, &mut numbers);
                }
                Step::Compact => {
                    drop(open);
                    Index::compact(dir.path(), AUDIO).unwrap();
                    check(dir.path(), &model, &mut numbers);
                    index = Some(Index::open(dir.path(), AUDIO).unwrap());
                    continue;
                }
                Step::Reopen => {
                    drop(open);
                    index = Some(Index::open(dir.path(), AUDIO).unwrap());
                    continue;
                }
            }
            index = Some(open);
        }
        let open = index.unwrap();
        open.writer().unwrap().commit().unwrap();
        check(dir.path(), &model, &mut numbers);
        prop_assert!(open.verify().unwrap().is_clean());
    }
}
