//! Writing a model: one safetensors file, whole or not at all.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use half::f16;
use safetensors::tensor::{Dtype, TensorView};
use serde::Serialize;

use super::checkpoint::{FORMAT, Header, METADATA_KEY, Precision};
use super::error::EncoderError;

/// A tensor to be written: its name, shape and values, row-major.
pub(crate) type Named = (String, Vec<usize>, Vec<f32>);

/// Writes named tensors with the configuration to a temporary neighbour, then renames it to `path`.
pub(crate) fn save(
    path: &Path,
    config: &impl Serialize,
    note: &str,
    kind: &str,
    tensors: Vec<Named>,
    precision: Precision,
) -> Result<(), EncoderError> {
    let io = |path: &Path| {
        let path = path.to_path_buf();
        move |source| EncoderError::Io { path, source }
    };
    let bytes = |values: &[f32]| -> Vec<u8> {
        match precision {
            Precision::F32 => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            Precision::F16 => values.iter().flat_map(|&v| f16::from_f32(v).to_le_bytes()).collect(),
        }
    };
    let stored: Vec<(String, Vec<usize>, Vec<u8>)> =
        tensors.into_iter().map(|(name, shape, values)| (name, shape, bytes(&values))).collect();
    let dtype = match precision {
        Precision::F32 => Dtype::F32,
        Precision::F16 => Dtype::F16,
    };
    let views = stored
        .iter()
        .map(|(name, shape, bytes)| TensorView::new(dtype, shape.clone(), bytes).map(|view| (name.as_str(), view)));
    let damaged = |cause: String| EncoderError::Damaged { model: path.display().to_string(), cause };
    let views = views.collect::<Result<Vec<_>, _>>().map_err(|e| damaged(e.to_string()))?;
    let header = Header { format: FORMAT, kind: kind.into(), config, note: note.into() };
    let json = serde_json::to_string(&header).map_err(|e| damaged(e.to_string()))?;
    let bytes = safetensors::serialize(views, Some(HashMap::from([(METADATA_KEY.to_string(), json)])))
        .map_err(|e| damaged(e.to_string()))?;
    let temporary = neighbour(path);
    let file = fs::File::create(&temporary).map_err(io(&temporary))?;
    let written = std::io::Write::write_all(&mut &file, &bytes).and_then(|()| file.sync_all());
    written.and_then(|()| fs::rename(&temporary, path)).map_err(|source| {
        // What failed half-way must not be taken for a model; that the removal may fail too changes nothing.
        let _ = fs::remove_file(&temporary);
        EncoderError::Io { path: path.into(), source }
    })
}

fn neighbour(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".part");
    path.with_file_name(name)
}
