//! Edits: what of a track is heard when.

/// A stretch of the media, and when it is heard; all in ticks of the media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edit {
    /// What of the media.
    pub(super) from: i64,
    pub(super) until: i64,
    /// When its beginning is heard.
    pub(super) presented: i64,
}
