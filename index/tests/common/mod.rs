//! What the tests of a store have in common.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::{Path, PathBuf};

use audiosearch_index::{Collection, Embedding, Fingerprint, Index, Schema, Segment, Source, SourceKey, Span};

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
