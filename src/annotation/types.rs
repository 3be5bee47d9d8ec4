//! What is heard from when to when.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use jiff::Timestamp;

use super::InvalidAnnotation;

/// Who said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Origin {
    /// It came with a file of another tool.
    #[default]
    Imported,
    /// A person said so in this program.
    User,
    /// A search found it.
    Model,
}

impl Origin {
    /// As files spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::User => "user",
            Self::Model => "model",
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Origin {
    type Err = InvalidAnnotation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Imported, Self::User, Self::Model];
        let known = all.into_iter().find(|origin| origin.name() == text);
        known.ok_or_else(|| InvalidAnnotation::Origin { value: text.to_owned() })
    }
}

/// What is known of the recording that annotations belong to.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The file.
    pub path: PathBuf,
    /// Its length in seconds, where it is known.
    pub seconds: Option<f64>,
}

/// What is heard from when to when in a recording.
///
/// The label is one line and says something: line breaks and other control characters become spaces, space at its ends is dropped. So every
/// format holds every label.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    path: PathBuf,
    start: f64,
    end: f64,
    label: String,
    tier: Option<String>,
    score: Option<f32>,
    confidence: Option<f32>,
    channel: Option<u16>,
    origin: Origin,
    created: Option<Timestamp>,
}

impl Annotation {
    /// `label` is heard in the recording `path` from `start` to `end`, in seconds; where these are the same it is a point in time.
    ///
    /// # Errors
    /// Where a time is not a number or negative, the end lies before the start, or the label says nothing.
    pub fn new(path: impl Into<PathBuf>, start: f64, end: f64, label: &str) -> Result<Self, InvalidAnnotation> {
        // The second comparison is false for what is no number, too.
        if !(start.is_finite() && end.is_finite() && start >= 0.0 && start <= end) {
            return Err(InvalidAnnotation::Times { start, end });
        }
        let label = one_line(label);
        if label.is_empty() {
            return Err(InvalidAnnotation::NoLabel);
        }
        Ok(Self {
            path: path.into(),
            // Minus zero is zero.
            start: start + 0.0,
            end: end + 0.0,
            label,
            tier: None,
            score: None,
            confidence: None,
            channel: None,
            origin: Origin::default(),
            created: None,
        })
    }

    /// The group of labels it belongs to: a tier of Praat and ELAN, the query of a hit. None where the name says nothing.
    #[must_use]
    pub fn with_tier(self, tier: &str) -> Self {
        let tier = one_line(tier);
        Self { tier: (!tier.is_empty()).then_some(tier), ..self }
    }

    /// How alike it is to what was asked for.
    ///
    /// # Errors
    /// Where it is not a number.
    pub fn with_score(self, score: f32) -> Result<Self, InvalidAnnotation> {
        if !score.is_finite() {
            return Err(InvalidAnnotation::Score { value: score });
        }
        Ok(Self { score: Some(score), ..self })
    }

    /// The probability that it is right.
    ///
    /// # Errors
    /// Where it is not between 0 and 1.
    pub fn with_confidence(self, confidence: f32) -> Result<Self, InvalidAnnotation> {
        if !(0.0..=1.0).contains(&confidence) {
            return Err(InvalidAnnotation::Confidence { value: confidence });
        }
        Ok(Self { confidence: Some(confidence), ..self })
    }

    /// The channel it is heard in.
    ///
    /// # Errors
    /// Channels are counted from 1.
    pub fn with_channel(self, channel: u16) -> Result<Self, InvalidAnnotation> {
        if channel == 0 {
            return Err(InvalidAnnotation::Channel);
        }
        Ok(Self { channel: Some(channel), ..self })
    }

    /// Who said so.
    #[must_use]
    pub fn with_origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// When it was said.
    #[must_use]
    pub fn with_created(self, created: Timestamp) -> Self {
        Self { created: Some(created), ..self }
    }

    /// The same in another recording.
    #[must_use]
    pub fn with_path(self, path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), ..self }
    }

    /// The recording.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Seconds into the recording.
    pub fn start(&self) -> f64 {
        self.start
    }

    /// Seconds into the recording, no less than the start.
    pub fn end(&self) -> f64 {
        self.end
    }

    /// What is heard: one line, not empty.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The group of labels it belongs to.
    pub fn tier(&self) -> Option<&str> {
        self.tier.as_deref()
    }

    /// How alike it is to what was asked for, 1 for the very same.
    pub fn score(&self) -> Option<f32> {
        self.score
    }

    /// The probability that it is right, 0 to 1.
    pub fn confidence(&self) -> Option<f32> {
        self.confidence
    }

    /// The channel it is heard in, counted from 1; none where it is the mix of all.
    pub fn channel(&self) -> Option<u16> {
        self.channel
    }

    /// Who said so.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// When it was said.
    pub fn created(&self) -> Option<Timestamp> {
        self.created
    }
}

/// Text as one line that every format can hold: what ends a line in any of them, and what XML forbids, becomes a space.
pub(super) fn one_line(text: &str) -> String {
    let breaks =
        |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' | '\u{feff}');
    let flat: String = text.chars().map(|c| if breaks(c) { ' ' } else { c }).collect();
    flat.trim().to_owned()
}
