//! Calibration: from the evidence for a hit to the probability that it is what was searched for.
//!
//! Logistic regression. The form is here; features, weights and limits are data: a small JSON file that ships with the model, or
//! `calibration.json` in the folder of a store, which `audiosearch eval calibrate` writes.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, Feature};

/// Its name in the folder of a store.
pub const CALIBRATION_FILE: &str = "calibration.json";
const FORMAT: u32 = 1;
/// The ones that are built in, each for one acoustic encoder; the first one is for any other too.
const BUILT_IN: [(&str, &str); 2] = [
    ("the built-in calibration", include_str!("weights/calibration.json")),
    ("the built-in calibration of the recurrent network", include_str!("weights/calibration-recurrent.json")),
];

/// Why a calibration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CalibrationError {
    /// The system refused.
    #[error("{}: {cause}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// It is no calibration.
    #[error("{}: is no calibration: {cause}; `audiosearch eval calibrate` writes one", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        cause: serde_json::Error,
    },
    /// It is of another version of the format.
    #[error("{}: is a calibration of format {found}, not {FORMAT}; `audiosearch eval calibrate` writes one", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// It was fitted for other acoustic frames.
    #[error("{}: was fitted for another acoustic model; run `audiosearch eval calibrate` again, or remove it", path.display())]
    Model {
        /// The file.
        path: PathBuf,
    },
}

/// The fitted numbers of search: confidence by kind of query, and the weights of the score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    format: u32,
    /// What it was fitted on, for people.
    pub note: String,
    /// The acoustic encoder that it was fitted for, in hexadecimal; any where that is not said.
    pub acoustic: Option<String>,
    /// By kind of query.
    pub models: Models,
    /// Weights of the score.
    pub scoring: Scoring,
}

/// A logistic regression for each kind of query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Models {
    /// A clip: that a hit says the same words.
    pub clip: Logistic,
    /// A clip: that a hit is the very same sound, words or not.
    pub same_sound: Logistic,
    /// Several clips together.
    pub examples: Logistic,
    /// Written words.
    pub text: Logistic,
    /// Any query that was compared by one vector alone.
    pub span: Logistic,
}

/// Log odds as a weighted sum of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logistic {
    /// Log odds where all factors are 0.
    pub offset: f32,
    /// Segments of the store that it was fitted on: log odds fall with the logarithm of how much larger another is, since the more there
    /// is, the more sounds like anything by chance. Without it size does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segments: Option<f32>,
    /// What must be there for any probability at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<Need>,
    /// The sum.
    pub factors: Vec<Factor>,
}

/// A least amount of something.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Of what.
    pub evidence: Feature,
    /// How much.
    pub least: f32,
}

/// A piece of evidence and its weight.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// Which.
    pub evidence: Feature,
    /// Log odds for each unit of it.
    pub weight: f32,
    /// Only what exceeds this counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<f32>,
    /// More than this counts as this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f32>,
}

/// Weights of the score, measured on the development sets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scoring {
    /// Share of the alignment; the rest is the cosine of the span.
    pub alignment: f32,
    /// Of written words: how like the expected frames the frames are.
    #[serde(default)]
    pub frame_likeness: f32,
    /// Of written words: how like the expected phones the frames are.
    pub phone_likeness: f32,
    /// Of written words: how well the phones account for every frame.
    pub phone_account: f32,
    /// Of written words: the cosine of the span.
    pub phone_cosine: f32,
    /// Weight of what a hit must not be like.
    pub unlike: f32,
    /// Cosine from which two frames of silence are the same silence.
    pub same_silence: f32,
}

impl Factor {
    /// What its weight multiplies.
    pub fn input(&self, evidence: &Evidence) -> f32 {
        let value = evidence.get(self.evidence);
        let value = self.at_most.map_or(value, |most| value.min(most));
        self.above.map_or(value, |least| (value - least).max(0.0))
    }
}

impl Scoring {
    /// The score of an alignment with this likeness where a span with this cosine lies, 1 at most.
    pub fn of_alignment(&self, likeness: f32, cosine: f32) -> f32 {
        // The stored bytes are rounded: the very same sound may come out a little above 1.
        (self.alignment * likeness + (1.0 - self.alignment) * cosine).min(1.0)
    }

    /// The same of a written query, with its likeness by frames and by phones.
    pub fn of_phones(&self, (by_frames, by_phones): (f32, f32), account: f32, cosine: f32) -> f32 {
        (self.frame_likeness * by_frames
            + self.phone_likeness * by_phones
            + self.phone_account * account
            + self.phone_cosine * cosine)
            .min(1.0)
    }
}

impl Logistic {
    /// Log odds in a store of so many segments.
    pub fn log_odds(&self, evidence: &Evidence, segments: usize) -> f32 {
        if self.needs.is_some_and(|need| evidence.get(need.evidence) < need.least) {
            return f32::NEG_INFINITY;
        }
        let size = self.segments.map_or(0.0, |fitted| (segments.max(1) as f32 / fitted.max(1.0)).ln());
        let sum: f32 = self.factors.iter().map(|factor| factor.weight * factor.input(evidence)).sum();
        self.offset + sum - size
    }
}

impl Calibration {
    /// The usual one that is built into the program.
    ///
    /// # Errors
    /// Where the built-in file is damaged, which a test rules out.
    pub fn shipped() -> Result<Self, CalibrationError> {
        let (name, text) = BUILT_IN[0];
        Self::parse(text, Path::new(name))
    }

