//! A clip as a file of its own that any browser plays: µ-law (ITU-T G.711) in RIFF/WAVE, a byte a sample.

/// Bytes before the samples.
const HEAD: u32 = 58;
const BIAS: i32 = 0x84;
const LARGEST: i32 = 32_635;

/// `samples` at `rate` as a wav file.
pub(super) fn wav(samples: &[f32], rate: u32) -> Vec<u8> {
    let count = u32::try_from(samples.len()).unwrap_or(u32::MAX - HEAD - 1);
    let mut out = Vec::with_capacity(samples.len() + HEAD as usize + 1);
    let mut word = |bytes: &[u8]| out.extend_from_slice(bytes);
    word(b"RIFF");
    word(&(HEAD - 8 + count + count % 2).to_le_bytes());
    word(b"WAVEfmt ");
    word(&18u32.to_le_bytes());
    // Format 7 is µ-law; one channel; bytes a second; bytes a frame; bits a sample; nothing after.
    for (value, bytes) in [(7, 2), (1, 2), (rate, 4), (rate, 4), (1, 2), (8, 2), (0, 2)] {
        word(&value.to_le_bytes()[..bytes]);
    }
    word(b"fact");
    word(&4u32.to_le_bytes());
    word(&count.to_le_bytes());
    word(b"data");
    word(&count.to_le_bytes());
    out.extend(samples.iter().take(count as usize).map(|&sample| code(sample)));
    if count % 2 == 1 {
        out.push(0);
    }
    out
}

/// Sign, exponent and four bits of mantissa, all turned over.
fn code(sample: f32) -> u8 {
    let value = (sample.clamp(-1.0, 1.0) * 32_767.0) as i32;
    let sign = if value < 0 { 0x80 } else { 0 };
    let size = value.abs().min(LARGEST) + BIAS;
    let exponent = (size >> 7).ilog2() as i32;
    let mantissa = (size >> (exponent + 3)) & 0x0F;
    !(sign | (exponent << 4) | mantissa) as u8
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use super::*;
    use crate::audio::Clip;

    #[test]
    fn our_own_reader_hears_the_same_again() {
        let wave: Vec<f32> = (0..801).map(|n| 0.7 * (n as f32 * 0.05).sin()).collect();
        let clip = Clip::from_bytes(wav(&wave, 16_000), Path::new("clip.wav")).unwrap();
        assert_eq!(clip.samples().len(), wave.len());
        for (decoded, said) in clip.samples().iter().zip(&wave) {
            assert!((decoded - said).abs() < 0.04 * said.abs().max(0.02), "{decoded} for {said}");
        }
    }
}
