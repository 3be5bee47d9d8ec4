//! The whole state of a run on disk: weights, their running mean, the optimiser's moments, and where it stood.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tch::Device;

use super::super::checkpoint::{self, Precision};
use super::super::error::EncoderError;
use super::super::parameters::Parameters;
use super::super::tensors;
use super::error::TrainError;
use super::optimiser::AdamW;

/// Where a run stands between two epochs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TrainingState {
    /// Digest of settings and data.
    pub run: String,
    pub step: u64,
    pub seconds: f64,
    pub best: Option<f64>,
    pub best_step: u64,
    pub epochs_without_better: u32,
}

/// The tensors of a run.
#[derive(Debug)]
pub(crate) struct Weights {
    pub now: Parameters,
    pub mean: Parameters,
    pub optimiser: AdamW,
}

/// The file beside `out` with this ending added.
pub(crate) fn beside(out: &Path, ending: &str) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_os_string();
    name.push(ending);
    out.with_file_name(name)
}

impl Weights {
    fn groups(&self) -> [(&'static str, &Parameters); 4] {
        [
            ("now.", &self.now),
            ("mean.", &self.mean),
            ("first.", &self.optimiser.first),
            ("second.", &self.optimiser.second),
        ]
    }

    /// Writes everything, whole or not at all.
    pub fn save(
        &self,
        out: &Path,
        kind: &str,
        network: &impl Serialize,
        state: &TrainingState,
    ) -> Result<(), TrainError> {
        let path = beside(out, ".state");
        let note = serde_json::to_string(state).map_err(|e| TrainError::Config(e.to_string()))?;
        let groups = self.groups();
        let tensors = groups
            .iter()
            .flat_map(|(prefix, group)| group.iter().map(move |(slot, t)| (format!("{prefix}{}", slot.name), t)));
        tensors::write_tensors(&path, network, &note, kind, tensors, Precision::F32)?;
        Ok(())
    }

    /// Reads the state of run `run` into the tensors that are here; none where there is no state.
    pub fn resume<C: DeserializeOwned + PartialEq>(
        &self,
        out: &Path,
        kind: &str,
        network: &C,
        run: &str,
        device: Device,
    ) -> Result<Option<TrainingState>, TrainError> {
        let path = beside(out, ".state");
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(TrainError::Io { path, source }),
        };
        let name = path.display().to_string();
        let header: checkpoint::Header<C> = checkpoint::header(&bytes, &name, kind)?;
        let state: TrainingState = serde_json::from_str(&header.note)
            .map_err(|e| EncoderError::Foreign { model: name.clone(), cause: e.to_string() })?;
        if state.run != run || header.config != *network {
            return Err(TrainError::OtherRun { path });
        }
        let file = checkpoint::open(&bytes, &name)?;
        for (prefix, group) in self.groups() {
            for (slot, _) in group.iter() {
                let tensor = tensors::tensor(&file, &name, prefix, slot)?.f_to_device(device)?;
                group.assign(&slot.name, &tensor)?;
            }
        }
        Ok(Some(state))
    }
}
