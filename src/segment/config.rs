//! Settings of the segmenters.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::activity::{Activity, LAG};
use super::auto::Auto;
use super::pauses::{Limits, Pauses};
use super::whole::WholeClip;
use super::windows::{Window, Windows};
use super::{SHIFT, Segmenter};
use crate::audio::SAMPLE_RATE;

/// How recordings are cut into spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SegmentMode {
    /// Short recordings (up to 1.2 s) whole, longer ones in windows
    #[default]
    Auto,
    /// Windows of several lengths, one hop after the other
    Windows,
    /// The sound between pauses
    Pauses,
    /// The whole recording as one span
    Whole,
}

impl fmt::Display for SegmentMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Windows => "windows",
            Self::Pauses => "pauses",
            Self::Whole => "whole",
        })
    }
}

/// Windows of one length.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WindowConfig {
    /// In seconds.
    pub length: f32,
    /// From one window to the next, as a share of the length.
    pub hop: f32,
}

/// Settings of all modes. Durations are rounded to whole frame shifts (10 ms).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SegmentConfig {
    /// The lengths of the windows: those of a syllable or short word up to those of a phrase.
    pub windows: Vec<WindowConfig>,
    /// Share of a window's frames that must be sound.
    pub min_active: f32,
    /// What is silence in any recording, in dB re full scale.
    pub floor_db: f32,
    /// The longest pause that does not end a stretch, in seconds.
    pub hangover: f32,
    /// The least sound in a stretch, in seconds.
    pub shortest_stretch: f32,
    /// The longest stretch, in seconds; longer ones are split where they are quietest.
    pub longest_stretch: f32,
    /// Recordings up to this long are taken whole by `auto`, in seconds.
    pub short_recording: f32,
}

impl Default for SegmentConfig {
    fn default() -> Self {
        let window = |length, hop| WindowConfig { length, hop };
        Self {
            // Hops of 0.34 s: 6 windows a second of sound. More of them, or more lengths, gain nothing that the second look at the
            // best places does not gain anyway, and cost room: 1.7 kB a window.
            windows: vec![window(0.4, 0.85), window(0.8, 0.425)],
            min_active: 0.15,
            floor_db: -70.0,
            hangover: 0.2,
            shortest_stretch: 0.05,
            longest_stretch: 5.0,
            short_recording: 1.2,
        }
    }
}

/// The parts of the settings that a mode uses, as one line; equal lines give equal spans.
impl fmt::Display for SegmentConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("1 windows")?;
        for window in &self.windows {
            write!(f, " {}*{}", window.length, window.hop)?;
        }
        write!(f, " active {} floor {} hangover {}", self.min_active, self.floor_db, self.hangover)?;
        write!(f, " stretch {}-{} short {}", self.shortest_stretch, self.longest_stretch, self.short_recording)
    }
}

impl SegmentConfig {
    /// The mode and the settings as one line, kept with what was segmented: another line means other spans.
    pub fn describe(&self, mode: SegmentMode) -> String {
        format!("{mode} {self}")
    }

    /// A segmenter for one recording of `duration` seconds, if that is known, and its reach: no span is handed out later
    /// than so many samples after its start, so that a caller needs to remember no more than that.
    pub fn segmenter(&self, mode: SegmentMode, duration: Option<f64>) -> (Box<dyn Segmenter + Send>, u64) {
        let lag = (LAG + 4) * SHIFT;
        let whole = WholeClip::new(self.floor_db);
        let short = frames(self.short_recording) * SHIFT;
        let known_long = duration.is_some_and(|seconds| seconds * f64::from(SAMPLE_RATE) > (short + SHIFT) as f64);
        match mode {
            SegmentMode::Whole => (Box::new(whole), u64::MAX),
            SegmentMode::Windows => (Box::new(self.cut_windows()), self.longest_window() + lag),
            SegmentMode::Auto if known_long => (Box::new(self.cut_windows()), self.longest_window() + lag),
            SegmentMode::Auto => {
                let reach = self.longest_window().max(short) + lag;
                (Box::new(Auto::new(short, whole, self.cut_windows())), reach)
            }
            SegmentMode::Pauses => {
                let limits = Limits {
                    hangover: frames(self.hangover),
                    shortest: frames(self.shortest_stretch),
                    longest: frames(self.longest_stretch).max(2),
                };
                let pauses = Pauses::new(limits, Activity::new(self.floor_db));
                (Box::new(pauses), (limits.longest + limits.hangover) * SHIFT + lag)
            }
        }
    }

    fn cut_windows(&self) -> Windows {
        let windows = self.windows.iter().map(|window| Window {
            length: frames(window.length).max(3) * SHIFT,
            hop: frames(window.length * window.hop).max(1) * SHIFT,
        });
        Windows::new(windows.collect(), self.min_active, Activity::new(self.floor_db))
    }

    /// In samples.
    fn longest_window(&self) -> u64 {
        self.windows.iter().map(|window| frames(window.length).max(3) * SHIFT).max().unwrap_or(0)
    }
}

/// Seconds in frame shifts.
fn frames(seconds: f32) -> u64 {
    // The cast saturates: a duration that is negative or not a number counts as none.
    (f64::from(seconds) * f64::from(SAMPLE_RATE) / SHIFT as f64 + 1e-3).round() as u64
}
