//! Recordings that are damaged, empty, lying or no recordings at all: a typed error that names the file, never a panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::{self, File, OpenOptions};
use std::io::Cursor;
use std::path::{Path, PathBuf};

use audiosearch::audio::{AudioError, Clip, ClipStream};
use hound::{SampleFormat, WavSpec, WavWriter};

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)).unwrap()
}

fn wav(rate: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
    let spec = WavSpec { channels, sample_rate: rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let mut bytes = Vec::new();
    let mut writer = WavWriter::new(Cursor::new(&mut bytes), spec).unwrap();
    samples.iter().for_each(|&sample| writer.write_sample(sample).unwrap());
    writer.finalize().unwrap();
    bytes
}

fn float_wav(samples: &[f32]) -> Vec<u8> {
    let spec = WavSpec { channels: 1, sample_rate: 16_000, bits_per_sample: 32, sample_format: SampleFormat::Float };
    let mut bytes = Vec::new();
    let mut writer = WavWriter::new(Cursor::new(&mut bytes), spec).unwrap();
    samples.iter().for_each(|&sample| writer.write_sample(sample).unwrap());
    writer.finalize().unwrap();
    bytes
}

fn read(bytes: Vec<u8>) -> Result<Clip, AudioError> {
    Clip::from_bytes(bytes, Path::new("some/file.wav"))
}

/// Everything that could be read, and what was wrong.
fn read_good_part(mut stream: ClipStream) -> (Vec<f32>, Option<AudioError>) {
    let mut samples = Vec::new();
    loop {
        match stream.next_block(&mut samples) {
            Ok(true) => {}
            Ok(false) => return (samples, None),
            Err(error) => {
                assert!(!stream.next_block(&mut Vec::new()).unwrap(), "a failed stream has ended");
                return (samples, Some(error));
            }
        }
    }
}

fn good_part(bytes: Vec<u8>) -> (Vec<f32>, Option<AudioError>) {
    read_good_part(ClipStream::from_bytes(bytes, Path::new("some/file.wav")).unwrap())
}

#[test]
fn empty_files_and_files_without_samples_are_empty() {
    assert!(matches!(read(vec![]), Err(AudioError::Empty { .. })));
    assert!(matches!(read(wav(16_000, 1, &[])), Err(AudioError::Empty { .. })));
    let error = read(wav(44_100, 2, &[])).unwrap_err().to_string();
    assert!(error.starts_with("some/file.wav: "), "{error}");
}

#[test]
fn text_and_other_files_are_not_audio() {
    let error = read(b"Dear diary,\nnothing to hear.\n".to_vec()).unwrap_err();
    assert!(matches!(error, AudioError::NotAudio { .. }));
    let advice =
        "wav, flac, ogg, opus, mp3, m4a, mp4, mkv, webm, aiff, caf and au are read, and texts named .txt or .md";
    assert_eq!(error.to_string(), format!("some/file.wav: is not audio: its content is text; {advice}"));
    for bytes in [&b"\x89PNG\r\n\x1a\n\0\0"[..], b"%PDF-1.7\n\xe2\xe3", b"\0", &[0; 5_000], b"PK\x03\x04\x14"] {
        assert!(matches!(read(bytes.to_vec()), Err(AudioError::NotAudio { .. })), "{bytes:?}");
    }
    assert!(matches!(read(b"RF64\xff\xff\xff\xffWAVEds64".to_vec()), Err(AudioError::Malformed { .. })));
}

#[test]
fn missing_files_and_folders_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_path_buf(), folder.path().join("missing.wav")] {
        let error = Clip::read(&path).unwrap_err();
        assert!(matches!(error, AudioError::Open { .. }), "{error}");
        assert!(error.to_string().starts_with(&format!("{}: cannot be opened", path.display())), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn unreadable_files_and_names_that_are_no_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join(OsStr::from_bytes(b"a \xff\t\xe4\xb8\xad.wav"));
    fs::write(&path, wav(16_000, 1, &[1, 2, 3])).unwrap();
    assert_eq!(Clip::read(&path).unwrap().samples().len(), 3);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    // the superuser may read everything
    if File::open(&path).is_err() {
        assert!(matches!(Clip::read(&path), Err(AudioError::Open { .. })));
    }
}

#[test]
fn silence_single_samples_and_narrow_rates_are_audio() {
    assert_eq!(read(wav(16_000, 1, &[0; 16_000])).unwrap().samples(), vec![0.0; 16_000]);
    assert_eq!(read(wav(16_000, 1, &[16_384])).unwrap().samples(), [0.5]);
    assert_eq!(read(wav(8_000, 2, &[100, 200])).unwrap().samples().len(), 2);
    assert_eq!(read(wav(192_000, 1, &[100])).unwrap().samples().len(), 1);
    assert!(read(wav(8_000, 2, &[0; 4_000])).unwrap().samples().iter().all(|&sample| sample == 0.0));
}

#[test]
fn impossible_rates_are_refused() {
    for rate in [0, 1, 999, 384_001, 4_000_000] {
        let mut bytes = wav(16_000, 1, &[1; 100]);
        bytes[24..28].copy_from_slice(&u32::to_le_bytes(rate));
        bytes[28..32].copy_from_slice(&u32::to_le_bytes(2 * rate));
        let error = read(bytes).unwrap_err();
        assert!(matches!(error, AudioError::SampleRate { rate: r, .. } if r == rate), "{error}");
    }
}

#[test]
fn samples_that_are_no_numbers_are_named_by_their_time() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30] {
        let mut samples = vec![0.1; 32_000];
        samples[20_000] = bad;
        let (good, error) = good_part(float_wav(&samples));
        assert_eq!(good.len(), 20_000);
        assert!(matches!(error, Some(AudioError::BadSample { seconds, .. }) if seconds == 1.25), "{error:?}");
    }
}

