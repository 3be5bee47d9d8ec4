//! The header of a frozen file: where each section lies, and what it must measure.
//!
//! All numbers are little-endian. The first 1,024 bytes are the header; sections follow, each aligned to 64 bytes.
//!
//! | bytes   | what                                                            |
//! |---------|-----------------------------------------------------------------|
//! | 0..8    | `ASFROZEN`                                                      |
//! | 8..12   | format version                                                  |
//! | 12..16  | CRC-32 of the header with these four bytes zero                 |
//! | 16..20  | kind: 0 base, 1 tail                                            |
//! | 20..24  | dimension                                                       |
//! | 24..28  | rows                                                            |
//! | 28..32  | sources                                                         |
//! | 32..40  | generation                                                      |
//! | 40..48  | generation of the base (its own, in a base)                     |
//! | 48..52  | links a row in the bottom layer; 0 without a graph              |
//! | 52..56  | links a node in the upper layers                                |
//! | 56..60  | upper layers                                                    |
//! | 60..64  | row where a search begins                                       |
//! | 64..96  | fingerprint of the encoder                                      |
//! | 96..104 | length of the file                                              |
//! | 128..   | a [`SectionRange`] of 24 bytes a section: offset, length, CRC-32, zero |

use std::path::Path;

use crate::Fingerprint;
use crate::error::{IndexError, Result};

/// Version of the frozen format.
pub(crate) const VERSION: u32 = 1;
/// Bytes of the header.
pub(crate) const HEADER: usize = 1024;
/// Sections begin at multiples of this: a cache line, and the widest vector register.
pub(crate) const ALIGN: u64 = 64;
/// A row without label.
pub(crate) const NO_LABEL: u32 = u32::MAX;
/// Most upper layers that a graph can have.
pub(crate) const MAX_LAYERS: u32 = 32;

const MAGIC: &[u8; 8] = b"ASFROZEN";
const PLACES: usize = 128;

/// What a frozen file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Base,
    Tail,
}

/// The sections, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// [`crate::Schema`] by postcard.
    Schema,
    /// f32 `[2, dimension]`: lowest value and step of each component's code.
    Scale,
    /// u8 `[rows, code stride]`.
    Codes,
    /// u32 `[rows, degree]`, filled up with `u32::MAX`.
    Links,
    /// The upper layers; see `layers.rs`.
    Layers,
    /// f32 `[rows, dimension]`.
    Vectors,
    /// u32 `[rows]`: place in `Sources`.
    RowSources,
    /// u32 `[rows]`: place in `Labels`, or [`NO_LABEL`].
    RowLabels,
    /// [`Row`] `[rows]`.
    Rows,
    /// u32 `[rows]`: all rows, by source and then by ordinal.
    Order,
    /// [`SourceRow`] `[sources]`, by source number.
    Sources,
    /// [`LabelRow`], by label.
    Labels,
    /// Bytes that the others point into.
    Strings,
    /// u32: numbers of the base's sources that are gone; in a tail only.
    Removed,
}

impl Section {
    pub const ALL: [Self; 14] = [
        Self::Schema,
        Self::Scale,
        Self::Codes,
        Self::Links,
        Self::Layers,
        Self::Vectors,
        Self::RowSources,
        Self::RowLabels,
        Self::Rows,
        Self::Order,
        Self::Sources,
        Self::Labels,
        Self::Strings,
        Self::Removed,
    ];

    pub fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// Where a section lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SectionRange {
    pub offset: u64,
    pub len: u64,
    pub crc: u32,
}

/// What a hit shows of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct Row {
    pub start: u64,
    /// `u64::MAX` without text.
    pub text_at: u64,
    pub text_len: u32,
    pub len: u32,
    pub ordinal: u32,
    pub zero: u32,
}

/// A source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct SourceRow {
    pub key_at: u64,
    pub path_at: u64,
    pub samples: u64,
    pub key_len: u32,
    pub path_len: u32,
    pub id: u32,
    pub segments: u32,
    /// Its first row in `Order`.
    pub first: u32,
    pub zero: u32,
}

/// A label and how many rows bear it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct LabelRow {
    pub at: u64,
    pub len: u32,
    pub rows: u32,
}

/// The header, read or to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub kind: Kind,
    pub dimension: u32,
    pub rows: u32,
    pub sources: u32,
    pub generation: u64,
    pub base: u64,
    pub degree: u32,
    pub upper_degree: u32,
    pub layers: u32,
    pub entry: u32,
    pub fingerprint: Fingerprint,
    pub places: [SectionRange; Section::ALL.len()],
}

impl Header {
    /// Bytes of a row's code: a whole number of cache lines, so that no code lies on one more than it must.
    pub fn code_stride(dimension: u32) -> usize {
        (dimension as usize).next_multiple_of(ALIGN as usize)
    }

    pub fn place(&self, section: Section) -> SectionRange {
        self.places[section as usize]
    }

