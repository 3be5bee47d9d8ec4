//! Frames and spans of one recording → passages: stretches that the encoder reads in one go.

use std::{collections::VecDeque, ops::Range};

use audiosearch_index::Span;

use crate::features::{FRAME_LENGTH, FRAME_SHIFT, Features};

/// The longest passage, in frames (8 s), unless a single span is longer: an encoder runs over a batch as long as its longest member.
const LONGEST: u64 = 800;
/// Frames (0.5 s) that a span has on either side of it where the recording has them: what a sound is depends on its neighbours.
const MARGIN: u64 = 50;

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
/// Spans that follow one another share a passage as long as it stays within 8 s; a passage begins and ends 0.5 s beyond its spans.
/// What no span needs is never encoded.
pub struct Chunker {
    /// The frames still needed; the first has the number `first`.
    kept: Features,
    first: u64,
    /// How far back, in frames, a span may begin that is not announced yet.
    reach: u64,
    /// Announced, but the frames after them have not come yet.
    waiting: VecDeque<Span>,
    /// The passage under way and its extent in frames, margins included.
    open: Vec<Span>,
    extent: Range<u64>,
}

impl Chunker {
    /// For features of so many bands; no span is announced later than `reach` frames after its beginning.
    pub fn new(bands: usize, reach: u64) -> Self {
        let kept = Features::new(bands);
        Self { kept, first: 0, reach, waiting: VecDeque::new(), open: Vec::new(), extent: 0..0 }
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
        while let Some(span) = self.waiting.pop_front_if(|span| frames_of(span).end + MARGIN <= newest) {
            self.place(span, out);
        }
        // After a long silence no span can join the passage under way any more.
        let next =
            self.waiting.iter().map(|span| frames_of(span).start).fold(newest.saturating_sub(self.reach), u64::min);
        if next + MARGIN > self.extent.start + LONGEST {
            self.close(out);
        }
        let oldest = next.saturating_sub(MARGIN);
        let oldest = if self.open.is_empty() { oldest } else { oldest.min(self.extent.start) };
        let spare = oldest.saturating_sub(self.first);
        self.kept.drop_front(spare as usize);
        self.first += spare;
    }

    /// Hands out the rest: there are no more frames.
    pub fn finish(mut self, out: &mut Vec<Passage>) {
        while let Some(span) = self.waiting.pop_front() {
            self.place(span, out);
        }
        self.close(out);
    }

    fn newest(&self) -> u64 {
        self.first + self.kept.frames() as u64
    }

    /// Puts a span into the passage under way, or closes that and begins another.
    fn place(&mut self, span: Span, out: &mut Vec<Passage>) {
        let frames = frames_of(&span);
        let wanted = frames.start.saturating_sub(MARGIN).max(self.first)..(frames.end + MARGIN).min(self.newest());
        let joint = self.extent.start.min(wanted.start)..self.extent.end.max(wanted.end);
        if self.open.is_empty() {
            self.extent = wanted;
        } else if joint.end - joint.start <= LONGEST {
            self.extent = joint;
        } else {
            self.close(out);
            self.extent = wanted;
        }
        self.open.push(span);
    }

    fn close(&mut self, out: &mut Vec<Passage>) {
        let extent = std::mem::take(&mut self.extent);
        let spans = std::mem::take(&mut self.open);
        if spans.is_empty() || extent.is_empty() {
            return;
        }
        let length = extent.end - extent.start;
        let within = |frame: u64| frame.saturating_sub(extent.start).min(length);
        let frames = spans.iter().map(|span| {
            let frames = frames_of(span);
            // A span shorter than a frame still is one frame.
            let start = within(frames.start).min(length - 1);
            start as u32..within(frames.end).max(start + 1) as u32
        });
        let frames = frames.collect();
        let rows = (extent.start - self.first) as usize..(extent.end - self.first) as usize;
        let mut features = Features::new(self.kept.bands());
        features.extend_from_slice(self.kept.rows(rows));
        out.push(Passage { features, spans, frames });
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
                let bound = reach.saturating_add(LONGEST + 2 * MARGIN + 100);
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
            assert!(passage.features.frames() as u64 <= LONGEST);
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
    fn every_span_has_half_a_second_around_it_where_there_is_any() {
        for passage in passages(3000, &windows(3000), 0, 250) {
            let first = passage.features.row(0)[0] as u64;
            let last = first + passage.features.frames() as u64;
            for span in &passage.spans {
                let frames = frames_of(span);
                assert!(first == 0 || frames.start - first >= MARGIN);
                assert!(last == 3000 || last - frames.end >= MARGIN);
            }
        }
    }

    #[test]
    fn a_span_longer_than_a_passage_stays_whole() {
        let whole = Span { start: 0, len: 1_600_000 };
        let out = passages(9998, &[whole], 0, u64::MAX);
        assert_eq!(out.len(), 1);
        assert_eq!((out[0].frames.len(), &out[0].frames[0]), (1, &(0..9998)));
    }

    #[test]
    fn far_apart_spans_do_not_share_a_passage_and_the_silence_between_is_not_encoded() {
        let spans = [Span { start: 16_000, len: 16_000 }, Span { start: 3_200_000, len: 16_000 }];
        let out = passages(30_000, &spans, 0, 250);
        assert_eq!(out.len(), 2);
        assert!(out.iter().all(|passage| passage.features.frames() < 250));
    }
}
