//! The keys of the sled store, byte by byte.
//!
//! | tree       | key                                             | value                                    |
//! |------------|-------------------------------------------------|------------------------------------------|
//! | `meta`     | `format`                                        | u32 little-endian                        |
//! | `meta`     | `schema`                                        | [`Schema`](crate::Schema) by postcard    |
//! | `meta`     | `next`, `revision`, `base`, `labels`            | u64 little-endian                        |
//! | `meta`     | `staged`                                        | source numbers under way, 4 bytes big-endian each |
//! | `keys`     | the caller's bytes                              | source number, 4 bytes big-endian        |
//! | `sources`  | source number, 4 bytes big-endian               | `SourceRecord` by postcard               |
//! | `segments` | source number, chunk number, 4 bytes big-endian each | `Vec<SegmentRecord>` by postcard    |
//! | `vectors`  | the same                                        | raw little-endian f32, row after row     |
//! | `labels`   | the caller's bytes, as in `keys`                | version (1 byte), `Vec<Label>` by postcard |
//! | `changes`  | source number, 4 bytes big-endian               | kind (1 byte), revision (8 bytes big-endian) |
//!
//! Big-endian keys sort as their numbers do, so a source's chunks lie together and in order. A chunk holds
//! [`CHUNK`] segments: one key a segment made sled's pages dear, one key a source made its values megabytes long.

use crate::SourceId;

/// Segments in one value of `segments` and `vectors`.
pub(crate) const CHUNK: usize = 64;

pub(crate) const FORMAT: &[u8] = b"format";
pub(crate) const SCHEMA: &[u8] = b"schema";
pub(crate) const NEXT: &[u8] = b"next";
pub(crate) const REVISION: &[u8] = b"revision";
pub(crate) const BASE: &[u8] = b"base";
pub(crate) const LABELS: &[u8] = b"labels";
pub(crate) const STAGED: &[u8] = b"staged";

/// Key in `sources` and `changes`.
pub(crate) fn source(id: SourceId) -> [u8; 4] {
    id.0.to_be_bytes()
}

/// Key in `segments` and `vectors`.
pub(crate) fn chunk(id: SourceId, chunk: u32) -> [u8; 8] {
    let mut key = [0; 8];
    key[..4].copy_from_slice(&id.0.to_be_bytes());
    key[4..].copy_from_slice(&chunk.to_be_bytes());
    key
}

/// Chunks that `segments` segments fill.
pub(crate) fn chunks(segments: u32) -> u32 {
    segments.div_ceil(CHUNK as u32)
}

/// The source number at the head of a key.
pub(crate) fn parse_source(key: &[u8]) -> Option<SourceId> {
    Some(SourceId(u32::from_be_bytes(*key.first_chunk()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_sort_as_numbers_do(a: (u32, u32), b: (u32, u32)) {
            prop_assert_eq!(chunk(SourceId(a.0), a.1).cmp(&chunk(SourceId(b.0), b.1)), a.cmp(&b));
            prop_assert_eq!(parse_source(&chunk(SourceId(a.0), a.1)), Some(SourceId(a.0)));
        }
    }
}
