//! Comma-separated values (RFC 4180), for spreadsheets.

use std::{
    io::{self, Write},
    path::Path,
};

use super::{ExportError, Exporter, Format, Map, Shows, files::whole};

/// A row a point: `row,x,y,path,start,end,label,text,cluster`, with a header; lines end in CRLF.
#[derive(Debug, Clone, Copy, Default)]
pub struct Csv;

/// How `export` offers it.
pub(super) const FORMAT: Format = Format {
    name: "csv",
    endings: &["csv"],
    about: "A row a point",
    shows: Shows::Places,
    font: false,
    exporter: |_| Box::new(Csv),
};

impl Exporter for Csv {
    fn export(&self, map: &Map, out: &Path) -> Result<Vec<String>, ExportError> {
        whole(out, |file| write(map, map.layout.as_ref().map_or(&[][..], |l| &l.places), file))
            .map_err(ExportError::write(out))?;
        Ok(Vec::new())
    }
}

fn write(map: &Map, places: &[[f32; 2]], out: &mut impl Write) -> io::Result<()> {
    let mut rows = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    rows.write_record(["row", "x", "y", "path", "start", "end", "label", "text", "cluster"])?;
    for (row, (point, [x, y])) in map.points.iter().zip(places).enumerate() {
        let (start, end) = map.times(point);
        rows.write_field(row.to_string())?;
        for number in [x, y] {
            rows.write_field(number.to_string())?;
        }
        rows.write_field(&map.file(point).path)?;
        for seconds in [start, end] {
            rows.write_field(seconds.to_string())?;
        }
        rows.write_field(map.label(point).unwrap_or_default())?;
        rows.write_field(point.text.as_deref().unwrap_or_default())?;
        rows.write_field((point.cluster + 1).to_string())?;
        rows.write_record(None::<&[u8]>)?;
    }
    rows.flush()
}