    /// Length of the whole file.
    pub fn file_len(&self) -> u64 {
        self.places.iter().map(|p| p.offset.saturating_add(p.len)).max().unwrap_or(0).max(HEADER as u64)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let mut b = vec![0; HEADER];
        let mut put = |at: usize, bytes: &[u8]| b[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, MAGIC);
        let numbers = [
            (8, VERSION),
            (16, u32::from(self.kind == Kind::Tail)),
            (20, self.dimension),
            (24, self.rows),
            (28, self.sources),
            (48, self.degree),
            (52, self.upper_degree),
            (56, self.layers),
            (60, self.entry),
        ];
        for (at, number) in numbers {
            put(at, &number.to_le_bytes());
        }
        put(32, &self.generation.to_le_bytes());
        put(40, &self.base.to_le_bytes());
        put(64, self.fingerprint.as_bytes());
        put(96, &self.file_len().to_le_bytes());
        for (i, place) in self.places.iter().enumerate() {
            put(PLACES + i * 24, &place.offset.to_le_bytes());
            put(PLACES + i * 24 + 8, &place.len.to_le_bytes());
            put(PLACES + i * 24 + 16, &place.crc.to_le_bytes());
        }
        let crc = crc32fast::hash(&b);
        b[12..16].copy_from_slice(&crc.to_le_bytes());
        b
    }

    /// Reads and checks the header of a file whose whole bytes are `file`; afterwards every section lies inside
    /// the file and measures what rows, sources and dimension demand.
    pub fn parse(path: &Path, file: &[u8]) -> Result<Self> {
        let bad = |reason: &str| IndexError::damaged(path, reason);
        let head: &[u8; HEADER] = file.first_chunk().ok_or_else(|| bad("shorter than its header"))?;
        if !head.starts_with(MAGIC) {
            return Err(bad("not a frozen index"));
        }
        let u32_at = |at: usize| head[at..].first_chunk().map_or(0, |c| u32::from_le_bytes(*c));
        let u64_at = |at: usize| head[at..].first_chunk().map_or(0, |c| u64::from_le_bytes(*c));
        let version = u32_at(8);
        if version > VERSION {
            return Err(IndexError::NewerFormat { path: path.to_owned(), found: version, supported: VERSION });
        }
        if version < VERSION {
            return Err(IndexError::OlderFormat { path: path.to_owned(), found: version, supported: VERSION });
        }
        let mut zeroed = *head;
        zeroed[12..16].fill(0);
        if crc32fast::hash(&zeroed) != u32_at(12) {
            return Err(bad("the header's checksum is wrong"));
        }
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(&head[64..96]);
        let mut places = [SectionRange::default(); Section::ALL.len()];
        for (i, place) in places.iter_mut().enumerate() {
            let at = PLACES + i * 24;
            *place = SectionRange { offset: u64_at(at), len: u64_at(at + 8), crc: u32_at(at + 16) };
        }
        let header = Self {
            kind: if u32_at(16) == 0 { Kind::Base } else { Kind::Tail },
            dimension: u32_at(20),
            rows: u32_at(24),
            sources: u32_at(28),
            generation: u64_at(32),
            base: u64_at(40),
            degree: u32_at(48),
            upper_degree: u32_at(52),
            layers: u32_at(56),
            entry: u32_at(60),
            fingerprint: Fingerprint::new(fingerprint),
            places,
        };
        if u64_at(96) != file.len() as u64 {
            return Err(bad("cut short or grown"));
        }
        header.check(file.len() as u64).map_err(|reason| IndexError::damaged(path, reason))?;
        Ok(header)
    }

    fn check(&self, file_len: u64) -> Result<(), String> {
        for section in Section::ALL {
            let place = self.place(section);
            let inside = place.offset.checked_add(place.len).is_some_and(|end| end <= file_len);
            if !inside || !place.offset.is_multiple_of(ALIGN) || place.offset < HEADER as u64 {
                return Err(format!("section {} lies outside the file", section.name()));
            }
            if self.expected_len(section).is_some_and(|len| len != Some(place.len)) {
                return Err(format!("section {} has the wrong length", section.name()));
            }
        }
        if self.layers > MAX_LAYERS || (self.degree > 0 && self.entry >= self.rows) {
            return Err("the graph's entry is outside".to_owned());
        }
        Ok(())
    }

    /// The bytes that a section of fixed rows must have; the inner `None` is more than a file can hold.
    fn expected_len(&self, section: Section) -> Option<Option<u64>> {
        let [rows, sources, dimension] = [self.rows, self.sources, self.dimension].map(u64::from);
        let stride = dimension.next_multiple_of(ALIGN);
        let times = |a: u64, b: u64| a.checked_mul(b);
        Some(match section {
            Section::Scale => times(dimension, 8),
            Section::Codes => times(rows, stride),
            Section::Links => times(rows, u64::from(self.degree) * 4),
            Section::Vectors => times(rows, dimension * 4),
            Section::RowSources | Section::RowLabels | Section::Order => times(rows, 4),
            Section::Rows => times(rows, size_of::<Row>() as u64),
            Section::Sources => times(sources, size_of::<SourceRow>() as u64),
            Section::Schema | Section::Layers | Section::Labels | Section::Strings | Section::Removed => return None,
        })
    }
}
