//! Samples that stand as they are: integers and floating point of any width, A-law and µ-law.

/// How one sample is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Sample {
    /// An integer of 1 to 8 bytes; full scale is that of its width.
    Int { bytes: usize, signed: bool, big: bool },
    /// 32-bit IEEE.
    Float32 { big: bool },
    /// 64-bit IEEE.
    Float64 { big: bool },
    /// ITU-T G.711.
    ALaw,
    /// ITU-T G.711.
    MuLaw,
}

impl Sample {
    /// Bytes of one sample.
    pub(in super::super) fn width(self) -> usize {
        match self {
            Self::Int { bytes, .. } => bytes,
            Self::Float32 { .. } => 4,
            Self::Float64 { .. } => 8,
            Self::ALaw | Self::MuLaw => 1,
        }
    }

    fn decode(self, bytes: &[u8]) -> f32 {
        match self {
            Self::Int { bytes: width, signed, big } => {
                let mut value = 0_u64;
                for index in 0..width {
                    let byte = bytes[if big { index } else { width - 1 - index }];
                    value = value << 8 | u64::from(byte);
                }
                let bits = 8 * width as u32;
                // to the upper end of 64 bits, so that the sign is in its place
                let mut value = value << (64 - bits);
                if !signed {
                    value ^= 1 << 63;
                }
                (value as i64 as f64 / -(i64::MIN as f64)) as f32
            }
            Self::Float32 { big } => {
                let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
                if big { f32::from_be_bytes(bytes) } else { f32::from_le_bytes(bytes) }
            }
            Self::Float64 { big } => {
                let mut eight = [0; 8];
                eight.copy_from_slice(&bytes[..8]);
                (if big { f64::from_be_bytes(eight) } else { f64::from_le_bytes(eight) }) as f32
            }
            Self::ALaw => a_law(bytes[0]),
            Self::MuLaw => mu_law(bytes[0]),
        }
    }
}

/// The layout of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Pcm {
    pub(in super::super) sample: Sample,
    pub(in super::super) channels: usize,
    /// Bytes from one sample to the next; more than its width where samples stand in wider containers, in their first bytes.
    pub(in super::super) stride: usize,
    /// Bytes from one frame to the next.
    pub(in super::super) frame: usize,
}

impl Pcm {
    /// Samples side by side without gaps.
    pub(in super::super) fn packed(sample: Sample, channels: usize) -> Self {
        Self { sample, channels, stride: sample.width(), frame: sample.width() * channels }
    }

    /// Appends the samples of all whole frames.
    pub(in super::super) fn decode(&self, bytes: &[u8], out: &mut Vec<f32>) {
        let width = self.sample.width();
        for frame in bytes.chunks_exact(self.frame.max(1)) {
            for channel in 0..self.channels {
                match frame.get(channel * self.stride..channel * self.stride + width) {
                    Some(bytes) => out.push(self.sample.decode(bytes)),
                    None => out.push(0.0),
                }
            }
        }
    }
}

/// G.711 A-law.
fn a_law(byte: u8) -> f32 {
    let byte = byte ^ 0x55;
    let (exponent, mantissa) = ((byte >> 4) & 7, i32::from(byte & 0x0f));
    let value = match exponent {
        0 => (mantissa << 4) + 8,
        _ => ((mantissa << 4) + 0x108) << (exponent - 1),
    };
    (if byte & 0x80 == 0 { -value } else { value }) as f32 / 32_768.0
}

/// G.711 µ-law.
fn mu_law(byte: u8) -> f32 {
    let byte = !byte;
    let value = (((i32::from(byte & 0x0f) << 3) + 0x84) << ((byte >> 4) & 7)) - 0x84;
    (if byte & 0x80 == 0 { value } else { -value }) as f32 / 32_768.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(sample: Sample, bytes: &[u8]) -> f32 {
        let mut out = Vec::new();
        Pcm::packed(sample, 1).decode(bytes, &mut out);
        out[0]
    }

    #[test]
    fn every_width_has_its_own_full_scale() {
        for bytes in 1..=8 {
            for big in [false, true] {
                let mut half = vec![0; bytes];
                half[if big { 0 } else { bytes - 1 }] = 0xc0;
                assert_eq!(one(Sample::Int { bytes, signed: true, big }, &half), -0.5, "{bytes} {big}");
                assert_eq!(one(Sample::Int { bytes, signed: false, big }, &half), 0.5, "{bytes} {big}");
            }
        }
        assert_eq!(one(Sample::Float32 { big: true }, &0.25_f32.to_be_bytes()), 0.25);
        assert_eq!(one(Sample::Float64 { big: false }, &(-0.125_f64).to_le_bytes()), -0.125);
    }

    #[test]
    fn companded_samples_have_the_values_of_the_standard() {
        assert_eq!((one(Sample::MuLaw, &[0xff]), one(Sample::MuLaw, &[0x80])), (0.0, 32_124.0 / 32_768.0));
        assert_eq!(one(Sample::MuLaw, &[0x00]), -32_124.0 / 32_768.0);
        assert_eq!(one(Sample::ALaw, &[0xd5]), 8.0 / 32_768.0);
        assert_eq!(one(Sample::ALaw, &[0xaa]), 32_256.0 / 32_768.0);
        assert_eq!(one(Sample::ALaw, &[0x2a]), -32_256.0 / 32_768.0);
    }

    #[test]
    fn wider_containers_hold_the_sample_in_their_first_bytes() {
        let pcm = Pcm { sample: Sample::Int { bytes: 2, signed: true, big: false }, channels: 2, stride: 4, frame: 8 };
        let mut out = Vec::new();
        pcm.decode(&[0, 0x40, 9, 9, 0, 0xc0, 9, 9, 1], &mut out);
        assert_eq!(out, [0.5, -0.5]);
    }
}
