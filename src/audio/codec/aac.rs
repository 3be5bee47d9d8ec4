//! What an AAC stream is, from its `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1) or from ADTS.

const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// The core of an AAC stream; what SBR and PS would add above it lies beyond what is heard here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct AacConfig {
    /// Audio object type: 2 is low complexity.
    pub(in super::super) object: u8,
    /// Frames a second of the core.
    pub(in super::super) rate: u32,
    rate_index: u8,
    /// Channel configuration; 0 where the stream itself says it.
    pub(in super::super) layout: u8,
    /// Frames of 960 samples instead of 1024.
    short: bool,
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> u32 {
        (0..count).fold(0, |value, _| {
            let bit = self.bytes.get(self.at / 8).map_or(0, |byte| byte >> (7 - self.at % 8) & 1);
            self.at += 1;
            value << 1 | u32::from(bit)
        })
    }

    fn object(&mut self) -> u8 {
        match self.take(5) {
            31 => 32 + self.take(6) as u8,
            object => object as u8,
        }
    }

    /// An index, and the rate that it or the bits after it stand for.
    fn rate(&mut self) -> Option<(u8, u32)> {
        match self.take(4) as u8 {
            15 => Some((15, self.take(24))),
            index => RATES.get(usize::from(index)).map(|&rate| (index, rate)),
        }
    }
}

impl AacConfig {
    /// Reads an `AudioSpecificConfig`.
    pub(in super::super) fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < 2 {
            return None;
        }
        let mut bits = Bits { bytes, at: 0 };
        let mut object = bits.object();
        let (rate_index, rate) = bits.rate()?;
        let layout = bits.take(4) as u8;
        // SBR and PS say how the core below them is coded
        if object == 5 || object == 29 {
            let _above = bits.rate()?;
            object = bits.object();
        }
        let short = bits.take(1) == 1;
        Some(Self { object, rate, rate_index, layout, short })
    }

    /// From the fields of an ADTS header.
    pub(in super::super) fn of_adts(profile: u8, rate_index: u8, layout: u8) -> Option<Self> {
        let rate = *RATES.get(usize::from(rate_index))?;
        Some(Self { object: profile + 1, rate, rate_index, layout, short: false })
    }

    /// Channels; two where the stream itself says it.
    pub(in super::super) fn channels(self) -> usize {
        match self.layout {
            0 => 2,
            7 => 8,
            layout => usize::from(layout),
        }
    }

    /// The configuration of the core alone, or why it cannot be decoded.
    pub(super) fn core(self) -> Result<Vec<u8>, String> {
        let kind = match self.object {
            1 => "Main profile",
            2 => "",
            3 => "SSR profile",
            4 => "LTP profile",
            17 => "ER-LC",
            23 => "AAC-LD",
            39 => "AAC-ELD",
            42 => "xHE-AAC (USAC)",
            _ => "an unknown profile",
        };
        if !kind.is_empty() {
            return Err(format!("its sound is AAC, {kind}; only AAC-LC and HE-AAC are read here"));
        }
        if self.layout > 2 {
            return Err(format!("its sound is AAC with {} channels; one and two are read here", self.channels()));
        }
        if self.short {
            return Err("its sound is AAC in frames of 960 samples; those of 1024 are read here".to_owned());
        }
        if self.rate_index == 15 {
            return Err(format!("its sound is AAC with an unusual sample rate of {} Hz", self.rate));
        }
        let layout = if self.layout == 0 { 2 } else { self.layout };
        Ok(vec![2 << 3 | self.rate_index >> 1, self.rate_index << 7 | layout << 3])
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_core_is_told_from_what_is_above_it() {
        let plain = AacConfig::read(&[0x12, 0x10]).unwrap();
        assert_eq!((plain.object, plain.rate, plain.channels()), (2, 44_100, 2));
        assert_eq!(plain.core().unwrap(), [0x12, 0x10]);
        // object 5 (SBR), core 22.05 kHz, stereo, 44.1 kHz above, core LC
        let above = AacConfig::read(&[0x2b, 0x92, 0x08, 0x00]).unwrap();
        assert_eq!((above.object, above.rate, above.channels()), (2, 22_050, 2));
        assert_eq!(above.core().unwrap(), [0x13, 0x90]);
        assert!(AacConfig::of_adts(0, 4, 2).unwrap().core().unwrap_err().contains("Main"));
        assert!(AacConfig::of_adts(1, 4, 6).unwrap().core().unwrap_err().contains("6 channels"));
        assert!(AacConfig::read(&[0xff]).is_none());
    }
}
