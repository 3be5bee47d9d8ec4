//! Stretches of recordings as files of their own, to be listened to.

use std::{
    fs::{self, File},
    io::{self, BufWriter},
    path::{Path, PathBuf},
};

use hound::{SampleFormat, WavSpec, WavWriter};

use super::{Annotation, AnnotationError};
use crate::audio::{AudioError, NativeClip, read_native};

/// Seconds of sound around what is cut out.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Margin {
    /// Before it.
    pub before: f64,
    /// After it.
    pub after: f64,
}

/// Writes what annotations of one recording are of as wav files in `folder`, which is made where it is missing, at the rate and with the
/// channels of the recording. Returns the files in the order of the annotations; none for one that lies behind the end of the recording.
///
/// A file is called `SCORE_NAME_START_END.wav`, of its annotation's own times in seconds; `0.981_day 1_12.40_13.20.wav`. Without a score its
/// confidence counts. One that is there already is never replaced: ` (2)` and so on is added. Samples have 16 bits where these hold them
/// exactly, else 24.
///
/// # Errors
/// What the system says, and why the recording cannot be read.
pub fn write_clips(
    recording: &Path,
    annotations: &[Annotation],
    margin: Margin,
    folder: &Path,
) -> Result<Vec<Option<PathBuf>>, ClipsError> {
    let stretches: Vec<(f64, f64)> = annotations
        .iter()
        .map(|annotation| ((annotation.start() - margin.before).max(0.0), annotation.end() + margin.after))
        .collect();
    fs::create_dir_all(folder).map_err(|cause| failed(folder, cause))?;
    let mut files = vec![None; annotations.len()];
    let mut refused = None;
    read_native(recording, &stretches, &mut |at, clip| match write(&clip, folder, &name(&annotations[at])) {
        Ok(file) => {
            files[at] = Some(file);
            true
        }
        Err(error) => {
            refused = Some(error);
            false
        }
    })?;
    match refused {
        Some(error) => Err(error.into()),
        None => Ok(files),
    }
}

/// Why clips could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClipsError {
    /// The recording cannot be read.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The clip cannot be written.
    #[error(transparent)]
    File(#[from] AnnotationError),
}

fn name(annotation: &Annotation) -> String {
    let stem = annotation.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let times = format!("{stem}_{:.2}_{:.2}", annotation.start(), annotation.end());
    match annotation.score().or(annotation.confidence()) {
        Some(score) => format!("{score:.3}_{times}"),
        None => times,
    }
}

fn failed(path: &Path, cause: io::Error) -> AnnotationError {
    AnnotationError::Write { path: path.to_owned(), cause }
}

fn write(clip: &NativeClip, folder: &Path, name: &str) -> Result<PathBuf, AnnotationError> {
    let (path, file) = create(folder, name)?;
    let written = fill(clip, file);
    if let Err(cause) = written {
        // Half a clip is of no use.
        let _ = fs::remove_file(&path);
        return Err(failed(&path, cause));
    }
    Ok(path)
}

/// A file that was not there.
fn create(folder: &Path, name: &str) -> Result<(PathBuf, File), AnnotationError> {
    let mut number = 1_u64;
    loop {
        let numbered = if number == 1 { format!("{name}.wav") } else { format!("{name} ({number}).wav") };
        let path = folder.join(numbered);
        match File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(cause) => return Err(failed(&path, cause)),
        }
    }
}

fn fill(clip: &NativeClip, file: File) -> io::Result<()> {
    let whole = clip.frames.iter().all(|&sample| {
        let level = sample * 32_768.0;
        level.fract() == 0.0 && (-32_768.0..=32_767.0).contains(&level)
    });
    let bits_per_sample: u16 = if whole { 16 } else { 24 };
    let scale = (f32::from(bits_per_sample) - 1.0).exp2();
    let spec =
        WavSpec { channels: clip.channels, sample_rate: clip.rate, bits_per_sample, sample_format: SampleFormat::Int };
    let system = |error| match error {
        hound::Error::IoError(cause) => cause,
        other => io::Error::other(other),
    };
    let mut out = WavWriter::new(BufWriter::new(file), spec).map_err(system)?;
    for &sample in &clip.frames {
        out.write_sample((sample * scale).round().clamp(-scale, scale - 1.0) as i32).map_err(system)?;
    }
    out.finalize().map_err(system)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Two channels at 44.1 kHz, each sample saying where it is.
    fn recording(path: &Path) {
        let spec = WavSpec { channels: 2, sample_rate: 44_100, bits_per_sample: 16, sample_format: SampleFormat::Int };
        let mut out = WavWriter::create(path, spec).unwrap();
        for frame in 0..3 * 44_100 {
            out.write_sample((frame / 8) as i16).unwrap();
            out.write_sample(-((frame / 8) as i16)).unwrap();
        }
        out.finalize().unwrap();
    }

    #[test]
    fn clips_have_the_samples_of_the_recording_and_replace_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("day 1.wav");
        recording(&source);
        let at = |start, end| Annotation::new(&source, start, end, "x").unwrap().with_score(0.98123).unwrap();
        let all = [at(2.0, 2.5), at(0.1, 0.2), at(2.9, 9.0), at(5.0, 6.0)];
        let folder = dir.path().join("clips");
        let margin = Margin { before: 0.5, after: 0.25 };
        let files = write_clips(&source, &all, margin, &folder).unwrap();
        let names: Vec<_> =
            files.iter().map(|file| file.as_ref().map(|file| file.file_name().unwrap().to_owned())).collect();
        let expected = |name: &str| Some(name.into());
        assert_eq!(
            names,
            [
                expected("0.981_day 1_2.00_2.50.wav"),
                expected("0.981_day 1_0.10_0.20.wav"),
                expected("0.981_day 1_2.90_9.00.wav"),
                None
            ]
        );
        let clip = |file: &Option<PathBuf>| {
            let mut reader = hound::WavReader::open(file.as_ref().unwrap()).unwrap();
            let spec = reader.spec();
            assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, 44_100, 16));
            reader.samples::<i32>().map(Result::unwrap).collect::<Vec<_>>()
        };
        let samples = clip(&files[0]);
        let first = (1.5 * 44_100.0) as i32;
        assert_eq!((samples[0], samples[1], samples.len()), (first / 8, -(first / 8), 2 * 55_125));
        assert_eq!((clip(&files[1])[0], clip(&files[1]).len()), (0, 2 * (0.45 * 44_100.0_f64).round() as usize));
        assert_eq!(clip(&files[2]).len(), 2 * (0.6 * 44_100.0_f64).round() as usize);
        let again = write_clips(&source, &all[..1], Margin::default(), &folder).unwrap();
        assert_eq!(again[0].as_ref().unwrap().file_name().unwrap(), "0.981_day 1_2.00_2.50 (2).wav");
        assert_eq!(clip(&files[0]).len(), samples.len());
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("gone.wav");
        let all = [Annotation::new(&source, 0.0, 1.0, "x").unwrap()];
        let message = write_clips(&source, &all, Margin::default(), dir.path()).unwrap_err().to_string();
        assert!(message.contains("gone.wav"), "{message}");
    }
}
