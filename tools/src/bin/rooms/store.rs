//! The index: transactions, one flush, one commit.

use anyhow::Result;
use audiosearch::encoder::Encoder;
use audiosearch_index::{Collection, Embedding, Index, Schema, Segment, Source, SourceKey, Span};

use super::meter::Meter;

/// A transaction a hundred segments.
pub fn measure(meter: &mut Meter, encoder: &dyn Encoder, embeddings: &[Embedding]) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let dimension = u32::try_from(encoder.dimension())?;
    let schema = Schema { dimension, fingerprint: encoder.fingerprint(), model: "speech".into() };
    let index = Index::create(folder.path(), Collection::Audio, schema)?;
    let writer = index.writer()?;
    meter.room("insert", || -> Result<()> {
        for (number, part) in embeddings.chunks(100).enumerate() {
            let segment = |(at, embedding): (usize, &Embedding)| Segment {
                span: Span { start: at as u64 * 3200, len: 16_000 },
                label: None,
                text: None,
                embedding: embedding.clone(),
            };
            let source = Source {
                key: SourceKey::new(number.to_be_bytes().to_vec()),
                path: format!("{number}.wav").into(),
                size: 1,
                modified_ns: 1,
                digest: [0; 32],
                samples: 3200 * 100,
                segmenter: String::new(),
                details: Default::default(),
            };
            writer.put_source(source, part.iter().enumerate().map(segment).collect())?;
        }
        Ok(())
    })?;
    meter.room("fsync", || writer.flush())?;
    meter.room("freeze", || writer.commit())?;
    Ok(())
}
