//! The one place that maps files into memory.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;

use memmap2::Mmap;

/// A whole file, read-only.
pub(crate) struct Mapped(Mmap);

impl Mapped {
    /// Maps `file` as long as it is now.
    pub fn new(file: &File) -> io::Result<Self> {
        // SAFETY: the bytes must not change while mapped. A frozen file is written under another name and renamed
        // into place; after that this program only ever replaces it, which leaves existing maps on the old file.
        // Whoever edits or truncates it in place breaks that, as with any mapped database.
        unsafe { Mmap::map(file) }.map(Self)
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}
