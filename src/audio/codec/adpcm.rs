//! ADPCM in blocks: that of Microsoft, and IMA's as WAVE and as QuickTime keep it.
//!
//! After the IMA's recommended practices (1992), Microsoft's "New Multimedia Data Types and Data Techniques" (1994) and Apple's TN1081.

const IMA_INDEX: [i32; 8] = [-1, -1, -1, -1, 2, 4, 6, 8];

const MS_ADAPT: [i32; 16] = [230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230];

const MS_COEFFICIENTS: [(i32, i32); 7] = [(256, 0), (512, -256), (0, 0), (192, 64), (240, 0), (460, -208), (392, -232)];

/// Which one, and the size of its blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Adpcm {
    Microsoft { block: usize },
    ImaWave { block: usize },
    ImaQuickTime,
}

impl Adpcm {
    /// Bytes of a block of all channels.
    pub(in super::super) fn block(self, channels: usize) -> usize {
        match self {
            Self::Microsoft { block } | Self::ImaWave { block } => block,
            Self::ImaQuickTime => 34 * channels,
        }
    }

    /// Appends the frames of one block, interleaved; of a block that is cut short, those that are there.
    pub(in super::super) fn decode(
        self,
        block: &[u8],
        channels: usize,
        out: &mut Vec<f32>,
    ) -> Result<(), &'static str> {
        match self {
            Self::Microsoft { .. } => microsoft(block, channels, out),
            Self::ImaWave { .. } => ima_wave(block, channels, out),
            Self::ImaQuickTime => ima_quick_time(block, channels, out),
        }
    }
}

struct Ima {
    value: i32,
    index: i32,
}

impl Ima {
    fn step(&mut self, nibble: u8) -> f32 {
        let step = ima_step(self.index);
        let mut difference = step >> 3;
        for (bit, shift) in [(4, 0), (2, 1), (1, 2)] {
            if nibble & bit != 0 {
                difference += step >> shift;
            }
        }
        self.value += if nibble & 8 == 0 { difference } else { -difference };
        self.value = self.value.clamp(-32_768, 32_767);
        self.index = (self.index + IMA_INDEX[usize::from(nibble & 7)]).clamp(0, 88);
        self.value as f32 / 32_768.0
    }
}

/// The table of the standard.
fn ima_step(index: i32) -> i32 {
    const STEPS: [i32; 89] = [
        7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97,
        107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796,
        876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871,
        5358, 5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623,
        27086, 29794, 32767,
    ];
    STEPS[index.clamp(0, 88) as usize]
}

fn ima_wave(block: &[u8], channels: usize, out: &mut Vec<f32>) -> Result<(), &'static str> {
    if block.len() < 4 * channels {
        return Err("an IMA block ends inside its header");
    }
    let (head, data) = block.split_at(4 * channels);
    let mut states: Vec<Ima> = head
        .chunks_exact(4)
        .map(|head| Ima { value: i32::from(i16::from_le_bytes([head[0], head[1]])), index: i32::from(head[2]).min(88) })
        .collect();
    out.extend(states.iter().map(|state| state.value as f32 / 32_768.0));
    // four bytes, eight samples, of each channel in turn
    for group in data.chunks_exact(4 * channels) {
        let start = out.len();
        out.resize(start + 8 * channels, 0.0);
        for (channel, state) in states.iter_mut().enumerate() {
            for (index, &byte) in group[4 * channel..4 * channel + 4].iter().enumerate() {
                out[start + 2 * index * channels + channel] = state.step(byte & 15);
                out[start + (2 * index + 1) * channels + channel] = state.step(byte >> 4);
            }
        }
    }
    Ok(())
}

fn ima_quick_time(block: &[u8], channels: usize, out: &mut Vec<f32>) -> Result<(), &'static str> {
    if block.len() < 34 * channels {
        return Err("an IMA packet is cut short");
    }
    let start = out.len();
    out.resize(start + 64 * channels, 0.0);
    for (channel, part) in block.chunks_exact(34).take(channels).enumerate() {
        let head = u16::from_be_bytes([part[0], part[1]]);
        let mut state = Ima { value: i32::from((head & 0xff80) as i16), index: i32::from(head & 0x7f).min(88) };
        for (index, &byte) in part[2..].iter().enumerate() {
            out[start + 2 * index * channels + channel] = state.step(byte & 15);
            out[start + (2 * index + 1) * channels + channel] = state.step(byte >> 4);
        }
    }
    Ok(())
}

struct Microsoft {
    coefficients: (i32, i32),
    delta: i32,
    last: i32,
    before: i32,
}

impl Microsoft {
    fn step(&mut self, nibble: u8) -> f32 {
        let signed = i64::from(if nibble & 8 == 0 { i32::from(nibble) } else { i32::from(nibble) - 16 });
        let predicted = (self.last * self.coefficients.0 + self.before * self.coefficients.1) >> 8;
        let value = i64::from(predicted) + signed * i64::from(self.delta);
        self.before = self.last;
        self.last = value.clamp(-32_768, 32_767) as i32;
        let delta = (i64::from(MS_ADAPT[usize::from(nibble & 15)]) * i64::from(self.delta)) >> 8;
        self.delta = delta.clamp(16, i64::from(i32::MAX / 1_024)) as i32;
        self.last as f32 / 32_768.0
    }
}

fn microsoft(block: &[u8], channels: usize, out: &mut Vec<f32>) -> Result<(), &'static str> {
    if block.len() < 7 * channels {
        return Err("an ADPCM block ends inside its header");
    }
    let (head, data) = block.split_at(7 * channels);
    let word = |part: usize, channel: usize| {
        let at = channels + 2 * (part * channels + channel);
        i32::from(i16::from_le_bytes([head[at], head[at + 1]]))
    };
    let mut states = Vec::with_capacity(channels);
    for (channel, &predictor) in head[..channels].iter().enumerate() {
        let Some(&coefficients) = MS_COEFFICIENTS.get(usize::from(predictor)) else {
            return Err("an ADPCM block has an unknown predictor");
        };
        states.push(Microsoft {
            coefficients,
            delta: word(0, channel).max(16),
            last: word(1, channel),
            before: word(2, channel),
        });
    }
    out.extend(states.iter().map(|state| state.before as f32 / 32_768.0));
    out.extend(states.iter().map(|state| state.last as f32 / 32_768.0));
    let nibbles = data.iter().flat_map(|&byte| [byte >> 4, byte & 15]);
    let whole = 2 * data.len() / channels * channels;
    for (index, nibble) in nibbles.take(whole).enumerate() {
        out.push(states[index % channels].step(nibble));
    }
    Ok(())
}
