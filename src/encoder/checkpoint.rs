//! One safetensors file: tensors, and the configuration as JSON in its metadata.

use std::collections::HashMap;

use audiosearch_index::Fingerprint;
use half::{f16, slice::HalfFloatSliceExt as _};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::config::EncoderConfig;
use super::error::EncoderError;
use super::layout::{Slot, layout};

/// The format that this program reads and writes.
pub const FORMAT: u32 = 1;
pub(super) const METADATA_KEY: &str = "audiosearch";

/// How weights are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Precision {
    /// 32 bits.
    F32,
    /// 16 bits: half the size; similarities move in the fourth digit.
    F16,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Header<C> {
    pub(super) format: u32,
    pub(super) kind: String,
    pub config: C,
    #[serde(default)]
    pub note: String,
}

pub(super) const KIND: &str = "speech";

/// The built-in model and its name.
pub(crate) const SHIPPED: (&[u8], &str) = (include_bytes!("weights/speech.safetensors"), "speech");

/// A model as plain numbers, for those who compute without LibTorch.
#[derive(Debug)]
pub(crate) struct Plain {
    pub config: EncoderConfig,
    pub fingerprint: Fingerprint,
    /// Values by name, row-major.
    pub tensors: HashMap<String, Vec<f32>>,
}

impl Plain {
    /// Reads a model from memory, checked for names, shapes and finite values.
    pub fn parse(bytes: &[u8], model: &str) -> Result<Plain, EncoderError> {
        let file = open(bytes, model)?;
        let header: Header<EncoderConfig> = header(bytes, model, KIND)?;
        let config = header.config;
        config.check().map_err(|cause| EncoderError::Config { model: model.into(), cause })?;
        let tensors = plain(&file, model, layout(&config))?;
        let fingerprint = of_sounds(&config, &file);
        Ok(Plain { config, fingerprint, tensors })
    }
}

/// The values of a layout's tensors by name, row-major; all of them and no other.
pub(crate) fn plain(
    file: &SafeTensors<'_>,
    model: &str,
    layout: Vec<Slot>,
) -> Result<HashMap<String, Vec<f32>>, EncoderError> {
    let mut tensors = HashMap::new();
    for slot in layout {
        let values = checked(file, model, "", &slot)?;
        tensors.insert(slot.name, values);
    }
    match file.names().iter().find(|name| !tensors.contains_key(**name)) {
        Some(extra) => Err(fault(model, extra, "is not part of the network")),
        None => Ok(tensors),
    }
}

/// Opens the container alone.
pub(crate) fn open<'a>(bytes: &'a [u8], model: &str) -> Result<SafeTensors<'a>, EncoderError> {
    SafeTensors::deserialize(bytes)
        .map_err(|cause| EncoderError::Damaged { model: model.into(), cause: cause.to_string() })
}

/// The metadata of a file of this kind, its version checked.
pub(crate) fn header<C: DeserializeOwned>(bytes: &[u8], model: &str, kind: &str) -> Result<Header<C>, EncoderError> {
    let foreign = |cause: &str| EncoderError::Foreign { model: model.into(), cause: cause.into() };
    let (_, metadata) = SafeTensors::read_metadata(bytes)
        .map_err(|cause| EncoderError::Damaged { model: model.into(), cause: cause.to_string() })?;
    let json = metadata.metadata().as_ref().and_then(|m| m.get(METADATA_KEY)).cloned();
    let json = json.ok_or_else(|| foreign("its header holds no configuration"))?;
    let loose: serde_json::Value = serde_json::from_str(&json).map_err(|_| foreign("its configuration is not JSON"))?;
    // The version is looked at before the rest, which another version may have changed.
    let found = loose.get("format").and_then(serde_json::Value::as_u64).and_then(|v| u32::try_from(v).ok());
    match found {
        Some(FORMAT) => {}
        Some(found) => return Err(EncoderError::Version { model: model.into(), found, supported: FORMAT }),
        None => return Err(foreign("its configuration names no format")),
    }
    if loose.get("kind").and_then(serde_json::Value::as_str) != Some(kind) {
        return Err(foreign(&format!("its kind is not {kind}")));
    }
    serde_json::from_value(loose).map_err(|cause| foreign(&cause.to_string()))
}

pub(super) fn fault(model: &str, tensor: &str, cause: impl Into<String>) -> EncoderError {
    EncoderError::Tensor { model: model.into(), tensor: tensor.into(), cause: cause.into() }
}

/// Its values, row-major.
pub(crate) fn checked(
    file: &SafeTensors<'_>,
    model: &str,
    prefix: &str,
    slot: &Slot,
) -> Result<Vec<f32>, EncoderError> {
    let name = format!("{prefix}{}", slot.name);
    let view = file.tensor(&name).map_err(|_| fault(model, &name, "is missing"))?;
    let shape: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
    if shape != slot.shape {
        return Err(fault(model, &name, format!("has shape {shape:?}, expected {:?}", slot.shape)));
    }
    let values = floats(&view).ok_or_else(|| fault(model, &name, format!("has type {:?}", view.dtype())))?;
    if values.iter().any(|v| !v.is_finite()) {
        return Err(fault(model, &name, "holds NaN or infinity"));
    }
    Ok(values)
}

fn floats(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let data = view.data();
    match view.dtype() {
        Dtype::F32 => Some(data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()),
        Dtype::F16 => {
            // Many at a time: that is what the processor has an instruction for.
            let halves: Vec<f16> = data.as_chunks::<2>().0.iter().map(|&b| f16::from_le_bytes(b)).collect();
            Some(halves.to_f32_vec())
        }
        _ => None,
    }
}

