//! The acoustic frames of a recording that comes block by block.

use super::{AcousticEncoder, AcousticFrames, REDUCTION};
use crate::features::{Features, FrameStream, LogMel};

/// Log-mel frames taken through the network at a time (10 s).
const BLOCK: usize = 1000;

/// Encodes a recording in bounded memory; the frames are those of the whole recording in one piece, up to rounding.
pub struct StreamingEncoder<'a> {
    network: &'a AcousticEncoder,
    /// Where nobody else makes the log-mel frames.
    frames: Option<FrameStream>,
    /// Log-mel frames from `reach` before the next acoustic frame on, or from the beginning of the recording.
    kept: Features,
    /// Acoustic frames already returned that `kept` still covers.
    given: usize,
}

impl<'a> StreamingEncoder<'a> {
    /// At the beginning of a recording that comes as samples.
    pub fn new(network: &'a AcousticEncoder) -> Self {
        let frames = FrameStream::new(LogMel::new(network.features()));
        Self { frames: Some(frames), ..Self::of_frames(network) }
    }

    /// At the beginning of a recording whose log-mel frames, as the network wants them, are there already.
    pub fn of_frames(network: &'a AcousticEncoder) -> Self {
        Self { network, frames: None, kept: Features::new(network.features().bands), given: 0 }
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
        (self.kept.frames() >= BLOCK + 2 * self.network.reach()).then(|| self.take())
    }

    /// The frames that are left.
    pub fn finish(self) -> AcousticFrames {
        let frames = self.network.encode(&self.kept);
        frames.part(self.given, frames.len())
    }

    fn take(&mut self) -> AcousticFrames {
        let reach = self.network.reach() / REDUCTION;
        let frames = self.network.encode(&self.kept);
        // The last of them would change with the frames to come.
        let certain = (self.kept.frames() / REDUCTION).saturating_sub(reach);
        let part = frames.part(self.given, certain);
        let drop = certain.saturating_sub(reach);
        self.kept.drop_front(drop * REDUCTION);
        self.given = certain - drop;
        part
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
            (0..500_000_u32).map(|i| ((i * (i % 977) % 1013) as f32 / 1013.0 - 0.5) * 0.3).collect();
        let mut features = Features::new(network.features().bands);
        LogMel::new(network.features()).compute(&samples, &mut features);
        let whole = network.encode(&features);
        for size in [7_001, 160_000, 500_000] {
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
