//! The calibration of a store: what makes a probability of the evidence for a hit.

use std::path::{Path, PathBuf};

use super::{Engine, EngineError};
use crate::{
    audio::SAMPLE_RATE,
    search::{CALIBRATION_FILE, Calibration, SearchError},
};

impl Engine {
    /// The calibration in use: `calibration.json` in the folder of the store, else the one that comes with the model.
    ///
    /// # Errors
    /// Where there are no recordings, or the file is of no use.
    pub fn calibration(&self) -> Result<Calibration, EngineError> {
        Ok(self.audio()?.calibration().map_err(SearchError::from)?.clone())
    }

    /// Where a calibration of this store's own lies.
    pub fn calibration_path(&self) -> PathBuf {
        self.path().join(CALIBRATION_FILE)
    }

    /// Writes a calibration for the acoustic model in use.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn save_calibration(&self, calibration: &Calibration, path: &Path) -> Result<(), EngineError> {
        let encoder = self.acoustic()?.id();
        Ok(calibration.save(path, encoder).map_err(SearchError::from)?)
    }

    /// How many segments of recordings are searched.
    ///
    /// # Errors
    /// Where there are no recordings.
    pub fn segments(&self) -> Result<usize, EngineError> {
        Ok(self.audio()?.segments())
    }

    /// Every recording and its length in seconds, in the order of their paths.
    ///
    /// # Errors
    /// Where there are no recordings.
    pub fn lengths(&self) -> Result<Vec<(PathBuf, f64)>, EngineError> {
        let mut all = self.audio()?.lengths();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(all.into_iter().map(|(path, samples)| (path, samples as f64 / f64::from(SAMPLE_RATE))).collect())
    }
}