/// Of what the vectors of sounds depend on: another decoder, or another encoder of written words, spoils no store.
pub(super) fn of_sounds(config: &EncoderConfig, file: &SafeTensors<'_>) -> Fingerprint {
    let config = EncoderConfig { decoder: None, spelling: None, ..config.clone() };
    let beside = |name: &str| name.starts_with("decoder.") || name.contains("spelling");
    fingerprint_of(&config, file, |name| !beside(name))
}

/// blake3 over the configuration and every tensor's name, type, shape and bytes.
pub(crate) fn fingerprint(config: &impl Serialize, file: &SafeTensors<'_>) -> Fingerprint {
    fingerprint_of(config, file, |_| true)
}

fn fingerprint_of(config: &impl Serialize, file: &SafeTensors<'_>, counts: impl Fn(&str) -> bool) -> Fingerprint {
    let mut hasher = blake3::Hasher::new();
    hasher.update(serde_json::to_string(config).unwrap_or_default().as_bytes());
    let mut tensors = file.tensors();
    tensors.retain(|(name, _)| counts(name));
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, view) in tensors {
        hasher.update(format!("\0{name}\0{:?}\0{:?}\0", view.dtype(), view.shape()).as_bytes());
        hasher.update(view.data());
    }
    Fingerprint::new(*hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::encoder::Normalisation;
    use crate::encoder::testing::{small_config, small_file, small_tensors, stored};

    fn refusal(bytes: &[u8]) -> EncoderError {
        Plain::parse(bytes, "m").unwrap_err()
    }

    /// The file with other JSON in its header, of the same length or not.
    fn with_header(bytes: &[u8], change: impl Fn(&str) -> String) -> Vec<u8> {
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        let header = change(std::str::from_utf8(&bytes[8..8 + length]).unwrap());
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &bytes[8 + length..]].concat()
    }

    #[test]
    fn comes_back_as_it_was_written() {
        let bytes = small_file(&small_config(), 1, Precision::F32);
        let model = Plain::parse(&bytes, "m").unwrap();
        assert_eq!(model.config, small_config());
        for (name, _, values) in small_tensors(&small_config(), 1) {
            assert_eq!(model.tensors[&name], values, "{name}");
        }
        assert_eq!(model.fingerprint, Plain::parse(&bytes, "other name").unwrap().fingerprint);
        let halved = Plain::parse(&small_file(&small_config(), 1, Precision::F16), "m").unwrap();
        assert_ne!(model.fingerprint, halved.fingerprint, "other weights, other fingerprint");
    }

    #[test]
    fn the_fingerprint_is_of_what_sounds_become() {
        let config = EncoderConfig { normalisation: Normalisation::Standard, ..small_config() };
        let fingerprint = |changed: Option<&str>| {
            let mut tensors = small_tensors(&config, 1);
            if let Some(name) = changed {
                let (_, _, values) = tensors.iter_mut().find(|(tensor, ..)| tensor == name).unwrap();
                values.iter_mut().for_each(|value| *value += 1.0);
            }
            Plain::parse(&stored(&config, tensors, Precision::F32), "m").unwrap().fingerprint
        };
        let untouched = fingerprint(None);
        for beside in ["decoder.output.bias", "spelling.projection.bias", "normalisation.spelling_mean"] {
            assert_eq!(untouched, fingerprint(Some(beside)), "{beside}");
        }
        for counts in ["input.mean", "projection.bias", "normalisation.mean", "recurrent.1.backward.hidden"] {
            assert_ne!(untouched, fingerprint(Some(counts)), "{counts}");
        }
    }

    #[test]
    fn cut_and_foreign_files_are_refused() {
        let bytes = small_file(&small_config(), 1, Precision::F32);
        for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
            assert!(matches!(refusal(&bytes[..length]), EncoderError::Damaged { .. }), "{length}");
        }
        assert!(matches!(refusal(b"RIFF....WAVEfmt not a model at all"), EncoderError::Damaged { .. }));
        let plain = safetensors::serialize(Vec::<(String, TensorView<'_>)>::new(), None).unwrap();
        assert!(matches!(refusal(&plain), EncoderError::Foreign { .. }));
        let other_kind = with_header(&bytes, |h| h.replace("\\\"speech\\\"", "\\\"sentence\\\""));
        assert!(refusal(&other_kind).to_string().contains("kind is not speech"));
    }

    #[test]
    fn another_version_is_named() {
        let newer = with_header(&small_file(&small_config(), 1, Precision::F32), |h| {
            h.replace("\\\"format\\\":1", "\\\"format\\\":7")
        });
        assert!(matches!(refusal(&newer), EncoderError::Version { found: 7, supported: FORMAT, .. }));
    }

    #[test]
    fn shapes_and_values_must_fit_the_configuration() {
        let bytes = small_file(&small_config(), 1, Precision::F32);
        let wider = with_header(&bytes, |h| h.replace("\\\"width\\\":9", "\\\"width\\\":8"));
        assert!(refusal(&wider).to_string().contains("shape"), "{}", refusal(&wider));
        let endless = with_header(&bytes, |h| h.replace("\\\"layers\\\":2", "\\\"layers\\\":200000"));
        assert!(matches!(refusal(&endless), EncoderError::Config { .. }));
        let fewer = with_header(&bytes, |h| h.replace("\\\"layers\\\":2", "\\\"layers\\\":1"));
        assert!(refusal(&fewer).to_string().contains("not part of the network"));
        let mut spoilt = bytes.clone();
        let end = spoilt.len();
        spoilt[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
        assert!(refusal(&spoilt).to_string().contains("NaN"));
    }
}
