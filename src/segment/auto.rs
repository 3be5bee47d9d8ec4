//! Choosing by duration.

use super::whole::WholeClip;
use super::windows::Windows;
use super::{LENGTH, SHIFT, Segmenter, Span};

/// A short recording, such as a single word, is one span; a longer one is cut into windows.
///
/// A word cut out by hand is best compared as the whole that it is, and windows of it would only be its fragments; in
/// anything longer the words are somewhere inside.
#[derive(Debug)]
pub(super) struct Auto {
    short: u64,
    /// Energies of a recording that may still be a short one; none once it is known to be longer.
    begun: Option<Vec<f32>>,
    whole: WholeClip,
    windows: Windows,
}

impl Auto {
    /// Recordings of at most `short` samples are taken whole.
    pub fn new(short: u64, whole: WholeClip, windows: Windows) -> Self {
        Self { short, begun: Some(Vec::new()), whole, windows }
    }
}

impl Segmenter for Auto {
    fn push(&mut self, energy_db: &[f32], out: &mut Vec<Span>) {
        let Some(begun) = &mut self.begun else { return self.windows.push(energy_db, out) };
        begun.extend_from_slice(energy_db);
        let frames = begun.len() as u64;
        if frames > 0 && (frames - 1) * SHIFT + LENGTH > self.short {
            self.windows.push(begun, out);
            self.begun = None;
        }
    }

    fn finish(&mut self, samples: u64, out: &mut Vec<Span>) {
        match self.begun.take() {
            Some(begun) if samples <= self.short => {
                self.whole.push(&begun, out);
                self.whole.finish(samples, out);
            }
            begun => {
                self.windows.push(&begun.unwrap_or_default(), out);
                self.windows.finish(samples, out);
            }
        }
    }
}
