//! Sound as a file.

use std::{
    io::{Cursor, Write as _},
    path::Path,
};

use super::{ExportError, files::whole};
use crate::audio::SAMPLE_RATE;

/// Writes mono samples, full scale ±1, as a 16-bit wav of 16 kHz; what is beyond full scale is cut off.
///
/// # Errors
/// What the system says, and a sound longer than a wav can be.
pub fn write_wav(out: &Path, samples: &[f32]) -> Result<(), ExportError> {
    let bytes = encoded(samples).map_err(|cause| ExportError::write(out)(std::io::Error::other(cause)))?;
    whole(out, |file| file.write_all(&bytes)).map_err(ExportError::write(out))
}

fn encoded(samples: &[f32]) -> Result<Vec<u8>, hound::Error> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec)?;
    for sample in samples {
        writer.write_sample((sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)).round() as i16)?;
    }
    writer.finalize()?;
    Ok(bytes.into_inner())
}
