//! The one place that maps files into memory.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use memmap2::Mmap;

/// A whole file, read-only.
pub(crate) struct Mapped {
    map: Mmap,
    file: File,
}

impl Mapped {
    /// Maps `file` as long as it is now.
    pub fn new(file: File) -> io::Result<Self> {
        // SAFETY: the bytes must not change while mapped. A frozen file is written under another name and renamed
        // into place; after that this program only ever replaces it, which leaves existing maps on the old file.
        // Whoever edits or truncates it in place breaks that, as with any mapped database.
        let map = unsafe { Mmap::map(&file) }?;
        Ok(Self { map, file })
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// Fills `out` with the bytes from `offset` on, without the map: the system brings in sixteen pages around each that is read
    /// through a map, which then count as memory of this process.
    pub fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, offset)
    }
}
