//! The acoustic frames of a recording that comes block by block.

use super::{AcousticEncoder, AcousticFrames, chunks};
use crate::features::{Features, FrameStream, LogMel};

/// Encodes a recording in bounded memory; the frames are those of the whole recording in one piece, up to rounding.
pub struct StreamingEncoder<'a> {
    network: &'a AcousticEncoder,
    /// Where nobody else makes the log-mel frames.
    frames: Option<FrameStream>,
    /// Log-mel frames from the first one that the next chunk reads.
    kept: Features,
    /// Log-mel frames before those.
    dropped: usize,
    /// The next chunk.
    next: usize,
}

impl<'a> StreamingEncoder<'a> {
    /// At the beginning of a recording that comes as samples.
    pub fn new(network: &'a AcousticEncoder) -> Self {
        let frames = FrameStream::new(LogMel::new(network.features()));
        Self { frames: Some(frames), ..Self::of_frames(network) }
    }

    /// At the beginning of a recording whose log-mel frames, as the network wants them, are there already.
    pub fn of_frames(network: &'a AcousticEncoder) -> Self {
        Self { network, frames: None, kept: Features::new(network.features().bands), dropped: 0, next: 0 }
    }

    /// The next 16 kHz samples, and the acoustic frames that are certain by now, if there are many.
    pub fn push(&mut self, samples: &[f32]) -> Option<AcousticFrames> {
        if let Some(frames) = &mut self.frames {
            frames.push(samples, &mut self.kept);
        }
        self.certain()
    }

    /// The next frames, and the acoustic frames that are certain by now, if there are many.
    pub fn push_frames(&mut self, frames: &Features) -> Option<AcousticFrames> {
        self.kept.extend_from_slice(&frames.data);
        self.certain()
    }

    fn certain(&mut self) -> Option<AcousticFrames> {
        let mut values = Vec::new();
        while self.dropped + self.kept.frames() > chunks::read(self.next + chunks::TOGETHER - 1).end {
            let numbers = self.next..self.next + chunks::TOGETHER;
            self.next = numbers.end;
            values.extend(self.network.chunks(&self.kept.data, self.dropped, false, numbers));
            let first = chunks::read(self.next).start;
            self.kept.drop_front(first - self.dropped);
            self.dropped = first;
        }
        (!values.is_empty()).then(|| self.network.with_normalisers(values))
    }

    /// The frames that are left.
    pub fn finish(self) -> AcousticFrames {
        let count = chunks::count(self.dropped + self.kept.frames());
        let values = self.network.chunks(&self.kept.data, self.dropped, true, self.next..count);
        self.network.with_normalisers(values)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::features::Frontend as _;

    #[test]
    fn blocks_of_any_size_give_the_same_vectors() {
        let network = AcousticEncoder::shipped().unwrap();
        let samples: Vec<f32> =
            (0..1_800_000_u32).map(|i| ((i * (i % 977) % 1013) as f32 / 1013.0 - 0.5) * 0.3).collect();
        let mut features = Features::new(network.features().bands);
        LogMel::new(network.features()).compute(&samples, &mut features);
        let whole = network.encode(&features);
        for size in [7_001, 160_000, 1_800_000] {
            let mut stream = StreamingEncoder::new(&network);
            let (mut data, mut normalisers) = (Vec::new(), 0);
            for block in samples.chunks(size) {
                if let Some(frames) = stream.push(block) {
                    data.extend_from_slice(frames.data());
                    normalisers += frames.normalisers().len();
                }
            }
            let last = stream.finish();
            data.extend_from_slice(last.data());
            assert_eq!(normalisers + last.normalisers().len(), whole.len());
            assert_eq!(data.len(), whole.data().len());
            let apart = data.iter().zip(whole.data()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(apart < 1e-4, "{size}: {apart}");
        }
    }
}
