//! A recording as far as it can be read.

use std::path::Path;

use crate::audio::{AudioError, ClipStream};

/// Samples at 16 kHz of what can be read of the recording at `path`, and why it ended early, if it did.
///
/// # Errors
/// Where nothing of it can be read.
pub fn read_available(path: &Path) -> Result<(Vec<f32>, Option<AudioError>), AudioError> {
    let mut stream = ClipStream::open(path)?;
    let mut samples = Vec::new();
    loop {
        match stream.next_block(&mut samples) {
            Ok(true) => {}
            Ok(false) => return Ok((samples, None)),
            Err(cause @ (AudioError::Truncated { .. } | AudioError::Malformed { .. })) if !samples.is_empty() => {
                return Ok((samples, Some(cause)));
            }
            Err(cause) => return Err(cause),
        }
    }
}
