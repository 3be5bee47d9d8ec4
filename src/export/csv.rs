//! Comma-separated values (RFC 4180), for spreadsheets.

use std::{
    borrow::Cow,
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
    out.write_all(b"row,x,y,path,start,end,label,text,cluster\r\n")?;
    for (row, (point, [x, y])) in map.points.iter().zip(places).enumerate() {
        let (start, end) = map.times(point);
        let path = quoted(&map.file(point).path);
        let label = quoted(map.label(point).unwrap_or_default());
        let text = quoted(point.text.as_deref().unwrap_or_default());
        write!(out, "{row},{x},{y},{path},{start},{end},{label},{text},{}\r\n", point.cluster + 1)?;
    }
    Ok(())
}

/// In quotes where it holds what would end a field or a row.
fn quoted(text: &str) -> Cow<'_, str> {
    if text.contains(['"', ',', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ') {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(text)
    }
}
