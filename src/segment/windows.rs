//! Windows of fixed lengths.

use std::collections::VecDeque;

use super::activity::Activity;
use super::{LENGTH, SHIFT, Segmenter, Span, span};

/// One length of windows, in samples; both are whole numbers of frame shifts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub length: u64,
    pub hop: u64,
}

/// Windows of several lengths, each kind one hop after the other; those that hold (almost) nothing but silence are left out.
///
/// A last window of each length ends with the recording. A recording shorter than the shortest window is one span.
#[derive(Debug)]
pub(super) struct Windows {
    /// The longest first, each with the start of its next window.
    kinds: Vec<(Window, u64)>,
    /// Share of a window's frames that must be sound.
    min_active: f32,
    activity: Activity,
    counts: Counts,
}

impl Windows {
    pub fn new(mut windows: Vec<Window>, min_active: f32, activity: Activity) -> Self {
        windows.sort_by_key(|window| std::cmp::Reverse(window.length));
        let longest = windows.first().map_or(0, |window| window.length);
        let kinds = windows.into_iter().map(|window| (window, 0)).collect();
        Self { kinds, min_active, activity, counts: Counts::new(longest / SHIFT + 1) }
    }

    /// The windows that end by sample `end`, a multiple of the frame shift.
    fn take_until(kinds: &mut [(Window, u64)], counts: &Counts, min_active: f32, end: u64, out: &mut Vec<Span>) {
        for (window, start) in kinds {
            while *start + window.length <= end {
                if counts.is_sound(*start, *start + window.length, min_active) {
                    out.push(span(*start, *start + window.length));
                }
                *start += window.hop;
            }
        }
    }
}

impl Segmenter for Windows {
    fn push(&mut self, energy_db: &[f32], out: &mut Vec<Span>) {
        let Self { kinds, min_active, activity, counts } = self;
        activity.push(energy_db, |frame| {
            counts.push(frame.active);
            // So many samples there are for certain, counted in whole shifts: the newest frame reaches beyond them.
            Self::take_until(kinds, counts, *min_active, (counts.frames() + 1) * SHIFT, out);
        });
    }

    fn finish(&mut self, samples: u64, out: &mut Vec<Span>) {
        let Self { kinds, min_active, activity, counts } = self;
        activity.finish(|frame| {
            counts.push(frame.active);
            Self::take_until(kinds, counts, *min_active, samples.min((counts.frames() + 1) * SHIFT), out);
        });
        let mut last = Vec::new();
        Self::take_until(kinds, counts, *min_active, samples, &mut last);
        for (window, next) in kinds.iter() {
            let covered = if *next == 0 { 0 } else { *next - window.hop + window.length };
            if samples >= window.length && covered < samples {
                let start = (samples - window.length) / SHIFT * SHIFT;
                if counts.is_sound(start, samples, *min_active) {
                    last.push(span(start, samples));
                }
            }
        }
        let shortest = kinds.last().map_or(u64::MAX, |(window, _)| window.length);
        if samples < shortest && samples >= LENGTH && counts.is_sound(0, samples, *min_active) {
            last.push(span(0, samples));
        }
        last.sort_by_key(|span| (span.end(), span.start));
        out.extend(last);
    }
}

/// For each of the last frames, how many frames before it were sound.
#[derive(Debug)]
struct Counts {
    before: VecDeque<u64>,
    /// The number of the frame that `before` begins with.
    first: u64,
    kept: u64,
}

impl Counts {
    /// Remembers at least so many frames.
    fn new(kept: u64) -> Self {
        Self { before: VecDeque::from([0]), first: 0, kept }
    }

    fn frames(&self) -> u64 {
        self.first + self.before.len() as u64 - 1
    }

    fn push(&mut self, active: bool) {
        let total = self.before.back().copied().unwrap_or_default() + u64::from(active);
        self.before.push_back(total);
        if self.before.len() as u64 > self.kept + 2 {
            self.before.pop_front();
            self.first += 1;
        }
    }

    /// Sound frames before frame `frame`.
    fn before(&self, frame: u64) -> u64 {
        let at = frame.saturating_sub(self.first) as usize;
        self.before.get(at).or(self.before.back()).copied().unwrap_or_default()
    }

    /// Whether enough of the frames wholly between two samples are sound.
    fn is_sound(&self, start: u64, end: u64, min_active: f32) -> bool {
        let first = start.div_ceil(SHIFT);
        let end = if end < LENGTH { 0 } else { (end - LENGTH) / SHIFT + 1 }.min(self.frames());
        let active = self.before(end).saturating_sub(self.before(first));
        end > first && active > 0 && active as f32 >= min_active * (end - first) as f32
    }
}
