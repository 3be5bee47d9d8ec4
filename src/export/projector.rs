//! A folder for TensorBoard's Embedding Projector: `tensors.tsv`, `metadata.tsv` and the `projector_config.pbtxt` that names them.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use super::{ExportError, Exporter, Format, Map, Shows, files::whole};

/// `tensorboard --logdir OUT` shows it; projector.tensorflow.org takes the two tables.
#[derive(Debug, Clone, Copy, Default)]
pub struct Projector;

const CONFIG: &str = "projector_config.pbtxt";

/// How `export` offers it.
pub(super) const FORMAT: Format = Format {
    name: "projector",
    endings: &[],
    about: "A folder for TensorBoard",
    shows: Shows::Vectors,
    font: false,
    exporter: |_| Box::new(Projector),
};

impl Exporter for Projector {
    fn export(&self, map: &Map, out: &Path) -> Result<Vec<String>, ExportError> {
        fs::create_dir_all(out).map_err(ExportError::write(out))?;
        let put = |name: &str, fill: &dyn Fn(&mut dyn Write) -> io::Result<()>| {
            let path = out.join(name);
            whole(&path, |file| fill(file)).map_err(ExportError::write(&path))
        };
        put("tensors.tsv", &|file| tensors(map, file))?;
        put("metadata.tsv", &|file| metadata(map, file))?;
        let config = format!(
            "embeddings {{\n  tensor_name: \"{}\"\n  tensor_path: \"tensors.tsv\"\n  metadata_path: \"metadata.tsv\"\n}}\n",
            map.collection.name()
        );
        put(CONFIG, &|file| file.write_all(config.as_bytes()))?;
        Ok(Vec::new())
    }
}

fn tensors(map: &Map, out: &mut dyn Write) -> io::Result<()> {
    for row in map.vectors.iter() {
        for (column, value) in row.iter().enumerate() {
            write!(out, "{}{value}", if column == 0 { "" } else { "\t" })?;
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn metadata(map: &Map, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"label\tpath\tstart\tend\ttext\n")?;
    for point in &map.points {
        let (start, end) = map.times(point);
        let label = cell(map.label(point).unwrap_or_default());
        let (path, text) = (cell(&map.file(point).path), cell(point.text.as_deref().unwrap_or_default()));
        writeln!(out, "{label}\t{path}\t{start}\t{end}\t{text}")?;
    }
    Ok(())
}

/// The format has no way to write a tab or an end of line, nor what Python takes for one.
fn cell(text: &str) -> String {
    let ends = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
    text.chars().map(|letter| if ends(letter) { ' ' } else { letter }).collect()
}
