//! What the tests of a store have in common.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use audiosearch_index::{
    Collection, Embedding, Fingerprint, Index, Problem, Reader, Schema, Segment, Source, SourceKey, Span,
};

pub const AUDIO: Collection = Collection::Audio;

pub fn schema(dimension: u32) -> Schema {
    Schema { dimension, fingerprint: Fingerprint::new([7; 32]), model: "test".into() }
}

/// Numbers that look random and are the same everywhere.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Roughly normal.
    pub fn normal(&mut self) -> f32 {
        (0..6).map(|_| (self.next() >> 40) as f32 / (1 << 24) as f32 - 0.5).sum()
    }

    pub fn embedding(&mut self, dimension: usize) -> Embedding {
        Embedding::new((0..dimension).map(|_| self.normal()).collect()).unwrap()
    }

    /// Near one of `centres`.
    pub fn near(&mut self, centres: &[Embedding], spread: f32) -> Embedding {
        let centre = &centres[self.below(centres.len() as u64) as usize];
        Embedding::new(centre.as_slice().iter().map(|c| c + spread * self.normal() / 8.0).collect()).unwrap()
    }
}

pub fn source(name: &str) -> Source {
    Source {
        key: SourceKey::new(name),
        path: PathBuf::from(name),
        size: 1,
        modified_ns: 2,
        digest: [3; 32],
        samples: 16_000,
        segmenter: "whole".into(),
        details: Default::default(),
    }
}

pub fn segment(start: u64, embedding: Embedding) -> Segment {
    Segment { span: Span { start, len: 10 }, label: None, text: None, embedding }
}

/// Stores `sources` sources of `each` segments, `name0` and on, and commits.
pub fn fill(dir: &Path, name: &str, sources: usize, each: usize, dimension: usize, seed: u64) -> Vec<Embedding> {
    let index = Index::create(dir, AUDIO, schema(dimension as u32)).unwrap();
    let mut numbers = Numbers(seed);
    let centres: Vec<_> = (0..50).map(|_| numbers.embedding(dimension)).collect();
    let mut all = Vec::new();
    let writer = index.writer().unwrap();
    for s in 0..sources {
        let segments: Vec<_> = (0..each)
            .map(|i| Segment {
                label: Some(format!("label{}", (s * each + i) % 7)),
                text: Some(format!("text {s} {i}")),
                ..segment(i as u64 * 10, numbers.near(&centres, 0.5))
            })
            .collect();
        all.extend(segments.iter().map(|s| s.embedding.clone()));
        writer.put_source(source(&format!("{name}{s}")), segments).unwrap();
    }
    writer.commit().unwrap();
    all
}

/// How often a test repeats itself: what `variable` says, or `otherwise`.
pub fn times(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise)
}

/// Version `version` of a source, always the same one; everything in it tells the version, so a mixture would show.
pub fn versioned(key: u64, version: u64) -> (Source, Vec<Segment>) {
    let mut numbers = Numbers(version << 8 | key);
    let segments = (0..=version % 150).map(|_| segment(version, numbers.embedding(16))).collect();
    (Source { size: version, ..source(&format!("key{key}")) }, segments)
}

/// Number and version of each source that `reader` sees, each of which must be whole, once and exactly as it was put.
pub fn versions(reader: &Reader) -> BTreeMap<u64, u64> {
    let mut found: BTreeMap<u64, Vec<_>> = BTreeMap::new();
    for source in reader.sources() {
        let key = source.path.to_str().and_then(|p| p.strip_prefix("key")?.parse().ok()).expect("a key that was put");
        assert_eq!(found.insert(key, Vec::new()), None, "key{key} is there twice");
    }
    for segment in reader.segments() {
        let key = segment.path.to_str().and_then(|p| p.strip_prefix("key")?.parse().ok()).expect("a key that was put");
        found.get_mut(&key).expect("a segment without source").push((segment.span.start, segment.embedding));
    }
    let whole = found.into_iter().map(|(key, segments)| {
        let version = segments.first().expect("a source without segments").0;
        let expected = versioned(key, version).1;
        let expected = expected.iter().map(|s| (version, s.embedding.as_slice()));
        assert!(segments.iter().copied().eq(expected), "key{key} is not version {version} as it was put");
        (key, version)
    });
    whole.collect()
}

/// Opens the store, which must not be damaged, and returns what it holds: as the next commit shows it, and again as a
/// rebuild from the sled store alone does.
pub fn assert_whole(dir: &Path) -> BTreeMap<u64, u64> {
    let index = Index::create(dir, AUDIO, schema(16)).unwrap();
    let report = index.verify().unwrap();
    let bad = |p: &&Problem| !matches!(p, Problem::Stale { .. } | Problem::Frozen { .. });
    assert_eq!(report.problems.iter().find(bad), None);
    index.writer().unwrap().commit().unwrap();
    let committed = versions(&Reader::open(dir, AUDIO).unwrap());
    index.refreeze().unwrap();
    assert_eq!(committed, versions(&Reader::open(dir, AUDIO).unwrap()), "a rebuild shows something else");
    assert_eq!(index.sources().count(), committed.len());
    for entry in index.sources() {
        let (_, source, segments) = entry.unwrap();
        assert_eq!(u64::from(segments), source.size % 150 + 1, "{source:?} is half another version");
    }
    committed
}
