//! A model's tensors in LibTorch, and their way from a file and into one.

use std::fs;
use std::path::Path;

use audiosearch_index::Fingerprint;
use safetensors::SafeTensors;
use serde::Serialize;
use tch::{Device, Kind, Tensor};

use super::checkpoint::{Header, KIND, Precision, checked, fault, header, of_sounds, open};
use super::config::EncoderConfig;
use super::error::EncoderError;
use super::layout::{Slot, layout};
use super::parameters::Parameters;
use super::save::save;

/// A model at rest.
#[derive(Debug)]
pub struct Checkpoint {
    /// The network's shape.
    pub config: EncoderConfig,
    /// A line on how it was trained.
    pub note: String,
    pub(crate) parameters: Parameters,
}

impl Checkpoint {
    /// Reads a model file.
    pub fn read(path: &Path) -> Result<(Checkpoint, Fingerprint), EncoderError> {
        let bytes = fs::read(path).map_err(|source| EncoderError::Io { path: path.into(), source })?;
        Checkpoint::parse(&bytes, &path.display().to_string())
    }

    /// Reads a model from memory; `model` names it in errors. Tensors lie on the CPU as float32.
    pub fn parse(bytes: &[u8], model: &str) -> Result<(Checkpoint, Fingerprint), EncoderError> {
        let file = open(bytes, model)?;
        let header: Header<EncoderConfig> = header(bytes, model, KIND)?;
        header.config.check().map_err(|cause| EncoderError::Config { model: model.into(), cause })?;
        let parameters = parameters(&file, model, layout(&header.config))?;
        let fingerprint = of_sounds(&header.config, &file);
        Ok((Checkpoint { config: header.config, note: header.note, parameters }, fingerprint))
    }

    /// Writes the model, whole or not at all.
    pub fn write(&self, path: &Path, precision: Precision) -> Result<(), EncoderError> {
        let tensors = self.parameters.iter().map(|(slot, tensor)| (slot.name.clone(), tensor));
        write_tensors(path, &self.config, &self.note, KIND, tensors, precision)
    }
}

/// The tensors of a layout, all of them and no other.
pub(crate) fn parameters(file: &SafeTensors<'_>, model: &str, layout: Vec<Slot>) -> Result<Parameters, EncoderError> {
    let parameters = Parameters::from_slots(layout, |slot| tensor(file, model, "", slot))?;
    let expected: Vec<&str> = parameters.iter().map(|(slot, _)| slot.name.as_str()).collect();
    match file.names().iter().find(|name| !expected.contains(name)) {
        Some(extra) => Err(fault(model, extra, "is not part of the network")),
        None => Ok(parameters),
    }
}

/// The tensor `prefix` + slot name, checked for shape and finite values.
pub(crate) fn tensor(file: &SafeTensors<'_>, model: &str, prefix: &str, slot: &Slot) -> Result<Tensor, EncoderError> {
    Ok(Tensor::f_from_slice(&checked(file, model, prefix, slot)?)?.f_reshape(&slot.shape)?)
}

/// Values of a tensor on any device, row-major.
pub(crate) fn values(tensor: &Tensor) -> Result<Vec<f32>, EncoderError> {
    let flat = tensor.f_detach()?.f_to_device(Device::Cpu)?.f_to_kind(Kind::Float)?.f_contiguous()?;
    let mut out = vec![0f32; flat.numel()];
    let count = out.len();
    flat.f_copy_data(&mut out, count)?;
    Ok(out)
}

/// Writes named tensors with the configuration, the file whole or not at all.
pub(crate) fn write_tensors<'a>(
    path: &Path,
    config: &impl Serialize,
    note: &str,
    kind: &str,
    tensors: impl Iterator<Item = (String, &'a Tensor)>,
    precision: Precision,
) -> Result<(), EncoderError> {
    let named = tensors.map(|(name, tensor)| {
        let shape = tensor.size().iter().map(|&n| n as usize).collect();
        Ok((name, shape, values(tensor)?))
    });
    save(path, config, note, kind, named.collect::<Result<_, EncoderError>>()?, precision)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::encoder::checkpoint::Plain;
    use crate::encoder::testing::{small_checkpoint, small_config};

    #[test]
    fn comes_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.safetensors");
        let original = small_checkpoint(&small_config(), 1);
        original.write(&path, Precision::F32).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing half-written stays");
        let (checkpoint, fingerprint) = Checkpoint::read(&path).unwrap();
        assert_eq!(checkpoint.config, small_config());
        for ((slot, read), (_, written)) in checkpoint.parameters.iter().zip(original.parameters.iter()) {
            assert_eq!(values(read).unwrap(), values(written).unwrap(), "{}", slot.name);
        }
        assert_eq!(fingerprint, Plain::parse(&fs::read(&path).unwrap(), "m").unwrap().fingerprint);
    }

    #[test]
    fn what_is_not_of_the_network_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.safetensors");
        small_checkpoint(&small_config(), 1).write(&path, Precision::F32).unwrap();
        let bytes = fs::read(&path).unwrap();
        for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
            let refused = Checkpoint::parse(&bytes[..length], "m").unwrap_err();
            assert!(matches!(refused, EncoderError::Damaged { .. }), "{length}");
        }
        let layers = bytes.windows(12).position(|window| window == b"\\\"layers\\\":2").unwrap();
        let mut fewer = bytes.clone();
        fewer[layers + 11] = b'1';
        assert!(Checkpoint::parse(&fewer, "m").unwrap_err().to_string().contains("not part of the network"));
    }
}
