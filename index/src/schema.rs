//! What all vectors of a collection have in common.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Identity of the encoder that made the vectors; two encoders with different fingerprints cannot be compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// From the digest of whatever decides how audio or text becomes a vector.
    pub fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 12 hex digits: enough for a person to tell two models apart.
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// What a collection holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Components of every vector.
    pub dimension: u32,
    /// The encoder's identity.
    pub fingerprint: Fingerprint,
    /// The encoder's name, for people.
    pub model: String,
}

/// The two kinds of vectors that a store can hold side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Collection {
    /// Stretches of recordings.
    Audio,
    /// Sentences.
    Text,
}

impl Collection {
    /// The name that its files begin with.
    pub fn name(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Text => "text",
        }
    }

    pub(crate) fn store_path(self, dir: &Path) -> PathBuf {
        dir.join(format!("{}.sled", self.name()))
    }

    pub(crate) fn lock_path(self, dir: &Path) -> PathBuf {
        dir.join(format!("{}.lock", self.name()))
    }

    pub(crate) fn base_path(self, dir: &Path) -> PathBuf {
        dir.join(format!("{}.frozen", self.name()))
    }

    pub(crate) fn labels_path(self, dir: &Path) -> PathBuf {
        dir.join(format!("{}.labels", self.name()))
    }

    pub(crate) fn tail_path(self, dir: &Path) -> PathBuf {
        dir.join(format!("{}.tail", self.name()))
    }
}

impl fmt::Display for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
