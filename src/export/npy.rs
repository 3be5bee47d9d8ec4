//! NumPy's file format, as far as a matrix of float32 needs it.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::Path,
};

use serde::Serialize;

use super::{ExportError, Exporter, Format, Map, Shows, files::whole};

/// The vectors, a row of float32 a point, and beside them, in a file of the same name that ends in `.jsonl`, what the rows are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Npy;

/// A line of the file beside.
#[derive(Serialize)]
struct Line<'a> {
    row: usize,
    path: &'a str,
    /// Seconds into the file; in text the first line and the last.
    start: f64,
    end: f64,
    label: Option<&'a str>,
    text: Option<&'a str>,
}

/// How `export` offers it.
pub(super) const FORMAT: Format = Format {
    name: "npy",
    endings: &["npy"],
    about: "The vectors, and a .jsonl beside them that says what the rows are",
    shows: Shows::Vectors,
    font: false,
    exporter: |_| Box::new(Npy),
};

impl Exporter for Npy {
    fn export(&self, map: &Map, out: &Path) -> Result<Vec<String>, ExportError> {
        let rows: Vec<&[f32]> = map.vectors.iter().collect();
        write_npy(out, map.vectors.columns(), &rows).map_err(ExportError::write(out))?;
        let beside = out.with_extension("jsonl");
        let lines = |file: &mut BufWriter<File>| {
            for (row, point) in map.points.iter().enumerate() {
                let (start, end) = map.times(point);
                let (path, label, text) = (map.file(point).path.as_str(), map.label(point), point.text.as_deref());
                serde_json::to_writer(&mut *file, &Line { row, path, start, end, label, text })?;
                file.write_all(b"\n")?;
            }
            Ok(())
        };
        whole(&beside, lines).map_err(ExportError::write(&beside))?;
        Ok(Vec::new())
    }
}

/// Writes `[rows, columns]` float32, little-endian, C order (NEP 1, version 1.0).
///
/// # Errors
/// What the system says.
pub fn write_npy(path: &Path, columns: usize, rows: &[&[f32]]) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    out.write_all(&header(rows.len(), columns))?;
    for row in rows {
        debug_assert_eq!(row.len(), columns);
        for value in *row {
            out.write_all(&value.to_le_bytes())?;
        }
    }
    out.into_inner()?.sync_all()
}

/// Magic, version, length of the description, the description; padded to a multiple of 64 bytes.
fn header(rows: usize, columns: usize) -> Vec<u8> {
    let mut text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    const PREFIX: usize = 10;
    let padded = (PREFIX + text.len() + 1).next_multiple_of(64);
    text.push_str(&" ".repeat(padded - PREFIX - text.len() - 1));
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend_from_slice(&(text.len() as u16).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_is_padded_and_says_its_length() {
        let bytes = header(605, 128);
        assert_eq!(bytes.len() % 64, 0);
        assert_eq!(u16::from_le_bytes([bytes[8], bytes[9]]) as usize, bytes.len() - 10);
        assert_eq!(bytes.last(), Some(&b'\n'));
        assert!(String::from_utf8_lossy(&bytes).contains("'shape': (605, 128)"));
    }
}