    /// The one that is built in for this acoustic encoder, else the usual one.
    ///
    /// # Errors
    /// As of [`shipped`](Self::shipped).
    pub fn shipped_for(encoder: u64) -> Result<Self, CalibrationError> {
        for (name, text) in &BUILT_IN[1..] {
            let calibration = Self::parse(text, Path::new(name))?;
            if calibration.acoustic == Some(named(encoder)) {
                return Ok(calibration);
            }
        }
        Self::shipped()
    }

    /// From a file.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn load(path: &Path) -> Result<Self, CalibrationError> {
        let text = fs::read_to_string(path).map_err(|cause| CalibrationError::Io { path: path.to_owned(), cause })?;
        Self::parse(&text, path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, CalibrationError> {
        /// What every version says.
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let malformed = |cause| CalibrationError::Malformed { path: path.to_owned(), cause };
        let Version { format } = serde_json::from_str(text).map_err(malformed)?;
        if format != FORMAT {
            return Err(CalibrationError::Format { path: path.to_owned(), found: format });
        }
        serde_json::from_str(text).map_err(malformed)
    }

    /// Of a store: the file in its folder, else the one that is built in. `encoder`: the identity of the acoustic encoder in use.
    ///
    /// # Errors
    /// Where there is a file in the folder that is of no use.
    pub fn of_store(store: &Path, encoder: u64) -> Result<Self, CalibrationError> {
        let path = store.join(CALIBRATION_FILE);
        if !path.is_file() {
            return Self::shipped_for(encoder);
        }
        let calibration = Self::load(&path)?;
        match &calibration.acoustic {
            Some(own) if *own != named(encoder) => Err(CalibrationError::Model { path }),
            _ => Ok(calibration),
        }
    }

    /// Writes it, whole or not at all. `encoder`: the identity of the acoustic encoder that it was fitted for.
    ///
    /// # Errors
    /// Names the file.
    pub fn save(&self, path: &Path, encoder: u64) -> Result<(), CalibrationError> {
        let io = |cause| CalibrationError::Io { path: path.to_owned(), cause };
        let fitted = Self { acoustic: Some(named(encoder)), ..self.clone() };
        let mut text = serde_json::to_string_pretty(&fitted).map_err(|cause| io(cause.into()))?;
        text.push('\n');
        let part = path.with_extension("part");
        fs::write(&part, text).and_then(|()| fs::rename(&part, path)).map_err(io)
    }
}

/// An acoustic encoder as a calibration names it.
fn named(encoder: u64) -> String {
    format!("{encoder:016x}")
}

/// The probability of log odds.
pub fn probability(log_odds: f32) -> f32 {
    1.0 / (1.0 + (-log_odds).exp())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::acoustic::{AcousticEncoder, CONVOLUTIONAL_NAME, RECURRENT_NAME};

    #[test]
    fn what_is_written_is_read_again_and_is_of_one_acoustic_model() {
        let dir = tempfile::tempdir().unwrap();
        let shipped = Calibration::shipped().unwrap();
        assert_eq!(Calibration::of_store(dir.path(), 7).unwrap(), shipped);
        let mut own = shipped.clone();
        own.models.text.offset = -3.25;
        own.save(&dir.path().join(CALIBRATION_FILE), 7).unwrap();
        assert_eq!(Calibration::of_store(dir.path(), 7).unwrap().models, own.models);
        assert!(matches!(Calibration::of_store(dir.path(), 8), Err(CalibrationError::Model { .. })));
    }

    #[test]
    fn each_built_in_network_has_a_calibration_of_its_own() {
        for name in [CONVOLUTIONAL_NAME, RECURRENT_NAME] {
            let id = AcousticEncoder::load(Path::new(name)).unwrap().id();
            assert_eq!(Calibration::shipped_for(id).unwrap().acoustic, Some(named(id)), "{name}");
        }
        assert_eq!(Calibration::shipped_for(7).unwrap(), Calibration::shipped().unwrap());
    }

    #[test]
    fn what_is_no_calibration_is_refused_by_name() {
        let refused = |text: &str| Calibration::parse(text, Path::new("c.json")).unwrap_err().to_string();
        assert!(refused("{").contains("c.json"));
        assert!(refused(&BUILT_IN[0].1.replace("\"format\": 1", "\"format\": 9")).contains("format 9"));
        assert!(refused(&BUILT_IN[0].1.replace("\"span_z\"", "\"luck\"")).contains("luck"));
    }

    #[test]
    fn limits_of_a_factor_hold_and_larger_stores_need_more() {
        let factor = Factor { evidence: Feature::Z, weight: 2.0, above: Some(1.0), at_most: Some(3.0) };
        let at = |z| factor.input(&Evidence::default().with(Feature::Z, z));
        assert_eq!((at(0.5), at(2.0), at(9.0)), (0.0, 1.0, 2.0));
        let need = Need { evidence: Feature::Sounding, least: 4.0 };
        let logistic = Logistic { offset: 0.0, segments: Some(100.0), needs: Some(need), factors: vec![factor] };
        let sounding = Evidence::default().with(Feature::Sounding, 5.0);
        assert!(logistic.log_odds(&sounding, 100) > logistic.log_odds(&sounding, 1_000));
        assert_eq!(probability(logistic.log_odds(&Evidence::default(), 100)), 0.0);
    }
}
