//! A collection that prints itself, for people and for tests that compare.

use std::fmt::Write;

use crate::error::Result;
use crate::index::Index;

impl Index {
    /// The whole sled store as text: schema, then each source with its segments, and the first components of each vector.
    /// Two stores with the same text hold the same.
    pub fn describe(&self) -> Result<String> {
        let mut text = String::new();
        let schema = self.schema();
        let line = format!("{}: {} components, {} ", self.collection(), schema.dimension, schema.model);
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{line}({})", schema.fingerprint.short());
        for entry in self.store().sources() {
            let (id, record) = entry?;
            let path = crate::record::path_from_bytes(&record.path);
            let _ = writeln!(
                text,
                "source {id} {:?} at {}, {} bytes, {} samples, by {}",
                record.key,
                path.display(),
                record.size,
                record.samples,
                record.segmenter
            );
            for label in self.labels(&record.key)? {
                let _ = writeln!(text, "  {:?} {:?} {:?}", label.text, label.span, label.origin);
            }
            let mut ordinal = 0;
            for chunk in self.store().chunks(id, record.segments) {
                let chunk = chunk?;
                for (own, vector) in chunk.records.iter().zip(chunk.vectors.chunks(schema.dimension as usize)) {
                    let _ = write!(text, "  {id}.{ordinal} {}+{}", own.span.start, own.span.len);
                    for word in [&own.label, &own.text].into_iter().flatten() {
                        let _ = write!(text, " {word:?}");
                    }
                    let _ = writeln!(text, " {:.3?}", vector.get(..4).unwrap_or(vector));
                    ordinal += 1;
                }
            }
        }
        Ok(text)
    }
}