#[test]
fn truncated_files_give_their_good_part_first() {
    for (name, share) in [("tone.flac", 0.6), ("tone.mp3", 0.6)] {
        let whole = fixture(name);
        let cut = (whole.len() as f64 * share) as usize;
        let (good, error) = good_part(whole[..cut].to_vec());
        let seconds = good.len() as f64 / 16_000.0;
        assert!((0.3..0.9).contains(&seconds), "{name}: {seconds} s");
        let Some(AudioError::Truncated { decoded, .. }) = error else { panic!("{name}: {error:?}") };
        assert!((decoded - seconds).abs() < 0.001, "{name}: {decoded} s told, {seconds} s given");
    }
    for name in ["tone.aiff", "tone.m4a", "alaw.wav", "tone.webm", "flac.mka", "alac.caf"] {
        let whole = fixture(name);
        let outcome = read(whole[..whole.len() / 2].to_vec()).map(|clip| clip.duration());
        let error = outcome.expect_err(name);
        assert!(error.to_string().starts_with("some/file.wav: is "), "{name}: {error}");
    }
    let whole = wav(44_100, 2, &[1_000; 88_200]);
    let (good, error) = good_part(whole[..44 + 4 * 22_050 + 3].to_vec());
    assert_eq!(good.len(), 8_000);
    assert!(matches!(error, Some(AudioError::Truncated { decoded: 0.5, .. })), "{error:?}");
    assert!(matches!(Clip::from_bytes(whole[..30].to_vec(), Path::new("a.wav")), Err(AudioError::Malformed { .. })));
    assert!(read(fixture("moov-last.m4a")[..3_000].to_vec()).is_err());
}

#[test]
fn declared_lengths_are_not_believed() {
    let mut bytes = wav(16_000, 1, &[1_000; 1_000]);
    bytes[40..44].copy_from_slice(&0xf000_0000_u32.to_le_bytes());
    assert_eq!(read(bytes.clone()).unwrap().samples().len(), 1_000);
    bytes[40..44].copy_from_slice(&0x0100_0000_u32.to_le_bytes());
    let (good, error) = good_part(bytes.clone());
    assert_eq!(good.len(), 1_000);
    assert!(matches!(error, Some(AudioError::Truncated { .. })), "{error:?}");
    // what programs declare that write into a pipe
    for open in [u32::MAX, 0x7fff_f000] {
        bytes[40..44].copy_from_slice(&open.to_le_bytes());
        assert_eq!(read(bytes.clone()).unwrap().samples().len(), 1_000);
    }
    bytes[16..20].copy_from_slice(&0xffff_ff00_u32.to_le_bytes());
    assert!(matches!(read(bytes), Err(AudioError::Malformed { .. })));
}

