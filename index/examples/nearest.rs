//! Stores three sources of two vectors, and asks for what points most like a fourth.
//!
//!     cargo run -p audiosearch-index --example nearest

use audiosearch_index::{
    Collection, Embedding, Fingerprint, Index, Query, Reader, Schema, Segment, Source, SourceKey, Span,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::temp_dir().join("audiosearch-nearest");
    let schema = Schema { dimension: 2, fingerprint: Fingerprint::new([0; 32]), model: "by hand".into() };
    let index = Index::create(&dir, Collection::Audio, schema)?;
    let writer = index.writer()?;
    for (name, angle) in [("east.wav", 0.0f32), ("north.wav", 1.5), ("west.wav", 3.0)] {
        let segment = |i: u32| -> Result<Segment, Box<dyn std::error::Error>> {
            let angle = angle + 0.1 * i as f32;
            let embedding = Embedding::new(vec![angle.cos(), angle.sin()])?;
            Ok(Segment { span: Span { start: u64::from(i) * 16_000, len: 16_000 }, label: None, text: None, embedding })
        };
        let key = SourceKey::new(name);
        let about = (0, 0, [0; 32], 32_000, "windows".to_owned());
        let (size, modified_ns, digest, samples, segmenter) = about;
        let source = Source {
            key,
            path: name.into(),
            size,
            modified_ns,
            digest,
            samples,
            segmenter,
            details: Default::default(),
        };
        writer.put_source(source, vec![segment(0)?, segment(1)?])?;
    }
    writer.commit()?;
    // From here on any number of processes could read, also while one writes.
    let reader = Reader::open(&dir, Collection::Audio)?;
    for hit in reader.search(&Query::new(&Embedding::new(vec![0.1, 2.0])?).k(3))? {
        println!("{:.3}  {} at sample {}", hit.score, hit.path.display(), hit.span.start);
    }
    Ok(())
}
