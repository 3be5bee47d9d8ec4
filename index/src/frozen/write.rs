//! Writing a frozen file so that no reader ever sees a part of one.

use std::fs::{self, File};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use super::contents::Contents;
use super::format::{ALIGN, HEADER, Header, Kind, Section, SectionRange};
use super::layers;
use crate::Schema;
use crate::adjacency::Graph;
use crate::error::{IndexError, Result};
use crate::search::Scale;

/// Writes base or tail to `path`: under a temporary name first, then synced, then renamed.
/// Row `i` of the file is row `order[i]` of `contents` and of `vectors`, `[rows, dimension]`; `graph` is in the file's
/// order already.
pub(crate) fn write(
    path: &Path,
    schema: &Schema,
    (kind, generation, base): (Kind, u64, u64),
    mut contents: Contents,
    order: &[u32],
    vectors: &[f32],
    graph: &Graph,
) -> Result<()> {
    let dimension = schema.dimension as usize;
    let vector = |row: u32| &vectors[row as usize * dimension..][..dimension];
    let scale = Scale::fit(vectors, dimension);
    let places = contents.reorder(order);
    let labels = contents.finish_labels();
    let temporary = path.with_extension(format!("{}.new", path.extension().unwrap_or_default().to_string_lossy()));
    let written = (|| {
        let mut out = Sections::create(&temporary)?;
        let schema_bytes = postcard::to_stdvec(schema).map_err(std::io::Error::other)?;
        out.section(Section::Schema, &schema_bytes)?;
        out.section(Section::Scale, bytemuck::cast_slice(&[scale.low.as_slice(), scale.step.as_slice()].concat()))?;
        out.begin(Section::Codes)?;
        // Not all at once: that would be a quarter of the vectors more to hold.
        for rows in order.chunks(1024) {
            out.put(&scale.encode(rows.iter().map(|&row| vector(row)), Header::code_stride(schema.dimension)))?;
        }
        out.section(Section::Links, bytemuck::cast_slice(&graph.links))?;
        out.section(Section::Layers, bytemuck::cast_slice(&layers::encode(graph)))?;
        out.begin(Section::Vectors)?;
        for &row in order {
            out.put(bytemuck::cast_slice(vector(row)))?;
        }
        out.section(Section::RowSources, bytemuck::cast_slice(&contents.row_sources))?;
        out.section(Section::RowLabels, bytemuck::cast_slice(&contents.row_labels))?;
        out.section(Section::Rows, bytemuck::cast_slice(&contents.rows))?;
        out.section(Section::Order, bytemuck::cast_slice(&places))?;
        out.section(Section::Sources, bytemuck::cast_slice(&contents.sources))?;
        out.section(Section::Labels, bytemuck::cast_slice(&labels))?;
        out.section(Section::Strings, &contents.strings)?;
        out.section(Section::Removed, bytemuck::cast_slice(&contents.removed))?;
        out.finish(Header {
            kind,
            dimension: schema.dimension,
            rows: order.len() as u32,
            sources: contents.sources.len() as u32,
            generation,
            base,
            degree: graph.degree as u32,
            upper_degree: graph.upper_degree as u32,
            layers: graph.layers.len() as u32,
            entry: graph.entry,
            fingerprint: schema.fingerprint,
            places: Default::default(),
        })?;
        fs::rename(&temporary, path)
    })();
    if let Err(cause) = written {
        // What was written in part helps nobody, and on a full disk it is in the way.
        let _ = fs::remove_file(&temporary);
        return Err(IndexError::Io { path: path.to_owned(), action: "write the frozen index", cause });
    }
    sync_folder(path.parent().unwrap_or(path))
}

/// Makes what was created and renamed in `folder` durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(IndexError::io("sync the folder", folder))
}

/// A file that grows section by section; the header comes last, so a file cut short has none.
struct Sections {
    out: BufWriter<File>,
    at: u64,
    open: Option<(Section, u64, crc32fast::Hasher)>,
    places: [SectionRange; Section::ALL.len()],
}

impl Sections {
    fn create(path: &Path) -> std::io::Result<Self> {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
        out.write_all(&[0; HEADER])?;
        Ok(Self { out, at: HEADER as u64, open: None, places: Default::default() })
    }

    fn begin(&mut self, section: Section) -> std::io::Result<()> {
        self.end();
        let start = self.at.next_multiple_of(ALIGN);
        self.out.write_all(&[0; ALIGN as usize][..(start - self.at) as usize])?;
        self.at = start;
        self.open = Some((section, start, crc32fast::Hasher::new()));
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        if let Some((_, _, hasher)) = &mut self.open {
            hasher.update(bytes);
        }
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn section(&mut self, section: Section, bytes: &[u8]) -> std::io::Result<()> {
        self.begin(section)?;
        self.put(bytes)
    }

    fn end(&mut self) {
        if let Some((section, offset, hasher)) = self.open.take() {
            self.places[section as usize] = SectionRange { offset, len: self.at - offset, crc: hasher.finalize() };
        }
    }

    fn finish(mut self, mut header: Header) -> std::io::Result<()> {
        self.end();
        header.places = self.places;
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header.to_bytes())?;
        let file = self.out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.sync_all()
    }
}