#[test]
fn odd_chunks_and_a_partial_last_frame_do_no_harm() {
    let plain = wav(16_000, 1, &[1_000; 100]);
    let mut bytes = plain[..36].to_vec();
    bytes.extend(b"LIST\x05\0\0\0INFOx\0");
    bytes.extend(&plain[36..]);
    assert_eq!(read(bytes).unwrap(), read(plain.clone()).unwrap());
    let mut bytes = plain;
    bytes[40..44].copy_from_slice(&201_u32.to_le_bytes());
    bytes.push(7);
    assert_eq!(read(bytes).unwrap().samples().len(), 100);
}

#[test]
fn cover_art_is_passed_over() {
    let art = vec![0xff; 3 << 20];
    let mut frame = b"APIC".to_vec();
    frame.extend((art.len() as u32 + 14).to_be_bytes());
    frame.extend(b"\0\0\0image/jpeg\0\x03\0");
    frame.extend(&art);
    let mut tagged = b"ID3\x03\0\0".to_vec();
    tagged.extend((0..4).rev().map(|part| (frame.len() >> (7 * part)) as u8 & 0x7f));
    tagged.extend(&frame);
    tagged.extend(fixture("tone.mp3"));
    assert_eq!(read(tagged).unwrap(), read(fixture("tone.mp3")).unwrap());

    let flac = fixture("tone.flac");
    let mut picture = 3_u32.to_be_bytes().to_vec();
    picture.extend(10_u32.to_be_bytes());
    picture.extend(b"image/jpeg");
    picture.extend([0; 20]);
    picture.extend((art.len() as u32).to_be_bytes());
    picture.extend(&art);
    let mut pictured = flac[..42].to_vec();
    pictured.push(6);
    pictured.extend(&(picture.len() as u32).to_be_bytes()[1..]);
    pictured.extend(&picture);
    pictured.extend(&flac[42..]);
    assert_eq!(read(pictured).unwrap(), read(flac).unwrap());
}

#[test]
fn a_file_that_vanishes_or_shrinks_while_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.wav");
    fs::write(&path, wav(16_000, 1, &[1_000; 160_000])).unwrap();
    let stream = ClipStream::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    if cfg!(unix) {
        assert_eq!(read_good_part(stream).0.len(), 160_000);
    }
    fs::write(&path, wav(16_000, 1, &[1_000; 160_000])).unwrap();
    let stream = ClipStream::open(&path).unwrap();
    OpenOptions::new().write(true).open(&path).unwrap().set_len(200_000).unwrap();
    let (good, error) = read_good_part(stream);
    assert_eq!(good.len(), (200_000 - 44) / 2);
    assert!(matches!(error, Some(AudioError::Truncated { .. })), "{error:?}");
}

#[test]
fn no_damage_makes_it_panic_or_give_what_is_no_sound() {
    let names = [
        "tone.flac",
        "tone.mp3",
        "untagged.mp3",
        "tone.ogg",
        "tone.m4a",
        "moov-last.m4a",
        "cover.m4a",
        "tone.aac",
        "alac.m4a",
        "tone.aiff",
        "alaw.wav",
        "tone.opus",
        "tone.webm",
        "tone.mka",
        "flac.ogg",
        "flac.mp4",
        "fragments.mp4",
        "alac.caf",
        "opus.caf",
        "ima.mov",
        "ms.wav",
        "ima.wav",
        "mp3.wav",
        "tone.mp2",
    ];
    let mut files: Vec<Vec<u8>> = names.iter().map(|name| fixture(name)).collect();
    files.push(wav(44_100, 2, &[1_000; 4_000]));
    files.push(float_wav(&[0.1; 2_000]));
    let mut state = 1_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    for file in &files {
        for round in 0..60 {
            let mut bytes = file.clone();
            // headers are where lies hurt most
            let reach = if round % 2 == 0 { bytes.len().min(400) } else { bytes.len() };
            for _ in 0..1 + random(6) {
                let at = random(reach);
                bytes[at] = random(256) as u8;
            }
            if round % 5 == 0 {
                bytes.truncate(random(file.len()));
            }
            if let Ok(stream) = ClipStream::from_bytes(bytes, Path::new("damaged")) {
                let (good, _) = read_good_part(stream);
                assert!(good.iter().all(|sample| sample.is_finite()));
            }
        }
    }
}
