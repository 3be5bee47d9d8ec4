//! Frames and spans of one recording → passages: stretches that the encoder reads in one go.

use std::{collections::VecDeque, ops::Range};

use audiosearch_index::Span;

use crate::features::{FRAME_LENGTH, FRAME_SHIFT, Features};

/// A stretch of one recording with the spans to embed in it.
pub struct Passage {
    /// `[frames, bands]`
    pub features: Features,
    /// Where each span lies in the recording.
    pub spans: Vec<Span>,
    /// The frames of each span, counted from the beginning of the passage.
    pub frames: Vec<Range<u32>>,
}

/// Cuts passages out of a stream in bounded memory.
///
/// Frames are appended by [`Chunker::append`], spans are announced by [`Chunker::announce`] in the order of their ends.
/// Each span is a passage of its own. A recurrent network that had read what comes before would give it another vector than the same
/// span has as a clip, whose surroundings nobody knows (mean cosine .69; so it is 1, for half as much work again).
pub struct Chunker {
    /// The frames still needed; the first has the number `first`.
    kept: Features,
    first: u64,
    /// How far back, in frames, a span may begin that is not announced yet.
    reach: u64,
    /// Announced, but its frames have not all come yet.
    waiting: VecDeque<Span>,
}

impl Chunker {
    /// For features of so many bands; no span is announced later than `reach` frames after its beginning.
    pub fn new(bands: usize, reach: u64) -> Self {
        Self { kept: Features::new(bands), first: 0, reach, waiting: VecDeque::new() }
    }

    /// Where new frames are to be pushed.
    pub fn append(&mut self) -> &mut Features {
        &mut self.kept
    }

    /// A span that ends no earlier than those before it.
    pub fn announce(&mut self, span: Span) {
        self.waiting.push_back(span);
    }

    /// Hands out the passages that are complete, and lets go of the frames that nobody needs any more.
    pub fn take(&mut self, out: &mut Vec<Passage>) {
        let newest = self.newest();
        while let Some(span) = self.waiting.pop_front_if(|span| frames_of(span).end <= newest) {
            out.extend(self.passage(span));
        }
        let oldest =
            self.waiting.iter().map(|span| frames_of(span).start).fold(newest.saturating_sub(self.reach), u64::min);
        let spare = oldest.saturating_sub(self.first);
        self.kept.drop_front(spare as usize);
        self.first += spare;
    }

    /// Hands out the rest: there are no more frames.
    pub fn finish(mut self, out: &mut Vec<Passage>) {
        while let Some(span) = self.waiting.pop_front() {
            out.extend(self.passage(span));
        }
    }

    fn newest(&self) -> u64 {
        self.first + self.kept.frames() as u64
    }

    /// The frames of a span, as far as there are any; one shorter than a frame still is one.
    fn passage(&self, span: Span) -> Option<Passage> {
        let (frames, newest) = (frames_of(&span), self.newest());
        let last = newest.checked_sub(1).filter(|last| *last >= self.first)?;
        let start = frames.start.clamp(self.first, last);
        let end = frames.end.clamp(start + 1, newest);
        let mut features = Features::new(self.kept.bands());
        features.extend_from_slice(self.kept.rows((start - self.first) as usize..(end - self.first) as usize));
        let frames = std::iter::once(0..(end - start) as u32).collect();
        Some(Passage { features, spans: vec![span], frames })
    }
}

/// The frames that lie wholly within a span: just those that the same span has as a clip of its own.
fn frames_of(span: &Span) -> Range<u64> {
    let (length, shift) = (FRAME_LENGTH as u64, FRAME_SHIFT as u64);
    let start = span.start.div_ceil(shift);
    let end = if span.end() < length { 0 } else { (span.end() - length) / shift + 1 };
    start..end.max(start + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds `total` frames, each filled with its own number, and announces each span `delay` frames after its end.
    fn passages(total: u64, spans: &[Span], delay: u64, reach: u64) -> Vec<Passage> {
        let mut chunker = Chunker::new(1, reach);
        let (mut out, mut next) = (Vec::new(), 0);
        for frame in 0..total {
            chunker.append().push_row(&[frame as f32]);
            while next < spans.len() && frames_of(&spans[next]).end + delay <= frame {
                chunker.announce(spans[next]);
                next += 1;
            }
            if frame % 100 == 0 {
                chunker.take(&mut out);
                let bound = reach.saturating_add(200);
                assert!(chunker.kept.frames() as u64 <= bound, "memory is bounded");
            }
        }
        for span in &spans[next..] {
            chunker.announce(*span);
        }
        chunker.finish(&mut out);
        out
    }

    fn windows(total: u64) -> Vec<Span> {
        let mut spans = Vec::new();
        for start in (0..total * 160).step_by(3200) {
            for len in [8000, 16000] {
                spans.push(Span { start, len });
            }
        }
        spans.sort_by_key(|span| (span.end(), span.start));
        spans.retain(|span| span.end() <= total * 160 + 240);
        spans
    }

    #[test]
    fn every_span_gets_its_own_frames_once() {
        let spans = windows(5000);
        let mut seen = Vec::new();
        for passage in passages(5000, &spans, 20, 250) {
            for (span, frames) in passage.spans.iter().zip(&passage.frames) {
                let expected = frames_of(span);
                assert_eq!(passage.features.row(frames.start as usize)[0] as u64, expected.start);
                assert_eq!(u64::from(frames.end - frames.start), expected.end - expected.start);
                seen.push(*span);
            }
        }
        assert_eq!(seen, spans);
    }

    #[test]
    fn a_span_is_read_without_what_surrounds_it() {
        for passage in passages(3000, &windows(3000), 0, 250) {
            let expected: Vec<_> = passage.spans.iter().map(frames_of).collect();
            let first = passage.features.row(0)[0] as u64;
            assert_eq!((expected.len(), &expected[0]), (1, &(first..first + passage.features.frames() as u64)));
        }
    }

    #[test]
    fn a_long_span_stays_whole() {
        let whole = Span { start: 0, len: 1_600_000 };
        let out = passages(9998, &[whole], 0, u64::MAX);
        assert_eq!(out.len(), 1);
        assert_eq!((out[0].frames.len(), &out[0].frames[0]), (1, &(0..9998)));
    }
}
