//! A recording as one span.

use super::{Segmenter, Span, span};

/// One span from the first to the last sample, unless all is below the absolute floor.
#[derive(Debug)]
pub(super) struct WholeClip {
    floor: f32,
    sound: bool,
}

impl WholeClip {
    pub fn new(floor: f32) -> Self {
        Self { floor, sound: false }
    }
}

impl Segmenter for WholeClip {
    fn push(&mut self, energy_db: &[f32], _out: &mut Vec<Span>) {
        self.sound |= energy_db.iter().any(|&energy| energy > self.floor);
    }

    fn finish(&mut self, samples: u64, out: &mut Vec<Span>) {
        if self.sound {
            out.push(span(0, samples));
        }
    }
}
