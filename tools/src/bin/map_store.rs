//! A store of many points, to see how a map of them does: `map_store STORE POINTS [DIMENSION]`.
//!
//! Vectors lie in a hundred labelled groups; a hundred points make a recording, which is not there.

use std::path::Path;

use anyhow::{Context, Result, bail};
use audiosearch_index::{Collection, Embedding, Fingerprint, Index, Schema, Segment, Source, SourceKey, Span};

const GROUPS: usize = 100;
const EACH: usize = 100;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        [store, points] => fill(store.as_ref(), points.parse()?, 32),
        [store, points, dimension] => fill(store.as_ref(), points.parse()?, dimension.parse()?),
        _ => bail!("usage: map_store STORE POINTS [DIMENSION]"),
    }
}

fn fill(store: &Path, points: usize, dimension: u32) -> Result<()> {
    let schema = Schema { dimension, fingerprint: Fingerprint::new([0; 32]), model: "points".into() };
    let index = Index::create(store, Collection::Audio, schema)?;
    let writer = index.writer()?;
    let mut state = 1u64;
    let mut gaussian = || {
        // Twelve uniform numbers (xorshift) are normal enough.
        let mut uniform = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 40) as f32 / (1u64 << 24) as f32
        };
        (0..12).map(|_| uniform()).sum::<f32>() - 6.0
    };
    let mut vector = |scale: f32| (0..dimension).map(|_| scale * gaussian()).collect::<Vec<f32>>();
    let centres: Vec<Vec<f32>> = (0..GROUPS).map(|_| vector(1.0)).collect();
    for from in (0..points).step_by(EACH) {
        let mut segment = |number: usize| -> Result<Segment> {
            let group = number % GROUPS;
            let row = vector(0.5).iter().zip(&centres[group]).map(|(a, b)| a + b).collect();
            Ok(Segment {
                span: Span { start: (number - from) as u64 * 8_000, len: 8_000 },
                label: Some(format!("group {group:02}")),
                text: None,
                embedding: Embedding::new(row)?,
            })
        };
        let segments: Result<Vec<Segment>> = (from..points.min(from + EACH)).map(&mut segment).collect();
        let path = format!("recordings/{:05}.wav", from / EACH);
        let source = Source {
            key: SourceKey::new(path.as_bytes()),
            path: path.into(),
            size: 0,
            modified_ns: 0,
            digest: [0; 32],
            samples: (EACH * 8_000) as u64,
            segmenter: String::new(),
            details: Default::default(),
        };
        writer.put_source(source, segments?).with_context(|| store.display().to_string())?;
    }
    writer.commit()?;
    Ok(())
}
