//! Stretches of a recording as they are: at its own rate, with all of its channels.

use std::path::Path;

use super::decoder::Decoded;
use super::{AudioError, ClipStream};

/// A stretch of a recording at its own rate.
#[derive(Debug, Clone, PartialEq)]
pub struct NativeClip {
    /// Frames a second.
    pub rate: u32,
    /// Samples a frame.
    pub channels: u16,
    /// Frame by frame, ±1.
    pub frames: Vec<f32>,
}

/// Reads stretches of a recording, given as start and end in seconds, in one pass; `take` is called with the place of each in `stretches`, in
/// the order in which they end, and stops the reading where it returns false. A stretch that goes on behind the end of the recording ends
/// with it; one that begins there is left out. Where rate or channels change within a stretch, it ends there.
///
/// # Errors
/// Why the recording cannot be opened or read on. What was whole before has been taken.
pub fn read_native(
    path: &Path,
    stretches: &[(f64, f64)],
    take: &mut dyn FnMut(usize, NativeClip) -> bool,
) -> Result<(), AudioError> {
    let mut decoder = ClipStream::open(path)?.into_decoder();
    let mut waiting: Vec<Waiting> =
        stretches.iter().enumerate().map(|(place, &times)| Waiting::new(place, times)).collect();
    let mut frames = Vec::new();
    // Seconds of what came at another rate, and frames since.
    let (mut before, mut passed) = (0.0, 0_u64);
    let mut kind = None;
    while !waiting.is_empty() {
        frames.clear();
        let (rate, channels) = match decoder.decode(&mut frames)? {
            Decoded::Samples { rate, channels } => (rate, channels),
            // What is there of it is wanted all the same; `index` has told that the recording is not whole.
            Decoded::End | Decoded::Truncated | Decoded::Gaps { .. } => break,
        };
        if kind != Some((rate, channels)) {
            if let Some((rate, _)) = kind {
                before += passed as f64 / f64::from(rate);
                if !hand_out(&mut waiting, take, |one| !one.clip.frames.is_empty()) {
                    return Ok(());
                }
            }
            (kind, passed) = (Some((rate, channels)), 0);
        }
        let count = (frames.len() / channels) as u64;
        let frame = |seconds: f64| ((seconds - before).max(0.0) * f64::from(rate)).round() as u64;
        for one in &mut waiting {
            let from = frame(one.start).clamp(passed, passed + count) - passed;
            let until = frame(one.end).clamp(passed, passed + count) - passed;
            if from < until {
                one.clip.rate = rate;
                one.clip.channels = u16::try_from(channels).unwrap_or(u16::MAX);
                one.clip.frames.extend_from_slice(&frames[from as usize * channels..until as usize * channels]);
            }
        }
        passed += count;
        if !hand_out(&mut waiting, take, |one| frame(one.end) <= passed) {
            return Ok(());
        }
    }
    hand_out(&mut waiting, take, |_| true);
    Ok(())
}

struct Waiting {
    place: usize,
    start: f64,
    end: f64,
    clip: NativeClip,
}

impl Waiting {
    fn new(place: usize, (start, end): (f64, f64)) -> Self {
        Self { place, start, end, clip: NativeClip { rate: 0, channels: 0, frames: Vec::new() } }
    }
}

/// Gives away what is ready; empty ones are dropped. False where no more is wanted.
fn hand_out(
    waiting: &mut Vec<Waiting>,
    take: &mut dyn FnMut(usize, NativeClip) -> bool,
    ready: impl Fn(&Waiting) -> bool,
) -> bool {
    if !waiting.iter().any(&ready) {
        return true;
    }
    let (done, rest): (Vec<_>, Vec<_>) = std::mem::take(waiting).into_iter().partition(ready);
    *waiting = rest;
    done.into_iter().filter(|one| !one.clip.frames.is_empty()).all(|one| take(one.place, one.clip))
}
