//! Stretches between pauses.

use super::activity::{Activity, Frame};
use super::{LENGTH, SHIFT, Segmenter, Span, span};

/// Limits of [`Pauses`], in frames.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Silence up to this long does not end a stretch.
    pub hangover: u64,
    /// Stretches with less sound than this are dropped.
    pub shortest: u64,
    /// Longer stretches are split where they are quietest.
    pub longest: u64,
}

/// The stretches of sound between pauses, with half a hangover of what surrounds them, at most.
#[derive(Debug)]
pub(super) struct Pauses {
    activity: Activity,
    stretches: Stretches,
}

/// Stretches from decided frames.
#[derive(Debug)]
struct Stretches {
    limits: Limits,
    /// Frames so far.
    frames: u64,
    run: Option<Run>,
    /// The end of the last span, in samples: the next one does not begin earlier.
    end: u64,
}

/// The stretch under way.
#[derive(Debug)]
struct Run {
    first: u64,
    last_active: u64,
    active: u64,
    /// Whether it begins where a longer one was split: there is no silence before it.
    split: bool,
    frames: Vec<Frame>,
}

/// Frames of silence kept on either side of a stretch: 50 ms, so that soft onsets are not cut off.
const MARGIN: u64 = 5;

impl Pauses {
    pub fn new(limits: Limits, activity: Activity) -> Self {
        Self { activity, stretches: Stretches { limits, frames: 0, run: None, end: 0 } }
    }
}

impl Segmenter for Pauses {
    fn push(&mut self, energy_db: &[f32], out: &mut Vec<Span>) {
        let Self { activity, stretches } = self;
        activity.push(energy_db, |frame| stretches.push(frame, out));
    }

    fn finish(&mut self, samples: u64, out: &mut Vec<Span>) {
        let Self { activity, stretches } = self;
        activity.finish(|frame| stretches.push(frame, out));
        stretches.close(samples, out);
    }
}

impl Stretches {
    fn push(&mut self, frame: Frame, out: &mut Vec<Span>) {
        let number = self.frames;
        self.frames += 1;
        if self.run.is_none() && frame.active {
            self.run = Some(Run { first: number, last_active: number, active: 0, split: false, frames: Vec::new() });
        }
        let Some(run) = &mut self.run else { return };
        run.frames.push(frame);
        if frame.active {
            run.last_active = number;
            run.active += 1;
        }
        if number - run.last_active > self.limits.hangover {
            self.close(u64::MAX, out);
        } else if run.frames.len() as u64 >= self.limits.longest {
            self.split(out);
        }
    }

    /// Ends the stretch under way in its silence; the recording has `samples` samples, or enough of them.
    fn close(&mut self, samples: u64, out: &mut Vec<Span>) {
        if let Some(run) = self.run.take() {
            let end = run.last_active * SHIFT + LENGTH + self.margin();
            self.emit(&run, run.active, end.min(samples), out);
        }
    }

    /// Ends the stretch under way where its second half is quietest, and goes on with the rest of it.
    fn split(&mut self, out: &mut Vec<Span>) {
        let Some(mut run) = self.run.take() else { return };
        let half = run.frames.len() / 2;
        let quietest = run.frames.iter().enumerate().skip(half).min_by(|a, b| a.1.energy.total_cmp(&b.1.energy));
        let cut = quietest.map_or(half, |(at, _)| at);
        let rest = run.frames.split_off(cut);
        let rest_active = rest.iter().filter(|frame| frame.active).count() as u64;
        let first = run.first + cut as u64;
        let last_active = run.last_active;
        self.emit(&run, run.active - rest_active, first * SHIFT, out);
        if rest_active > 0 {
            self.run = Some(Run { first, last_active, active: rest_active, split: true, frames: rest });
        }
    }

    fn emit(&mut self, run: &Run, active: u64, end: u64, out: &mut Vec<Span>) {
        let margin = if run.split { 0 } else { self.margin() };
        let start = (run.first * SHIFT).saturating_sub(margin).max(self.end);
        // What is left of a split one counts however short, and so does a recording that is shorter itself.
        let enough = if run.split { 1 } else { self.limits.shortest.min(self.frames) };
        if active >= enough.max(1) && end > start {
            out.push(span(start, end));
            self.end = end;
        }
    }

    /// In samples; so narrow that the spans on both sides of a pause do not meet.
    fn margin(&self) -> u64 {
        MARGIN.min(self.limits.hangover / 2) * SHIFT
    }
}
