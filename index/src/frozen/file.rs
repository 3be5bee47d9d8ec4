//! A frozen file, mapped and checked as far as opening may take.

use std::fs::File;
use std::path::{Path, PathBuf};

use bytemuck::Pod;

use super::format::{Header, Kind, LabelRow, NO_LABEL, Row, Section, SourceRow};
use super::layers;
use super::mapped::Mapped;
use crate::adjacency::GraphView;
use crate::error::{IndexError, Result};
use crate::{Schema, Span};

/// An open frozen file. Lengths were checked when it was opened; numbers inside sections are checked when used.
pub(crate) struct FrozenFile {
    path: PathBuf,
    map: Mapped,
    header: Header,
    schema: Schema,
}

impl FrozenFile {
    /// Maps the file at `path`, or says why it cannot be trusted. Reads the header alone.
    pub fn open(path: &Path, kind: Kind) -> Result<Self> {
        let file = File::open(path).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::NotFound => IndexError::Missing { path: path.to_owned(), what: "frozen index" },
            _ => IndexError::Io { path: path.to_owned(), action: "open the frozen index", cause },
        })?;
        let map = Mapped::new(file).map_err(IndexError::io("map the frozen index", path))?;
        let header = Header::parse(path, map.bytes())?;
        if header.kind != kind {
            return Err(IndexError::damaged(path, "a base where a tail belongs, or the reverse"));
        }
        let schema: Schema = postcard::from_bytes(place_bytes(&map, &header, Section::Schema))
            .map_err(|_| IndexError::damaged(path, "the schema is unreadable"))?;
        if schema.dimension != header.dimension || schema.fingerprint != header.fingerprint {
            return Err(IndexError::damaged(path, "schema and header disagree"));
        }
        let opened = Self { path: path.to_owned(), map, header, schema };
        opened.graph()?;
        Ok(opened)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    pub fn generation(&self) -> u64 {
        self.header.generation
    }

    /// The base that a tail belongs to.
    pub fn base(&self) -> u64 {
        self.header.base
    }

    pub fn rows(&self) -> usize {
        self.header.rows as usize
    }

    pub fn dimension(&self) -> usize {
        self.header.dimension as usize
    }

    /// Bytes of the file.
    pub fn len_bytes(&self) -> u64 {
        self.map.bytes().len() as u64
    }

    fn section<T: Pod>(&self, section: Section) -> &[T] {
        // Aligned and of whole length by construction; a section that is not reads as empty and so as nothing found.
        bytemuck::try_cast_slice(place_bytes(&self.map, &self.header, section)).unwrap_or_default()
    }

    /// The graph; without links where the file has none.
    pub fn graph(&self) -> Result<GraphView<'_>> {
        let mut view = GraphView {
            degree: self.header.degree as usize,
            upper_degree: self.header.upper_degree as usize,
            entry: self.header.entry,
            links: self.section(Section::Links),
            layers: Vec::new(),
        };
        layers::decode(self.section(Section::Layers), &mut view, self.header.layers)
            .ok_or_else(|| IndexError::damaged(&self.path, "the upper layers are cut short"))?;
        Ok(view)
    }

    /// Lowest value and step of each component's code, `[dimension]` each.
    pub fn scale(&self) -> (&[f32], &[f32]) {
        let scale = self.section(Section::Scale);
        scale.split_at(scale.len() / 2)
    }

    /// `[rows, code_stride]`
    pub fn codes(&self) -> &[u8] {
        self.section(Section::Codes)
    }

    pub fn code_stride(&self) -> usize {
        Header::code_stride(self.header.dimension)
    }

    /// `[rows, dimension]`
    pub fn vectors(&self) -> &[f32] {
        self.section(Section::Vectors)
    }

    pub fn vector(&self, row: usize) -> Option<&[f32]> {
        let dimension = self.dimension();
        self.vectors().get(row.checked_mul(dimension)?..)?.get(..dimension)
    }

    /// Fills `out` with the vectors from row `first` on, read and not mapped.
    pub fn read_vectors(&self, first: u32, out: &mut [f32]) -> Result<()> {
        let place = self.header.place(Section::Vectors);
        let from = u64::from(first) * u64::from(self.header.dimension) * size_of::<f32>() as u64;
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(out);
        if from.checked_add(bytes.len() as u64).is_none_or(|end| end > place.len) {
            return Err(IndexError::damaged(&self.path, "a row has no vector"));
        }
        self.map.read(place.offset + from, bytes).map_err(IndexError::io("read the frozen index", &self.path))
    }

    pub fn row_sources(&self) -> &[u32] {
        self.section(Section::RowSources)
    }

    pub fn row_labels(&self) -> &[u32] {
        self.section(Section::RowLabels)
    }

    pub fn row(&self, row: usize) -> Option<&Row> {
        self.section(Section::Rows).get(row)
    }

    /// The label of a row.
    pub fn label(&self, row: usize) -> Option<&str> {
        let label = self.row_labels().get(row).filter(|label| **label != NO_LABEL)?;
        let label = self.labels().get(*label as usize)?;
        self.text_at(label.at, label.len)
    }

    /// Where a row lies in its source.
    pub fn span(&self, row: usize) -> Option<Span> {
        self.row(row).map(|r| Span { start: r.start, len: r.len })
    }

    pub fn order(&self) -> &[u32] {
        self.section(Section::Order)
    }

    pub fn sources(&self) -> &[SourceRow] {
        self.section(Section::Sources)
    }

    pub fn labels(&self) -> &[LabelRow] {
        self.section(Section::Labels)
    }

    /// Numbers of the base's sources that are gone.
    pub fn removed(&self) -> &[u32] {
        self.section(Section::Removed)
    }

    pub fn bytes_at(&self, at: u64, len: u32) -> Option<&[u8]> {
        let strings: &[u8] = self.section(Section::Strings);
        strings.get(usize::try_from(at).ok()?..)?.get(..len as usize)
    }

    pub fn text_at(&self, at: u64, len: u32) -> Option<&str> {
        std::str::from_utf8(self.bytes_at(at, len)?).ok()
    }

    /// The rows of a source.
    pub fn rows_of(&self, source: &SourceRow) -> &[u32] {
        let order = self.order().get(source.first as usize..).unwrap_or_default();
        order.get(..source.segments as usize).unwrap_or_default()
    }

    /// Names of the sections whose checksum is wrong. Reads the whole file.
    pub fn broken_sections(&self) -> Vec<String> {
        let broken =
            |s: &Section| crc32fast::hash(place_bytes(&self.map, &self.header, *s)) != self.header.place(*s).crc;
        Section::ALL.into_iter().filter(broken).map(Section::name).collect()
    }

    /// Whether there is a graph and every checksum is right.
    pub fn is_whole_graph(&self) -> bool {
        self.header.degree > 0 && self.broken_sections().is_empty()
    }

    /// Numbers inside sections that point nowhere. Reads all but vectors, codes and strings.
    pub fn broken_references(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let (rows, sources, labels) = (self.header.rows, self.header.sources, self.labels().len() as u32);
        let mut check = |sound: bool, what: &str| {
            if !sound {
                broken.push(format!("{what} point outside"));
            }
        };
        check(self.row_sources().iter().all(|&s| s < sources), "sources of rows");
        check(self.row_labels().iter().all(|&l| l == NO_LABEL || l < labels), "labels of rows");
        check(self.order().iter().all(|&r| r < rows), "rows of sources");
        check(self.sources().iter().all(|s| self.rows_of(s).len() == s.segments as usize), "segments of sources");
        check(self.sources().iter().all(|s| self.bytes_at(s.path_at, s.path_len).is_some()), "paths");
        check(self.labels().iter().all(|l| self.text_at(l.at, l.len).is_some()), "labels");
        let links: &[u32] = self.section(Section::Links);
        check(links.iter().all(|&l| l == u32::MAX || l < rows), "links");
        broken
    }
}

fn place_bytes<'a>(map: &'a Mapped, header: &Header, section: Section) -> &'a [u8] {
    let place = header.place(section);
    // Inside the file: Header::parse checked it, and a map keeps its length.
    map.bytes().get(place.offset as usize..(place.offset + place.len) as usize).unwrap_or_default()
}
