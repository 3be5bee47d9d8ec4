//! Samples of one recording → passages.

use audiosearch_index::Span;

use super::chunk::{Chunker, Passage};
use crate::{
    features::{FRAME_LENGTH, FRAME_SHIFT, Features, FrameStream, Frontend as _, LogMel},
    segment::{Segmenter, energy_db},
};

/// Listens to one recording block by block: filterbank, segments and passages in one go and in bounded memory.
///
/// Whatever the sizes of the blocks, the passages are the same.
pub struct Analysis {
    frames: FrameStream,
    /// The frames of the last block.
    fresh: Features,
    segmenter: Box<dyn Segmenter + Send>,
    chunker: Chunker,
    /// Samples of which not every frame's energy is taken yet.
    carry: Vec<f32>,
    spans: Vec<Span>,
    samples: u64,
}

impl Analysis {
    /// Of a recording from its beginning; `frames` makes its filterbank, `reach`: samples from the beginning of a span to its announcement, at most.
    pub fn new(frames: LogMel, segmenter: Box<dyn Segmenter + Send>, reach: u64) -> Self {
        let bands = frames.bands();
        let chunker = Chunker::new(bands, reach / FRAME_SHIFT as u64 + 1);
        Self {
            frames: FrameStream::new(frames),
            fresh: Features::new(bands),
            segmenter,
            chunker,
            carry: Vec::new(),
            spans: Vec::new(),
            samples: 0,
        }
    }

    /// The next block of 16 kHz samples; what is complete is appended to `out`.
    pub fn push(&mut self, block: &[f32], out: &mut Vec<Passage>) {
        self.samples += block.len() as u64;
        self.fresh.drop_front(usize::MAX);
        self.frames.push(block, &mut self.fresh);
        self.chunker.append().extend_from_slice(&self.fresh.data);
        self.carry.extend_from_slice(block);
        let energy = energy_db(&self.carry);
        self.carry.drain(..energy.len() * FRAME_SHIFT);
        self.segmenter.push(&energy, &mut self.spans);
        self.announce();
        self.chunker.take(out);
    }

    /// The log-mel frames that the last block completed, for others who listen.
    pub fn fresh(&self) -> &Features {
        &self.fresh
    }

    /// The recording is over. Returns its length in samples.
    pub fn finish(mut self, out: &mut Vec<Passage>) -> u64 {
        self.segmenter.finish(self.samples, &mut self.spans);
        self.announce();
        self.chunker.finish(out);
        self.samples
    }

    /// A span that ends beyond the last whole frame has no frames of its own.
    fn announce(&mut self) {
        for span in self.spans.drain(..) {
            if span.len as usize >= FRAME_LENGTH {
                self.chunker.announce(span);
            }
        }
    }
}
