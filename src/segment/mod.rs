//! Cutting recordings into the spans that are embedded: windows, stretches between pauses, or the whole.
//!
//! All modes work on the energy of 10 ms frames, in one pass and in bounded memory, and leave out what is silent.

mod activity;
mod auto;
mod config;
mod energy;
mod pauses;
mod whole;
mod windows;

pub use audiosearch_index::Span;
pub use config::{SegmentConfig, SegmentMode, WindowConfig};
pub use energy::{SILENCE_DB, energy_db};

use crate::features::{FRAME_LENGTH, FRAME_SHIFT};

/// Frame length in samples.
const LENGTH: u64 = FRAME_LENGTH as u64;

/// Frame shift in samples.
const SHIFT: u64 = FRAME_SHIFT as u64;

/// Finds the spans of one recording while it is read.
///
/// The spans come in the order of their ends, lie within the recording, and do not depend on how the frames were divided
/// into pushes. A recording shorter than one frame has none.
pub trait Segmenter {
    /// Takes the energies of the next frames, in dB re full scale (see [`energy_db`]), and appends the spans that are
    /// certain by now.
    fn push(&mut self, energy_db: &[f32], out: &mut Vec<Span>);

    /// Appends the remaining spans of a recording of so many samples. The segmenter is of no use after that.
    fn finish(&mut self, samples: u64, out: &mut Vec<Span>);
}

/// The span from sample `start` up to sample `end`; longer ones than a span can hold (74 h) are cut off.
fn span(start: u64, end: u64) -> Span {
    Span { start, len: u32::try_from(end.saturating_sub(start)).unwrap_or(u32::MAX) }
}

#[cfg(test)]
mod tests;
