//! What a larger network gave for each recording.

use std::{collections::HashMap, fs, path::Path};

use half::f16;
use safetensors::{Dtype, SafeTensors};

use crate::encoder::{EncoderError, TrainError};

/// Seconds from one target to the next where a file does not say.
const USUAL_HOP: f64 = 0.02;

/// The targets of one recording, `[time, dimension]`.
#[derive(Debug)]
pub(super) struct Target {
    data: Vec<f16>,
    /// Log-mel frames of 10 ms from one to the next.
    hop: f32,
}

/// All targets of a folder, by the paths that its files name.
#[derive(Debug)]
pub(super) struct Targets {
    pub dimension: usize,
    by_path: HashMap<String, Target>,
    /// Makes the mean square of all values 1.
    scale: f32,
}

impl Targets {
    /// Reads every `.safetensors` file of a folder, of which those recordings are kept that `wanted` names.
    ///
    /// # Errors
    /// Where a file cannot be read, is damaged, or its targets are of another dimension than the others.
    pub fn load(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Self, TrainError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| TrainError::Io { path, source }
        };
        let mut files: Vec<_> = fs::read_dir(folder).map_err(io(folder))?.flatten().map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|ending| ending == "safetensors"));
        files.sort();
        let mut targets = Self { dimension: 0, by_path: HashMap::new(), scale: 1.0 };
        for path in &files {
            let bytes = fs::read(path).map_err(io(path))?;
            targets.add(&bytes, &path.display().to_string(), &wanted)?;
        }
        if targets.by_path.is_empty() {
            let cause = "no targets of these recordings in it; its files name them by their paths in the manifest";
            return Err(TrainError::NoData { path: folder.to_owned(), cause: cause.into() });
        }
        let (mut sum, mut count) = (0.0, 0.0);
        for target in targets.by_path.values() {
            for value in target.data.iter().step_by(7) {
                sum += f64::from(value.to_f32()).powi(2);
                count += 1.0;
            }
        }
        targets.scale = (f64::max(count, 1.0) / f64::max(sum, 1e-9)).sqrt() as f32;
        Ok(targets)
    }

    fn add(&mut self, bytes: &[u8], name: &str, wanted: impl Fn(&str) -> bool) -> Result<(), TrainError> {
        let damaged = |cause: String| EncoderError::Damaged { model: name.to_owned(), cause };
        let file = SafeTensors::deserialize(bytes).map_err(|cause| damaged(cause.to_string()))?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|cause| damaged(cause.to_string()))?;
        let hop = header.metadata().as_ref().and_then(|all| all.get("hop")?.parse::<f64>().ok());
        let hop = (hop.filter(|hop| *hop > 0.0).unwrap_or(USUAL_HOP) * 100.0) as f32;
        for (path, view) in file.iter().filter(|(path, _)| wanted(path)) {
            let fault = |cause: String| EncoderError::Tensor { model: name.into(), tensor: path.into(), cause };
            let &[_, dimension] = view.shape() else {
                return Err(fault(format!("has the shape {:?}, expected [time, values]", view.shape())).into());
            };
            if view.dtype() != Dtype::F16 {
                return Err(fault(format!("has type {:?}, expected F16", view.dtype())).into());
            }
            if self.dimension != 0 && self.dimension != dimension {
                let cause = format!("has {dimension} values a row, the others {}", self.dimension);
                return Err(fault(cause).into());
            }
            self.dimension = dimension;
            let data: Vec<f16> = view.data().as_chunks::<2>().0.iter().map(|&pair| f16::from_le_bytes(pair)).collect();
            if data.iter().any(|value| !value.is_finite()) {
                return Err(fault("holds NaN or infinity".into()).into());
            }
            self.by_path.insert(path.to_owned(), Target { data, hop });
        }
        Ok(())
    }

    /// The target of a recording.
    pub fn of(&self, path: &str) -> Option<&Target> {
        self.by_path.get(path)
    }

    /// How many recordings have one.
    pub fn len(&self) -> usize {
        self.by_path.len()
    }

    /// The target at a moment, in frames of 10 ms, between the two nearest; false where there is none.
    pub fn at(&self, target: &Target, frame: f32, out: &mut [f32]) -> bool {
        let rows = target.data.len() / self.dimension.max(1);
        let at = frame / target.hop;
        // What ends a frame's width before the sound does stands for its end.
        if rows == 0 || at < 0.0 || at > rows as f32 {
            return false;
        }
        let low = (at as usize).min(rows - 1);
        let high = (low + 1).min(rows - 1);
        let share = (at - low as f32).clamp(0.0, 1.0);
        let row = |row: usize| &target.data[row * self.dimension..][..self.dimension];
        for ((out, low), high) in out.iter_mut().zip(row(low)).zip(row(high)) {
            let (low, high) = (low.to_f32(), high.to_f32());
            *out = (low + share * (high - low)) * self.scale;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashMap as Map;

    use safetensors::tensor::TensorView;

    use super::*;

    fn write(path: &Path, name: &str, rows: usize, dimension: usize) {
        let bytes: Vec<u8> =
            (0..rows * dimension).flat_map(|at| f16::from_f32((at / dimension) as f32).to_le_bytes()).collect();
        let view = TensorView::new(Dtype::F16, vec![rows, dimension], &bytes).unwrap();
        let about = Map::from([("hop".to_owned(), "0.02".to_owned())]);
        fs::write(path, safetensors::serialize([(name, view)], Some(about)).unwrap()).unwrap();
    }

    #[test]
    fn a_moment_between_two_targets_is_between_them() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("a.safetensors"), "a.wav", 10, 3);
        let targets = Targets::load(folder.path(), |_| true).unwrap();
        let target = targets.of("a.wav").unwrap();
        let mut row = [0.0; 3];
        assert!(targets.at(target, 5.0, &mut row));
        assert!((row[0] / targets.scale - 2.5).abs() < 1e-3, "{row:?}");
        assert!(!targets.at(target, 21.0, &mut row) && targets.at(target, 19.0, &mut row));
    }

    #[test]
    fn targets_that_differ_in_size_are_refused_and_none_at_all_too() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("a.safetensors"), "a.wav", 4, 3);
        write(&folder.path().join("b.safetensors"), "b.wav", 4, 2);
        assert!(Targets::load(folder.path(), |_| true).unwrap_err().to_string().contains("the others 3"));
        assert!(Targets::load(folder.path(), |_| false).unwrap_err().to_string().contains("no targets"));
    }
}
